"""Real walking for the tests of signal tools, read by ezc3d itself and put into the schema."""

from collections.abc import Callable
from pathlib import Path

import ezc3d
import numpy as np
import pytest
import xarray as xr

from unisono.recordings.schema import make_events, make_recording, make_stream

KINDS = {"ANGLES": "angle", "FORCES": "force", "MOMENTS": "moment", "POWERS": "power"}
NAMES = {"ANGLES": "angles", "FORCES": "model_forces", "MOMENTS": "moments", "POWERS": "powers"}
UNITS = {"ANGLES": "deg", "FORCES": "N", "MOMENTS": "N*mm", "POWERS": "W"}


def _xyz(labels: list[str]) -> list[str]:
    return [f"{label}_{axis}" for label in labels for axis in "xyz"]


def read_with_ezc3d(path: Path) -> xr.DataTree:
    """A trial of the biomechZoo sample study, with the names this project gives its streams."""
    file = ezc3d.c3d(str(path), extract_forceplat_data=True)
    groups, point = file["parameters"], file["parameters"]["POINT"]
    labels = point["LABELS"]["value"] + point.get("LABELS2", {"value": []})["value"]
    points = file["data"]["points"][:3].transpose(2, 1, 0)
    time = np.arange(len(points)) / 100
    frame = {"up": "z", "handedness": "right"}
    parts, outputs = {}, {label for key in KINDS for label in point[key]["value"]}

    def stream(wanted: list[str], unit: str, kind: str) -> xr.Dataset:
        data = points[:, [labels.index(label) for label in wanted]].reshape(len(time), -1)
        return make_stream(data, time=time, channels=_xyz(wanted), units=unit, kind=kind,
                           frame=frame)  # fmt: skip

    parts["markers"] = stream([x for x in labels if x not in outputs], "mm", "position")
    for key, kind in KINDS.items():
        parts[NAMES[key]] = stream(
            [x for x in point[key]["value"] if x in labels], UNITS[key], kind
        )
    columns, names, units = [], [], []
    for number, plate in enumerate(file["data"]["platform"], start=1):
        off = plate["force"][2] < 20
        cop = np.where(off, np.nan, plate["center_of_pressure"])
        columns += [plate["force"], cop[:2], np.where(off, np.nan, plate["Tz"][2:])]
        names += [f"p{number}_{c}" for c in ("fx", "fy", "fz", "copx", "copy", "tz")]
        units += ["N"] * 3 + ["mm"] * 2 + ["N*mm"]
    data = np.concatenate(columns).T
    parts["plates"] = make_stream(data, time=np.arange(len(data)) / 1000, channels=names,
                                  units=units, kind="force", frame=frame)  # fmt: skip
    event = groups["EVENT"]
    start = file["header"]["points"]["first_frame"] / 100
    events = make_events(
        np.atleast_2d(event["TIMES"]["value"])[1] - start if event["USED"]["value"][0] else [],
        [x.lower().replace(" ", "_") for x in event.get("LABELS", {"value": []})["value"]],
        [x.lower() for x in event.get("CONTEXTS", {"value": []})["value"]],
        "given",
    )
    return make_recording(
        parts, recording=path.stem, subject=path.parents[1].name, events=events,
        mass_kg=float(groups["PROCESSING"]["Bodymass"]["value"][0]),
        height_m=float(groups["PROCESSING"]["Height"]["value"][0]) / 1000,
    )  # fmt: skip


@pytest.fixture(scope="session")
def children(shared_data: Callable[[str], Path]) -> Callable[[str], list[xr.DataTree]]:
    """``children("Straight")``: one walking trial of each child, or a skip."""
    read: dict[str, list[xr.DataTree]] = {}

    def trials(condition: str) -> list[xr.DataTree]:
        if condition not in read:
            files = sorted(shared_data("biomechzoo").glob(f"*/{condition}/*.c3d"))
            read[condition] = [read_with_ezc3d(path) for path in files]
        return read[condition]

    return trials


@pytest.fixture(scope="session")
def walk() -> xr.DataTree:
    """Four simulated strides at 1.3 m/s, whose events are known exactly."""
    from unisono.simulators.gait import random_subject, simulate

    rng = np.random.default_rng(0)
    return simulate(random_subject(rng), speed=1.3, strides=4, rng=rng)
