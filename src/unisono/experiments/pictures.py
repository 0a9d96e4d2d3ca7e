"""Pictures of experiments: ratios with their intervals, and figures against what was varied."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from unisono.experiments.pairing import Estimate
from unisono.viewing.drawing import draw
from unisono.viewing.palette import COLOURS, spoken

__all__ = ["curves_figure", "ratios_figure"]

_SEQUENCE = ("blue", "red", "green", "orange", "pink", "sky", "muted", "ink")


def ratios_figure(
    rows: Sequence[tuple[str, Mapping[str, Estimate]]], *, title: str, goal: float | None = None
) -> Figure:
    """One row a place, one coloured interval an arm; 1 is no difference, left is better.

    Args:
        rows: Names of places with the ratios of their arms.
        title: What is shown.
        goal: A line at this ratio.
    """
    arms = list(dict.fromkeys(arm for _, found in rows for arm in found))

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.axvline(1.0, color=COLOURS["muted"].light, linewidth=1)
        if goal is not None:
            axes.axvline(goal, color=COLOURS["muted"].light, linewidth=1, dashes=(2, 3))
        for k, arm in enumerate(arms):
            colour = COLOURS[_SEQUENCE[k % len(_SEQUENCE)]].light
            shift = 0.7 * ((k + 0.5) / len(arms) - 0.5)
            for row, (_, found) in enumerate(rows):
                if arm in found and math.isfinite(found[arm].value):
                    _interval(axes, found[arm], len(rows) - 1 - row - shift, colour)
            axes.plot([], [], "o", color=colour, label=spoken(arm))
        names = [name for name, _ in rows][::-1]
        axes.set_yticks(range(len(names)), names)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("ratio, with 95 % interval over seeds and units; left of 1 is better")
        axes.set_title(title)
        if arms:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    height = max(2.2, 0.16 * len(rows) * max(len(arms), 2) + 1.0)
    return draw(paint, 7.0, min(height, 14.0))


def _interval(axes, found: Estimate, at: float, colour: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if math.isfinite(found.low):
        axes.plot([found.low, found.high], [at, at], color=colour, linewidth=2)
    axes.plot([found.value], [at], "o", color=colour, markersize=4)


def curves_figure(
    panels: Mapping[str, Mapping[str, Mapping[float, Estimate]]],
    *,
    across: str | Sequence[str],
    up: str | Sequence[str],
) -> Figure:
    """Panels of lines with intervals.

    Args:
        panels: For each panel, for each line, the estimate at each value of what was varied.
        across: Label of what was varied; one a panel, where they differ.
        up: Label of the figure; one a panel, where they differ.
    """
    below = [across] * len(panels) if isinstance(across, str) else across
    beside = [up, *[""] * len(panels)] if isinstance(up, str) else up

    def paint(figure: Figure) -> None:
        grid = figure.subplots(1, len(panels), squeeze=False)[0]
        for number, (axes, (title, lines)) in enumerate(zip(grid, panels.items(), strict=True)):
            for k, (name, points) in enumerate(lines.items()):
                known = {x: e for x, e in sorted(points.items()) if math.isfinite(e.value)}
                colour = COLOURS[_SEQUENCE[k % len(_SEQUENCE)]].light
                axes.plot(
                    list(known), [e.value for e in known.values()], "o-", color=colour,
                    markersize=3.5, label=spoken(name),
                )  # fmt: skip
                low = [e.low if math.isfinite(e.low) else e.value for e in known.values()]
                high = [e.high if math.isfinite(e.high) else e.value for e in known.values()]
                axes.fill_between(list(known), low, high, color=colour, alpha=0.15, linewidth=0)
            axes.set_title(title)
            axes.set_xlabel(below[number])
            axes.set_ylabel(beside[number])
            axes.legend()

    return draw(paint, 3.6 * max(len(panels), 1), 3.0)
