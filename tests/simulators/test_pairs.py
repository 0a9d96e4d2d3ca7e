"""Mirrors src/unisono/simulators/pairs.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import ShapeError, UnisonoError
from unisono.recordings.formats.bvh import read_bvh
from unisono.recordings.pairs import read_pairs
from unisono.simulators.gait import random_recordings
from unisono.simulators.pairs import (
    Pairs,
    digit_pairs,
    gait_pairs,
    motion_pairs,
    split_groups,
)


def plain(count: int, groups: int) -> Pairs:
    rows = np.arange(count, dtype=np.float32)[:, None]
    names = (np.arange(count) % groups).astype(str)
    return Pairs(rows, 2 * rows, names, names, {})


def test_no_group_is_in_two_parts(rng: np.random.Generator) -> None:
    part = split_groups(plain(40, 8), test=0.25, generator=rng)
    assert not set(part.train.group) & set(part.test.group)
    assert len(set(part.test.group)) == 2 and len(part.train.source) == 30
    np.testing.assert_array_equal(part.test.target, 2 * part.test.source)
    with pytest.raises(UnisonoError, match="1 groups cannot give a share of 0.5"):
        split_groups(plain(4, 1), test=0.5, generator=rng)


def test_a_missing_side_is_refused() -> None:
    one = plain(3, 3)
    with pytest.raises(ShapeError, match="got 3 given, 2 wanted"):
        Pairs(one.source, one.target[:2], one.group, one.label, {})


def test_a_saved_file_is_read_as_the_set_it_is(tmp_path: Path) -> None:
    pairs = plain(6, 3)
    read = read_pairs(pairs.save(tmp_path / "pairs.npz"), given=["source"], want=["target"])
    made = pairs.as_set()
    assert read.subject.tolist() == made.subject.tolist() == pairs.group.tolist()
    for one in (read, made):
        batch = one.batch([4, 1])
        np.testing.assert_array_equal(batch.data["source"][:, 0], [4, 1])
        np.testing.assert_array_equal(batch.data["target"][:, 0], [8, 2])
        assert batch.mask["target"].all()
    assert made.digest != plain(7, 3).as_set().digest


def test_real_digits(shared_data: Callable[[str], Path]) -> None:
    pairs = digit_pairs(shared_data("mnist"), count=50)
    assert pairs.source.shape == (50, 1, 7, 7) and pairs.target.shape == (50, 1, 28, 28)
    assert pairs.target.min() == -1 and pairs.target.max() == 1
    np.testing.assert_allclose(
        pairs.source.mean(axis=(1, 2, 3)), pairs.target.mean(axis=(1, 2, 3)), atol=1e-5
    )
    assert pairs.label[:5].tolist() == ["7", "2", "1", "0", "4"]


def test_gait_has_two_rates_on_one_clock() -> None:
    recordings = list(random_recordings(2, trials=1, seed=0))
    pairs = gait_pairs(recordings)
    assert pairs.source.shape[1:] == (128, len(pairs.channels["source"]))
    assert pairs.target.shape[1:] == (51, len(pairs.channels["target"]))
    assert set(pairs.group) == {"sim000", "sim001"}
    assert np.isfinite(pairs.source).all() and np.isfinite(pairs.target).all()
    angles = recordings[0]["angles"]
    name = pairs.channels["target"][0]
    truth = angles["data"].sel(channel=name).values
    expected = np.interp(
        np.arange(51) / 40, angles["time"].values - angles["time"].values[0], truth
    )
    np.testing.assert_allclose(pairs.target[0, 2:-2, 0], expected[2:-2], atol=0.6)
    with pytest.raises(UnisonoError, match="shorten the window"):
        gait_pairs(recordings, seconds=1000)


def test_motion_is_seen_from_its_own_head_and_hands(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("bandai") / "Bandai-Namco-Research-Motiondataset-1" / "data"
    files = [folder / f"dataset-1_walk_{style}_001.bvh" for style in ("active", "normal")]
    pairs = motion_pairs(files)
    assert pairs.source.shape[1:] == (32, 9) and pairs.target.shape[1:] == (32, 63)
    assert set(pairs.group) == {"walk_active", "walk_normal"}
    names = pairs.channels["target"]
    head = [names.index(f"Head_{a}") for a in "xyz"]
    np.testing.assert_array_equal(pairs.source[:, :, :3], pairs.target[:, :, head])
    np.testing.assert_allclose(pairs.source[:, 0, :2], 0, atol=1e-6)
    assert (pairs.source[:, :, 2] > 0.8).all() and (pairs.source[:, :, 2] < 2.2).all()
    hands = (pairs.source[:, :, 3:6] - pairs.source[:, :, 6:9]).mean(axis=1)
    np.testing.assert_allclose(hands[:, 0], 0, atol=1e-5)  # forward is their normal
    assert (hands[:, 1] > 0).all()
    # Distances between joints do not depend on the frame.
    points = read_bvh(files[0])["positions"]["data"]
    knee = points.sel(channel=[f"LowerLeg_L_{a}" for a in "xyz"]).values
    foot = points.sel(channel=[f"Foot_L_{a}" for a in "xyz"]).values
    length = np.linalg.norm(knee - foot, axis=1)[:32] / 100
    own = [np.array([names.index(f"{j}_{a}") for a in "xyz"]) for j in ("LowerLeg_L", "Foot_L")]
    first = pairs.target[0]
    found = np.linalg.norm(first[:, own[0]] - first[:, own[1]], axis=1)
    np.testing.assert_allclose(found, length, atol=1e-5)
