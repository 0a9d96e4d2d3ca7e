"""What an evaluation is made of: windows of both parts, predictions, baselines, the audit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from unisono.api.forces import body_weights, force_layout
from unisono.api.inputs import to_batch
from unisono.api.missing import calibrated_bands, share_missing
from unisono.api.model import Model
from unisono.api.one_sided import keep_signs, signs_known
from unisono.api.predicting import Drawing, Predicted, predict
from unisono.api.recipe import Sampling
from unisono.core.contracts import Batch
from unisono.core.errors import ModelError
from unisono.core.provenance import provenance
from unisono.core.random import numpy_generator
from unisono.evaluation.arrays import masked_spread
from unisono.evaluation.baselines import BASELINES, run_baselines
from unisono.evaluation.features import Given, Pairs
from unisono.evaluation.inputs import (
    EvaluationInput,
    Provenance,
    TargetInput,
    shuffled_partners,
)
from unisono.evaluation.leaks import AuditInput, Normaliser, Part, Signal
from unisono.evaluation.physics import PhysicsContext, flight_of
from unisono.recordings.dataset import Dataset
from unisono.recordings.window_cache import WindowSet, open_windows
from unisono.recordings.windows import WindowBatch
from unisono.training.sealed import hash_subject

__all__ = ["Rows", "Side", "evaluation_input", "model_windows", "side_of"]

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class Side(NamedTuple):
    """Windows of one dataset in the model's channels and units."""

    windows: WindowSet
    table: pd.DataFrame
    batch: Batch

    @property
    def subjects(self) -> npt.NDArray[np.str_]:
        """Subject of each window."""
        return np.asarray(self.table["subject"].astype(str), dtype=np.str_)


def model_windows(model: Model, data: Dataset) -> WindowSet:
    """Windows of a dataset as the model cuts them, in the model's units."""
    cut = model.cut
    windows = open_windows(data, cut)
    other = {
        f"{name}/{channel}": model.streams[name].units[model.streams[name].channels.index(channel)]
        for name, info in windows.streams.items()
        for channel, unit in zip(info.channels, info.units, strict=True)
        if channel in model.streams[name].channels
        and unit != model.streams[name].units[model.streams[name].channels.index(channel)]
    }
    if other:  # converted recording by recording, each with its own body mass
        windows = open_windows(data, replace(cut, units={**cut.units, **other}))
    if not len(windows):
        why = "; ".join(f"{k}: {v}" for k, v in list(windows.skipped.items())[:2])
        raise ModelError(f"{data.path} gives no windows for this model; {why}")
    return windows


def side_of(model: Model, windows: WindowSet, rows: Rows) -> Side:
    """Some windows of a dataset in the model's channels and units."""
    raw = windows.batch(rows)
    table = windows.table.iloc[rows].reset_index(drop=True)
    as_cut = WindowBatch(
        {k: v.numpy() for k, v in raw.data.items()},
        {k: v.numpy() for k, v in raw.mask.items()},
        windows.streams,
        table,
    )
    batch, _ = to_batch(model, as_cut)
    return Side(windows, table, batch)


def evaluation_input(
    model: Model, data: Dataset, tested: Side, trained: Side, sampling: Sampling
) -> EvaluationInput:
    """Predict the tested windows by the model, by baselines and by the shuffled control."""
    steps = sampling.steps or model.recipe.bands.steps
    drawing = Drawing(
        max(sampling.samples, 2), steps, sampling.seed, model.recipe.bands.levels, keep=16
    )
    found = predict(model.method, tested.batch, model.want, drawing)
    rng = numpy_generator(sampling.seed, "control")
    # one subject alone (left out, say) has no other among its own windows
    alone = len(set(tested.subjects)) == 1 and bool(set(trained.subjects) - set(tested.subjects))
    crowd = trained if alone else tested
    partners = shuffled_partners(
        list(tested.subjects), generator=rng, among=list(crowd.subjects) if alone else None
    )
    strange = _of_others(model, tested.batch, crowd.batch, partners)
    shuffled = predict(model.method, strange, model.want, drawing)
    given = {"train": _given(model, trained), "test": _given(model, tested)}
    targets = {
        name: _target(model, name, (tested, trained), given, (found[name], shuffled[name]))
        for name in model.want
    }
    made = provenance()
    label = tested.table.get(model.cut.condition)
    return EvaluationInput(
        targets=targets,
        subjects=tested.subjects.tolist(),
        model=model.recipe.method,
        conditions=None if label is None else ["" if pd.isna(x) else str(x) for x in label],
        audit=_audit(model, tested, trained),
        provenance=Provenance(made.unisono, made.commit, made.command, data.digest),
    )


def _of_others(model: Model, batch: Batch, crowd: Batch, partners: npt.NDArray[np.intp]) -> Batch:
    """The batch with the given side of rows of a crowd: the shuffled-pair control."""
    swap = {name: crowd.data[name][partners] for name in model.given if name in batch.data}
    masks = {name: crowd.mask[name][partners] for name in swap}
    return replace(batch, data={**batch.data, **swap}, mask={**batch.mask, **masks})


