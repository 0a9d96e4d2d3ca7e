"""Edits move what they should, keep the rest bit for bit, and say when they leave the data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ModelError, OutputError, UnisonoError

Make = Callable[..., xr.DataTree]


def radius(tree: xr.DataTree) -> float:
    values = tree["angles"]["data"].values
    return float(np.hypot(values[:, 0], values[:, 1]).mean())


def test_a_slow_swing_becomes_a_fast_one_and_keeps_its_phase(
    tiny_map: api.MapModel, make_swing: Make
) -> None:
    tree = make_swing(12)  # speed 1.0, a person the map never saw
    edited = api.edit(tiny_map, tree, api.Edit(toward=("speed", 1.8)))
    assert 16 < radius(edited.recording) < 20  # from 10 to 18
    before, after = (t["angles"]["data"].values for t in (tree, edited.recording))
    turn = np.angle((after[:, 0] + 1j * after[:, 1]) / (before[:, 0] + 1j * before[:, 1]))
    assert np.abs(turn).max() < 0.7
    assert abs(after[:, 2].mean()) < 0.5  # the style, 0 or 10, which the map is not by
    half = api.edit(tiny_map, tree, api.Edit(toward=("speed", 1.8), share=0.5))
    assert 12 < radius(half.recording) < 16
    between = api.edit(tiny_map, tree, api.Edit(toward=("speed", 1.2)))
    assert 11 < radius(between.recording) < 13.5
    assert edited.off < 0.2 and "confidence" in edited.summary()


def test_nothing_moved_is_nothing_changed(tiny_map: api.MapModel, make_swing: Make) -> None:
    tree = make_swing(12)
    edited = api.edit(tiny_map, tree, api.Edit(toward=("speed", 1.8), share=0.0))
    np.testing.assert_array_equal(edited.recording["angles"]["data"], tree["angles"]["data"])


def test_kept_channels_gaps_and_instants_outside_keep_their_bits(
    tiny_map: api.MapModel, make_swing: Make
) -> None:
    tree = make_swing(12)
    tree["angles"]["valid"].values[20, 2] = False
    how = api.Edit(toward=("speed", 1.8), keep=("joint_[34]",))
    after = api.edit(tiny_map, tree, how).recording["angles"]["data"].values
    before = tree["angles"]["data"].values
    np.testing.assert_array_equal(after[:, 3:], before[:, 3:])
    assert after[20, 2] == before[20, 2]
    assert np.abs(after[:, :2] - before[:, :2]).max() > 3
    whole = make_swing(12)
    gap = api.edit(tiny_map, whole, api.Edit(between=(0.5, 0.8)))
    time = whole["angles"]["time"].values
    inside = (time > 0.5) & (time < 0.8)
    before, after = (t["angles"]["data"].values for t in (whole, gap.recording))
    np.testing.assert_array_equal(after[~inside], before[~inside])
    np.testing.assert_array_equal(gap.time, time[inside])


def test_between_reads_nothing_of_what_it_replaces(
    tiny_map: api.MapModel, make_swing: Make
) -> None:
    """What stands there before changes neither the walk nor, within the codes, the result."""
    one, two = make_swing(12), make_swing(12)
    time = one["angles"]["time"].values
    inside = (time > 0.5) & (time < 0.8)
    two["angles"]["data"].values[inside] = 3.0
    first, second = (api.edit(tiny_map, tree, api.Edit(between=(0.5, 0.8))) for tree in (one, two))
    np.testing.assert_array_equal(first.points, second.points)
    got, again = (e.recording["angles"]["data"].values for e in (first, second))
    np.testing.assert_allclose(got, again, atol=1e-3)  # five codes of five channels hold everything


def test_forecasts_follow_the_swing_and_read_the_past_alone(
    tiny_map: api.MapModel, make_swing: Make
) -> None:
    whole = make_swing(12, 1.8)
    past = make_swing(12)
    past["angles"]["data"].values[:] = whole["angles"]["data"].values[:80]
    edited = api.edit(tiny_map, past, api.Edit(forecast=5))
    values = edited.recording["angles"]["data"].values
    assert values.shape == (85, 5)
    np.testing.assert_array_equal(values[:80], past["angles"]["data"].values)
    error = np.abs(values[80:, :2] - whole["angles"]["data"].values[80:85, :2]).mean()
    copy = np.abs(values[79, :2] - whole["angles"]["data"].values[80:85, :2]).mean()
    assert error < 0.6 * copy
    np.testing.assert_allclose(np.diff(edited.recording["angles"]["time"].values), 0.02)


def test_an_edit_is_written_in_the_format_of_its_ending(
    tiny_map: api.MapModel, make_swing: Make, tmp_path: Path
) -> None:
    edited = api.edit(tiny_map, make_swing(12), api.Edit(toward=("speed", 1.4)))
    for ending in (".mot", ".csv", ".npz"):
        [file] = edited.save(tmp_path / f"out{ending}")
        back = api.read_one(file)
        name = "angles" if "angles" in back.children else next(iter(back.children))
        assert back[name].sizes["time"] == 80
    with pytest.raises(OutputError, match="exists"):
        edited.save(tmp_path / "out.csv")


def test_what_cannot_be_done_is_one_line(tiny_map: api.MapModel, make_swing: Make) -> None:
    tree = make_swing(12)
    for how, kind, words in (
        (api.Edit(toward=("sped", 1.0)), ModelError, "by no number 'sped'.*'speed'"),
        (api.Edit(toward=("speed", 9.0)), UnisonoError, "lies outside of the data"),
        (api.Edit(to_class="turn"), ModelError, "has no class 'turn'"),
        (api.Edit(between=(5.0, 6.0)), UnisonoError, "no frames lie between"),
    ):
        with pytest.raises(kind, match=words):
            api.edit(tiny_map, tree, how)
    with pytest.raises(UnisonoError, match="one thing to do"):
        api.Edit()
    with pytest.raises(UnisonoError, match="one thing to do"):
        api.Edit(forecast=3, to_class="a")


@pytest.mark.parametrize("what", [{"toward": ("speed", 1.8)}, {"forecast": 3}])
def test_a_pattern_that_keeps_nothing_is_refused(
    tiny_map: api.MapModel, make_swing: Make, what: dict[str, Any]
) -> None:
    how = api.Edit(**what, keep=("joint_4", "jiont_*"))
    with pytest.raises(
        UnisonoError, match=r"keep 'jiont_\*' fits no channel.*Did you mean 'joint_"
    ):
        api.edit(tiny_map, make_swing(12), how)
