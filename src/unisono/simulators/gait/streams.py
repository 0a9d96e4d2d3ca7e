"""A solved trial as a recording: angles, rates, markers, forces, moments, powers, IMUs and EMG.

Axes: ``x`` forward, ``y`` left, ``z`` up. ``r_`` and ``l_`` name the sides. Joint angles grow with
flexion, adduction and internal rotation of the hip, flexion of the knee, dorsiflexion, inversion
and internal rotation of the ankle, extension of the toes; of the pelvis and trunk with tilt
forward, left side up (trunk: bend to the right) and rotation to the left. Ground reaction forces
act on the body. Moments are internal (what muscles do): extension, abduction and internal rotation
of the hip, extension and abduction of the knee, plantarflexion and eversion of the ankle.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.simulators.gait.kinematics import COORDINATES, point_on
from unisono.simulators.gait.rotations import turn_back
from unisono.simulators.gait.sensors import EMG, IMUS, MARKERS, envelopes
from unisono.simulators.gait.solver import GRAVITY
from unisono.simulators.gait.trial import Trial, gait_of

__all__ = ["ANGLES", "COP_THRESHOLD", "FRAME", "MIDDLE_ANGLES", "recording_of"]

Array = npt.NDArray[np.float64]

FRAME: Mapping[str, str] = {"up": "z", "forward": "x", "handedness": "right"}
"""Axes of every simulated recording."""

COP_THRESHOLD = 0.06
"""Centre of pressure and free moment are not valid under this part of body weight."""

ANGLES = {
    "hip_flexion": ("hip_a", -1, -1),
    "hip_adduction": ("hip_b", 1, -1),
    "hip_rotation": ("hip_c", 1, -1),
    "knee_flexion": ("knee", 1, 1),
    "ankle_dorsiflexion": ("ankle_a", -1, -1),
    "ankle_inversion": ("ankle_b", 1, -1),
    "ankle_rotation": ("ankle_c", 1, -1),
    "toe_extension": ("mtp", -1, -1),
    "shoulder_flexion": ("shoulder_a", -1, -1),
    "elbow_flexion": ("elbow", -1, -1),
}
"""Of each sided angle: coordinate, its sign on the right and on the left."""

MIDDLE_ANGLES = {
    "pelvis_tilt": "pelvis_a",
    "pelvis_list": "pelvis_b",
    "pelvis_rotation": "pelvis_c",
    "trunk_flexion": "lumbar_a",
    "trunk_bending": "lumbar_b",
    "trunk_rotation": "lumbar_c",
}
"""Of each angle of pelvis and trunk: its coordinate."""

_MOMENTS = {
    "hip_extension": (0, 1, 1, 1),
    "hip_abduction": (0, 0, -1, 1),
    "hip_rotation": (0, 2, 1, -1),
    "knee_extension": (1, 1, -1, -1),
    "knee_abduction": (1, 0, -1, 1),
    "ankle_plantarflexion": (2, 1, 1, 1),
    "ankle_eversion": (2, 0, -1, 1),
}
"""Of each moment: joint, axis, its sign on the right and on the left."""


def _angle_streams(trial: Trial) -> dict[str, xr.Dataset]:
    names, values, rates = [], [], []
    angles = trial.state.angles
    for i, side in enumerate("rl"):
        for name, (coordinate, *signs) in ANGLES.items():
            row = COORDINATES.index(f"{side}_{coordinate}")
            names.append(f"{side}_{name}")
            values.append(signs[i] * angles.value[row, 0])
            rates.append(signs[i] * angles.rate[row, 0])
    for name, coordinate in MIDDLE_ANGLES.items():
        names.append(name)
        values.append(angles.value[COORDINATES.index(coordinate), 0])
        rates.append(angles.rate[COORDINATES.index(coordinate), 0])
    return {
        "angles": _stream(trial, np.degrees(values).T, names, "deg", "angle"),
        "angular_rates": _stream(trial, np.degrees(rates).T, names, "deg/s", "angular_velocity"),
    }


def _stream(
    trial: Trial, data: Array, names: list[str], units: str | list[str], kind: str, note: str = ""
) -> xr.Dataset:
    history = ["simulated by unisono gait"] + ([note] if note else [])
    return make_stream(
        data,
        time=trial.time,
        channels=names,
        units=units,
        kind=kind,
        rate_hz=trial.request.rate_hz,
        frame=FRAME,
        history=history,
    )


def _travel(trial: Trial) -> Array:
    """Mean forward motion, which the solution leaves out."""
    out: Array = trial.request.speed * trial.time
    return out


def _marker_stream(trial: Trial) -> xr.Dataset:
    names, rows = [], []
    body = trial.motion.body
    for marker in MARKERS:
        place = point_on(trial.state, marker.segment, marker.offset(body)).position[:, 0]
        rows += [place[0] + _travel(trial), place[1], place[2]]
        names += [f"{marker.name}_{axis}" for axis in "xyz"]
    return _stream(trial, np.stack(rows, axis=1), names, "m", "position")


def _force_stream(trial: Trial) -> xr.Dataset:
    loads = trial.loads
    weight = trial.subject.mass_kg * GRAVITY
    names, rows, units, valid = [], [], [], []
    for i, side in enumerate("rl"):
        force, place = loads.force[:, 0, i], loads.place[:, 0, i]
        firm = force[2] > COP_THRESHOLD * weight
        blank = np.where(firm, 0.0, np.nan)
        rows += [*force, place[0] + _travel(trial) + blank, place[1] + blank, loads.free[0, i]]
        names += [f"{side}_{n}" for n in ("fx", "fy", "fz", "copx", "copy", "tz")]
        units += ["N", "N", "N", "m", "m", "N*m"]
        always = np.ones_like(firm)
        valid += [always, always, always, firm, firm, always]
    note = f"centre of pressure not valid under {COP_THRESHOLD} of body weight"
    stream = _stream(trial, np.stack(rows, axis=1), names, units, "force", note)
    stream["valid"] = (("time", "channel"), np.stack(valid, axis=1))
    return stream


def _joint_streams(trial: Trial) -> dict[str, xr.Dataset]:
    mass = trial.subject.mass_kg
    moment, power = trial.joints.moment[:, 0] / mass, trial.joints.power[0] / mass
    names = [f"{s}_{n}" for s in "rl" for n in _MOMENTS]
    rows = [
        signs[i] * moment[axis, joint, i]
        for i in range(2)
        for joint, axis, *signs in _MOMENTS.values()
    ]
    joints = ("hip", "knee", "ankle")
    powers = [power[j, i] for i in range(2) for j in range(3)]
    return {
        "moments": _stream(trial, np.stack(rows, 1), names, "N*m/kg", "moment", "internal"),
        "powers": _stream(
            trial, np.stack(powers, 1), [f"{s}_{j}" for s in "rl" for j in joints], "W/kg", "power"
        ),
    }


def _imu_stream(trial: Trial) -> xr.Dataset:
    names, rows, units = [], [], []
    body, state = trial.motion.body, trial.state
    for sensor in IMUS:
        point = point_on(state, sensor.segment, sensor.offset(body))
        i = sensor.segment_index
        rotation = state.rotation[:, :, :, i]
        up = np.array([0.0, 0.0, GRAVITY])[:, None, None]
        felt = turn_back(rotation, point.acceleration + up)[:, 0]
        spin = turn_back(rotation, state.omega[:, :, i])[:, 0]
        rows += [*felt, *spin]
        names += [f"{sensor.name}_{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"]
        units += ["m/s^2"] * 3 + ["rad/s"] * 3
    note = "specific force (gravity included) and angular velocity, in the segment's own axes"
    return _stream(trial, np.stack(rows, axis=1), names, units, "feature", note)


def _events(trial: Trial) -> xr.Dataset:
    steps = trial.motion.steps
    period = float(steps.period[0])
    times, names, sides = [], [], []
    for i, side in enumerate(("right", "left")):
        for name, at in (
            ("foot_strike", steps.strike[0, i]),
            ("foot_off", steps.strike[0, i] + steps.duration[0, i]),
        ):
            times += list(at % period)
            names += [name] * len(at)
            sides += [side] * len(at)
    return make_events(times, names, sides, "given")


def recording_of(trial: Trial, name: str) -> xr.DataTree:
    """Build the recording of a trial."""
    gait = gait_of(trial.request.speed)
    parts = _angle_streams(trial)
    parts |= {"markers": _marker_stream(trial), "grf": _force_stream(trial)}
    parts |= _joint_streams(trial)
    parts["imu"] = _imu_stream(trial)
    parts["emg"] = _stream(
        trial,
        envelopes(trial.joints, trial.subject.mass_kg, trial.request.rate_hz).T,
        list(EMG),
        "1",
        "emg",
        "simulated envelope made from the joint moments, not a recording",
    )
    return make_recording(
        parts,
        recording=name,
        subject=trial.subject.name,
        events=_events(trial),
        mass_kg=trial.subject.mass_kg,
        height_m=trial.subject.height_m,
        labels={"speed": float(trial.request.speed), "style": trial.request.style, "gait": gait},
        source={"simulator": "gait", "sex": trial.subject.sex, "rejected": trial.rejected},
    )