def _given(model: Model, side: Side) -> Given:
    """The given side as baselines see it: the same frames and numbers that the model sees."""
    names = [name for name in model.given if name in side.batch.data]
    values = np.concatenate([side.batch.data[n].numpy() for n in names], axis=-1)
    valid = np.concatenate([side.batch.mask[n].numpy() for n in names], axis=-1)
    known = [side.batch.known[k].numpy() for k in model.method.settings.known]
    numbers = np.stack(known, axis=-1).astype(np.float64) if known else None
    seconds = None
    if "duration_s" in model.method.settings.known:
        stated = side.batch.known["duration_s"].numpy().astype(np.float64)
        if np.isfinite(stated).any():
            seconds = np.where(np.isfinite(stated), stated, np.nanmean(stated))
    return Given(values.astype(np.float64), valid, numbers, seconds)


def _target(
    model: Model,
    name: str,
    sides: tuple[Side, Side],
    given: Mapping[str, Given],
    found: tuple[Predicted, Predicted],
) -> TargetInput:
    tested, trained = sides
    info = model.streams[name]
    want = trained.batch.data[name].numpy().astype(np.float64)
    want_valid = trained.batch.mask[name].numpy()
    pairs = Pairs(given["train"], want, want_valid, trained.subjects)
    baselines = run_baselines(
        pairs,
        given["test"],
        generator=numpy_generator(model.sealed.seed, "baselines", name),
        # a kernel costs the square of the windows: it stands beside models that start from one
        names=[
            b for b in BASELINES if b != "kernel" or model.recipe.llma.start in ("kernel", "levers")
        ],
        banded=("ridge",) if len(set(trained.subjects)) > 1 else (),
        channels=info.channels,
    )
    raw = found[0].bands
    gone = share_missing(tested.batch, {g: model.streams[g].width for g in model.given})
    bands = calibrated_bands(model.tables, name, raw, gone)
    truth = tested.batch.data[name].numpy().astype(np.float64)
    valid = tested.batch.mask[name].numpy()
    physics = _physics(model, name, tested, truth, valid)
    signs = signs_known(model, name)
    return TargetInput(
        truth=truth,
        valid=valid,
        channels=info.channels,
        units=info.units,
        spread=masked_spread(want, want_valid),
        predictions={
            model.recipe.method: keep_signs(found[0].mean, signs),
            **{k: keep_signs(v.mean, signs) for k, v in baselines.items()},
        },
        step=None if model.cut.by else np.full(len(truth), 1 / model.cut.rate_hz),
        bands=bands,
        samples=keep_signs(found[0].samples, signs).astype(np.float64),
        baseline_bands={k: v.bands for k, v in baselines.items() if v.bands is not None},
        controls={"shuffled_pairs": keep_signs(found[1].mean, signs)},
        force=force_layout(info),
        physics=physics,
    )


def _physics(
    model: Model, name: str, side: Side, truth: Array, valid: npt.NDArray[np.bool_]
) -> PhysicsContext | None:
    layout = force_layout(model.streams[name])
    if layout is None:
        return None
    weight = body_weights(
        model.streams[name], layout, side.table["mass_kg"].to_numpy(dtype=np.float64)
    )
    stride = model.cut.by == ("foot_strike", "foot_strike") and len(layout.vertical) > 1
    known = np.where(np.isfinite(weight), weight, 1.0)
    return PhysicsContext(
        weight=weight,
        whole_stride=np.full(len(truth), stride),
        flight=flight_of(truth, valid, layout=layout, weight=known)
        if len(layout.vertical) > 1
        else None,
    )


def _audit(model: Model, tested: Side, trained: Side) -> AuditInput:
    def part(side: Side) -> Part:
        return Part(side.subjects.tolist(), side.table["recording"].astype(str).tolist())

    def signals(side: Side) -> dict[str, Signal]:
        return {
            name: Signal(
                side.batch.data[name].numpy().astype(np.float64),
                side.batch.mask[name].numpy(),
                model.streams[name].channels,
                side.windows.streams[name].filter,
            )
            for name in (*model.given, *model.want)
            if name in side.batch.data
        }

    cross = model.recipe.bands.method == "cross"
    salt = model.sealed.split["digest"]
    hashes = set(
        model.sealed.split.get("subjects", {}).get("train" if cross else "calibration", [])
    )
    everyone = {str(s) for side in (tested, trained) for s in side.windows.table["subject"]}
    calibrated = sorted(s for s in everyone if hash_subject(s, salt=salt) in hashes)
    return AuditInput(
        parts={"train": part(trained), "test": part(tested)},
        evaluated=part(tested),
        calibration_subjects=[] if model.recipe.split.share_subjects else calibrated,
        train=signals(trained),
        test=signals(tested),
        normalisers={
            name: Normaliser(np.asarray(stored["mean"]), np.asarray(stored["std"]))
            for name, stored in model.sealed.normalisers.items()
        },
        given=model.given,
        want=model.want,
    )
