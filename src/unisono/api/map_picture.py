"""Pictures of a map, and its settings from words."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unisono.api.map_edit import Edited
from unisono.api.mapping import MapModel
from unisono.core.config import apply_settings, from_mapping
from unisono.core.files import atomic_file
from unisono.methods.conda import ConDASettings
from unisono.recordings.fields import field_shape
from unisono.viewing.drawing import to_png
from unisono.viewing.map_plot import MapWalk, map_figure

__all__ = ["draw_map", "map_settings"]

_PLACES = 4000


def map_settings(*, dims: int, settings: Sequence[str] = ()) -> ConDASettings:
    """Settings of a map from ``key=value`` words.

    Raises:
        ConfigError: If a key is unknown or a value out of range.
    """
    return from_mapping(ConDASettings, apply_settings({"dims": dims}, settings))


def draw_map(model: MapModel, path: str | Path, *, edited: Edited | None = None) -> Path:
    """Draw a map coloured by its first label, with an edit on it, as a .png.

    Args:
        model: The map.
        path: Where to write.
        edited: An edit whose walk is drawn.
    """
    chart, path = model.map, Path(path)
    step = max(len(chart.bank) // _PLACES, 1)
    name = next(iter(chart.labels), "")
    label = chart.labels[name][::step] if name else None
    walk = None
    if edited is not None:
        frames = []
        shape = field_shape(chart.infos[0].channels) if len(chart.infos) == 1 else None
        if shape is not None and len(shape) == 2:
            shown = np.linspace(0, len(edited.points) - 1, 3).astype(int)
            rendered = chart.render(edited.points[shown]).values
            frames = [np.asarray(r, np.float64).reshape(shape) for r in rendered]
        walk = MapWalk(edited.points, edited.confidence, edited.before, frames)
    figure = map_figure(chart.bank.coordinates[::step], label, name=name, walk=walk)
    with atomic_file(path) as part:
        part.write_bytes(to_png(figure))
    return path
