"""What the ablation shows: tables of figures and ratios, the picture, and the verdict in words."""

from unisono.experiments.arms import ALIGNED, BASELINE_ARMS
from unisono.experiments.collected import Collected, Place
from unisono.experiments.outcome import Outcome, figure_of
from unisono.experiments.pairing import shown
from unisono.experiments.pictures import ratios_figure
from unisono.experiments.tables import Table
from unisono.experiments.verdict import GOALS, Verdict, judge

__all__ = ["ablation_outcome"]

CLAIM = (
    "In the ablation, on unseen people or conditions, alignment lowers the mean square error to at "
    "most 0.95 of no alignment and 0.97 of both shuffled controls (intervals excluding 1, coverage "
    "no worse) on at least one data set."
)
_FIGURES = (
    "mse", "crps", "cover50", "cover80", "cover90", "energy", "fid", "predictive", "probe",
    "retrieval",
)  # fmt: skip
_COMPARED = ("both", "contrast", "covariance", "shuffled_batch", "shuffled_full", "longer")


def ablation_outcome(found: Collected) -> Outcome:
    """Tables, pictures and the verdict.

    Args:
        found: All results.
    """
    places = [p for p in found.places if "none" in found.arms(p)]
    verdicts = [
        (figure, judge(found, p, arm, figure))
        for p in places
        for arm in ALIGNED
        if arm in found.arms(p)
        for figure in ("mse", "back.mse")
    ]
    figures = []
    for figure, verdict in verdicts:
        title = f"{verdict.place.title}, {verdict.arm}: {figure}"
        longer = found.ratio(verdict.place, verdict.arm, "longer", figure)
        figures.append(figure_of(f"{title} over none", verdict.over_none))
        figures.append(figure_of(f"{title} over the better shuffle", verdict.over_shuffled))
        figures.append(figure_of(f"{title} over none of equal compute", longer))
    for place in found.places:
        for arm in found.arms(place):
            figures.append(figure_of(f"{place.title}, {arm}: mse", found.mean(place, arm, "mse")))
    rows = [
        (p.title, {a: found.ratio(p, a, "none", "mse") for a in _COMPARED if a in found.arms(p)})
        for p in places
    ]
    return Outcome(
        "llma-ablation",
        CLAIM,
        any(v.pays for _, v in verdicts),
        figures,
        [_verdicts(found, verdicts), *(_ratios(found, p) for p in places), *_figures(found)],
        {"llma-ablation.png": ratios_figure(rows, title="MSE over no alignment", goal=GOALS[0])},
        [_words(verdicts)],
    )


Judged = tuple[str, Verdict]


def _words(verdicts: list[Judged]) -> str:
    """What the verdicts come to: over none, and over the controls, which are two questions."""
    paying = [f"{v.place.title} ({v.arm}, {figure})" for figure, v in verdicts if v.pays]
    content = [
        f"{v.place.title} ({v.arm}, {figure})" for figure, v in verdicts if v.over_shuffled.high < 1
    ]
    first = (
        "Alignment pays by the goal at: " + "; ".join(paying) + "."
        if paying
        else "Alignment pays nowhere in this table by the goal."
    )
    if not content:
        return first + " Nowhere is it better than both shuffled controls: no pairing is needed."
    return f"{first} It is better than both shuffled controls at: {'; '.join(content)}."


def _verdicts(found: Collected, verdicts: list[Judged]) -> Table:
    rows = [
        [
            v.place.title,
            v.arm,
            figure,
            shown(v.over_none),
            shown(v.over_shuffled),
            shown(found.ratio(v.place, v.arm, "longer", figure)),
            f"{v.miss:+.3f}",
            "yes" if v.pays else "no",
        ]
        for figure, v in verdicts
    ]
    head = ["where", "arm", "figure", "over none", "over the better shuffle", "over longer"]
    note = "longer: no alignment, with the compute of alignment spent on more steps."
    return Table("Does alignment pay?", [*head, "coverage miss", "pays"], rows, note)


def _ratios(found: Collected, place: Place) -> Table:
    rows = []
    for arm in found.arms(place):
        if arm == "none":
            continue
        over = [found.ratio(place, arm, "none", f) for f in ("mse", "crps", "back.mse", "energy")]
        cover = found.difference(place, arm, "none", "cover90")
        rows.append([arm, *map(shown, over), shown(cover)])
    head = ["arm over none", "MSE", "CRPS", "MSE back", "energy score", "cover90 difference"]
    return Table(f"{place.title}: ratios paired by seed and unit", head, rows)


def _figures(found: Collected) -> list[Table]:
    tables = []
    for data in dict.fromkeys(place.data for place in found.places):
        rows = []
        for place in [p for p in found.places if p.data == data]:
            for arm in found.arms(place):
                means = [found.mean(place, arm, name).value for name in _FIGURES]
                where = "" if arm in BASELINE_ARMS else place.conditioning
                rows.append([where, arm, *("-" if m != m else f"{m:.3f}" for m in means)])
        tables.append(Table(f"{data}: means over seeds and units", ["", "arm", *_FIGURES], rows))
    return tables
