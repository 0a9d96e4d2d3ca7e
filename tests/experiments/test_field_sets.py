"""What is removed is nowhere in the bank, and known frames are those around it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.experiments.field_sets import FieldSet, open_fields, removal


def fields() -> FieldSet:
    """Every frame is a number of its own."""
    frames = {f"s{i}": (1000 * i + np.arange(90))[:, None].astype(np.float32) for i in range(3)}
    return FieldSet(frames, {"s0": 1.0, "s1": 2.0, "s2": 3.0}, ("s0", "s1"), (1,))


@pytest.mark.parametrize("include", [True, False])
def test_removed_frames_are_not_in_the_bank(include: bool) -> None:
    cut = removal(fields(), ("s0",), size=5, context=4, include=include, noise=0.0, seed=1)
    assert len(cut.gaps) >= 3
    bank = set(cut.bank[:, 0].tolist())
    for name, known, truth in cut.gaps:
        assert name == "s0" and len(truth) == 5 and len(known) == 8
        assert not bank & set(truth[:, 0].tolist())
        whole = np.concatenate([known[:4], truth, known[4:]])[:, 0]
        assert (np.diff(whole) == 1).all()
        assert (set(known[:, 0].tolist()) <= bank) == include
    steps = np.diff(cut.bank[:, 0])
    np.testing.assert_array_equal(steps != 1, np.diff(cut.sequence) != 0)
    assert ("s0" in set(cut.names)) == include


def test_noise_is_on_what_is_known_and_not_on_the_truth() -> None:
    clean = removal(fields(), ("s0",), size=5, context=4, include=True, noise=0.0, seed=1)
    noisy = removal(fields(), ("s0",), size=5, context=4, include=True, noise=0.1, seed=1)
    np.testing.assert_array_equal(clean.gaps[0][2], noisy.gaps[0][2])
    assert np.abs(clean.bank - noisy.bank).mean() > 1
    assert np.abs(clean.gaps[0][1] - noisy.gaps[0][1]).max() > 1


def test_chaotic_fields_are_read(shared_data: Callable[[str], Path]) -> None:
    found = open_fields("ks", Path("."), recordings=str(shared_data("pinns").parent))
    assert sum(len(f) for f in found.frames.values()) == 201 and found.shape == (513,)
    assert found.info.width == 513


def test_missing_archives_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnisonoError, match="unpack the archive pinns"):
        open_fields("ks", tmp_path, recordings=str(tmp_path))
    with pytest.raises(UnisonoError, match="data must be one of"):
        open_fields("k", tmp_path, recordings=str(tmp_path))
