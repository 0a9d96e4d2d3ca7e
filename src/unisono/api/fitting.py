"""From a recipe to a sealed model: split, train, calibrate, seal; resumable at every point."""

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from unisono.api.building import Parts, build_method, make_source, open_parts
from unisono.api.calibrating import Calibrated, calibrate
from unisono.api.citing import references
from unisono.api.model import Model, config_of, load_model
from unisono.api.one_sided import ONE_SIDED_KINDS, signs_of
from unisono.api.pretraining import begin_at_pretrained, check_strangers
from unisono.api.previewing import make_preview
from unisono.api.recipe import Recipe, load_recipe
from unisono.api.recipe_files import claim_run, is_finished
from unisono.core.config import from_mapping, to_toml
from unisono.core.files import write_text
from unisono.methods import AnyMethod
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_recording, streams
from unisono.recordings.signals.mirroring import leg_view
from unisono.training.card import Card
from unisono.training.loop import Hooks, train
from unisono.training.progress import Progress
from unisono.training.sealed import SealedModel, hash_subject, seal

__all__ = ["fit", "run_recipe", "train_recipe"]

Tell = Callable[[str, int, int], None]

_VIEWS = ("ipsi_", "contra_")


def train_recipe(
    path: str | Path,
    *,
    settings: Sequence[str] = (),
    resume: bool = False,
    progress: Tell | None = None,
) -> Model:
    """Train as a recipe says and return the sealed model.

    Args:
        path: The recipe, a TOML file.
        settings: ``key.path=value`` settings that override it.
        resume: Continue a run that was stopped.
        progress: Called with what is being done, how much of it, and of how much.

    Raises:
        ConfigError: If the recipe is wrong.
        OutputError: If the output exists.
    """
    return run_recipe(load_recipe(path, settings), resume=resume, progress=progress)


def fit(
    method: str,
    data: Dataset,
    *,
    given: Sequence[str],
    want: Sequence[str],
    output: str | Path = "runs/model",
    settings: Mapping[str, Any] | None = None,
    progress: Tell | None = None,
) -> Model:
    """Train a method on a dataset, by default with windows of one second at 100 Hz.

    Args:
        method: Short name, e.g. ``"llma"``.
        data: The dataset.
        given: Streams that are given.
        want: Streams to generate.
        output: Folder of the model.
        settings: Tables of a recipe, e.g. ``{"llma": {"steps": 500}, "windows": {...}}``.
        progress: Called with what is being done, how much of it, and of how much.
    """
    tables = dict(settings or {})
    if "windows" not in tables:
        tables["windows"] = {"rate_hz": 100.0, "length": 100, "stride": 50}
    said = dict(tables.pop("data", {}))
    tables |= {"method": method, "output": str(output)}
    tables["data"] = said | {"path": str(data.path), "given": list(given), "want": list(want)}
    return run_recipe(from_mapping(Recipe, tables), progress=progress)


def run_recipe(recipe: Recipe, *, resume: bool = False, progress: Tell | None = None) -> Model:
    """Train, calibrate and seal; see :func:`train_recipe`."""
    output = Path(recipe.output)
    if is_finished(output, recipe, resume=resume):
        return load_model(output)
    work = claim_run(output, recipe, resume=resume)
    parts = open_parts(recipe)
    method = build_method(recipe, parts.windows.streams)
    check_strangers(recipe, _held_out(recipe, parts))
    begin_at_pretrained(method, recipe, parts.windows.streams)

    def hooks(what: str) -> Hooks:
        preview = make_preview(recipe, parts) if what == "train" else None
        if progress is None:
            return Hooks(preview=preview)

        def told(state: Progress) -> None:
            progress(what, state.step, state.steps)

        return Hooks(progress=told, preview=preview)

    source = make_source(parts.windows, parts.rows["train"], recipe)
    main = work / "main"
    _remember(work, recipe)
    train(method, source, recipe.training, main, resume=resume, hooks=hooks("train"))
    method = method.to("cpu")
    calibrated = calibrate(recipe, parts, method, work, hooks=hooks)
    sealed = _seal(recipe, parts, method, calibrated)
    seal(output, sealed)
    for fold in work.glob("fold*"):
        shutil.rmtree(fold, ignore_errors=True)
    return load_model(output)


def _held_out(recipe: Recipe, parts: Parts) -> set[str]:
    """Subjects that the run, or a fold of its bands, keeps from training."""
    folds = recipe.bands.method == "cross"
    return {
        who for part, people in parts.subjects.items() if folds or part != "train" for who in people
    }


def _remember(work: Path, recipe: Recipe) -> None:
    write_text(work / "recipe.toml", to_toml(recipe))


