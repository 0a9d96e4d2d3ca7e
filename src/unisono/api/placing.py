r"""Generated windows back on a recording's own clock, with its own channel names and axes.

A model may see a window from its leg (channels ``ipsi_`` and ``contra_``, left windows mirrored)
and along the heading. Both are undone here, in that order: signs of the mirror first, because in a
heading frame the second horizontal axis is the lateral one, then the turn by the heading in
laboratory axes. Windows that overlap are blended by
:math:`w = \sin^2(\pi u)` with ``u`` from 0 to 1 along a window, so that none begins with a jump
where another goes on.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from unisono.api.generated import GeneratedStream
from unisono.api.inputs import Inputs
from unisono.core.contracts import StreamInfo
from unisono.core.errors import SchemaError
from unisono.evaluation.calibration import Bands
from unisono.recordings.schema import make_stream
from unisono.recordings.sides import swap_side
from unisono.recordings.signals.heading import from_heading, horizontal_axes
from unisono.recordings.signals.mirror_rules import needs_lateral, signs
from unisono.recordings.signals.mirroring import lateral_axis
from unisono.recordings.window_streams import is_turned

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = [
    "Answer",
    "WayBack",
    "along_heading",
    "place_frames",
    "place_on_grid",
    "place_windows",
    "way_back",
]

Array = npt.NDArray[np.float64]

_VIEWS = {"ipsi_": "contra_", "contra_": "ipsi_"}
_PLAIN = {"ipsi_": "r_", "contra_": "l_"}
_ALONE = 1e-6
"""Weight of a window's first and last frame: nothing beside another window, all where alone."""


class Answer(NamedTuple):
    """Everything about one stream of windows, in the model's channels and axes.

    Attributes:
        mean: ``(n, L, D)``.
        samples: ``(S, n, L, D)``.
        bands: Calibrated bands of the same shape.
    """

    mean: Array
    samples: npt.NDArray[np.float32]
    bands: Bands

    def planes(self, row: int, matrix: Array) -> Array:
        """Mean, lower bounds, upper bounds and samples of one window, ``(1 + 2k + S, L, D)``.

        Args:
            row: The window.
            matrix: ``(D, D)``, from the model's channels to those of the result. Half widths of
                bands go through its absolute values, so that a component along axes that were
                turned has a band no narrower than promised, however errors hang together.
        """
        lower, upper = self.bands.lower[:, row], self.bands.upper[:, row]
        middle, half = (upper + lower) / 2 @ matrix, (upper - lower) / 2 @ np.abs(matrix)
        return np.concatenate(
            [self.mean[None, row] @ matrix, middle - half, middle + half,
             self.samples[:, row] @ matrix]
        )  # fmt: skip


class _Way(NamedTuple):
    """How the channels of one side's windows go back."""

    names: tuple[str, ...]
    signs: Array
    turned: bool


class _Back(NamedTuple):
    """What takes one window back: channels by a matrix ``(D, D)``, into this frame."""

    matrix: Array
    frame: dict[str, str]


class WayBack(NamedTuple):
    """What takes frames of a common clock back.

    Attributes:
        names: The laboratory's names of the channels.
        matrix: ``(D, D)``, from the model's channels to these.
        frame: Axes of the result.
    """

    names: tuple[str, ...]
    matrix: Array
    frame: dict[str, str]


def way_back(
    model: "Model", info: StreamInfo, window: "pd.Series[Any]", recording: xr.DataTree
) -> WayBack:
    """How a stream of fixed windows goes back to a recording.

    Args:
        model: The model.
        info: The stream as the model knows it.
        window: ``side`` and ``heading_rad`` of the whole.
        recording: The recording.
    """
    way = _way(model, info, str(window["side"]), recording)
    back = _back(way, info, window)
    return WayBack(way.names, back.matrix, back.frame)


def place_frames(info: StreamInfo, answer: Answer, time: Array, back: WayBack) -> GeneratedStream:
    """The first frames of a single window at their instants.

    Args:
        info: The stream as the model knows it.
        answer: What was generated, one window.
        time: Instants, ``(T,)`` seconds; what the window holds beyond them is left out.
        back: How it goes back.
    """
    planes = answer.planes(0, back.matrix)[:, : len(time)]
    attrs = {"frame": back.frame, "filter": dict(info.filter), "rate_hz": info.rate_hz}
    return _stream(info, time, back.names, info.units, attrs, (planes, answer))


def along_heading(model: "Model", info: StreamInfo) -> bool:
    """Whether the model knows a stream along the heading rather than in laboratory axes."""
    return is_turned(_example(info, info.channels), info.name, model.cut)


def place_on_grid(
    model: "Model", info: StreamInfo, answer: Answer, inputs: Inputs, recording: xr.DataTree
) -> GeneratedStream:
    """A result on the common clock of fixed windows, without what padding added.

    Args:
        model: The model.
        info: The stream as the model knows it.
        answer: What was generated for it.
        inputs: What was given.
        recording: The recording.
    """
    window = inputs.table.iloc[0]
    back = way_back(model, info, window, recording)
    return place_frames(info, answer, inputs.grid, back)


