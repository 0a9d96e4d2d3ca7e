"""Mirrors src/unisono/recordings/sampler.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unisono.core.errors import ConfigError
from unisono.recordings.sampler import EpochSampler

SIZES = st.tuples(st.integers(1, 60), st.integers(1, 20), st.integers(0, 5))


@given(SIZES, st.integers(0, 400))
def test_a_step_does_not_depend_on_what_came_before(sizes: tuple[int, int, int], step: int) -> None:
    n, batch, seed = sizes
    walked = EpochSampler(np.arange(n) * 3, batch, seed)
    for earlier in range(0, step, 7):
        walked.at(earlier)
    fresh = EpochSampler(np.arange(n) * 3, batch, seed)
    np.testing.assert_array_equal(walked.at(step), fresh.at(step))


@given(SIZES, st.integers(0, 3))
def test_an_epoch_sees_each_row_at_most_once_and_all_but_a_remainder(
    sizes: tuple[int, int, int], epoch: int
) -> None:
    n, batch, seed = sizes
    rows = np.arange(n) + 100
    sampler = EpochSampler(rows, batch, seed)
    steps = range(epoch * sampler.steps_per_epoch, (epoch + 1) * sampler.steps_per_epoch)
    seen = np.concatenate([sampler.at(step) for step in steps])
    assert len(np.unique(seen)) == len(seen)
    assert set(seen) <= set(rows)
    assert n - len(seen) < min(batch, n)
    assert [sampler.position(step).offset for step in steps] == list(range(len(steps)))


@given(SIZES, st.integers(0, 100), st.integers(1, 7))
def test_ranks_share_the_same_global_batch(
    sizes: tuple[int, int, int], step: int, world: int
) -> None:
    n, batch, seed = sizes
    sampler = EpochSampler(np.arange(n), batch, seed)
    shares = [sampler.at(step, rank, world) for rank in range(world)]
    np.testing.assert_array_equal(np.concatenate(shares), sampler.at(step))
    lengths = [len(share) for share in shares]
    assert max(lengths) - min(lengths) <= 1


def test_epochs_and_seeds_differ() -> None:
    rows = np.arange(50)
    sampler = EpochSampler(rows, 50, 0)
    assert not np.array_equal(sampler.at(0), sampler.at(1))
    assert not np.array_equal(sampler.at(0), EpochSampler(rows, 50, 1).at(0))


def test_every_row_gets_its_turn_in_the_long_run() -> None:
    sampler = EpochSampler(np.arange(7), 4, 3)
    counts = np.bincount(np.concatenate([sampler.at(k) for k in range(700)]), minlength=7)
    assert abs(counts - 400).max() < 60


def test_what_a_caller_changes_is_a_copy() -> None:
    sampler = EpochSampler(np.arange(5), 5, 0)
    first = sampler.at(0).copy()
    sampler.at(0)[:] = -1
    np.testing.assert_array_equal(sampler.at(0), first)


def test_bad_arguments() -> None:
    with pytest.raises(ConfigError, match="no windows to train on"):
        EpochSampler([], 4, 0)
    with pytest.raises(ConfigError, match="listed twice"):
        EpochSampler([1, 1], 4, 0)
    with pytest.raises(ConfigError, match="batch_size"):
        EpochSampler([1, 2], 0, 0)
    sampler = EpochSampler([1, 2], 1, 0)
    for arguments in ((-1, 0, 1), (0, 1, 1), (0, -1, 2)):
        with pytest.raises(ConfigError, match="rank below world"):
            sampler.at(*arguments)
