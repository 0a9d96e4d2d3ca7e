"""What the curves show: tables, a picture, and whether lags and broken bonds are found."""

import math
from collections.abc import Iterator
from itertools import product

from matplotlib.figure import Figure

from unisono.experiments.collected import Collected, Place
from unisono.experiments.curves_uses import BROKEN, GUIDES, LATE
from unisono.experiments.outcome import Outcome, figure_of
from unisono.experiments.pairing import Estimate, ratio, shown
from unisono.experiments.pictures import curves_figure
from unisono.experiments.tables import Table

__all__ = ["curves_outcome"]

_MS = 10.0
"""Milliseconds of a frame."""

_HOWS = ("prediction", "agreement")

CLAIM = (
    "On people nobody trained on, a guide that is 0 to 500 ms late is found to be so within 10 ms "
    "on average from half of a person's windows, and brought forward by that it costs at most 5 % "
    "of error; without a bond between the sides 2 to 8 % of windows have a p value up to 0.05, and "
    "p is uniform (Kolmogorov-Smirnov p at least 0.01)."
)


class _Runs:
    """Figures of the cells that the tables look at."""

    def __init__(self, found: Collected) -> None:
        self.found = found

    def of(self, arm: str, variant: str, figure: str) -> dict[int, dict[str, float]]:
        return self.found.of(Place("gait", "ours", variant), arm, figure)

    def mean(self, arm: str, variant: str, figure: str) -> Estimate:
        return self.found.mean(Place("gait", "ours", variant), arm, figure)

    def over(self, one: tuple[str, str], other: tuple[str, str], figure: str) -> Estimate:
        """One cell's figure over another's, paired by seed and person."""
        return ratio(self.of(*one, figure), self.of(*other, figure))

    @property
    def lengths(self) -> list[int]:
        """Lengths of aligned windows that were trained."""
        names = [p.variant for p in self.found.places if p.variant.startswith("C=")]
        return sorted(int(name.partition("=")[2]) for name in names)

    @property
    def main(self) -> str:
        """The variant whose model is used on poor guides."""
        for place in self.found.places:
            if self.of("both", place.variant, "noise=0.5.mse"):
                return place.variant
        return f"C={self.lengths[0]}" if self.lengths else ""


def curves_outcome(found: Collected) -> Outcome:
    """Tables, the picture and the verdict.

    Args:
        found: All results.
    """
    runs = _Runs(found)
    figures = [figure_of(name, estimate) for name, estimate in _figures(runs)]
    return Outcome(
        "llma-curves",
        CLAIM,
        _holds(runs),
        figures,
        [_lengths(runs), _directions(runs), _late(runs), _guides(runs), _shared(runs), _bond(runs)],
        {"llma-curves.png": _picture(runs)},
    )


def _figures(runs: _Runs) -> Iterator[tuple[str, Estimate]]:
    """Every figure of the tables, by name."""
    none = ("none", "")
    for length in runs.lengths:
        both, control = (("both", f"C={length}"), ("shuffled_batch", f"C={length}"))
        for figure in ("mse", "back.mse"):
            yield f"C={length} {figure} over none", runs.over(both, none, figure)
            yield f"C={length} {figure} over shuffled", runs.over(both, control, figure)
        yield f"C={length} retrieval", runs.mean(*both, "retrieval")
    yield "alone mse", runs.mean("one_way", "", "mse")
    yield "alone back.mse", runs.mean("one_way", "back", "back.mse")
    for arm, variant in (none, ("both", runs.main)):
        for name in ("mse", "back.mse", *_names()):
            yield f"{arm} {name}", runs.mean(arm, variant, name)
    for share in _broken(runs):
        variant = f"broken={share:g}"
        yield f"{variant} none mse", runs.mean("none", variant, "mse")
        yield f"{variant} mse over none", runs.over(("both", variant), ("none", variant), "mse")