def place_windows(
    model: "Model", info: StreamInfo, answer: Answer, inputs: Inputs, recording: xr.DataTree
) -> GeneratedStream:
    """Windows cut by events, each back at its own time, side and heading; NaN between them.

    Args:
        model: The model.
        info: The stream as the model knows it.
        answer: What was generated for it.
        inputs: What was given.
        recording: The recording; the result has the clock of its first given stream.
    """
    given = next(iter(inputs.batch.data))
    clock = np.asarray(recording[given]["time"].values, dtype=np.float64)
    sides = dict.fromkeys(str(side) for side in inputs.table["side"])
    ways = {side: _way(model, info, side, recording) for side in sides}
    names = tuple(dict.fromkeys(n for way in ways.values() for n in way.names))
    units = {n: u for w in ways.values() for n, u in zip(w.names, info.units, strict=True)}
    count = 1 + 2 * len(answer.bands.levels) + len(answer.samples)
    total = np.zeros((count, len(clock), len(names)))
    weight = np.zeros((len(clock), len(names)))
    frame = dict(info.frame)
    for row in range(len(inputs.table)):
        window = inputs.table.iloc[row]
        way = ways[str(window["side"])]
        back = _back(way, info, window)
        frame = back.frame
        start, stop = float(window["start_s"]), float(window["stop_s"])
        inside = np.flatnonzero((clock >= start - 1e-9) & (clock <= stop + 1e-9))
        place = np.clip((clock[inside] - start) / (stop - start), 0.0, 1.0)
        here = np.sin(np.pi * place)[:, None] ** 2 + _ALONE
        columns = np.array([names.index(n) for n in way.names])
        at = inside[:, None], columns[None, :]
        total[:, at[0], at[1]] += _between(answer.planes(row, back.matrix), place) * here
        weight[at] += here
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: nothing was generated there
        blended = total / weight
    attrs = {"frame": frame, "filter": dict(info.filter)}
    return _stream(info, clock, names, tuple(units[n] for n in names), attrs, (blended, answer))


def _stream(
    info: StreamInfo,
    clock: Array,
    names: tuple[str, ...],
    units: tuple[str, ...],
    attrs: dict[str, Any],
    found: tuple[Array, Answer],
) -> GeneratedStream:
    planes, answer = found
    k = len(answer.bands.levels)
    return GeneratedStream(
        clock,
        names,
        units,
        info.kind,
        attrs,
        planes[0],
        planes[1 + 2 * k :].astype(np.float32),
        answer.bands.levels,
        planes[1 : 1 + k],
        planes[1 + k : 1 + 2 * k],
    )


def _between(planes: Array, place: Array) -> Array:
    """Values at relative places 0 to 1 of windows ``(P, L, D)``, linear in between."""
    at = place * (planes.shape[1] - 1)
    first = np.minimum(at.astype(np.intp), max(planes.shape[1] - 2, 0))
    share = (at - first)[None, :, None]
    after = np.minimum(first + 1, planes.shape[1] - 1)
    found: Array = planes[:, first] * (1 - share) + planes[:, after] * share
    return found


def _way(model: "Model", info: StreamInfo, side: str, recording: xr.DataTree) -> _Way:
    """Names, signs and turn with which one side's windows go back."""
    turned = along_heading(model, info)
    if not (model.cut.mirror and side):
        return _Way(info.channels, np.ones(info.width), turned)
    known = dict(model.sealed.extra.get("names", {}).get(info.name, {}))
    names = tuple(_lab_name(c, side, known) for c in info.channels)
    if side == "right":
        return _Way(names, np.ones(info.width), turned)
    node = _example(info, names)
    lateral = ""
    if needs_lateral(node) and turned:
        lateral = horizontal_axes(info.frame["up"])[1][0]
    elif needs_lateral(node):
        lateral = lateral_axis(recording.assign({info.name: xr.DataTree(node)}), info.name)
    return _Way(names, np.array(signs(node, lateral)), turned)


def _lab_name(channel: str, side: str, known: dict[str, str]) -> str:
    """The laboratory's own name of a leg view's channel."""
    view = next((view for view in _VIEWS if channel.startswith(view)), "")
    if not view:
        return channel
    base = channel.removeprefix(view)
    right = known.get(channel, _PLAIN[view] + base)
    return right if side == "right" else known.get(_VIEWS[view] + base, swap_side(right))


def _example(info: StreamInfo, names: tuple[str, ...]) -> xr.Dataset:
    return make_stream(
        np.zeros((1, info.width)),
        time=[0.0],
        channels=names,
        units=info.units,
        kind=info.kind,
        frame=dict(info.frame),
    )


def _back(way: _Way, info: StreamInfo, window: "pd.Series[Any]") -> _Back:
    """The matrix that takes a window's channels back to laboratory axes."""
    frame = dict(info.frame)
    matrix = np.diag(way.signs)
    angle = float(window["heading_rad"])
    if way.turned and np.isfinite(angle):
        units = make_stream(
            np.eye(info.width),
            time=np.arange(info.width, dtype=np.float64),
            channels=way.names,
            units=info.units,
            kind=info.kind,
            frame=frame,
        )
        try:
            lab = from_heading(units, angle)
        except SchemaError:  # only one horizontal component was kept: it stays along the heading
            return _Back(matrix, frame)
        matrix = matrix @ np.asarray(lab["data"].values, dtype=np.float64)
        frame = {str(k): str(v) for k, v in lab.attrs["frame"].items()}
    return _Back(matrix, frame)
