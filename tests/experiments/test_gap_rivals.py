"""Rivals are exact where their assumption holds, and see nothing of the gap."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.editing.bank import Bank
from unisono.experiments.gap_rivals import CodeRivals, CurveAndLift, Gap, Stretches, psnr

CONTEXT, SIZE = 4, 5


def wave(count: int, start: float = 0.0, size: float = 1.0) -> np.ndarray:
    phase = start + 2 * np.pi * np.arange(count) / 31.7
    return size * np.stack([np.cos(phase), np.sin(phase), np.cos(2 * phase)], axis=1)


def gap_of(path: np.ndarray) -> tuple[Gap, np.ndarray]:
    gap = Gap(path[:CONTEXT], path[CONTEXT + SIZE :], SIZE)
    return gap, path[CONTEXT : CONTEXT + SIZE]


def test_places_of_known_and_removed_frames() -> None:
    gap, _ = gap_of(wave(13))
    assert gap.at.tolist() == [-4, -3, -2, -1, 5, 6, 7, 8]
    assert gap.inside.tolist() == [0, 1, 2, 3, 4] and gap.known.shape == (8, 3)


def test_linear_rivals_are_exact_on_linear_dynamics() -> None:
    codes = np.concatenate([wave(120, s, a) for s, a in ((0, 1), (1, 1.4), (2, 0.7))])
    bank = Bank(codes, codes, np.repeat([0, 1, 2], 120))
    stretches = Stretches.of(np.split(codes, 3), size=SIZE, context=CONTEXT)
    assert len(stretches.inner) == 3 * (120 - 13 + 1)
    gap, truth = gap_of(wave(13, 0.37, 1.1))
    found = CodeRivals(bank, stretches).answers(gap)
    error = {name: float(np.abs(answer - truth).max()) for name, answer in found.items()}
    assert error["ridge"] < 0.02 and error["autoregression"] < 0.05
    assert error["spline in codes"] < error["line in codes"] < error["copy"]
    assert error["analogue"] < error["mean frame"]
    assert np.stack(list(found.values())).shape == (8, SIZE, 3)


def test_a_curve_on_the_true_map_comes_back() -> None:
    codes = np.concatenate([wave(400, s) for s in (0.0, 0.5)])
    bank = Bank(codes[:, :2], codes)
    gap, truth = gap_of(wave(13, 0.2))
    for answer in CurveAndLift(bank).answers(gap, gap.known[:, :2]).values():
        assert np.abs(answer - truth).max() < 0.15


def test_an_analogue_that_was_seen_is_exact() -> None:
    path = np.random.default_rng(0).normal(size=(60, 3))
    stretches = Stretches.of([path], size=SIZE, context=CONTEXT)
    gap, truth = gap_of(path[20:33])
    np.testing.assert_allclose(stretches.analogue(gap), truth, atol=1e-4)


def test_psnr_is_that_of_another_library() -> None:
    from skimage.metrics import peak_signal_noise_ratio

    rng = np.random.default_rng(0)
    truth, seen = rng.normal(size=(2, 30, 30))
    want = peak_signal_noise_ratio(truth, seen, data_range=7.0)
    assert psnr(float(((truth - seen) ** 2).mean()), 7.0) == pytest.approx(want)


def test_short_banks_are_one_line() -> None:
    with pytest.raises(UnisonoError, match="no sequence of the bank has 13 frames"):
        Stretches.of([np.zeros((12, 2))], size=SIZE, context=CONTEXT)
