"""Mirrors src/unisono/recordings/formats/tabulating.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import OutputError
from unisono.recordings.formats.tabulating import chosen_streams, tabulate
from unisono.recordings.schema import make_recording, make_stream


@pytest.fixture
def tree() -> xr.DataTree:
    time = np.arange(3) / 10
    return make_recording(
        {
            "angles": make_stream(
                np.eye(3), time=time, channels=list("abc"), units="deg", kind="angle"
            ),
            "grf": make_stream(np.ones((3, 1)), time=time, channels=["f"], units="N", kind="force"),
            "fast": make_stream(
                np.ones((2, 1)), time=[0, 0.01], channels=["g"], units="N", kind="force"
            ),
        },
        recording="a",
        subject="s",
    )


def test_streams_of_one_clock_are_joined_and_reordered(tree: xr.DataTree) -> None:
    table = tabulate(tree, ["angles", "grf"])
    assert table.names == ["a", "b", "c", "f"]
    assert table.streams == ["angles"] * 3 + ["grf"]
    turned = table.take([3, 0])
    assert (turned.names, turned.units, turned.kinds) == (
        ["f", "a"], ["N", "deg"], ["force", "angle"],
    )  # fmt: skip
    np.testing.assert_array_equal(turned.values, [[1, 1], [1, 0], [1, 0]])


def test_two_clocks_are_refused_with_the_remedy(tree: xr.DataTree) -> None:
    with pytest.raises(OutputError, match="'angles' and 'fast' have different time stamps; write"):
        tabulate(tree)


def test_absent_stream_names_the_nearest(tree: xr.DataTree) -> None:
    with pytest.raises(OutputError, match="no stream 'angels'.*Did you mean 'angles'"):
        chosen_streams(tree, ["angels"])
    assert chosen_streams(tree, None) == ["angles", "grf", "fast"]
