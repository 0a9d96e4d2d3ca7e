"""What the search shows: every attempt, the losers too, and whether a winner was confirmed.

Among many attempts some win by luck. A case counts as found only if it meets the goal on all seeds
AND its ratios still meet the goal on the seeds from 3 on alone, which are run for winners after the
search and on which nothing was chosen.
"""

import math

from matplotlib.figure import Figure

from unisono.experiments.arms import FORMS, plain_of
from unisono.experiments.collected import Collected, Place
from unisono.experiments.outcome import Outcome, figure_of
from unisono.experiments.pairing import Estimate, shown
from unisono.experiments.pictures import curves_figure, ratios_figure
from unisono.experiments.tables import Table
from unisono.experiments.uses import USES
from unisono.experiments.verdict import GOALS, Verdict, judge

__all__ = ["SEARCH_SEEDS", "where_outcome"]

SEARCH_SEEDS = 3
"""Seeds of the search; later ones confirm."""

CLAIM = (
    "There is a case (few pairs, a poor guide, another laboratory, another form of alignment) in "
    "which alignment lowers the mean square error on unseen people to at most 0.95 of the same "
    "training without it and 0.97 of both shuffled controls, intervals excluding 1 and coverage no "
    "worse, confirmed on seeds that the search did not use."
)


def _verdict(found: Collected, place: Place, form: str, figure: str) -> Verdict:
    controls = (f"{form}~batch", f"{form}~full")
    return judge(
        found,
        place,
        form,
        figure,
        plain=tuple(dict.fromkeys((plain_of(form), "none"))),
        controls=controls,
    )


def where_outcome(found: Collected) -> Outcome:
    """Tables, pictures and the verdict.

    Args:
        found: All results.
    """
    fresh = Collected([r for r in found.results if r.cell.seed >= SEARCH_SEEDS])
    attempts = []
    for place in found.places:
        arms = found.arms(place)
        for form in (f for f in FORMS if f in arms and plain_of(f) in arms):
            for figure in ("mse", "back.mse", *(f"{use}.mse" for use in USES)):
                verdict = _verdict(found, place, form, figure)
                if math.isfinite(verdict.over_none.value):
                    attempts.append((figure, verdict, _confirmed(fresh, verdict, figure)))
    attempts.sort(key=lambda a: a[1].over_none.value)
    winners = [a for a in attempts if a[1].pays and a[2]]
    figures = []
    for figure, verdict, _ in attempts:
        title = f"{verdict.place.title}, {verdict.arm}, {figure}"
        figures.append(figure_of(f"{title}: over none", verdict.over_none))
        figures.append(figure_of(f"{title}: over the better shuffle", verdict.over_shuffled))
        longer = found.ratio(verdict.place, verdict.arm, "longer", figure)
        if math.isfinite(longer.value):
            figures.append(figure_of(f"{title}: over none of equal compute", longer))
    return Outcome(
        "llma-where",
        CLAIM,
        bool(winners),
        figures,
        [_attempts(found, attempts), _one_sided(found), _latents(found)],
        _pictures(found),
        [_words(attempts, winners)],
    )


Attempt = tuple[str, Verdict, bool]


def _confirmed(fresh: Collected, verdict: Verdict, figure: str) -> bool:
    again = _verdict(fresh, verdict.place, verdict.arm, figure)
    return again.over_none.value <= GOALS[0] and again.over_shuffled.value <= GOALS[1]


def _words(attempts: list[Attempt], winners: list[Attempt]) -> str:
    paying = [f"{v.place.title}, {v.arm}, {figure}" for figure, v, _ in attempts if v.pays]
    told = (
        f"{len(attempts)} attempts; about {0.025 * len(attempts):.0f} of them would look better "
        f"than no alignment by chance alone. {len(paying)} meet the goal on all seeds"
    )
    if winners:
        named = "; ".join(f"{v.place.title}, {v.arm}, {figure}" for figure, v, _ in winners)
        return f"{told}, and {len(winners)} also on the seeds kept for confirmation: {named}."
    more = f" ({'; '.join(paying[:6])})" if paying else ""
    return f"{told}{more}; none is confirmed on seeds that the search did not use."


def _attempts(found: Collected, attempts: list[Attempt]) -> Table:
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
            "yes" if confirmed else "no",
        ]
        for figure, v, confirmed in attempts
    ]
    head = ["where", "form", "figure", "over none", "over the better shuffle", "over longer"]
    head.append("coverage miss")
    return Table("Every attempt, best first", [*head, "pays", "confirmed"], rows)


def _one_sided(found: Collected) -> Table:
    """What recordings without the wanted side are worth."""
    rows = []
    for place in found.places:
        kind, _, share = place.variant.partition("=")
        if kind != "alone":
            continue
        whole = Place(place.data, place.conditioning, f"pairs={share}")
        alone = found.mean(place, "none", "mse")
        for arm in found.arms(whole):
            rows.append([whole.title, arm, shown(found.mean(whole, arm, "mse")), shown(alone)])
    head = ["where", "arm", "MSE with one-sided recordings", "MSE of pairs alone"]
    return Table("What recordings without the wanted side are worth", head, rows)


def _latents(found: Collected) -> Table:
    rows = [
        [place.title, arm, *(shown(found.mean(place, arm, f)) for f in ("probe", "retrieval"))]
        for place in found.places
        for arm in found.arms(place)
        if "~" not in arm
    ]
    return Table("Latents", ["where", "arm", "probe accuracy", "window retrieval"], rows)


def _pictures(found: Collected) -> dict[str, Figure]:
    rows = []
    curves: dict[str, dict[float, Estimate]] = {}
    for place in found.places:
        arms = found.arms(place)
        forms = [f for f in FORMS if f in arms and plain_of(f) in arms]
        if forms:
            ratios = {f: found.ratio(place, f, plain_of(f), "mse") for f in forms}
            rows.append((place.title, ratios))
        if place.conditioning == "ours" and place.variant.startswith("pairs="):
            share = float(place.variant.partition("=")[2])
            for arm in ("none", "both", "both~batch", "none+recovering", "recovering"):
                if arm in arms:
                    curves.setdefault(arm, {})[share] = found.mean(place, arm, "mse")
    pictures = {"llma-where.png": ratios_figure(rows, title="MSE over no alignment", goal=GOALS[0])}
    if curves:
        panel = {"Mean square error on unseen people": curves}
        pictures["llma-where-pairs.png"] = curves_figure(
            panel, across="share of recordings that are pairs", up="MSE"
        )
    return pictures
