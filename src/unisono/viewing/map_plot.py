"""A map as a picture: its places coloured by a label, walks on it, and how far they are from data.

Up to three dimensions are drawn; of a wider map, its leading principal axes. Beside the map stand
the distance of the walk to the data, and frames rendered along it where there are any.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unisono.core.checks import check_axes
from unisono.viewing.drawing import draw
from unisono.viewing.palette import COLOURS

__all__ = ["MapWalk", "leading_axes", "map_figure"]

Array = npt.NDArray[np.float64]

_OFF = 0.05
_MOST_WORDS = 8


@dataclass(frozen=True)
class MapWalk:
    """A walk to be drawn.

    Args:
        points: ``(m, d)``.
        confidence: ``(m,)``; what is below 0.05 is drawn as off the data.
        before: Where the frames were, ``(n, d)``; may be empty.
        frames: Pictures along the walk, each ``(ny, nx)``.
    """

    points: Array
    confidence: Array
    before: Array = field(default_factory=lambda: np.zeros((0, 2)))
    frames: Sequence[Array] = ()


def leading_axes(points: Array) -> tuple[Array, Array]:
    """Centre and axes ``(d, 3 or less)`` of the drawing: the map's own up to three dimensions."""
    centre = points.mean(axis=0)
    if points.shape[1] <= 3:
        return centre, np.eye(points.shape[1])
    return centre, np.linalg.svd(points - centre, full_matrices=False)[2][:3].T


def map_figure(
    points: Array,
    label: npt.NDArray[np.generic] | None = None,
    *,
    name: str = "",
    walk: MapWalk | None = None,
) -> Figure:
    """Draw a map.

    Args:
        points: Places, ``(n, d)``, ``d`` at least 2.
        label: A number or a word a place, ``(n,)``.
        name: What the label is.
        walk: A walk on the map.
    """
    check_axes(points=(points, "place map"))
    centre, axes = leading_axes(points)
    drawn = (points - centre) @ axes
    flat = drawn.shape[1] == 2

    def paint(figure: Figure) -> None:
        wide = walk is not None
        grid = figure.add_gridspec(2, 2 if wide else 1, width_ratios=[2, 1] if wide else [1])
        plane: Any = figure.add_subplot(grid[:, 0], projection=None if flat else "3d")
        _places(figure, plane, drawn, label, name)
        if walk is not None:
            _walk(plane, (walk.points - centre) @ axes, walk)
            if len(walk.before):
                old = (walk.before - centre) @ axes
                plane.plot(*old.T, color=COLOURS["muted"].light, linewidth=0.8)
            _confidence(figure.add_subplot(grid[0, 1]), walk)
            _frames(figure, grid[1, 1], walk.frames)
        _name_axes(plane, flat)

    return draw(paint, 7.5 if walk is not None else 5.0, 4.2)


def _name_axes(plane: Any, flat: bool) -> None:  # noqa: ANN401 - two or three axes
    plane.set_xlabel("map 1")
    plane.set_ylabel("map 2")
    if not flat:
        plane.set_zlabel("map 3")


def _places(
    figure: Figure,
    plane: Any,  # noqa: ANN401 - two or three axes
    drawn: Array,
    label: npt.NDArray[np.generic] | None,
    name: str,
) -> None:
    style: dict[str, Any] = {"s": 6, "linewidths": 0, "alpha": 0.7}
    if label is None:
        plane.scatter(*drawn.T, color=COLOURS["blue"].light, **style)
    elif label.dtype.kind in "fiu":
        dots = plane.scatter(*drawn.T, c=label.astype(np.float64), cmap="viridis", **style)
        figure.colorbar(dots, ax=plane, label=name, shrink=0.7, pad=0.12)
    else:
        words = np.unique(label)
        hues = ["blue", "orange", "green", "red", "pink", "sky", "ink", "muted"]
        for k, word in enumerate(words[:_MOST_WORDS]):
            rows = label == word
            plane.scatter(
                *drawn[rows].T, color=COLOURS[hues[k]].light, label=_shown(str(word)), **style
            )
        if len(words) > _MOST_WORDS:
            rows = ~np.isin(label, words[:_MOST_WORDS])
            plane.scatter(*drawn[rows].T, color=COLOURS["rule"].light, label="others", **style)
        plane.legend(title=name, markerscale=2)


def _shown(word: str) -> str:
    """A word for the legend, in which matplotlib shows none that begins with ``_``."""
    return f" {word}" if word.startswith("_") else word


def _walk(plane: Any, line: Array, walk: MapWalk) -> None:  # noqa: ANN401
    plane.plot(*line.T, color=COLOURS["ink"].light, linewidth=1.4)
    off = walk.confidence < _OFF
    if off.any():
        plane.scatter(*line[off].T, color=COLOURS["red"].light, s=14, label="off the data")
        old = plane.get_legend()  # of the label, where that is words; it is drawn anew
        plane.legend(title="" if old is None else old.get_title().get_text())


def _confidence(axes: Axes, walk: MapWalk) -> None:
    axes.plot(walk.confidence, color=COLOURS["blue"].light)
    axes.axhline(_OFF, color=COLOURS["red"].light, linewidth=0.8, dashes=(4, 2.5))
    axes.set_ylim(0, 1.02)
    axes.set_title("Confidence along the walk")
    axes.set_xlabel("frame")


def _frames(figure: Figure, place: Any, frames: Sequence[Array]) -> None:  # noqa: ANN401
    if not frames:
        return
    few = [frames[i] for i in np.linspace(0, len(frames) - 1, min(3, len(frames))).astype(int)]
    most = max(float(np.abs(f).max()) for f in few) or 1.0
    for k, spot in enumerate(place.subgridspec(1, len(few))):
        axes = figure.add_subplot(spot)
        axes.imshow(few[k], cmap="RdBu_r", vmin=-most, vmax=most, origin="lower")
        axes.set_axis_off()
