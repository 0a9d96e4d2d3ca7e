"""Mirrors src/unisono/recordings/pairs.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import FileFormatError, UnisonoError
from unisono.recordings.pairs import PairSet, read_pairs


def saved(folder: Path, **arrays: np.ndarray) -> Path:
    file = folder / "pairs.npz"
    np.savez(file, **arrays)
    return file


@pytest.fixture
def arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"small": rng.random((6, 1, 4, 4)), "large": rng.random((6, 1, 8, 8))}


def opened(file: Path) -> PairSet:
    return read_pairs(file, given=["small"], want=["large"])


def test_rows_match_one_by_one(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    pairs = opened(saved(tmp_path, **arrays))
    assert pairs.shapes == {"small": (1, 4, 4), "large": (1, 8, 8)}
    batch = pairs.batch([4, 1])
    np.testing.assert_allclose(batch.data["small"].numpy(), arrays["small"][[4, 1]], rtol=1e-6)
    np.testing.assert_allclose(batch.data["large"].numpy(), arrays["large"][[4, 1]], rtol=1e-6)
    assert all(mask.all() for mask in batch.mask.values())
    assert batch.index.tolist() == [4, 1]
    assert len(set(pairs.subject)) == 6


def test_stated_pairs_leave_the_rest_alone(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    arrays["large"] = arrays["large"][:4]
    pairs = opened(saved(tmp_path, **arrays, pairs=np.array([[5, 0], [2, 3]])))
    assert pairs.paired.tolist() == [True, True] + [False] * 6
    batch = pairs.batch(np.arange(8))
    np.testing.assert_allclose(batch.data["large"][1].numpy(), arrays["large"][3], rtol=1e-6)
    there = {k: m.flatten(1).any(1).tolist() for k, m in batch.mask.items()}
    assert there["small"] == [True] * 6 + [False] * 2
    assert there["large"] == [True] * 2 + [False] * 4 + [True] * 2
    assert (batch.data["small"][6:] == 0).all()


def test_a_share_of_pairs_is_kept_and_nothing_is_lost(
    tmp_path: Path, arrays: dict[str, np.ndarray], rng: np.random.Generator
) -> None:
    pairs = opened(saved(tmp_path, **arrays))
    half = pairs.with_share(0.5, generator=rng)
    assert half.paired.sum() == 3
    assert len(half) == 9
    for side in (0, 1):
        rows = half.items[:, side]
        assert sorted(rows[rows >= 0]) == list(range(6))
    assert half.digest != pairs.digest
    by_key = {key: set() for key in half.subject}  # torn sides stay in one part of a split
    for key, (a, b) in zip(half.subject, half.items, strict=True):
        by_key[key] |= {max(a, b)}
    assert all(len(rows) == 1 for rows in by_key.values())


def test_rare_pairs_are_repeated_until_they_are_half(
    tmp_path: Path, arrays: dict[str, np.ndarray], rng: np.random.Generator
) -> None:
    pairs = opened(saved(tmp_path, **arrays))
    assert pairs.evened() is pairs
    rare = pairs.with_share(1 / 6, generator=rng)
    assert rare.paired.sum() == 1 and len(rare) == 11
    even = rare.evened()
    assert even.paired.sum() == 10 and len(even) == 20 and even.digest != rare.digest
    assert {tuple(row) for row in even.items} == {tuple(row) for row in rare.items}
    assert set(even.subject) == set(rare.subject)
    none = pairs.with_share(0.0, generator=rng)
    assert none.evened() is none


def test_subjects_and_masks(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    mask = arrays["small"] > 0.3
    holes = np.where(mask, arrays["small"], np.nan)
    file = saved(
        tmp_path, small=holes, large=arrays["large"], small_mask=mask,
        subject=np.array(list("aabbcc")),
    )  # fmt: skip
    batch = opened(file).batch(np.arange(6))
    np.testing.assert_array_equal(batch.mask["small"].numpy(), mask)
    assert batch.data["small"].isfinite().all()
    assert batch.subject.tolist() == [0, 0, 1, 1, 2, 2]


class TestBadInput:
    def test_an_array_that_is_not_there(
        self, tmp_path: Path, arrays: dict[str, np.ndarray]
    ) -> None:
        with pytest.raises(FileFormatError, match="no array 'smal'.*Did you mean 'small'"):
            read_pairs(saved(tmp_path, **arrays), given=["smal"], want=["large"])

    def test_a_pair_missing_a_side(self, tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
        short = arrays | {"large": arrays["large"][:4]}
        with pytest.raises(FileFormatError, match="2 pairs miss a side: 6 rows are given and 4"):
            opened(saved(tmp_path, **short))
        with pytest.raises(FileFormatError, match="a pair misses a side"):
            opened(saved(tmp_path, **short, pairs=np.array([[0, 4]])))

    def test_nan(self, tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
        arrays["large"][3, 0, 1, 1] = np.nan
        with pytest.raises(FileFormatError, match="large: row 3 holds NaN.*large_mask"):
            opened(saved(tmp_path, **arrays))

    def test_what_is_no_thing(self, tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
        with pytest.raises(FileFormatError, match="are no things"):
            opened(saved(tmp_path, small=np.array(["a"] * 6), large=arrays["large"]))
        with pytest.raises(FileFormatError, match="give row numbers"):
            opened(saved(tmp_path, **arrays, pairs=np.ones(3)))
        with pytest.raises(FileFormatError, match="subject"):
            opened(saved(tmp_path, **arrays, subject=np.array(["a"])))
        with pytest.raises(FileFormatError, match="small_mask"):
            opened(saved(tmp_path, **arrays, small_mask=np.ones(6, dtype=bool)))
        with pytest.raises(UnisonoError, match="at least one array"):
            read_pairs(saved(tmp_path, **arrays), given=[], want=["large"])

    def test_a_damaged_file(self, tmp_path: Path) -> None:
        file = tmp_path / "pairs.npz"
        file.write_bytes(b"PK\x03\x04 nothing")
        with pytest.raises(FileFormatError):
            opened(file)
