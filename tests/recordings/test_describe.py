"""Mirrors src/unisono/recordings/describe.py."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.describe import describe
from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.recordings.signals.filtering import Butterworth, filter_stream
from unisono.recordings.signals.gaps import GapPolicy, fill_gaps


def _tree() -> xr.DataTree:
    time = np.arange(300) / 100
    data = np.random.default_rng(0).normal(size=(300, 4))
    data[100:120, 0] = np.nan
    data[10, 0] = np.nan
    data[:, 3] = np.nan
    markers = make_stream(data, time=time, channels=["RHEE_x", "RHEE_y", "RHEE_z", "C7_z"],
                          units="mm", kind="position", frame={"up": "z"})  # fmt: skip
    markers = fill_gaps(markers, GapPolicy(0.05))
    grf = make_stream(np.zeros((3000, 2)), time=np.arange(3000) / 1000 + 0.5, units=["N", "N*m"],
                      channels=["r_fz", "r_tz"], kind="force", rate_hz=960)  # fmt: skip
    events = make_events([0.1, 0.7, 1.1], ["foot_strike", "foot_off", "foot_strike"],
                         ["left"] * 3, "given")  # fmt: skip
    return make_recording(
        {"markers": markers, "grf": filter_stream(grf, Butterworth(20.0))},
        recording="walk1", subject="anna", events=events, mass_kg=61.5, labels={"speed": 1.3},
        source={"file": "walk1.c3d", "reader": "c3d"},
    )  # fmt: skip


def test_what_was_understood() -> None:
    about = describe(_tree())
    markers, grf = about.streams
    assert (about.recording, about.subject) == ("walk1", "anna")
    assert about.known == {"mass_kg": 61.5, "labels": {"speed": 1.3}}
    assert about.duration_s == pytest.approx(3.499)
    assert about.events == {"left foot_off (given)": 1, "left foot_strike (given)": 2}
    assert markers.units == {"mm": 4}
    assert markers.missing == pytest.approx((20 + 300) / 1200)
    assert markers.longest_gap_s == pytest.approx(0.21)
    assert markers.filled == pytest.approx(1 / 1200)
    assert markers.empty == ("C7_z",)
    assert (grf.rate_hz, grf.measured_hz, grf.regular) == (960.0, pytest.approx(1000), True)
    assert grf.filter == "lowpass 20.0 Hz"
    assert {d.kind for d in about.doubts} >= {"clock", "empty"}


def test_the_table_is_for_a_person_and_fits_the_width() -> None:
    for width in (90, 100, 120):
        text = describe(_tree()).table(width)
        assert max(len(line) for line in text.splitlines()) <= width
    text = describe(_tree()).table(140)
    for piece in (
        "walk1: subject anna, 61.5 kg, 3.50 s",
        "Labels: speed 1.3",
        "walk1.c3d",
        "markers: RHEE_[xyz], C7_z",
        "grf: r_fz, r_tz",
        "1 left foot_off (given)",
        "1000 (said 960)",
        "Doubts (",
        "lowpass 20.0 Hz",
    ):
        assert piece in text, piece


def test_the_dictionary_is_plain() -> None:
    plain = json.loads(json.dumps(describe(_tree()).to_dict()))
    assert plain["streams"][0]["channels"][0] == "RHEE_x"
    assert plain["doubts"][0].keys() == {"stream", "channels", "kind", "message", "remedy"}


def test_streams_without_time_and_long_lists_are_described() -> None:
    image = xr.Dataset(
        {"data": (("row", "column"), np.zeros((4, 4))),
         "valid": (("row", "column"), np.ones((4, 4), dtype=bool))},
        attrs={"kind": "image"},
    )  # fmt: skip
    many = make_stream(np.zeros((1, 20)), time=[0], channels=[f"emg{i}" for i in range(20)],
                       units="mV", kind="emg")  # fmt: skip
    about = describe(make_recording({"picture": image, "emg": many}, recording="r", subject="s"))
    assert about.streams[0].samples == 0
    assert "and 12 more" in about.table()
    assert "Doubts: none" in about.table()


def test_a_childs_file(shared_data: Callable[[str], Path]) -> None:
    from unisono.recordings.formats.c3d import read_c3d

    path = shared_data("biomechzoo") / "HC034A" / "Straight" / "HC034A07.c3d"
    about = describe(read_c3d(path))
    rates = {s.name: s.measured_hz for s in about.streams}
    assert (rates["markers"], rates["plates"]) == (100.0, 1000.0)
    assert sum(about.events.values()) == 4
    assert "N*mm/kg" in about.table()
    json.dumps(about.to_dict())
