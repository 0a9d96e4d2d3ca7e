"""Mirrors src/unisono/recordings/doubt_samples.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.doubt_samples import sample_doubts
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.filtering import Butterworth, filter_stream

TIME = np.arange(200) / 100


def _stream(data: np.ndarray | None = None, **more: object) -> xr.Dataset:
    known = {"time": TIME, "channels": ["a", "b"], "units": "m", "kind": "position"} | more
    values = np.random.default_rng(0).normal(size=(len(known["time"]), len(known["channels"])))
    return make_stream(values if data is None else data, **known)


def _found(**parts: xr.Dataset) -> list[tuple[str, str]]:
    tree = make_recording(parts, recording="r", subject="s")
    return [(d.stream, d.kind) for d in sample_doubts(tree)]


def test_an_honest_recording_is_not_doubted() -> None:
    assert _found(a=_stream(), b=_stream(kind="velocity", units="m/s")) == []


def test_a_first_frame_of_zeros_in_a_derived_stream() -> None:
    data = np.random.default_rng(0).normal(size=(200, 2))
    data[0] = 0
    assert _found(v=_stream(data, kind="velocity", units="m/s")) == [("v", "first_frame")]
    assert _found(v=_stream(data)) == []  # positions may start at the origin
    data[1] = 0
    assert _found(v=_stream(data, kind="moment", units="N*m")) == []  # a slow start


def test_uneven_and_misstated_clocks() -> None:
    assert _found(a=_stream(rate_hz=120.0)) == [("a", "clock")]
    assert _found(a=_stream(time=np.sort(np.random.default_rng(0).random(200)))) == [("a", "clock")]
    assert _found(a=_stream(rate_hz=100.5)) == []


def test_channels_without_a_sample() -> None:
    data = np.ones((200, 2))
    data[:, 1] = np.nan
    (doubt,) = sample_doubts(make_recording({"a": _stream(data)}, recording="r", subject="s"))
    assert (doubt.kind, doubt.channels) == ("empty", ("b",))
    assert doubt.message == "1 of 2 channels have no valid sample"


def test_a_foot_on_no_plate_is_missing_and_not_zero() -> None:
    force = np.stack([700 * np.abs(np.sin(TIME)), 0 * TIME], axis=1)
    grf = _stream(force, channels=["r_fz", "l_fz"], units="N", kind="force", frame={"up": "z"})
    assert _found(grf=grf) == [("grf", "unloaded")]
    grf["valid"][:, 1] = False
    assert _found(grf=grf) == [("grf", "empty")]


@pytest.mark.parametrize(("forces", "doubted"), [(6.0, False), (6.5, False), (20.0, True)])
def test_filters_of_kinematics_and_forces(forces: float, doubted: bool) -> None:
    markers = filter_stream(_stream(), Butterworth(6.0))
    grf = filter_stream(_stream(kind="force", units="N"), Butterworth(forces))
    found = _found(markers=markers, grf=grf)
    assert (("grf", "filter") in found) == doubted
    again = filter_stream(grf, Butterworth(6.0))
    assert ("grf", "filter") not in _found(markers=markers, grf=again)  # the lower one counts
    assert ("grf", "filter") not in _found(markers=markers, grf=_stream(kind="force", units="N"))


def test_streams_that_do_not_overlap() -> None:
    late = _stream(time=TIME + 5)
    (doubt,) = sample_doubts(
        make_recording({"a": _stream(), "b": late}, recording="r", subject="s")
    )
    assert doubt.kind == "overlap"
    assert doubt.message == ("b starts at 5 s, after a ends at 1.99 s: the streams do not overlap")


def test_what_a_reader_assumed_is_passed_on() -> None:
    stream = _stream(history=["read", "doubt: the unit of length is not stated; cm is assumed"])
    (doubt,) = sample_doubts(make_recording({"a": stream}, recording="r", subject="s"))
    assert str(doubt) == "a: the unit of length is not stated; cm is assumed"
    assert doubt.kind == "reader"
