"""Recordings of wakes hold the fields they say, at the times they say."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.recordings.fields import field_shape
from unisono.recordings.schema import validate
from unisono.simulators.flow import Camera, ChannelSettings, wake, wake_recordings

SMALL = ChannelSettings(diameter=6, width=8, ahead=4, behind=8)
CAMERA = Camera(frames=4, interval=0.5, settle=2.0, pixels=(12, 16), channel=SMALL)


def test_frames_are_those_of_the_flow() -> None:
    tree = wake(40, rng=np.random.default_rng(0), camera=CAMERA)
    validate(tree)
    node = tree["vorticity"]
    assert field_shape([str(c) for c in node["channel"].values]) == (12, 16)
    from unisono.simulators.flow import Channel

    flow = Channel(SMALL, 40, rng=np.random.default_rng(0))
    flow.step(120 + 3 * 30)
    np.testing.assert_array_equal(node["data"].values[3].reshape(12, 16), CAMERA.frame(flow))
    low = (48 - 24) // 2
    block = flow.vorticity()[low : low + 2, 18:20]
    np.testing.assert_allclose(node["data"].values[3, 0], block.mean(), atol=1e-6)
    np.testing.assert_allclose(node["time"].values, np.arange(4) * 0.5)
    assert tree.attrs["labels"]["reynolds"] == 40


def test_transients_change_the_reynolds_number_along_the_way() -> None:
    tree = wake(30, until=60, rng=np.random.default_rng(0), camera=CAMERA)
    np.testing.assert_allclose(tree["reynolds"]["data"].values[:, 0], [30, 40, 50, 60])
    assert "reynolds" not in tree.attrs["labels"]


def test_sequences_are_seeded_and_named() -> None:
    names = [t.attrs["recording"] for t in wake_recordings([30, 30], seed=1, camera=CAMERA)]
    assert names == ["re30_00", "re30_01"]
    one, two = wake_recordings([30, 30], seed=1, camera=CAMERA)
    assert np.abs(one["vorticity"]["data"] - two["vorticity"]["data"]).max() > 1e-3


def test_a_frame_outside_the_channel_is_refused() -> None:
    with pytest.raises(UnisonoError, match="pixels x cells across"):
        Camera(pixels=(100, 10), channel=SMALL)
