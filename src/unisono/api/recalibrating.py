"""Fitting a sealed model's bands anew, for what is asked of it now.

The people are those of the model's own calibration part: nobody that it was trained on.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from unisono.api.asking import table_key
from unisono.api.banding import band_options
from unisono.api.calibrating import drawing_of
from unisono.api.evaluating import part_rows
from unisono.api.evaluation_input import model_windows, side_of
from unisono.api.missing import Calibrating, fit_missing
from unisono.api.predicting import only, predict
from unisono.core.errors import ConfigError
from unisono.evaluation.calibration import fit_bands
from unisono.recordings.dataset import Dataset
from unisono.recordings.splits import split_keys

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["recalibrate"]


def recalibrate(model: "Model", data: Dataset) -> "Model":
    """The model with bands for exactly its question (``model.asking(...)``), or its steps.

    Args:
        model: The model, narrowed to what is given and wanted if it is one of any part.
        data: The dataset that it was trained on.

    Raises:
        ConfigError: If the dataset holds none of the model's calibration people.
    """
    windows = model_windows(model, data)
    rows = part_rows(model, windows.table, "calibration")
    if not len(rows):
        raise ConfigError(
            f"{data.path} holds nobody of this model's calibration part; give the dataset that it "
            "was trained on."
        )
    side = side_of(model, windows, rows)
    bands, by = model.recipe.bands, str(model.sealed.split.get("by", "subject"))
    found = predict(model.method, side.batch, model.want, drawing_of(bands, 0))
    subjects = split_keys(side.table, by).tolist()
    tables = {
        name: fit_bands(
            one.bands,
            side.batch.data[name].numpy().astype(np.float64),
            side.batch.mask[name].numpy(),
            subjects=subjects,
            channels=model.streams[name].channels,
            options=band_options(model.recipe),
        )
        for name, one in found.items()
    }
    factors = fit_missing(
        model.recipe,
        model.method,
        Calibrating(only(side.batch, model.given), side.batch, subjects),
        tables,
        drawing=drawing_of(bands, 0),
    )
    if model.method.any_part:
        tables |= {table_key(name, model.given): table for name, table in tables.items()}
    return replace(model, tables={**model.tables, **tables, **factors})
