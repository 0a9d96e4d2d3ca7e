"""Mirrors src/unisono/api/live_text.py: lines in and out say what the live stream says."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.live_text import csv_header, csv_rows, json_row, replay, stream_lines
from unisono.core.errors import ConfigError, ModelError

Walk = Callable[..., xr.DataTree]


def lines_of(tree: xr.DataTree, *, time: bool, unit: str = "deg") -> list[str]:
    node = tree["angles"]
    values = node["data"].values if unit == "deg" else np.deg2rad(node["data"].values)
    names = [f"angles/{c} [{unit}]" for c in node["channel"].values]
    rows = [",".join(f"{x!r}" for x in map(float, row)) for row in values]
    if time:
        names = ["time [ms]", *names]
        stamps = 1000 * node["time"].values
        rows = [f"{float(t)!r},{row}" for t, row in zip(stamps, rows, strict=True)]
    return [",".join(names), *rows]


@pytest.mark.parametrize("rate", [50.0, 100.0])
def test_lines_and_files_are_answered_alike(
    tiny_model: api.Model, make_walk: Walk, rate: float
) -> None:
    tree = make_walk("a", 11, seconds=1.5, rate=rate)
    want = list(replay(tiny_model.stream(tree), tree, 0.1))
    source = api.LiveSource(rate, known={"mass_kg": tree.attrs["mass_kg"]})
    for time, unit in ((False, "deg"), (True, "deg"), (True, "rad")):
        found = list(stream_lines(tiny_model, lines_of(tree, time=time, unit=unit), source))
        for what in ("mean", "time"):
            one, other = (
                np.concatenate([getattr(p.parts["grf"], what) for p in parts])
                for parts in (want, found)
            )
            np.testing.assert_allclose(one, other, atol=1e-4)


def test_replayed_chunks_change_when_not_what(tiny_model: api.Model, make_walk: Walk) -> None:
    tree = make_walk("a", 11)
    whole = [list(replay(tiny_model.stream(tree), tree, s)) for s in (0.013, 0.1, 100.0)]
    first, *others = [np.concatenate([p.parts["grf"].mean for p in found]) for found in whole]
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert len(whole[0]) > len(whole[2])


def test_a_table_of_lines_holds_mean_and_band(tiny_model: api.Model, make_walk: Walk) -> None:
    tree = make_walk("a", 11, rate=50.0)
    found = next(replay(tiny_model.stream(tree), tree, 0.1))
    header, rows = csv_header(found).split(","), csv_rows(found, 0.8).splitlines()
    assert header[:4] == [
        "time [s]", "grf/r_fx [N/kg]", "grf/r_fx_lower [N/kg]", "grf/r_fx_upper [N/kg]",
    ]  # fmt: skip
    part = found.parts["grf"]
    table = np.array([[float(x) for x in row.split(",")] for row in rows])
    assert table.shape == (len(part.time), 1 + 3 * 6)
    np.testing.assert_allclose(table[:, 1::3], part.mean, rtol=1e-4)
    np.testing.assert_allclose(table[:, 2::3], part.lower[1], rtol=1e-4)
    np.testing.assert_allclose(table[:, 3::3], part.upper[1], rtol=1e-4)
    said = json_row(found, 0.8)
    np.testing.assert_allclose(said["grf"]["upper"], part.upper[1])
    assert said["grf"]["channels"][0] == "r_fx" and len(said["time"]) == len(part.time)
    with pytest.raises(ConfigError, match=r"its levels are 0\.5, 0\.8, 0\.9"):
        csv_rows(found, 0.77)


def test_what_was_not_measured_may_be_left_empty(tiny_model: api.Model, make_walk: Walk) -> None:
    tree = make_walk("a", 11, seconds=1.0, rate=50.0)
    lines = lines_of(tree, time=False)
    lines[20] = ",,nan,x,,"
    found = list(stream_lines(tiny_model, lines, api.LiveSource(50.0)))
    mean = np.concatenate([p.parts["grf"].mean for p in found])
    assert mean.shape == (50, 6) and np.isfinite(mean).all()


def test_bad_lines_are_named(tiny_model: api.Model, make_walk: Walk) -> None:
    source = api.LiveSource(50.0)
    lines = lines_of(make_walk("a", 11), time=False)
    with pytest.raises(ModelError, match="line 3 has 2 cells, but the header 6"):
        list(stream_lines(tiny_model, [*lines[:2], "1,2"], source))
    with pytest.raises(ModelError, match="no column is a channel"):
        list(stream_lines(tiny_model, ["a,b", "1,2"], source))
    with pytest.raises(ModelError, match="nothing came in"):
        list(stream_lines(tiny_model, [], source))
    plain = ["time," + ",".join(str(c) for c in tiny_model.streams["angles"].channels)]
    found = list(stream_lines(tiny_model, [*plain, "0,1,2,3,4,5,6", "0.02,1,2,3,4,5,6"], source))
    assert len(found) == 1 and len(found[0].parts["grf"].time) == 2


def test_blank_lines_are_no_frames(tiny_model: api.Model, make_walk: Walk) -> None:
    lines = lines_of(make_walk("a", 11, seconds=0.5, rate=50.0), time=False)
    source = api.LiveSource(50.0)
    plain, blank = (
        [p.parts["grf"] for p in stream_lines(tiny_model, text, source)]
        for text in (lines, [*lines[:4], "", *lines[4:], "", "\n"])
    )
    for what in ("mean", "time"):
        one, other = (np.concatenate([getattr(p, what) for p in parts]) for parts in (plain, blank))
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ModelError, match="line 5 has 1 cells"):
        list(stream_lines(tiny_model, [*lines[:3], "", "7"], source))