def _names() -> list[str]:
    """Figures of models at use."""
    lags = product(LATE, _HOWS, ("asis", "synced", "off", "single"))
    poor = product(((k, s) for k in GUIDES for s in GUIDES[k]), ("mse", "cover90", "width90"))
    bonds = product(BROKEN, _HOWS, ("power", "uniform"))
    return [
        *(f"late={late}.{how}.{what}" for late, how, what in lags),
        *(f"{kind}={size}.{what}" for (kind, size), what in poor),
        *(f"bond={share:g}.{how}.{what}" for share, how, what in bonds),
    ]


def _broken(runs: _Runs) -> list[float]:
    names = [p.variant for p in runs.found.places if p.variant.startswith("broken=")]
    return sorted(float(name.partition("=")[2]) for name in names)


def _holds(runs: _Runs) -> bool:
    """Whether lags and broken bonds are found as the claim says, with alignment."""
    aligned = ("both", runs.main)
    off = [runs.mean(*aligned, f"late={k}.prediction.off").value for k in LATE]
    base = runs.mean(*aligned, "late=0.prediction.asis").value
    cost = [runs.mean(*aligned, f"late={k}.prediction.synced").value / base for k in LATE]
    alarms = [runs.mean(*aligned, f"bond=1.{how}.power").value for how in _HOWS]
    uniform = [
        value
        for how in _HOWS
        for seed in runs.of(*aligned, f"bond=1.{how}.uniform").values()
        for value in seed.values()
    ]
    return (
        all(x * _MS <= 10 for x in off)
        and all(x <= 1.05 for x in cost)
        and all(0.02 <= x <= 0.08 for x in alarms)
        and bool(uniform)
        and all(x >= 0.01 for x in uniform)
    )


def _lengths(runs: _Runs) -> Table:
    rows = []
    for length in runs.lengths:
        both, control = ("both", f"C={length}"), ("shuffled_batch", f"C={length}")
        rows.append(
            [
                str(length),
                *(shown(runs.over(both, ("none", ""), f)) for f in ("mse", "back.mse")),
                *(shown(runs.over(both, control, f)) for f in ("mse", "back.mse")),
                shown(runs.mean(*both, "retrieval")),
            ]
        )
    head = ["frames C", "over none", "back, over none", "over shuffled", "back, over shuffled"]
    note = "Ratios of mean square errors on unseen people, paired by seed and person."
    return Table("Length of the aligned windows", [*head, "retrieval"], rows, note)


def _directions(runs: _Runs) -> Table:
    trained = {
        "alone": (("one_way", ""), ("one_way", "back")),
        "jointly": (("none", ""), ("none", "")),
        "jointly, aligned": (("both", runs.main), ("both", runs.main)),
    }
    rows = [
        [name, shown(runs.mean(*there, "mse")), shown(runs.mean(*back, "back.mse"))]
        for name, (there, back) in trained.items()
    ]
    head = ["directions", "angles to forces and moments", "and back"]
    return Table("Each direction alone, or both", head, rows)


def _late(runs: _Runs) -> Table:
    rows = []
    for late in LATE:
        for arm, variant in (("none", ""), ("both", runs.main)):
            if not runs.of(arm, variant, f"late={late}.prediction.asis"):
                continue
            row = [f"{late * _MS:.0f}", arm]
            for name in ("prediction.asis", "prediction.synced", "agreement.synced"):
                row.append(shown(runs.mean(arm, variant, f"late={late}.{name}")))
            for how in _HOWS:
                for what in ("off", "single"):
                    off = runs.mean(arm, variant, f"late={late}.{how}.{what}").value
                    row.append(f"{off * _MS:.0f}")
            rows.append(row)
    head = ["late, ms", "arm", "MSE as it is", "synchronised by prediction", "by agreement"]
    more = [f"{how}: {what}, ms" for how in _HOWS for what in ("error", "error of one window")]
    note = "Lags are found on the first half of a person's windows and used on the second."
    return Table("A late guide", [*head, *more], rows, note)


