r"""Do two measured sides of a recording belong together, and how late is one against the other?

For recordings that hold both what a model is given and what it generates (two devices with clocks
of their own; a trial that may have been paired wrongly):

- :func:`lag` scans lags of the given side and takes the one at which the model fits best;
- :func:`alignment_score` gives every window a score and a p value against shuffled windows.

Two scores serve both. ``"prediction"``: minus the mean square error, in spreads of the recording,
of what the model predicts from the given side. ``"agreement"``: the cosine of the aligned latents,
for models of both directions. Above 0 a lag means that the given side is late.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from unisono.alignment.agreement import PairScores, shuffled_p
from unisono.alignment.lag import best_lag
from unisono.api.inputs import whole_batch
from unisono.api.synchrony_scores import HOWS, How, Question, batch_scores, lag_scores
from unisono.core.checks import check_choice, check_range
from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError, ModelError, UnisonoError
from unisono.core.random import numpy_generator
from unisono.recordings.schema import stream_names

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["AlignmentScore", "Lag", "alignment_score", "lag", "lag_doubts", "move_streams"]

_MOST_STARTS = 800
"""Most places of a recording that are compared with one another: memory grows with the square."""


class Lag(NamedTuple):
    """How late the given side of a recording is.

    Attributes:
        seconds: The estimate; above 0 the given side is late.
        low: Lower end of its 95 % interval over windows.
        high: Upper end.
        lags_s: Lags that were tried, ``(K,)``.
        curve: Mean score at each of them, ``(K,)``.
        at_edge: Whether the best lag is the first or last that was tried.
    """

    seconds: float
    low: float
    high: float
    lags_s: npt.NDArray[np.float64]
    curve: npt.NDArray[np.float64]
    at_edge: bool

    def __str__(self) -> str:
        """One line for a person."""
        side = "late" if self.seconds >= 0 else "early"
        span = f"[{1e3 * self.low:.0f}, {1e3 * self.high:.0f}]"
        more = "; the best lag lies at the edge of what was tried" if self.at_edge else ""
        return f"the given side is {1e3 * abs(self.seconds):.0f} ms {side} ({span} ms){more}"


class AlignmentScore(NamedTuple):
    """How well the two measured sides of a recording belong together.

    Attributes:
        table: A row a window: ``start_s``, ``stop_s``, ``score``, and ``p`` against shuffled
            windows.
        p: P value of the whole recording: its mean score against those of the given side moved by
            more than a window; with ``k`` such moves it is never below ``1 / (k + 1)``.
    """

    table: pd.DataFrame
    p: float

    @property
    def share(self) -> float:
        """Share of windows with a p value up to 0.05; 0.05 where the sides have no bond."""
        p = self.table["p"].dropna()
        return float((p <= 0.05).mean()) if len(p) else float("nan")


def lag(
    model: "Model", recording: xr.DataTree, *, most_s: float = 0.5, how: How = "prediction"
) -> Lag:
    """Estimate how late the given side of a recording is; both sides must be in it.

    A periodic movement repeats: lags beyond half a period may be mistaken for others.

    Args:
        model: A model of fixed windows.
        recording: Holds streams of both sides, on clocks that are thought to be one.
        most_s: Largest lag that is tried, in seconds, both ways.
        how: The score; see the module's docstring.

    Raises:
        ModelError: If a side is missing, the model's windows end at events, or the recording is
            too short for a window and the lag.
        ConfigError: If ``how`` needs latents that the model has not.
    """
    check_range("most_s", most_s, 0.0, 1e4)
    return _lag(model, recording, _Search(most_s, how))


class _Search(NamedTuple):
    """How a lag is searched: how far, by which score, in which steps, in how many windows."""

    most_s: float
    how: How = "prediction"
    step_s: float = 0.0
    windows: int = 10**6


_QUICK = _Search(0.25, step_s=0.02, windows=6)
"""A search that costs about as much as one answer; a parabola finds what lies between steps."""


def lag_doubts(model: "Model", recording: xr.DataTree) -> list[str]:
    """What to know of a recording whose measured sides look shifted against each other.

    A quick search in a few windows. Nothing is said where one side is not measured, where the
    recording is too short, where the interval of the lag reaches a frame from 0, or where the model
    is no judge: at its best lag it must explain half of the variance, and a tenth of the error less
    than as it is.
    """
    measured = [name for name in model.want if name in stream_names(recording)]
    if not measured or model.method.any_part:
        return []
    try:
        found = _lag(model, recording, _QUICK)
    except UnisonoError:
        return []
    frame = 1 / model.cut.rate_hz
    best, as_is = -float(found.curve.max()), -float(found.curve[np.argmin(np.abs(found.lags_s))])
    judges = best <= 0.5 and best <= 0.9 * as_is
    if not judges or found.at_edge or (found.low <= frame and found.high >= -frame):
        return []
    return [f"beside the measured {', '.join(measured)}, {found}: look at the clocks"]


def _lag(model: "Model", recording: xr.DataTree, search: _Search) -> Lag:
    asked, whole = _both_sides(model, recording, search.how)
    length, frames, most_s = model.cut.length, _frames(whole), search.most_s
    most = min(round(most_s * model.cut.rate_hz), (frames - length) // 2)
    if most < 1:
        need = (length + 2 * round(most_s * model.cut.rate_hz)) / model.cut.rate_hz
        raise ModelError(
            f"recording {recording.attrs['recording']!r} has {frames} frames in common, too few "
            f"for a window of {length} and a lag; give {need:.1f} s, or a smaller most_s."
        )
    starts = np.arange(0, frames - length - 2 * most + 1, max(length // 2, 1))
    if len(starts) > search.windows:
        starts = starts[np.linspace(0, len(starts) - 1, search.windows).round().astype(int)]
    batch = _cut(whole, starts, length + 2 * most)
    step = max(1, round(search.step_s * model.cut.rate_hz))
    side = np.arange(step, most + 1, step)
    lags = np.concatenate([-side[::-1], [0], side])
    scores = lag_scores(model.method, batch, asked, lags.tolist(), length=length)
    fit = best_lag(lags, scores, generator=numpy_generator(0, "lag"))
    rate = model.cut.rate_hz
    return Lag(
        fit.frames / rate, fit.low / rate, fit.high / rate, lags / rate, fit.curve, fit.at_edge
    )


def alignment_score(
    model: "Model", recording: xr.DataTree, *, how: How = "prediction"
) -> AlignmentScore:
    """Score every window of a recording that holds both sides.

    Args:
        model: A model of fixed windows.
        recording: Holds streams of both sides; the longer, the more shuffled windows there are to
            compare with, and the smaller a p value can be.
        how: The score; see the module's docstring.

    Raises:
        ModelError: If a side is missing, the model's windows end at events, or the recording is
            shorter than two windows.
        ConfigError: If ``how`` needs latents that the model has not.
    """
    asked, whole = _both_sides(model, recording, how)
    length, frames = model.cut.length, _frames(whole)
    if frames < 2 * length:
        raise ModelError(
            f"recording {recording.attrs['recording']!r} has {frames} frames in common; shuffled "
            f"windows need two windows of {length}: give a longer one."
        )
    stride = max(1, length // 8, -(-(frames - length) // _MOST_STARTS))
    starts = np.arange(0, frames - length + 1, stride)
    piece = min(model.method.settings.alignment.length, length)
    found = batch_scores(model.method, _cut(whole, starts, length), asked, length=piece)
    apart = torch.from_numpy(np.abs(starts[:, None] - starts[None, :]) >= length)
    p = shuffled_p(found.scores, found.valid, apart).numpy()
    own = found.scores.diagonal(dim1=1, dim2=2).numpy()
    time = float(whole.known["start_s"][0])
    rate, rows = model.cut.rate_hz, []
    inside = len(found.start) * piece
    for at in range(0, frames - inside + 1, inside):
        row = int(np.argmin(np.abs(starts - at)))
        for m, first in enumerate(found.start.tolist()):
            start = time + (starts[row] + first) / rate
            rows.append((start, start + piece / rate, own[m, row], p[m, row]))
    table = pd.DataFrame(rows, columns=["start_s", "stop_s", "score", "p"])
    return AlignmentScore(table, _moved_p(found, round(-(-length // stride))))


def _moved_p(found: PairScores, least: int) -> float:
    """P value of the mean score against those of moves by at least so many places."""
    means = []
    for k in range(found.scores.shape[1]):
        both = found.valid[:, : found.valid.shape[1] - k] & found.valid[:, k:]
        means += [
            float(found.scores.diagonal(offset=o, dim1=1, dim2=2)[both].mean())
            for o in ({k, -k} if k in (0, *range(least, found.scores.shape[1])) else ())
            if bool(both.any())
        ]
    if len(means) < 2:
        return float("nan")
    return (1 + sum(mean >= means[0] for mean in means[1:])) / len(means)


def move_streams(recording: xr.DataTree, names: Sequence[str], seconds: float) -> xr.DataTree:
    """Put streams earlier by some seconds (later if below 0): what :func:`lag` found, undone.

    Args:
        recording: The recording; it is not changed.
        names: Streams that are moved.
        seconds: By how much.

    Raises:
        ModelError: If a stream is not there.
    """
    known = stream_names(recording)
    strange = [name for name in names if name not in known]
    if strange:
        raise ModelError(f"there is no stream {strange[0]!r} to move; got {', '.join(known)}.")
    moved = recording.copy()
    for name in names:
        node = moved[name].to_dataset()
        moved[name] = xr.DataTree(node.assign_coords(time=node["time"] - seconds))
    return moved


def _both_sides(model: "Model", recording: xr.DataTree, how: How) -> tuple[Question, Batch]:
    check_choice("how", how, HOWS)
    if model.cut.by:
        raise ModelError(
            f"windows of this model go from {' to '.join(model.cut.by)}, which sets its clock; a "
            "lag or an alignment score needs a model of windows of fixed length."
        )
    if set(model.given) & set(model.want):
        raise ConfigError("say what is given: model.asking(given=[...], want=[...]) first.")
    there = stream_names(recording)
    sides = [[name for name in side if name in there] for side in (model.given, model.want)]
    for side, names, role in zip(
        sides, (model.given, model.want), ("given", "wanted"), strict=True
    ):
        if not side:
            raise ModelError(
                f"recording {recording.attrs['recording']!r} has none of the {role} streams "
                f"({', '.join(names)}); both sides must be measured to be compared."
            )
    return Question(sides[0], sides[1], how), whole_batch(model, recording, (*sides[0], *sides[1]))


def _frames(batch: Batch) -> int:
    return int(next(iter(batch.data.values())).shape[1])


def _cut(whole: Batch, starts: npt.NDArray[np.int64], length: int) -> Batch:
    """Windows of a whole recording."""

    def windows(x: Tensor) -> Tensor:
        return torch.stack([x[0, s : s + length] for s in starts])

    count = len(starts)
    known: dict[str, Any] = {k: v.repeat(count) for k, v in whole.known.items() if k != "start_s"}
    return Batch(
        {k: windows(v) for k, v in whole.data.items()},
        {k: windows(v) for k, v in whole.mask.items()},
        torch.arange(count),
        torch.zeros(count, dtype=torch.int64),
        torch.full((count,), -1),
        known,
    )
