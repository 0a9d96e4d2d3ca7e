"""Trials of a report: recordings of tested people on the timeline page, inside the report.

The people are those whose curves the report shows: best, median and worst, never the best alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from unisono.api.evaluation_input import Side
from unisono.api.generated import Generated
from unisono.api.model import Model
from unisono.api.recipe import Sampling
from unisono.api.showing import trial_of
from unisono.core.errors import UnisonoError
from unisono.evaluation.inputs import EvaluationInput
from unisono.recordings.dataset import Dataset
from unisono.viewing.panels import choose_windows
from unisono.viewing.report_page import Timeline
from unisono.viewing.timeline_page import Trial, render_timeline, timeline_frame

__all__ = ["TRIALS", "ReportTrials", "report_trials"]

TRIALS = 3
"""Most recordings on the timeline of a report: best, median, worst."""

_LARGEST = 4_000_000
"""Characters of the timeline inside a report, so that the report can still be sent by mail."""

_SAMPLES = 8
"""Samples of each generated stream that a report plays; its bands are of all."""


class ReportTrials(NamedTuple):
    """The timeline of a report.

    Attributes:
        timeline: What the page shows; None where nothing can be shown.
        doubts: Why a recording is not on it.
    """

    timeline: Timeline | None
    doubts: tuple[str, ...]


def report_trials(
    model: Model,
    data: Dataset,
    tested: Side,
    inputs: EvaluationInput,
    sampling: Sampling,
    most: int,
) -> ReportTrials:
    """Generate for a recording each of the best, the median and the worst person, and show them.

    A recording that cannot be generated for or shown is left out, and a doubt says why.

    Args:
        model: The model.
        data: Where the recordings are.
        tested: The windows that were tested.
        inputs: What was evaluated; the first target decides who is best and who is worst.
        sampling: How the model is sampled.
        most: At most so many recordings.
    """
    trials: list[Trial] = []
    names: list[str] = []
    doubts: list[str] = []
    for name in _chosen(tested, inputs)[:most]:
        try:
            trial = _trial(model.generate(data.load(name), options=sampling))
            large = len(timeline_frame(render_timeline([*trials, trial]), label="")) > _LARGEST
        except UnisonoError as error:
            doubts.append(f"{name} is not on the timeline: {' '.join(str(error).split())}")
            continue
        if large:
            doubts.append(f"{name} is not on the timeline: it would make this page too large.")
            continue
        trials.append(trial)
        names.append(name)
    return ReportTrials(_timeline(trials, names), tuple(doubts))


def _trial(made: Generated) -> Trial:
    few = {
        name: replace(part, samples=part.samples[:_SAMPLES]) for name, part in made.parts.items()
    }
    return trial_of(replace(made, parts=few))


def _chosen(tested: Side, inputs: EvaluationInput) -> list[str]:
    """Recordings of the windows that the curves show: the worst person's, the best, the median.

    With one recording a reader then sees the worst, with two both ends.
    """
    shown = choose_windows(inputs, next(iter(inputs.targets)))
    order = [*shown[-1:], *shown[:-1]]
    names = tested.table["recording"].astype(str)
    return list(dict.fromkeys(names.iloc[one.window] for one in order))


def _timeline(trials: Sequence[Trial], names: Sequence[str]) -> Timeline | None:
    if not trials:
        return None
    return Timeline(render_timeline(trials), f"Timeline of {', '.join(names)}")
