"""Recordings of laboratories in the simulator's channels, axes and signs.

Eight joint angles that every laboratory has (hip flexion and adduction, knee flexion, ankle
dorsiflexion of both legs, degrees) and the force on each foot (x forward, y left, z up). OpenSim's
axes are x, y up and z right; whichever way somebody walks along x becomes forward.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr

from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.recordings.signals.heading import heading_angle, to_heading

__all__ = [
    "ANGLES",
    "FRAME",
    "children_as_simulated",
    "only_shared",
    "shaken",
    "straight",
    "walk_as_simulated",
]

ANGLES = ("hip_flexion", "hip_adduction", "knee_flexion", "ankle_dorsiflexion")
FRAME = {"up": "z", "forward": "x", "handedness": "right"}
GRAVITY = 9.80665
_OPENSIM = ("hip_flexion", "hip_adduction", "knee_angle", "ankle_angle")
_PLUG_IN_GAIT = ("HipAngles_x", "HipAngles_y", "KneeAngles_x", "AnkleAngles_x")
_LOADED_N = 20.0


class Stance(NamedTuple):
    """One foot on one plate: its side, first and last instant, force ``(time, 3)``.

    ``whole`` says whether it ends, and the angles are known, before the recording's end.
    """

    side: str
    plate: str
    whole: bool
    start: float
    stop: float
    time: np.ndarray
    force: np.ndarray


def walk_as_simulated(tree: xr.DataTree, name: str) -> xr.DataTree | None:
    """An OpenSim walk with two plates; None without two feet on plates one after the other.

    A foot on a plate is the leg that goes from flexion to extension meanwhile. The body mass is not
    in the files: a stance's impulse over the time from one strike to the next, the weight of
    somebody who walks steadily, stands for being weighed on the plates.
    """
    angles, grf = tree["angles"].to_dataset(), tree["grf"].to_dataset()
    time, hips, curves = angles["time"].values, {}, {}
    for side in "rl":
        found = [_column(angles, f"{base}_{side}") for base in _OPENSIM]
        radians = np.nanmax(np.abs(found[2])) < 4.0
        found = [np.degrees(c) if radians else c for c in found]
        found[2] = found[2] * np.sign(
            found[2][np.nanargmax(np.abs(found[2]))]
        )  # flexed is positive
        hips[side] = found[0]
        curves |= {f"{side}_{a}": c for a, c in zip(ANGLES, found, strict=True)}
    way = np.sign(np.diff(tree["root_position"]["data"].values[[0, -1], 0])[0])
    contacts = sorted(_stances(grf, time, hips, way), key=lambda s: s.start)
    stances = [s for s in contacts if s.whole]
    weights = [
        np.trapezoid(s.force[:, 2], s.time) / (b.start - a.start)
        for a, b in zip(contacts, contacts[1:], strict=False)
        for s in (a, b)
        if s.whole and a.plate != b.plate and b.start - a.start > 0.3
    ]
    if not weights:
        return None
    mass = float(np.mean(weights)) / GRAVITY
    clock = grf["time"].values
    force = np.full((len(clock), 6), np.nan)
    for s in stances:
        inside = np.isin(clock, s.time)
        column = 3 * (s.side == "left")
        force[inside, column : column + 3] = s.force
    return make_recording(
        {
            "angles": make_stream(
                np.stack(list(curves.values()), 1), time=time, units="deg", kind="angle",
                channels=list(curves),
            ),
            "grf": make_stream(
                force, time=clock, units="N", kind="force", frame=FRAME,
                channels=[f"{s}_f{a}" for s in "rl" for a in "xyz"],
            ),
        },
        recording=name, subject=name.split("_")[0], mass_kg=mass, events=_events(stances),
    )  # fmt: skip


def only_shared(trees: Iterator[xr.DataTree]) -> Iterator[xr.DataTree]:
    """Simulated recordings with the shared angles and forces alone."""
    names = {f"{s}_{a}" for s in "rl" for a in ANGLES}
    for tree in trees:
        angles = tree["angles"].to_dataset()
        kept = [str(c) for c in angles["channel"].values if str(c) in names]
        yield _again(tree, {"angles": angles.sel(channel=kept), "grf": tree["grf"].to_dataset()})


def shaken(
    trees: Iterator[xr.DataTree],
    copies: int,
    *,
    rng: np.random.Generator,
    offset: float = 6.0,
    gain: float = 0.1,
) -> Iterator[xr.DataTree]:
    """Copies of recordings as other laboratories' marker sets might give them.

    Every joint angle of a copy has an offset (of spread ``offset`` degrees) and a gain about 1 (of
    spread ``gain``) of its own; the forces are as they were.
    """
    for tree in trees:
        angles = tree["angles"].to_dataset()
        for number in range(copies):
            width = angles.sizes["channel"]
            moved = angles["data"].values * rng.normal(1, gain, width) + rng.normal(
                0, offset, width
            )
            other = angles.assign(data=(angles["data"].dims, moved))
            other["data"].attrs = dict(angles["data"].attrs)
            copy = _again(tree, {"angles": other, "grf": tree["grf"].to_dataset()})
            copy.attrs["recording"] = f"{tree.attrs['recording']}_{number}"
            copy.name = copy.attrs["recording"]
            yield copy


def children_as_simulated(data: Dataset) -> Iterator[xr.DataTree]:
    """Children's recordings (Plug-in Gait) with the shared angles under the simulator's names."""
    named = {
        f"{s}{theirs}": f"{s.lower()}_{ours}"
        for s in "RL"
        for theirs, ours in zip(_PLUG_IN_GAIT, ANGLES, strict=True)
    }
    for recording in data.recordings:
        tree = data.load(recording)
        angles = tree["angles"].to_dataset()
        kept = [str(c) for c in angles["channel"].values if str(c) in named]
        if len(kept) < len(named):
            continue
        angles = angles.sel(channel=kept)
        angles = angles.assign_coords(channel=[named[c] for c in kept])
        rest = {k: tree[k].to_dataset() for k in ("grf", "markers") if k in tree.children}
        if "grf" in rest:
            yield _again(tree, {"angles": angles, **rest})


def straight(trees: Iterator[xr.DataTree]) -> Iterator[xr.DataTree]:
    """Children who walk straight, their forces along and across the way they go."""
    for tree in trees:
        if tree.attrs["labels"]["condition"] == "Straight":
            grf = to_heading(tree["grf"].to_dataset(), heading_angle(tree).angle_rad)
            yield _again(tree, {"angles": tree["angles"].to_dataset(), "grf": grf})


def _again(tree: xr.DataTree, streams: Mapping[str, xr.Dataset]) -> xr.DataTree:
    about = tree.attrs
    events = tree["events"].to_dataset() if "events" in tree.children else None
    return make_recording(
        streams, recording=about["recording"], subject=about["subject"],
        mass_kg=about.get("mass_kg"), height_m=about.get("height_m"), events=events,
        labels=about.get("labels") or None,
    )  # fmt: skip


def _column(stream: xr.Dataset, channel: str) -> np.ndarray:
    return stream["data"].sel(channel=channel).values.astype(np.float64)


def _stances(
    grf: xr.Dataset, time: np.ndarray, hips: Mapping[str, np.ndarray], way: float
) -> Iterator[Stance]:
    """Every contact with one plate that is seen to begin."""
    channels = [str(c) for c in grf["channel"].values]
    clock = grf["time"].values
    for up in (c for c in channels if c.endswith("_vy")):
        x, y, z = (_column(grf, up[:-1] + a) for a in "xyz")
        loaded = np.nan_to_num(y) > _LOADED_N
        edges = np.diff(np.concatenate([[0], loaded.astype(int), [0]]))
        for first, end in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
            start, stop = float(clock[first]), float(clock[end - 1])
            if first == 0 or stop - start < 0.05:
                continue
            gone = {
                s: np.interp(start, time, h) - np.interp(stop, time, h) for s, h in hips.items()
            }
            side = "right" if gone["r"] > gone["l"] else "left"
            known = time[0] - 0.02 <= start and stop <= time[-1] + 0.02
            whole = bool(end < len(clock) and known and 0.4 <= stop - start <= 1.2)
            inside = slice(first, end)
            force = np.stack([way * x[inside], -way * z[inside], y[inside]], axis=1)
            yield Stance(side, up, whole, start, stop, clock[inside], force)


def _events(stances: list[Stance]) -> xr.Dataset:
    when = [t for s in stances for t in (s.start, s.stop)]
    names = ["foot_strike", "foot_off"] * len(stances)
    return make_events(when, names, [s.side for s in stances for _ in range(2)], "force")
