"""Mirrors src/unisono/recordings/signals/cycles.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.recordings.signals.cycles import Interval, cut_cycles, cycle_intervals


def _events(*rows: tuple[float, str, str]) -> xr.Dataset:
    names = {"s": "foot_strike", "o": "foot_off"}
    sides = {"r": "right", "l": "left"}
    return make_events([r[0] for r in rows], [names[r[1]] for r in rows],
                       [sides[r[2]] for r in rows], "given")  # fmt: skip


def test_strides_and_stances_of_both_feet() -> None:
    events = _events((0.1, "s", "r"), (0.6, "s", "l"), (0.7, "o", "r"), (1.1, "s", "r"),
                     (1.2, "o", "l"), (1.6, "s", "l"), (2.1, "s", "r"))  # fmt: skip
    assert cycle_intervals(events) == [
        (0.1, 1.1, "right"), (0.6, 1.6, "left"), (1.1, 2.1, "right")]  # fmt: skip
    assert cycle_intervals(events, side="left") == [(0.6, 1.6, "left")]
    stances = cycle_intervals(events, ("foot_strike", "foot_off"))
    # The right foot's second off was not seen: its stance is given up.
    assert stances == [(0.1, 0.7, "right"), (0.6, 1.2, "left")]


def test_a_pair_across_a_missed_event_or_too_long_is_given_up() -> None:
    events = _events((0.0, "s", "r"), (1.0, "s", "r"), (1.6, "o", "r"), (9.0, "s", "l"))
    assert cycle_intervals(events, ("foot_strike", "foot_off")) == [(1.0, 1.6, "right")]
    assert cycle_intervals(events, max_s=0.5) == []
    with pytest.raises(UnisonoError, match="side must be one of"):
        cycle_intervals(events, side="both")


def _recording() -> xr.DataTree:
    fast, slow = np.arange(3000) / 1000, np.arange(300) / 100
    wave = np.sin(2 * np.pi * slow)
    hole = wave.copy()
    hole[150:] = np.nan
    return make_recording(
        {
            "grf": make_stream(np.cos(2 * np.pi * fast)[:, None], time=fast, channels=["r_fz"],
                               units="N", kind="force"),
            "angles": make_stream(np.stack([wave, hole], 1), time=slow, channels=["a", "b"],
                                  units="deg", kind="angle"),
        },
        recording="r", subject="s",
        events=_events((0.25, "s", "r"), (1.25, "s", "r"), (2.25, "s", "r")),
    )  # fmt: skip


def test_cycles_of_two_rates_meet_at_the_same_points() -> None:
    cycles = cut_cycles(_recording(), points=51)
    assert cycles.data["grf"].shape == (2, 51, 1)
    phase = np.linspace(0, 1, 51)
    for row in range(2):
        assert np.abs(cycles.data["grf"][row, :, 0] + np.sin(2 * np.pi * phase)).max() < 1e-3
        assert np.abs(cycles.data["angles"][row, :, 0] - np.cos(2 * np.pi * phase)).max() < 1e-3
    assert cycles.channels["angles"] == ("a", "b")
    assert cycles.intervals[0] == (0.25, 1.25, "right")


def test_what_is_not_valid_is_so_in_the_cycle() -> None:
    cycles = cut_cycles(_recording(), streams=["angles"])
    assert set(cycles.data) == {"angles"}
    assert cycles.valid["angles"][0, :, 1].all()
    assert cycles.valid["angles"][1, :, 1].tolist() == [i < 25 for i in range(101)]
    assert np.isnan(cycles.data["angles"][1, 30:, 1]).all()


def test_own_intervals_and_none() -> None:
    one = cut_cycles(_recording(), [Interval(0.5, 0.75, "left")], points=2, streams=["angles"])
    assert one.data["angles"][0, :, 0] == pytest.approx([0, -1], abs=1e-3)
    none = cut_cycles(_recording(), [])
    assert none.data["grf"].shape == (0, 101, 1)
    with pytest.raises(UnisonoError, match="at least 2 points"):
        cut_cycles(_recording(), points=1)
    with pytest.raises(UnisonoError, match="Did you mean 'angles'"):
        cut_cycles(_recording(), streams=["angels"])


def test_films_are_no_channels_to_cut() -> None:
    tree = _recording()
    film = xr.Dataset({"data": (("time", "y", "x"), np.zeros((3, 2, 2)))}, {"time": [0.0, 1, 2]})
    tree["film"] = xr.DataTree(film.assign_attrs(kind="image"))
    assert set(cut_cycles(tree).data) == {"grf", "angles"}
    with pytest.raises(UnisonoError, match="the stream to cut"):
        cut_cycles(tree, streams=["film"])
