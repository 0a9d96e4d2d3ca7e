"""Frames are the samples in the asked units; stretches end at gaps; what is missing is told."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.contracts import StreamInfo
from unisono.core.errors import SchemaError
from unisono.recordings.frame_table import (
    frame_infos,
    frame_labels,
    frames_of,
    shared_infos,
    stack_frames,
)
from unisono.recordings.schema import make_recording, make_stream


def tree(name: str = "a", count: int = 8, gap: int | None = None, **labels: object) -> xr.DataTree:
    time = np.arange(count) / 10
    data = np.stack([np.arange(count), 100.0 + np.arange(count)], axis=1)
    if gap is not None:
        data[gap, 1] = np.nan
    fine = np.arange(2 * count - 1) / 20
    parts = {
        "hip": make_stream(data, time=time, channels=["x", "y"], units="m", kind="position"),
        "knee": make_stream(fine[:, None], time=fine, channels=["k"], units="1", kind="feature"),
    }
    return make_recording(parts, recording=name, subject="s", labels=dict(labels))


def test_frames_are_converted_ordered_and_put_on_one_clock() -> None:
    infos = (
        StreamInfo("hip", ("y", "x"), ("mm", "m"), "position", 0.0),
        StreamInfo("knee", ("k",), ("1",), "feature", 0.0),
    )
    frames = frames_of(tree(), infos)
    np.testing.assert_allclose(frames.values[3, :2], [103_000, 3])
    np.testing.assert_allclose(frames.values[2:6, 2], frames.time[2:6], atol=5e-3)
    clocked = frames_of(tree(), (StreamInfo("hip", ("x",), ("m",), "position", 20.0),))
    np.testing.assert_allclose(np.diff(clocked.time), 0.05)


def test_gaps_and_recordings_end_a_sequence() -> None:
    infos = frame_infos(tree(), ["hip"])
    table = stack_frames([tree("a", gap=3, speed=1.0), tree("b", speed=2.0)], infos, ["speed"])
    assert table.sequence.tolist() == [0] * 3 + [1] * 4 + [2] * 8
    assert table.values[:, 0].tolist() == [0, 1, 2, 4, 5, 6, 7, *range(8)]
    assert table.labels["speed"].tolist() == [1.0] * 7 + [2.0] * 8
    some = table.take(table.recording == "b")
    assert some.sequence.tolist() == [2] * 8 and set(some.labels) == {"speed"}


def test_a_gap_of_the_clock_ends_a_sequence() -> None:
    time = np.concatenate([np.arange(5), 50 + np.arange(4)]) / 10
    hip = make_stream(np.ones((9, 1)), time=time, channels=["x"], units="m", kind="position")
    broken = make_recording({"hip": hip}, recording="a", subject="s")
    assert (
        stack_frames([broken], frame_infos(broken, ["hip"])).sequence.tolist() == [0] * 5 + [1] * 4
    )


def test_labels_are_those_of_the_recording_or_of_a_stream() -> None:
    one = tree(speed=1.5, style="proud")
    time = np.array([0.0, 0.3])
    assert frame_labels(one, "speed", time).tolist() == [1.5, 1.5]
    assert frame_labels(one, "style", time).tolist() == ["proud", "proud"]
    assert frame_labels(one, "subject", time).tolist() == ["s", "s"]
    np.testing.assert_allclose(frame_labels(one, "knee", time).astype(float), time)


def test_frames_whose_label_is_not_valid_are_left_out() -> None:
    one = tree()
    one["knee"]["valid"].values[6:9] = False  # at 0.3 to 0.4 s
    found = frame_labels(one, "knee", np.array([0.2, 0.3, 0.4, 0.5])).astype(float)
    np.testing.assert_allclose(found, [0.2, np.nan, np.nan, 0.5])
    table = stack_frames([one], frame_infos(one, ["hip"]), ["knee"])
    assert table.values[:, 0].tolist() == [0, 1, 2, 5, 6, 7]
    assert table.sequence.tolist() == [0] * 3 + [1] * 3
    one["knee"]["valid"].values[:] = False
    with pytest.raises(SchemaError, match="all channels and labels are valid"):
        stack_frames([one], frame_infos(one, ["hip"]), ["knee"])


def test_channels_that_one_recording_lacks_are_left_out_and_named() -> None:
    whole, empty = tree("a"), tree("b")
    empty["hip"]["valid"].values[:, 0] = False  # there, but without one valid sample
    found = shared_infos([whole, empty], ["hip", "knee"])
    assert [info.channels for info in found.infos] == [("y",), ("k",)]
    assert found.infos[0].units == ("m",) and found.left_out == ("hip/x",)
    assert shared_infos([whole], ["hip"]).left_out == ()
    picked = shared_infos([whole, empty], ["hip"], channels=["[yz]"])
    assert picked.infos[0].channels == ("y",) and picked.left_out == ()
    with pytest.raises(SchemaError, match="has no channel 'z\\*'; it has x, y"):
        shared_infos([whole], ["hip"], channels=["z*"])
    with pytest.raises(SchemaError, match="no channel of 'hip' is valid in all.*'b' lacks 'x'"):
        shared_infos([whole, empty], ["hip"], channels=["x"])


def turned(name: str, up: str, kind: str = "position") -> xr.DataTree:
    hip = make_stream(
        np.ones((4, 3)), time=np.arange(4) / 10, channels=["x", "y", "z"], units="m", kind=kind,
        frame={"up": up},
    )  # fmt: skip
    return make_recording({"hip": hip}, recording=name, subject="s")


def test_other_axes_and_kinds_are_refused() -> None:
    high, unsaid = turned("a", "z"), turned("b", "unknown")
    found = shared_infos([unsaid, high], ["hip"])
    assert found.infos[0].frame["up"] == "z"
    assert len(frames_of(unsaid, found.infos).time) == 4
    with pytest.raises(SchemaError, match="up z in recording 'the training data' and y in 'c'"):
        frames_of(turned("c", "y"), found.infos)
    with pytest.raises(SchemaError, match="up z in recording 'a' and y in 'c'; import them in one"):
        shared_infos([unsaid, high, turned("c", "y")], ["hip"])
    with pytest.raises(SchemaError, match="'position' in recording 'a' and 'velocity' in 'c'"):
        shared_infos([high, turned("c", "z", "velocity")], ["hip"])


def test_what_is_missing_is_one_line() -> None:
    infos = frame_infos(tree(), ["hip"])
    with pytest.raises(SchemaError, match="has no label 'sped'.*Did you mean 'speed'"):
        frame_labels(tree(speed=1.0), "sped", np.zeros(1))
    with pytest.raises(SchemaError, match="lacks the stream 'hips'.*'hip'"):
        frame_infos(tree(), ["hips"])
    other = make_recording(
        {"hip": make_stream([[0.0]], time=[0], channels=["x"], units="m", kind="position")},
        recording="c", subject="s",
    )  # fmt: skip
    with pytest.raises(SchemaError, match="lacks 'y' \\(1 of 2 channels\\)"):
        frames_of(other, infos)
    with pytest.raises(SchemaError, match="no recording has a frame"):
        stack_frames([], infos)
