"""Calibrating a model's bands on people it was not trained on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.api.asking import calibrate_parts
from unisono.api.banding import band_options
from unisono.api.building import Parts, Rows, build_method, make_source
from unisono.api.live_bands import window_ends
from unisono.api.missing import Calibrating, fit_missing
from unisono.api.predicting import Drawing, join_bands, only, predict
from unisono.api.pretraining import begin_at_pretrained
from unisono.api.recipe import BandSettings, Recipe
from unisono.core.contracts import Batch, Method
from unisono.core.random import numpy_generator
from unisono.evaluation.calibration import Bands, BandTable, CalibrationOptions, fit_bands
from unisono.evaluation.crossval import subject_folds
from unisono.methods import AnyMethod
from unisono.training.loop import Hooks, train

__all__ = ["Calibrated", "calibrate", "drawing_of"]


class Calibrated(NamedTuple):
    """Calibration tables by stream.

    Attributes:
        tables: Of whole windows.
        live: Of the last frames of windows, for live streams; see :mod:`unisono.api.live_bands`.
    """

    tables: Mapping[str, BandTable]
    live: Mapping[str, BandTable]


def drawing_of(bands: BandSettings, seed: int) -> Drawing:
    """How raw bands are drawn."""
    return Drawing(bands.samples, bands.steps, seed, bands.levels)


def calibrate(
    recipe: Recipe, parts: Parts, method: AnyMethod, folder: Path, *, hooks: Callable[[str], Hooks]
) -> Calibrated:
    """Fit calibration tables, for each wanted stream.

    ``split`` predicts the calibration part with the trained method, whole and with channels
    missing. ``cross`` trains a method a
    fold of training subjects (resumable, under ``folder``) and predicts each subject by the method
    that has not seen it.

    Args:
        recipe: The run.
        parts: Windows and who is where.
        method: The trained method.
        folder: Folder of the run.
        hooks: Progress of a fold, by its name.
    """
    if recipe.bands.method == "none":
        return Calibrated({}, {})
    if method.any_part:
        return Calibrated(calibrate_parts(recipe, parts, method), {})
    if recipe.bands.method == "split":
        rows = parts.rows["calibration"]
        batch = parts.windows.batch(rows)
        found = predict(method, batch, recipe.data.want, drawing_of(recipe.bands, 0))
        bands = {name: one.bands for name, one in found.items()}
        made = _calibrated(recipe, parts, rows, bands, _window_ends(recipe, method, batch))
        seen = Calibrating(only(batch, recipe.data.given), batch, parts.units[rows].tolist())
        factors = fit_missing(
            recipe, method, seen, made.tables, drawing=drawing_of(recipe.bands, 0)
        )
        return made._replace(tables={**made.tables, **factors})
    rows = parts.rows["train"]
    subjects = parts.units[rows]
    rng = numpy_generator(recipe.split.seed, "folds")
    fold = subject_folds(list(subjects), recipe.bands.folds, generator=rng)
    pieces: dict[str, list[Bands]] = {name: [] for name in recipe.data.want}
    ends: dict[str, list[Bands]] = {}
    order: list[npt.NDArray[np.intp]] = []
    for f in np.unique(fold):
        held = np.flatnonzero(fold == f)
        other = _train_fold(recipe, parts, rows[fold != f], folder / f"fold{f}", hooks(f"fold {f}"))
        batch = parts.windows.batch(rows[held])
        found = predict(other, batch, recipe.data.want, drawing_of(recipe.bands, 0))
        for name, one in found.items():
            pieces[name].append(one.bands)
        for name, end in _window_ends(recipe, other, batch).items():
            ends.setdefault(name, []).append(end)
        order.append(held)
    joined, live = ({k: join_bands(v) for k, v in p.items()} for p in (pieces, ends))
    return _calibrated(recipe, parts, rows[np.concatenate(order)], joined, live)


def _train_fold(recipe: Recipe, parts: Parts, rows: Rows, folder: Path, hooks: Hooks) -> AnyMethod:
    steps = max(1, round(recipe.bands.fold_steps * recipe.llma.steps))
    small = replace(recipe, llma=replace(recipe.llma, steps=steps))
    method = build_method(small, parts.windows.streams)
    begin_at_pretrained(method, small, parts.windows.streams)
    source = make_source(parts.windows, rows, small)
    train(method, source, small.training, folder, resume=True, hooks=hooks)
    return method.to("cpu")


def _window_ends(recipe: Recipe, method: Method, batch: Batch) -> Mapping[str, Bands]:
    """Raw bands for live streams; none for windows by events, whose end lies in the future."""
    return {} if recipe.cut.by else window_ends(method, batch, recipe)


def _calibrated(
    recipe: Recipe,
    parts: Parts,
    rows: Rows,
    found: Mapping[str, Bands],
    ends: Mapping[str, Bands],
) -> Calibrated:
    batch = parts.windows.batch(rows)
    subjects = parts.units[rows].tolist()
    whole = band_options(recipe)

    def tables(bands: Mapping[str, Bands], options: CalibrationOptions) -> dict[str, BandTable]:
        return {
            name: fit_bands(
                one,
                batch.data[name].numpy().astype(np.float64)[:, -one.centre.shape[1] :],
                batch.mask[name].numpy()[:, -one.centre.shape[1] :],
                subjects=subjects,
                channels=parts.windows.streams[name].channels,
                options=options,
            )
            for name, one in bands.items()
        }

    # what is live is the end of a window: one stage
    return Calibrated(tables(found, whole), tables(ends, replace(whole, anchors=1)))
