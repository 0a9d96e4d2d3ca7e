"""Newton's balance for generated forces: what a recording knows of its body, and what follows.

Masses are those of the recording; the acceleration of the centre of mass and feet off the floor
come from its markers (which the model need not have been given); whole strides from its events.
"""

from dataclasses import replace
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.api.forces import body_weights, force_layout
from unisono.api.generated import GeneratedStream
from unisono.core.contracts import StreamInfo
from unisono.evaluation.balance import Mechanics, balance_residual, balanced
from unisono.evaluation.physics import ForceLayout
from unisono.recordings.schema import EVENTS, events_of
from unisono.recordings.sides import split_side
from unisono.recordings.signals.heading import horizontal_axes
from unisono.recordings.signals.mass_centre import foot_speeds, mass_centre

__all__ = ["Settled", "mechanics_of", "settle", "stride_frames"]

Array = npt.NDArray[np.float64]

_MOVING = 0.8
"""Speed of the slower end of a foot above which it stands on nothing, m/s; on simulated walking it
then carries less than 0.05 of body weight."""
_TRAVEL = 0.4
"""Speed of the body below which feet may be carried by a belt, m/s."""


class Settled(NamedTuple):
    """A force after mechanics had its say.

    Attributes:
        part: The force; its band has gone with the mean.
        told: What was known, and the residual of the balance before and after, as plain values.
    """

    part: GeneratedStream
    told: dict[str, Any]


def settle(part: GeneratedStream, recording: xr.DataTree, *, lab: bool) -> Settled | None:
    """Move a generated force to the nearest that mechanics allows; None where it is no force.

    Args:
        part: The force, in the laboratory's channels.
        recording: What it was generated for.
        lab: Whether its horizontal axes are those of the laboratory.
    """
    own = StreamInfo("force", part.channels, part.units, part.kind, 0.0, part.attrs["frame"])
    layout = force_layout(own)
    if layout is None:
        return None
    known, how = mechanics_of(part, own, layout, recording, lab=lab)
    k = len(part.levels) - 1
    width = NormalDist().inv_cdf((1 + part.levels[k]) / 2)  # half of it, in standard deviations
    spread = (part.upper[k] - part.lower[k]) / (2 * width)
    spread = np.where(np.isfinite(spread), spread, 0.0)
    mean = balanced(part.mean, spread, layout, known)
    samples = part.samples.copy()
    for s, sample in enumerate(part.samples):
        samples[s] = balanced(sample.astype(np.float64), spread, layout, known)
    moved = mean - part.mean
    told = {
        "known": how,
        "residual_before_bw": _size(balance_residual(part.mean, layout, known)),
        "residual_after_bw": _size(balance_residual(mean, layout, known)),
        "moved_bw": _size(moved[:, list(layout.vertical)] / known.weight),
    }
    new = replace(
        part,
        mean=mean,
        samples=samples,
        lower=np.minimum(part.lower + moved, mean),
        upper=np.maximum(part.upper + moved, mean),
    )
    return Settled(new, told)


def mechanics_of(
    part: GeneratedStream,
    own: StreamInfo,
    layout: ForceLayout,
    recording: xr.DataTree,
    *,
    lab: bool,
) -> tuple[Mechanics, list[str]]:
    """What a recording knows of the body, and where from.

    Args:
        part: The force.
        own: The force as a stream.
        layout: Which of its channels are what.
        recording: The recording.
        lab: Whether horizontal axes are those of the laboratory.
    """
    mass = np.array([float(recording.attrs.get("mass_kg", "nan"))])
    weight = float(body_weights(own, layout, mass)[0])
    how = ["floor", "friction"]
    known = Mechanics(weight)
    if len(layout.vertical) < 2 or not np.isfinite(weight):
        return known, how
    up = own.frame["up"]
    found = mass_centre(recording)
    if found is not None and found.up == up:
        axes = ["xyz".index(a) for a in (up, *(axis for axis, _ in horizontal_axes(up)))]
        acceleration = _at(part.time, found.time, found.acceleration[:, axes])
        if not lab:
            acceleration[:, 1:] = np.nan
        known = replace(known, acceleration=acceleration)
        how.append(f"centre of mass ({found.how})")
        if _travels(found.time, found.place, axes[1:]):
            off = _unloaded(part, layout, recording, found.time)
            if off is not None:
                known = replace(known, unloaded=off)
                how.append("feet in swing")
    else:
        frames = stride_frames(part.time, recording)
        if frames is not None:
            known = replace(known, strides=frames)
            how.append("weight over whole strides")
    return known, how


def stride_frames(time: Array, recording: xr.DataTree) -> tuple[int, int] | None:
    """First and last frame (exclusive) of the right leg's whole strides; None without any."""
    if EVENTS not in recording.children:
        return None
    events = events_of(recording)
    named = (events["name"].values == "foot_strike") & (events["side"].values == "right")
    strikes = events["time"].values[named]
    strikes = strikes[(strikes >= time[0]) & (strikes <= time[-1])]
    if len(strikes) < 2:
        return None
    first, last = np.searchsorted(time, [strikes[0], strikes[-1]])
    return int(first), int(last)


def _at(time: Array, stamps: Array, values: Array) -> Array:
    """Values at other instants, linear in between; NaN outside and beside what is not known."""
    return np.stack(
        [np.interp(time, stamps, column, left=np.nan, right=np.nan) for column in values.T], axis=1
    )


def _travels(time: Array, place: Array, axes: list[int]) -> bool:
    seen = np.isfinite(place).all(axis=1)
    if seen.sum() < 2:
        return False
    way = place[seen][-1, axes] - place[seen][0, axes]
    duration = float(time[seen][-1] - time[seen][0])
    return bool(duration > 0 and np.linalg.norm(way) / duration > _TRAVEL)


def _unloaded(
    part: GeneratedStream, layout: ForceLayout, recording: xr.DataTree, stamps: Array
) -> npt.NDArray[np.bool_] | None:
    speeds = foot_speeds(recording)
    sides = [split_side(part.channels[i]).side for i in layout.vertical]
    if not set(sides) <= set(speeds) or len(set(sides)) != len(sides):
        return None
    here = _at(part.time, stamps, np.stack([speeds[side] for side in sides], axis=1))
    return np.asarray(np.nan_to_num(here) > _MOVING)


def _size(values: Array) -> float | None:
    """Root mean square of what is known; None where nothing is."""
    here = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(here**2))) if len(here) else None
