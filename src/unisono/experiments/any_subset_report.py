"""What the any-subset experiment says: matrices of error and width, hidden channels, verdict."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from unisono.experiments.collected import Collected, Place
from unisono.experiments.outcome import Outcome, figure_of
from unisono.experiments.pairing import Estimate, mean_of, ratio, shown
from unisono.experiments.tables import Table
from unisono.viewing.drawing import draw
from unisono.viewing.palette import spoken

__all__ = ["any_subset_outcome"]

_LEVEL, _SLACK = 0.9, 0.05
"""Nominal coverage of the widest band, and how far from it a stream's coverage may lie."""


def any_subset_outcome(
    found: Collected, streams: Sequence[str], hidden: Sequence[float]
) -> Outcome:
    """Tables, picture and verdict from the cells that are finished.

    Args:
        found: The cells.
        streams: All streams.
        hidden: Shares of hidden channels that were asked.
    """
    rows = _questions(found, streams)
    coverage = {name: _over_parts(found, rows, f"coverage.{name}") for name in streams}
    wider = _missing(found, streams, hidden, "width")
    held = _missing(found, streams, hidden, "coverage")
    known = [e for e in coverage.values() if math.isfinite(e.value)]
    holds = bool(
        len(known) == len(streams)
        and all(abs(e.value - _LEVEL) <= _SLACK for e in known)
        and wider
        and all(e.low > 1 for e in wider.values())
        and all(e.value >= _LEVEL - 2 * _SLACK for e in held.values())
    )
    figures = [figure_of(f"coverage of 90 % bands, {k}", e, "share") for k, e in coverage.items()]
    figures += [
        figure_of(f"width with {k:.0%} of channels hidden over none", e, "times")
        for k, e in wider.items()
    ]
    figures += [
        figure_of(f"coverage with {k:.0%} of channels hidden", e, "share") for k, e in held.items()
    ]
    for kind, unit in (("mse", "variances"), ("width", "spreads")):
        figures += [
            figure_of(f"{kind} of {want} from {spoken_part(arm, streams)}", estimate, unit)
            for arm in rows
            for want in streams
            if math.isfinite((estimate := _mean(found, arm, f"{kind}.{want}")).value)
        ]
    return Outcome(
        "any-subset",
        "Whatever part of seven streams is given, 90 % bands of every wanted stream hold 0.85 to "
        "0.95 of unseen people's values on average over parts, and hidden channels widen them "
        "without breaking them (wider with an interval above 1, coverage not under 0.8).",
        holds,
        figures,
        _tables(found, rows, streams, hidden),
        {"any-subset.png": _picture(found, rows, streams)},
        [
            "One model answers every row: a row is what it was given, a column what was wanted. "
            "Errors are of the mean, squared, in units of each channel's variance (1 is the mean "
            "value; 0 is perfect); widths are of the calibrated 90 % band, in standard deviations.",
        ],
    )


def spoken_part(arm: str, streams: Sequence[str]) -> str:
    """A given part in words.

    Example:
        >>> spoken_part("a+b", ["a", "b", "c"])
        'all but c'
    """
    given = arm.split("+")
    lacking = [name for name in streams if name not in given]
    if len(lacking) == 1 and len(given) > 1:
        return f"all but {spoken(lacking[0])}"
    return " + ".join(spoken(name) for name in given)


def _questions(found: Collected, streams: Sequence[str]) -> list[str]:
    """Given parts that were asked, small ones first, in the order of the streams."""
    arms = found.arms(Place("gait", "any", ""))
    return sorted(arms, key=lambda arm: (arm.count("+"), *map(streams.index, arm.split("+"))))


def _mean(found: Collected, arm: str, figure: str, conditioning: str = "any") -> Estimate:
    return mean_of(found.of(Place("gait", conditioning, ""), arm, figure))


def _over_parts(found: Collected, rows: Sequence[str], figure: str) -> Estimate:
    """Mean over given parts, with units the subjects."""
    place = Place("gait", "any", "")
    total: dict[int, dict[str, list[float]]] = {}
    for arm in rows:
        for seed, units in found.of(place, arm, figure).items():
            for unit, value in units.items():
                total.setdefault(seed, {}).setdefault(unit, []).append(value)
    return mean_of(
        {
            seed: {unit: float(np.mean(values)) for unit, values in units.items()}
            for seed, units in total.items()
        }
    )


