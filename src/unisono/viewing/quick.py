"""Plots that take one line: curves of a recording, and of a result with its bands."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unisono.core.errors import ConfigError
from unisono.viewing.drawing import draw
from unisono.viewing.palette import COLOURS

__all__ = ["QuickCurve", "QuickLine", "curves_figure"]

Array = npt.NDArray[np.float64]


class QuickLine(NamedTuple):
    """One line of a panel.

    Attributes:
        label: What it is; "" for one that needs no name.
        values: ``(T,)``; NaN is a gap.
        time: ``(T,)`` s.
        hue: Name of a colour of the palette.
        thin: Whether it is one of many.
    """

    label: str
    values: Array
    time: Array
    hue: str = "blue"
    thin: bool = False


class QuickCurve(NamedTuple):
    """One panel: lines of one quantity, with bands around the first.

    Attributes:
        title: What it shows.
        unit: Its unit.
        lines: The lines; the last is drawn on top.
        bands: Lower and upper bounds, widest first, each on the first line's clock.
    """

    title: str
    unit: str
    lines: Sequence[QuickLine]
    bands: Sequence[tuple[Array, Array]] = ()


def curves_figure(curves: Sequence[QuickCurve], *, columns: int = 3) -> Figure:
    """A grid of panels, each with its own axes.

    Args:
        curves: The panels.
        columns: Panels side by side.

    Raises:
        ConfigError: If there is none.
    """
    if not curves:
        raise ConfigError("there is no curve to draw; name other channels.")
    wide = min(columns, len(curves))
    high = -(-len(curves) // wide)

    def paint(figure: Figure) -> None:
        for k, curve in enumerate(curves):
            _panel(figure.add_subplot(high, wide, k + 1), curve, last=k >= len(curves) - wide)

    return draw(paint, 3.3 * wide + 0.3, 1.95 * high + 0.3)


def _panel(axes: Axes, curve: QuickCurve, *, last: bool) -> None:
    first = curve.lines[0]
    for k, (lower, upper) in enumerate(curve.bands):
        axes.fill_between(
            first.time,
            lower,
            upper,
            color=COLOURS[first.hue].light,
            alpha=0.14 + 0.1 * k,
            linewidth=0,
        )
    for line in curve.lines:
        axes.plot(
            line.time,
            line.values,
            color=COLOURS[line.hue].light,
            linewidth=0.6 if line.thin else 1.4,
            alpha=0.4 if line.thin else 1.0,
            label=line.label or None,
        )
    axes.set_title(f"{curve.title} ({curve.unit})")
    axes.margins(x=0)
    axes.locator_params(nbins=5)
    if last:
        axes.set_xlabel("time (s)")
    if sum(bool(line.label) for line in curve.lines) > 1:
        axes.legend(loc="best", handlelength=1.2)
