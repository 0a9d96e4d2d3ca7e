"""Windows of a paired set: the test part that is generated, and the training part beside it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.api.building import open_parts
from unisono.api.evaluation_input import Side, model_windows, side_of
from unisono.api.model import Model
from unisono.core.contracts import Batch
from unisono.experiments.cells import Cell
from unisono.experiments.plan import Plan
from unisono.experiments.sets import PairedSet
from unisono.experiments.training_cells import recipe_of
from unisono.recordings.dataset import Dataset
from unisono.recordings.splits import split_keys

__all__ = ["Sides", "open_sides", "raw_batches", "spread_out"]

Units = npt.NDArray[np.str_]
Rows = npt.NDArray[np.int64]


class Sides(NamedTuple):
    """Windows in a model's channels and units.

    Attributes:
        tested: Test windows that are generated, at most ``plan.windows``.
        all_tested: All test windows.
        trained: All training windows.
        units: Unit of each generated window.
    """

    tested: Side
    all_tested: Side
    trained: Side
    units: Units


class Raw(NamedTuple):
    """Windows as they were cut: for baselines, which have no model."""

    tested: Batch
    trained: Batch
    units: Units
    folds: Units


def spread_out(rows: Rows, most: int) -> Rows:
    """At most so many rows, evenly spread, so that every subject keeps its share."""
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int))])


def _rows(data: PairedSet, plan: Plan) -> tuple[Rows, Rows, Units]:
    parts = open_parts(recipe_of(data, Cell(data.name, "ours", "none"), plan, output="none"))
    keys = split_keys(parts.windows.table, data.unit).to_numpy().astype(np.str_)
    return parts.rows["test"], parts.rows["train"], keys


def open_sides(model: Model, data: PairedSet, plan: Plan) -> Sides:
    """Windows of both parts for a model that was trained on the set."""
    test, train, keys = _rows(data, plan)
    windows = model_windows(model, Dataset.open(data.path))
    chosen = spread_out(test, plan.windows)
    return Sides(
        side_of(model, windows, chosen),
        side_of(model, windows, test),
        side_of(model, windows, train),
        keys[chosen],
    )


def raw_batches(data: PairedSet, plan: Plan) -> Raw:
    """The same windows for baselines."""
    parts = open_parts(recipe_of(data, Cell(data.name, "ours", "none"), plan, output="none"))
    test, train, keys = _rows(data, plan)
    chosen = spread_out(test, plan.windows)
    return Raw(parts.windows.batch(chosen), parts.windows.batch(train), keys[chosen], keys[train])
