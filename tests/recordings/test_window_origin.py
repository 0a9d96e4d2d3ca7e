"""Mirrors src/unisono/recordings/window_origin.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import ConfigError, SchemaError
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.window_origin import from_origin
from unisono.recordings.window_settings import Cut
from unisono.recordings.windows import cut_windows


def positions(up: str = "z", rows: int = 6) -> xr.Dataset:
    rng = np.random.default_rng(0)
    names = [f"{p}_{a}" for p in ("RHEE", "LHEE") for a in "xyz"]
    going = np.arange(rows)[:, None] * np.array([1.0, 0, 0.5] * 2)
    return make_stream(
        rng.normal(size=(rows, 6)) + 5 + going,
        time=np.arange(rows) / 10, channels=names, units="m",
        kind="position", frame={"up": up, "handedness": "right"},
    )  # fmt: skip


@pytest.mark.parametrize(("up", "level"), [("z", [0, 1]), ("y", [0, 2])])
def test_the_point_is_above_the_origin_and_distances_stay(up: str, level: list[int]) -> None:
    before = positions(up)
    after = from_origin(before, "LHEE").data.values
    np.testing.assert_allclose(after[:, 3:].mean(axis=0)[level], 0.0, atol=1e-5)
    apart = before.data.values[:, :3] - before.data.values[:, 3:]
    np.testing.assert_allclose(after[:, :3] - after[:, 3:], apart, atol=1e-5)
    height = "xyz".index(up)
    np.testing.assert_allclose(after[:, height], before.data.values[:, height])


def test_only_instants_that_are_seen_count() -> None:
    stream = positions()
    stream["valid"].values[0] = False
    out = from_origin(stream, "RHEE").data.values[1:, :2]
    np.testing.assert_allclose(out.mean(axis=0), 0.0, atol=1e-5)
    stream["valid"].values[:] = False
    with pytest.raises(SchemaError, match="not valid at any instant"):
        from_origin(stream, "RHEE")
    with pytest.raises(ConfigError, match=r"no such point.*RHEE"):
        from_origin(stream, "RHEEL")


def test_windows_are_counted_from_the_point() -> None:
    tree = make_recording({"markers": positions(rows=40)}, recording="a", subject="s")
    cut = Cut(("markers",), rate_hz=10, length=5, heading="travel", origin="LHEE")
    batch = cut_windows(tree, cut)
    np.testing.assert_allclose(batch.data["markers"][:, :, 3:5].mean(axis=1), 0.0, atol=1e-5)
    with pytest.raises(ConfigError, match="no use without a heading"):
        Cut(("markers",), rate_hz=10, length=5, origin="LHEE")
