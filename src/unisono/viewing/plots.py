"""The figures of a report: curves with bands, methods side by side, calibration, error by phase.

Each function takes numbers and returns a matplotlib ``Figure``; ``drawing.py`` renders it. Sizes
are chosen so that a figure stays readable 300 px wide.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unisono.viewing.drawing import draw
from unisono.viewing.palette import COLOURS, colour_of, spoken
from unisono.viewing.panels import CurvePanel

__all__ = ["calibration_figure", "curve_figure", "method_figure", "phase_figure"]

_BAND_ALPHA = (0.34, 0.2, 0.12)


def curve_figure(panel: CurvePanel, *, model: str) -> Figure:
    """Measured curve, the model's answer with its bands, and baselines as dashes."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for k in reversed(range(len(panel.levels))):
            axes.fill_between(
                panel.time,
                panel.lower[k],
                panel.upper[k],
                color=colour_of(model),
                alpha=_BAND_ALPHA[min(k, len(_BAND_ALPHA) - 1)],
                linewidth=0,
            )
        for name, values in panel.others.items():
            axes.plot(panel.time, values, color=colour_of(name), linewidth=1.2, dashes=(4, 2.5))
        axes.plot(panel.time, panel.mean, color=colour_of(model))
        truth = np.where(panel.valid, panel.truth, np.nan)
        axes.plot(panel.time, truth, color=COLOURS["ink"].light, linewidth=1.3)
        axes.set_title(f"{panel.title} ({panel.unit})")
        axes.set_xlabel(panel.time_label)
        axes.margins(x=0)
        axes.locator_params(nbins=5)

    return draw(paint, 3.5, 2.3)


def method_figure(
    methods: Mapping[str, Mapping[str, Any]],
    by_subject: Mapping[str, Sequence[float]],
    *,
    model: str,
    metric: str = "nrmse",
) -> Figure:
    """One row a method: mean with its 95 % interval, and every subject as a dot.

    Args:
        methods: The report's ``methods`` table.
        by_subject: The metric of every subject by method.
        model: The model's name.
        metric: Which metric.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        names = list(methods)[::-1]
        for row, name in enumerate(names):
            entry, colour = methods[name][metric], colour_of(name)
            dots = [v for v in by_subject.get(name, ()) if v is not None and np.isfinite(v)]
            axes.plot(
                dots,
                [row - 0.22] * len(dots),
                "o",
                color=colour,
                markersize=3,
                alpha=0.45,
                markeredgewidth=0,
            )
            if entry["mean"] is None:
                continue
            if entry["low"] is not None:
                axes.plot(
                    [entry["low"], entry["high"]],
                    [row, row],
                    color=colour,
                    linewidth=2.4,
                    solid_capstyle="round",
                )
            axes.plot([entry["mean"]], [row], "o", color=colour, markersize=6.5)
        axes.set_yticks(range(len(names)), [spoken(name) for name in names])
        axes.tick_params(axis="y", length=0, labelcolor=COLOURS["ink"].light, labelsize=9)
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False, axis="y")
        axes.set_ylim(-0.6, len(names) - 0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel(f"{metric}: mean, 95 % interval, and every subject")

    return draw(paint, 4.6, 0.42 * max(len(methods), 2) + 0.7)


def calibration_figure(
    bands: Mapping[str, Mapping[str, Any]],
    others: Mapping[str, Mapping[str, Mapping[str, Any]]],
    *,
    model: str,
) -> Figure:
    """Nominal level against the share of values inside, with intervals over subjects.

    Args:
        bands: The report's ``bands`` table of the model.
        others: The same of baselines, by name.
        model: The model's name.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=COLOURS["muted"].light, linewidth=1, dashes=(2, 3))
        for name, table in {**others, model: bands}.items():
            _coverage_line(axes, table, name, bold=name == model)
        tables = (bands, *others.values())
        inside = [row["coverage"]["mean"] for table in tables for row in table.values()]
        low = min([float(x) for x in bands] or [0.5]) - 0.1
        axes.set_xlim(low, 1.0)
        axes.set_ylim(min([low, *(v - 0.06 for v in inside if v is not None)]), 1.02)
        axes.set_xlabel("band promises")
        axes.set_ylabel("values inside")
        axes.set_title("Calibration")
        axes.legend(loc="upper left")

    return draw(paint, 4.6, 3.0)


def _coverage_line(
    axes: Axes, table: Mapping[str, Mapping[str, Any]], name: str, *, bold: bool
) -> None:
    rows = [(float(level), row["coverage"]) for level, row in table.items()]
    rows = [(level, found) for level, found in rows if found["mean"] is not None]
    levels, means = [x for x, _ in rows], [found["mean"] for _, found in rows]
    axes.plot(
        levels,
        means,
        "o-",
        color=colour_of(name),
        markersize=5 if bold else 3.5,
        linewidth=1.6 if bold else 1.0,
        label=spoken(name),
    )
    for level, found in rows:
        if bold and found["low"] is not None:
            axes.plot(
                [level, level], [found["low"], found["high"]], color=colour_of(name), linewidth=1.2
            )


def phase_figure(phase: Mapping[str, Sequence[float | None]], *, model: str) -> Figure:
    """Error at each part of the window, in training spreads, for every method."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for name, values in phase.items():
            y = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
            axes.plot(
                np.linspace(0, 100, len(y)),
                y,
                color=colour_of(name),
                label=spoken(name),
                linewidth=2.0 if name == model else 1.1,
                zorder=3 if name == model else 2,
            )
        axes.set_title("Error by phase")
        axes.set_xlabel("window (%)")
        axes.set_ylabel("nrmse")
        axes.set_ylim(0, 1.22 * axes.get_ylim()[1])  # room for the legend above the lines
        axes.margins(x=0)
        axes.legend(ncols=3, loc="upper left", columnspacing=1.2, handlelength=1.4)

    return draw(paint, 4.6, 3.0)
