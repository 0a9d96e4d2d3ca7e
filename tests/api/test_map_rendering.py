"""Mirrors src/unisono/api/map_rendering.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono.api.map_rendering import render_walk
from unisono.core.errors import OutputError, UnisonoError
from unisono.recordings.formats.registry import read_file


def test_frames_of_a_walk_are_those_of_its_points(tiny_map: Any, tmp_path: Path) -> None:  # noqa: ANN401
    chart = tiny_map.map
    ends = chart.bank.coordinates[[0, len(chart.bank) // 2]]
    found = render_walk(tiny_map, ends, count=7, way="line")
    np.testing.assert_allclose(found.walked.points[[0, -1]], ends, atol=1e-6)
    middle = ends[0] + 0.5 * (ends[1] - ends[0])
    np.testing.assert_allclose(found.walked.points[3], middle, atol=1e-6)
    assert found.recording is not None and not found.fields
    node = found.recording["angles"].to_dataset()
    wanted = chart.render(found.walked.points).values
    np.testing.assert_allclose(node["data"].values, wanted, rtol=1e-5, atol=1e-5)
    assert node["unit"].values.tolist() == ["deg"] * node.sizes["channel"]
    rate = chart.infos[0].rate_hz or 50.0  # a map that has no clock plays at 50 Hz
    np.testing.assert_allclose(np.diff(node["time"].values), 1 / rate)
    (file,) = found.save(tmp_path / "walk.npz")
    np.testing.assert_array_equal(read_file(file)["angles"].data.values, node["data"].values)
    with pytest.raises(OutputError, match="exists"):
        found.save(file)
    with pytest.raises(OutputError, match="no format of recordings"):
        found._replace(recording=None).save(tmp_path / "field.npz")


def test_points_of_another_map_are_refused(tiny_map: Any) -> None:  # noqa: ANN401
    with pytest.raises(UnisonoError):
        render_walk(tiny_map, np.zeros((2, 9)), count=5)
