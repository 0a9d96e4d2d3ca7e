"""Parts share no subject, labels are in units of their spread, and bad data are one line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.map_data import FrameWindows, MapData, channel_scale, map_data, spreads
from unisono.core.errors import ConfigError, SchemaError
from unisono.recordings.fields import field_channels
from unisono.recordings.frame_table import frame_infos, stack_frames
from unisono.recordings.schema import make_recording, make_stream


def found(data: api.Dataset, by: list[str]) -> MapData:
    return map_data(data, by=by, streams=[], rate_hz=0.0, seed=0)


def test_the_parts_share_no_recording_and_sequences_are_whole(swings: api.Dataset) -> None:
    data = found(swings, ["time", "speed", "style"])
    assert not set(data.train.recording) & set(data.test.recording)
    assert len(set(data.train.recording)) == 9 and len(set(data.test.recording)) == 3
    assert set(np.bincount(data.train.sequence)) == {80}
    windows = FrameWindows(data.train, spreads(data.train))
    batch = windows.batch(np.arange(len(data.train.values)))
    np.testing.assert_allclose(batch.known["speed"].mean(), 0, atol=1e-5)
    np.testing.assert_allclose(batch.known["speed"].std(unbiased=False), 1, atol=1e-5)
    styles = data.train.labels["style"]
    np.testing.assert_array_equal(batch.condition.numpy(), (styles == "lively").astype(int))
    some = windows.batch(np.array([5, 90]))
    np.testing.assert_array_equal(some.data["frames"][:, 0], data.train.values[[5, 90]])
    assert some.index.tolist() == [5, 90] and some.subject.tolist() == [0, 1]


def test_a_field_has_one_scale_and_other_channels_their_own() -> None:
    time = np.arange(50.0)
    values = np.outer(np.sin(time), [1.0, 10.0, 0.0, 3.0])
    parts = {
        "field": make_stream(values, time=time, channels=field_channels("u", (2, 2)), units="1",
                             kind="feature"),
        "joints": make_stream(values[:, :3], time=time, channels=["a", "b", "c"], units="deg",
                              kind="angle"),
    }  # fmt: skip
    tree = make_recording(parts, recording="r", subject="s")
    infos = frame_infos(tree, ["field", "joints"])
    scale = channel_scale(stack_frames([tree], infos), infos).numpy()
    std = values.std(axis=0)
    np.testing.assert_allclose(scale[:4], np.sqrt((std**2).mean()), rtol=1e-5)
    level = np.sqrt((std[:3] ** 2).mean())
    np.testing.assert_allclose(scale[4:], [std[0], std[1], 0.01 * level], rtol=1e-4)


def test_missing_constant_and_lonely_data_are_one_line(
    swings: api.Dataset, make_swing: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    with pytest.raises(SchemaError, match="has no label 'sped'.*'speed'"):
        found(swings, ["sped"])
    with pytest.raises(ConfigError, match="name what the map is by"):
        found(swings, [])
    alone = api.Dataset.create(tmp_path / "one.un", [make_swing(0)])
    with pytest.raises(ConfigError, match="one sequence only"):
        found(alone, ["time"])
    same = api.Dataset.create(tmp_path / "same.un", [make_swing(s) for s in (0, 3, 6, 9)])
    with pytest.raises(SchemaError, match=r"label 'speed' is 1.0 throughout"):
        found(same, ["speed"])