def _seal(recipe: Recipe, parts: Parts, method: AnyMethod, calibrated: Calibrated) -> SealedModel:
    names = (*recipe.data.given, *recipe.data.want)
    known = {name: parts.windows.streams[name] for name in names}
    salt = parts.split.digest
    absolute = replace(recipe.data, path=str(Path(recipe.data.path)))
    return SealedModel(
        method=recipe.method,
        config=config_of(replace(recipe, data=absolute), method),
        streams=tuple(known.values()),
        state=dict(method.state_dict()),
        seed=recipe.training.seed,
        normalisers={
            name: {
                "mean": method.state_dict()[f"codecs.{name}.mean"].tolist(),
                "std": method.state_dict()[f"codecs.{name}.std"].tolist(),
                "fitted_on": "train",
            }
            for name in names
        },
        cut=dataclasses.asdict(recipe.cut),
        split={
            "digest": salt,
            "by": parts.split.by,
            "keys": {
                part: [hash_subject(key, salt=salt) for key in keys]
                for part, keys in parts.split.parts.items()
            },
            "subjects": {
                part: [hash_subject(s, salt=salt) for s in subjects]
                for part, subjects in parts.subjects.items()
            },
        },
        calibration={name: table.to_dict() for name, table in calibrated.tables.items()},
        card=_card(recipe, parts),
        extra={
            "data_digest": Dataset.open(recipe.data.path).digest,
            "windows": {part: len(rows) for part, rows in parts.rows.items()},
            "ranges": _ranges(parts, recipe.data.given),
            "names": _lab_names(recipe, parts),
            "people": _people(parts),
            "signs": _signs(parts, names),
            "live": {name: table.to_dict() for name, table in calibrated.live.items()},
        },
    )


def _signs(parts: Parts, names: Sequence[str]) -> dict[str, list[int]]:
    """The side of zero that each channel keeps to in the training part."""
    batch = parts.windows.batch(parts.rows["train"])
    physical = [n for n in names if parts.windows.streams[n].kind in ONE_SIDED_KINDS]
    return {name: signs_of(batch.data[name].numpy(), batch.mask[name].numpy()) for name in physical}


def _ranges(parts: Parts, names: Sequence[str]) -> dict[str, list[list[float]]]:
    """Range of each given channel in the training part, widened by a tenth on either side."""
    batch = parts.windows.batch(parts.rows["train"])
    found = {}
    for name in names:
        data, mask = batch.data[name].numpy(), batch.mask[name].numpy()
        rows = []
        for i in range(data.shape[-1]):
            here = data[..., i][mask[..., i]]
            low, high = (float(x) for x in np.quantile(here, [0.001, 0.999]))
            margin = 0.1 * (high - low)
            rows.append([low - margin, high + margin])
        found[name] = rows
    return found


def _lab_names(recipe: Recipe, parts: Parts) -> dict[str, dict[str, str]]:
    """What the training recordings call the channels of a leg view, by stream."""
    found: dict[str, dict[str, str]] = {name: {} for name in recipe.cut.streams}
    if not recipe.cut.mirror:
        return {}
    data = Dataset.open(recipe.data.path)
    sided = {
        name: {c for c in parts.windows.streams[name].channels if c.startswith(_VIEWS)}
        for name in found
    }
    for recording in dict.fromkeys(parts.windows.table["recording"].iloc[parts.rows["train"]]):
        if all(sided[name] <= set(found[name]) for name in found):
            break
        tree = data.load(str(recording))
        wanted = {k: v for k, v in streams(tree) if k in found}
        view = leg_view(make_recording(wanted, recording="view", subject="any"), "right")
        for name, node in streams(view):
            found[name] = dict(node.attrs["leg_view"]["names"]) | found[name]
    return found


def _people(parts: Parts) -> dict[str, Any]:
    table = parts.windows.table.iloc[parts.rows["train"]]
    people = table.groupby("subject")[["mass_kg", "height_m"]].first()
    summary: dict[str, Any] = {"train_subjects": len(people)}
    for column in ("mass_kg", "height_m"):
        values = people[column].dropna()
        if len(values):
            summary[column] = [float(values.min()), float(values.max())]
    return summary


def _card(recipe: Recipe, parts: Parts) -> Card:
    people = _people(parts)
    spans = [
        f"{key.replace('_', ' in ')} from {low:.4g} to {high:.4g}"
        for key, value in people.items()
        if isinstance(value, list)
        for low, high in [value]
    ]
    counts = ", ".join(f"{part}: {len(who)}" for part, who in parts.subjects.items())
    return Card(
        name=Path(recipe.output).name,
        data=recipe.data.about or f"Dataset {Path(recipe.data.path).name}.",
        data_licence=recipe.data.licence,
        weights_licence=f"as the data allow ({recipe.data.licence})",
        population=f"Subjects by part ({counts}). " + "; ".join(spans),
        limits=(
            "Bands hold on average over people like those it was calibrated on, not for everyone.",
            "Inputs outside the training range are flagged; do not trust what follows from them.",
            "It is a research tool and no medical device.",
        ),
        cite=tuple(references(recipe)),
    )
