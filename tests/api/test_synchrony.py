"""Mirrors src/unisono/api/synchrony.py."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from unisono.api.synchrony import alignment_score, lag, lag_doubts, move_streams
from unisono.core.errors import ConfigError, ModelError
from unisono.recordings.schema import streams

sys.path.insert(0, str(Path(__file__).parent))

from synchrony_toys import Knowing, knowing_model, two_sides  # noqa: E402 - found by the line above


@pytest.mark.parametrize("how", ["prediction", "agreement"])
@pytest.mark.parametrize("late_s", [-0.21, 0.0, 0.3])
def test_a_late_device_is_found_to_be_late(how: str, late_s: float) -> None:
    found = lag(knowing_model(), two_sides(1, late_s=late_s), how=how)  # type: ignore[arg-type]
    assert found.seconds == pytest.approx(late_s, abs=0.008)
    assert found.low - 0.01 <= late_s <= found.high + 0.01
    assert not found.at_edge and len(found.lags_s) == len(found.curve) == 51
    if late_s:
        assert ("early" if late_s < 0 else "late") in str(found)


def test_streams_moved_by_the_lag_are_on_one_clock() -> None:
    recording = two_sides(2, late_s=0.3)
    moved = move_streams(recording, ["angles"], 0.3)
    assert abs(lag(knowing_model(), moved).seconds) < 0.008
    assert float(dict(streams(recording))["angles"]["time"][0]) == pytest.approx(0.3)  # untouched
    with pytest.raises(ModelError, match="no stream 'emg'"):
        move_streams(recording, ["emg"], 0.1)


def test_a_lag_beyond_the_search_is_said_to_be_at_its_edge() -> None:
    found = lag(knowing_model(), two_sides(3, late_s=0.3), most_s=0.28)
    assert found.at_edge and "edge" in str(found)


def test_generation_doubts_clocks_that_differ_and_nothing_else() -> None:
    model = knowing_model()
    said = lag_doubts(model, two_sides(6, late_s=0.13))
    assert len(said) == 1 and "ms late" in said[0] and "measured grf" in said[0]
    assert 110 <= int(said[0].split(" is ")[1].split()[0]) <= 150
    assert lag_doubts(model, two_sides(6)) == []
    alone = two_sides(6, late_s=0.13)
    del alone["grf"]
    assert lag_doubts(model, alone) == []
    assert lag_doubts(model, two_sides(6, late_s=0.13, seconds=0.8)) == []  # too short to tell


@pytest.mark.parametrize("how", ["prediction", "agreement"])
def test_windows_that_belong_together_are_told_from_strangers(how: str) -> None:
    model = knowing_model()
    found = alignment_score(model, two_sides(4, seconds=30), how=how)  # type: ignore[arg-type]
    assert found.p < 0.02 and found.share > 0.8
    steps = found.table["stop_s"] - found.table["start_s"]
    assert steps.to_numpy() == pytest.approx(0.2)
    assert found.table["start_s"].is_monotonic_increasing


@pytest.mark.parametrize("how", ["prediction", "agreement"])
def test_without_a_bond_p_values_are_uniform(how: str) -> None:
    model = knowing_model()
    found = [
        alignment_score(model, two_sides(seed, bond=False), how=how)  # type: ignore[arg-type]
        for seed in range(30)
    ]
    first = [one.table["p"].iloc[5] for one in found]  # a window a recording: independent
    assert stats.kstest(first, "uniform").pvalue > 0.01
    assert stats.kstest([one.p for one in found], "uniform").pvalue > 0.01
    assert np.mean([one.share for one in found]) < 0.1


def test_what_cannot_be_compared_is_refused_in_one_line() -> None:
    model, recording = knowing_model(), two_sides(5)
    one = recording.copy()
    del one["grf"]
    with pytest.raises(ModelError, match="none of the wanted streams"):
        lag(model, one)
    with pytest.raises(ModelError, match="too few"):
        lag(model, two_sides(5, seconds=0.8))
    with pytest.raises(ModelError, match="two windows"):
        alignment_score(model, two_sides(5, seconds=1.5))
    with pytest.raises(ConfigError, match="how='prediction'"):
        blind = type("Blind", (), {"generate": Knowing.generate, "settings": Knowing.settings})
        lag(knowing_model(blind()), recording, how="agreement")
    model.want = ("angles", "grf")
    with pytest.raises(ConfigError, match="asking"):
        alignment_score(model, recording)
