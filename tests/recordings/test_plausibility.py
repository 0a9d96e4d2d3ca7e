"""Mirrors src/unisono/recordings/plausibility.py."""

import numpy as np
import xarray as xr

from unisono.recordings.plausibility import Doubt, doubts
from unisono.recordings.schema import make_recording, make_stream, streams


def _lying() -> xr.DataTree:
    time = np.arange(100) / 100
    load = 11.0 * np.sin(np.pi * time)
    grf = make_stream(np.stack([load, -load], 1), time=time, channels=["r_fz", "l_fx"], units="N",
                      kind="force", frame={"up": "z"}, rate_hz=200)  # fmt: skip
    return make_recording({"grf": grf}, recording="r", subject="s", mass_kg=60.0)


def test_doubts_of_all_kinds_come_together_units_first() -> None:
    found = doubts(_lying())
    assert all(isinstance(d, Doubt) for d in found)
    assert [d.kind for d in found] == ["unit", "clock"]


def test_doubting_changes_nothing() -> None:
    tree, again = _lying(), _lying()
    doubts(tree)
    for name, node in streams(tree):
        xr.testing.assert_identical(node, again[name].to_dataset())


def test_streams_without_time_are_passed_over() -> None:
    image = xr.Dataset(
        {"data": (("row", "column"), np.zeros((4, 4))),
         "valid": (("row", "column"), np.ones((4, 4), dtype=bool))},
        attrs={"kind": "image"},
    )  # fmt: skip
    tree = make_recording({"picture": image}, recording="r", subject="s")
    assert doubts(tree) == []


def test_simulated_walking_is_not_doubted(walk: xr.DataTree) -> None:
    assert doubts(walk) == []
