"""Which curves a report shows: the best, the median and the worst subject, never the best alone.

A panel is one channel of one window: the measured curve, the model's answer with its bands, and
baselines.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unisono.evaluation.arrays import Array, Mask, groups_of
from unisono.evaluation.errors import group_errors, window_errors
from unisono.evaluation.inputs import EvaluationInput, TargetInput
from unisono.evaluation.tables import main_unit

__all__ = ["CurvePanel", "ShownWindow", "choose_panels", "choose_windows"]


class CurvePanel(NamedTuple):
    """One channel of one window.

    Attributes:
        title: Channel.
        subtitle: Subject, condition, and how typical it is.
        unit: Unit of the channel.
        time_label: What ``time`` is, with its unit.
        time: ``(L,)``.
        truth: ``(L,)``.
        valid: ``(L,)`` bool.
        mean: The model's answer, ``(L,)``.
        levels: Levels of the bands, inner first; empty for none.
        lower: ``(k, L)``.
        upper: ``(k, L)``.
        others: Baselines by name, each ``(L,)``.
    """

    title: str
    subtitle: str
    unit: str
    time_label: str
    time: Array
    truth: Array
    valid: Mask
    mean: Array
    levels: tuple[float, ...]
    lower: Array
    upper: Array
    others: Mapping[str, Array]


class ShownWindow(NamedTuple):
    """A window that a report shows.

    Attributes:
        window: Which one.
        note: Whose it is, and how good that subject is among all.
    """

    window: int
    note: str


def choose_panels(
    inputs: EvaluationInput, stream: str, *, channels: int = 3, beside: Sequence[str] = ("ridge",)
) -> list[CurvePanel]:
    """Panels of one stream: best, median and worst subject by ``nrmse``, a typical window of each.

    Args:
        inputs: What was evaluated.
        stream: Which target.
        channels: How many channels; those of the commonest unit that vary most in training.
        beside: Baselines to draw, where there are predictions of them.

    Returns:
        Panels, subject by subject, ``channels`` of each.
    """
    target = inputs.targets[stream]
    columns = main_unit(target).columns
    order = columns[np.argsort(-np.nan_to_num(target.spread[columns]), kind="stable")]
    chosen = sorted(order[:channels])
    return [
        _panel(inputs, target, shown, int(d), beside)
        for shown in choose_windows(inputs, stream)
        for d in chosen
    ]


def choose_windows(inputs: EvaluationInput, stream: str) -> list[ShownWindow]:
    """A typical window of the best, the median and the worst subject by ``nrmse``, best first.

    Args:
        inputs: What was evaluated.
        stream: Which target.
    """
    target = inputs.targets[stream]
    groups = groups_of([str(s) for s in inputs.subjects])
    errors = window_errors(
        target.predictions[inputs.model],
        target.truth,
        target.valid,
        spread=target.spread,
        step=target.steps,
    )
    by_window = _mean(errors.nrmse)
    by_subject = _mean(group_errors(errors, target.valid, groups).nrmse)
    ranked = [int(k) for k in np.argsort(by_subject, kind="stable") if np.isfinite(by_subject[k])]
    if not ranked:
        return []
    count = len(ranked)
    notes = {0: "best", count // 2: "median", count - 1: "worst"}
    if count == 1:
        notes = {0: "the only one"}
    shown = []
    for place, note in sorted(notes.items()):
        g = ranked[place]
        mine = np.flatnonzero((groups.code == g) & np.isfinite(by_window))
        typical = mine[np.argsort(by_window[mine], kind="stable")[len(mine) // 2]]
        shown.append(ShownWindow(int(typical), f"{groups.names[g]}, {note} of {count} subjects"))
    return shown


def _mean(values: Array) -> Array:
    good = np.isfinite(values)
    count = good.sum(axis=1)
    total = np.where(good, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _panel(
    inputs: EvaluationInput, target: TargetInput, shown: ShownWindow, d: int, beside: Sequence[str]
) -> CurvePanel:
    w, frames = shown.window, target.truth.shape[1]
    condition = "" if inputs.conditions is None else str(inputs.conditions[w])
    if target.step is None:
        time, label = np.linspace(0, 100, frames), "window (%)"
    else:
        time, label = np.arange(frames) * target.step[w], "time (s)"
    bands = target.bands
    nothing = np.empty((0, frames))
    return CurvePanel(
        target.channels[d],
        f"{shown.note}{', ' + condition if condition else ''}",
        target.units[d],
        label,
        time,
        target.truth[w, :, d],
        target.valid[w, :, d],
        target.predictions[inputs.model][w, :, d],
        () if bands is None else bands.levels,
        nothing if bands is None else bands.lower[:, w, :, d],
        nothing if bands is None else bands.upper[:, w, :, d],
        {
            name: target.predictions[name][w, :, d]
            for name in beside
            if name in target.predictions and name != inputs.model
        },
    )