def _missing(
    found: Collected, streams: Sequence[str], hidden: Sequence[float], kind: str
) -> dict[float, Estimate]:
    """For each share of hidden channels: width over that of none hidden, or coverage."""
    answers = {}
    for share in hidden:
        place = Place("gait", "any", f"hidden={share}")
        for arm in found.arms(place):
            want = next(name for name in streams if name not in arm.split("+"))
            here = found.of(place, arm, f"{kind}.{want}")
            whole = found.of(Place("gait", "any", ""), arm, f"{kind}.{want}")
            answers[share] = ratio(here, whole) if kind in ("width", "mse") else mean_of(here)
    return {k: e for k, e in answers.items() if math.isfinite(e.value)}


def _tables(
    found: Collected, rows: Sequence[str], streams: Sequence[str], hidden: Sequence[float]
) -> list[Table]:
    head = ["given", *(spoken(name) for name in streams)]

    def matrix(title: str, kind: str, note: str = "") -> Table:
        lines = [
            [spoken_part(arm, streams)]
            + [_short(_mean(found, arm, f"{kind}.{want}")) for want in streams]
            for arm in rows
        ]
        return Table(title, head, lines, note)

    tables = [
        matrix("Squared error of the mean, in variances", "mse"),
        matrix("Width of the 90 % band, in standard deviations", "width"),
        matrix("Coverage of the 90 % band", "coverage"),
    ]
    for rival, title in (
        ("ridge", "Squared error over that of ridge, fitted for each question by itself"),
        ("fixed", "Squared error over that of a model of fixed sides, same size and steps"),
    ):
        place = Place("gait", rival, "")
        lines = [
            [spoken_part(arm, streams)]
            + [_over(found, arm, f"mse.{want}", rival) for want in streams]
            for arm in _in_order(found.arms(place), streams)
        ]
        if lines:
            tables.append(Table(title, head, lines, "Under 1 the one model of any part is better."))
    lines = [
        [f"{share:.0%}", shown(error), shown(wide), shown(cover)]
        for share in hidden
        for error, wide, cover in [
            tuple(
                _missing(found, streams, [share], kind).get(share, _NONE)
                for kind in ("mse", "width", "coverage")
            )
        ]
    ]
    title = "Hidden channels, all streams but moments given: moments"
    tables.append(Table(title, ["hidden", "error over none", "width over none", "coverage"], lines))
    return tables


_NONE = Estimate(math.nan, math.nan, math.nan, 0, 0)


def _in_order(arms: Sequence[str], streams: Sequence[str]) -> list[str]:
    return sorted(arms, key=lambda arm: (arm.count("+"), *map(streams.index, arm.split("+"))))


def _over(found: Collected, arm: str, figure: str, rival: str) -> str:
    mine = found.of(Place("gait", "any", ""), arm, figure)
    theirs = found.of(Place("gait", rival, ""), arm, figure)
    if rival == "ridge" and theirs:  # it has no seed of its own
        theirs = dict.fromkeys(mine, next(iter(theirs.values())))
    return _short(ratio(mine, theirs))


def _short(estimate: Estimate) -> str:
    return f"{estimate.value:.2f}" if math.isfinite(estimate.value) else ""


def _picture(found: Collected, rows: Sequence[str], streams: Sequence[str]) -> Figure:
    """The two matrices, side by side."""

    def values(kind: str) -> np.ndarray:
        table = [[_mean(found, arm, f"{kind}.{want}").value for want in streams] for arm in rows]
        return np.array(table, dtype=np.float64).reshape(len(rows), len(streams))

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        names = [spoken(name) for name in streams]
        for axes, kind, title in (
            (left, "mse", "squared error, in variances"),
            (right, "width", "width of the 90 % band, in spreads"),
        ):
            shown_values = values(kind)
            top = np.nanmax(shown_values) if np.isfinite(shown_values).any() else 1.0
            axes.imshow(shown_values, cmap="Blues", vmin=0, vmax=top, aspect="auto")
            for (row, column), value in np.ndenumerate(shown_values):
                if np.isfinite(value):
                    dark = value > 0.6 * top
                    axes.text(
                        column, row, f"{value:.2f}", ha="center", va="center", fontsize=6,
                        color="white" if dark else "black",
                    )  # fmt: skip
            axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
            axes.set_title(title)
            axes.grid(visible=False)
        left.set_yticks(range(len(rows)), [spoken_part(arm, streams) for arm in rows], fontsize=7)
        left.set_ylabel("given")

    return draw(paint, 9.5, 0.28 * max(len(rows), 4) + 1.6)
