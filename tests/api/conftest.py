"""Walkers who go across the laboratory at an angle, for models of legs and headings."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.schema import make_events, make_recording, make_stream

LAB = {"up": "z", "handedness": "right"}


def _names(style: str, base: str) -> list[str]:
    """Right then left, in the project's spelling or in Vicon's."""
    if style == "vicon":
        return [f"{side}{base}_{axis}" for side in "RL" for axis in "xyz"]
    head = {"GroundReactionForce": "f", "KneeMoment": "KneeMoment_"}[base]
    return [f"{side}_{head}{axis}" for side in "rl" for axis in "xyz"]


def _walker(name: str, subject: int, heading: float = 0.7, style: str = "plain") -> xr.DataTree:
    """Four seconds of walking along a heading (rad), with events, markers, forces and moments."""
    rng = np.random.default_rng(subject)
    time = np.arange(400) / 100
    lag, mass = rng.uniform(0, 6), 60.0 + subject
    forward = np.array([np.cos(heading), np.sin(heading), 0.0])
    left = np.array([-np.sin(heading), np.cos(heading), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    angles, forces, moments, when = [], [], [], []
    for start, outward in ((0.0, -1.0), (np.pi, 1.0)):  # right, then left
        phase = 2 * np.pi * time + lag + start
        angles += [30 * np.sin(phase), 20 * np.cos(phase) + 2 * outward, 5 * np.sin(2 * phase)]
        parts = [np.sin(phase + 0.7), outward * (0.5 + np.cos(phase)), 6 + 2 * np.sin(2 * phase)]
        forces.append(sum(p[:, None] * v for p, v in zip(parts, (forward, left, up), strict=True)))
        moments += [np.sin(phase + 0.2), np.cos(phase), 0.1 * np.sin(2 * phase)]
        cycle = np.arange(-2, 6)
        side = "right" if outward < 0 else "left"
        for event, at in (("foot_strike", 0.0), ("foot_off", 0.6)):
            moment = (2 * np.pi * (cycle + at) - lag - start) / (2 * np.pi)
            when += [(t, event, side) for t in moment if 0 <= t <= time[-1]]
    angles.append(3 * np.sin(2 * np.pi * time + lag))  # belongs to no side
    way = 1.2 * time[:, None] * forward + np.array([1.0, 2.0, 1.0])
    markers = [way + 0.12 * side * left + 0.1 * forward for side in (-1, 1)] + [way - 0.1 * forward]
    streams = {
        "angles": make_stream(
            np.stack(angles, axis=1), time=time, units="deg", kind="angle",
            channels=[f"{s}_{j}_flexion" for s in "rl" for j in ("hip", "knee", "ankle")]
            + ["pelvis_list"],
        ),
        "markers": make_stream(
            np.concatenate(markers, axis=1), time=time, units="m", kind="position", frame=LAB,
            channels=[f"{m}_{a}" for m in ("RASI", "LASI", "SACR") for a in "xyz"],
        ),
        "grf": make_stream(
            mass * np.concatenate(forces, axis=1), time=time, units="N", kind="force", frame=LAB,
            channels=_names(style, "GroundReactionForce"),
        ),
        "moments": make_stream(
            np.stack(moments, axis=1), time=time, units="N*m/kg", kind="moment",
            channels=_names(style, "KneeMoment"),
        ),
    }  # fmt: skip
    events = make_events(*map(list, zip(*when, strict=True)), how="given")
    return make_recording(
        streams, recording=name, subject=f"w{subject}", mass_kg=mass, events=events
    )


@pytest.fixture(scope="session")
def make_walker() -> Callable[..., xr.DataTree]:
    """``make_walker(name, subject, heading=0.7, style="plain")``."""
    return _walker
