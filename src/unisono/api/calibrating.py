"""Calibrating a model's bands on people it was not trained on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unisono.api.building import Parts, Rows, build_method, make_source
from unisono.api.predicting import Drawing, Predicted, concatenate, predict
from unisono.api.recipe import BandSettings, Recipe
from unisono.core.random import numpy_generator
from unisono.evaluation.calibration import BandTable, CalibrationOptions, fit_bands
from unisono.evaluation.crossval import subject_folds
from unisono.methods import LLMA
from unisono.training.loop import Hooks, train

__all__ = ["calibrate", "drawing_of"]


def drawing_of(bands: BandSettings, seed: int) -> Drawing:
    """How raw bands are drawn."""
    return Drawing(bands.samples, bands.steps, seed, bands.levels)


def calibrate(
    recipe: Recipe, parts: Parts, method: LLMA, folder: Path, *, hooks: Callable[[str], Hooks]
) -> Mapping[str, BandTable]:
    """Fit calibration tables, one a wanted stream.

    ``split`` predicts the calibration part with the trained method. ``cross`` trains a method a
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
        return {}
    if recipe.bands.method == "split":
        rows = parts.rows["calibration"]
        batch = parts.windows.batch(rows)
        found = predict(method, batch, recipe.data.want, drawing_of(recipe.bands, 0))
        return _tables(recipe, parts, rows, found)
    rows = parts.rows["train"]
    subjects = parts.windows.table["subject"].astype(str).to_numpy()[rows]
    rng = numpy_generator(recipe.split.seed, "folds")
    fold = subject_folds(list(subjects), recipe.bands.folds, generator=rng)
    pieces: dict[str, list[Predicted]] = {name: [] for name in recipe.data.want}
    order: list[npt.NDArray[np.intp]] = []
    for f in np.unique(fold):
        held = np.flatnonzero(fold == f)
        other = _train_fold(recipe, parts, rows[fold != f], folder / f"fold{f}", hooks(f"fold {f}"))
        batch = parts.windows.batch(rows[held])
        found = predict(other, batch, recipe.data.want, drawing_of(recipe.bands, 0))
        for name, one in found.items():
            pieces[name].append(one)
        order.append(held)
    joined = {name: concatenate(parts_) for name, parts_ in pieces.items()}
    return _tables(recipe, parts, rows[np.concatenate(order)], joined)


def _train_fold(recipe: Recipe, parts: Parts, rows: Rows, folder: Path, hooks: Hooks) -> LLMA:
    steps = max(1, round(recipe.bands.fold_steps * recipe.llma.steps))
    small = replace(recipe, llma=replace(recipe.llma, steps=steps))
    method = build_method(small, parts.windows.streams)
    source = make_source(parts.windows, rows, small)
    train(method, source, small.training, folder, resume=True, hooks=hooks)
    return method.to("cpu")


def _tables(
    recipe: Recipe, parts: Parts, rows: Rows, found: Mapping[str, Predicted]
) -> dict[str, BandTable]:
    batch = parts.windows.batch(rows)
    subjects: Sequence[Any] = parts.windows.table["subject"].astype(str).to_numpy()[rows].tolist()
    options = CalibrationOptions(recipe.bands.kind, recipe.bands.correction)
    return {
        name: fit_bands(
            one.bands,
            batch.data[name].numpy().astype(np.float64),
            batch.mask[name].numpy(),
            subjects=subjects,
            channels=parts.windows.streams[name].channels,
            options=options,
        )
        for name, one in found.items()
    }