def _guides(runs: _Runs) -> Table:
    rows = []
    for kind, sizes in GUIDES.items():
        for size in sizes:
            name = f"{kind}={size}"
            one, other = ("both", runs.main), ("none", "")
            row = [kind, f"{size:g}"]
            row += [shown(runs.mean(*a, f"{name}.mse")) for a in (other, one)]
            row.append(shown(runs.over(one, other, f"{name}.mse")))
            row += [
                shown(runs.mean(*other, f"{name}.{what}"), 2) for what in ("cover90", "width90")
            ]
            rows.append(row)
    head = ["what", "size", "MSE, none", "MSE, aligned", "aligned over none", "cover of raw 90 %"]
    return Table("A poor guide", [*head, "its width"], rows)


def _shared(runs: _Runs) -> Table:
    rows = []
    for share in _broken(runs):
        variant = f"broken={share:g}"
        both, none = ("both", variant), ("none", variant)
        row = [f"{share:g}", *(shown(runs.mean(*a, "mse")) for a in (none, both))]
        row.append(shown(runs.over(both, none, "mse")))
        row.append(shown(runs.mean(*both, "retrieval")))
        rows.append(row)
    head = ["share of an independent source", "MSE, none", "MSE, aligned", "aligned over none"]
    note = "In training and at use alike; an independent part can not be predicted by anybody."
    return Table("What is shared, broken in steps", [*head, "retrieval"], rows, note)


def _bond(runs: _Runs) -> Table:
    rows = []
    for share in BROKEN:
        for arm, variant in (("none", ""), ("both", runs.main)):
            row = [f"{share:g}", arm]
            for how in _HOWS:
                row.append(shown(runs.mean(arm, variant, f"bond={share:g}.{how}.power")))
                row.append(shown(runs.mean(arm, variant, f"bond={share:g}.{how}.uniform"), 2))
            rows.append(row)
    head = ["share of an independent source", "arm"]
    more = [f"{how}: {x}" for how in _HOWS for x in ("windows with p up to 0.05", "p of uniform")]
    note = (
        "Models of whole bonds; at 1 the sides have none, and 0.05 of the windows should have it."
    )
    return Table("The alignment score", [*head, *more], rows, note)


def _picture(runs: _Runs) -> Figure:
    aligned, none = ("both", runs.main), ("none", "")
    lengths = {
        "over none": {float(n): runs.over(("both", f"C={n}"), none, "mse") for n in runs.lengths},
        "over shuffled": {
            float(n): runs.over(("both", f"C={n}"), ("shuffled_batch", f"C={n}"), "mse")
            for n in runs.lengths
        },
    }
    late = {
        "as it is": "prediction.asis",
        "synchronised by prediction": "prediction.synced",
        "by agreement of latents": "agreement.synced",
    }
    power = {
        f"{arm}, {how}": {s: runs.mean(arm, v, f"bond={s:g}.{how}.power") for s in BROKEN}
        for arm, v in (none, aligned)
        for how in _HOWS
    }
    noise = {
        arm: {s: runs.mean(arm, v, f"noise={s}.mse") for s in GUIDES["noise"]}
        for arm, v in (none, aligned)
    }
    panels = {
        "Length of aligned windows": lengths,
        "A late guide": {
            k: {_MS * n: runs.mean(*aligned, f"late={n}.{v}") for n in LATE}
            for k, v in late.items()
        },
        "A noisy guide": noise,
        "The alignment score": power,
    }
    kept = {
        title: {
            name: {x: e for x, e in points.items() if math.isfinite(e.value)}
            for name, points in lines.items()
        }
        for title, lines in panels.items()
    }
    across = ("frames C", "late, ms", "noise, spreads", "share of an independent source")
    up = ("ratio of MSE", "MSE", "MSE", "windows with p up to 0.05")
    return curves_figure(kept, across=across, up=up)
