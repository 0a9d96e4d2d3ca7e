"""Mirrors src/unisono/networks/kernel.py. Oracles: scikit-learn's KernelRidge, scipy's filter."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d
from sklearn.kernel_ridge import KernelRidge
from torch import Tensor

from unisono.core.errors import ShapeError
from unisono.networks.kernel import KernelData, KernelStart, solve_kernel

FRAMES, GIVEN, WANT, NUMBERS = 12, 2, (1, 2), 1


def world(generator: torch.Generator, rows: int = 60) -> tuple[KernelData, Tensor, Tensor, Tensor]:
    """The first stream is the given curve's rate; the second bends with a known number."""
    at = torch.linspace(0, 1, FRAMES)[:, None]
    phase = torch.rand(rows, 1, GIVEN, generator=generator)
    x = torch.sin(6 * (at + phase))
    number = torch.randn(rows, NUMBERS, generator=generator)
    seconds = 0.5 + torch.rand(rows, generator=generator)
    rate = 6 * torch.cos(6 * (at + phase[..., :1])) / seconds[:, None, None] / 6
    y = torch.cat([rate, x * number[:, None].tanh()], dim=-1)
    return KernelData(x, number, seconds), y, torch.ones_like(y) > 0, torch.arange(rows) % 10


def test_coefficients_equal_scikit_learn(generator: torch.Generator) -> None:
    x = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    y = torch.randn(20, 2, generator=generator, dtype=torch.float64)
    weight = torch.ones(20)
    weight[:5] = 0
    found = solve_kernel(torch.exp(-0.4 * torch.cdist(x, x) ** 2), y, weight, 0.3)
    oracle = KernelRidge(alpha=0.3, kernel="rbf", gamma=0.4).fit(x[5:].numpy(), y[5:].numpy())
    np.testing.assert_allclose(found[5:], oracle.dual_coef_, atol=1e-10)
    assert not found[:5].any()


def test_coefficients_are_solved_where_the_kernel_lies() -> None:
    gram, y = torch.eye(3), torch.ones(3, 1)
    with torch.device("meta"):  # stands for any device that the kernel is not on
        found = solve_kernel(gram, y, torch.ones_like(y[:, 0]), 1.0)
    torch.testing.assert_close(found, y / 2)


def test_prediction_equals_scikit_learn_on_the_same_features(generator: torch.Generator) -> None:
    data, y, valid, subject = world(generator)
    start = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
    start.fit(data, y, valid, subject)
    new, *_ = world(generator, 7)
    found = start(new)
    for k, columns in enumerate((slice(0, 1), slice(1, 3))):
        rates, width, penalty = start.chosen[k].tolist()
        features = [start._part(start._features(d), bool(rates)).numpy() for d in (data, new)]
        kernel: dict[str, object] = {"kernel": "linear"}
        if width:
            gamma = 1 / (2 * width**2 * float(start.median[int(rates)]))
            kernel = {"kernel": "rbf", "gamma": gamma}
        target = y[..., columns].flatten(1).numpy()
        oracle = KernelRidge(alpha=penalty, **kernel).fit(features[0], target - target.mean(0))
        expected = oracle.predict(features[1]) + target.mean(0)
        np.testing.assert_allclose(found[..., columns].flatten(1), expected, atol=2e-3)


def test_rates_are_smoothed_derivatives_a_second(generator: torch.Generator) -> None:
    data, *_ = world(generator, 3)
    start = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
    rates = start._raw(data)[:, FRAMES * GIVEN : 2 * FRAMES * GIVEN].view(3, FRAMES, GIVEN)
    slope = np.gradient(data.x.numpy(), axis=1) * (FRAMES - 1)
    smooth = gaussian_filter1d(slope, 2.0, axis=1, mode="nearest")
    assert data.seconds is not None
    np.testing.assert_allclose(rates, smooth / data.seconds.numpy()[:, None, None], atol=1e-4)


def test_the_choice_finds_rates_and_numbers_where_they_matter(generator: torch.Generator) -> None:
    data, y, valid, subject = world(generator, 120)
    start = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
    start.fit(data, y, valid, subject)
    new, truth, *_ = world(generator, 40)
    error = (start(new) - truth).square().mean(dim=(0, 1)) / truth.var(dim=(0, 1))
    assert error.max() < 0.15
    without = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
    blind = KernelData(data.x, 0 * data.numbers, data.seconds)
    without.fit(blind, y, valid, subject)
    worse = (without(KernelData(new.x, 0 * new.numbers, new.seconds)) - truth).square()
    assert worse[..., 1:].mean() > 5 * (start(new) - truth)[..., 1:].square().mean()


def test_training_predictions_never_saw_the_subject(generator: torch.Generator) -> None:
    data, y, valid, subject = world(generator)
    first, second = (KernelStart(FRAMES, GIVEN, WANT, NUMBERS) for _ in range(2))
    first.fit(data, y, valid, subject)
    changed = y.clone()
    changed[subject == 2] += 0.01  # small: what is chosen stays the same
    second.fit(data, changed, valid, subject)
    assert first.choices == second.choices
    mine = subject == 2
    torch.testing.assert_close(first(data, subject)[mine], second(data, subject)[mine])
    assert not torch.allclose(first(data)[mine], second(data)[mine], atol=1e-4)


def test_windows_without_a_stream_do_not_teach_it(generator: torch.Generator) -> None:
    data, y, valid, subject = world(generator)
    valid[:6, :, 0] = False
    fits = []
    for wrong in (0.0, 50.0):
        start = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
        spoilt = y.clone()
        spoilt[:6, :, 0] = wrong
        start.fit(data, spoilt, valid, subject)
        fits.append(start(data))
    torch.testing.assert_close(fits[0], fits[1])


def test_a_sealed_start_answers_the_same(generator: torch.Generator) -> None:
    data, y, valid, subject = world(generator)
    start = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
    start.fit(data, y, valid, subject)
    again = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
    again.load_state_dict(start.state_dict())
    torch.testing.assert_close(again(data), start(data))
    assert "fold_dual" not in start.state_dict()


def test_many_windows_are_thinned_and_one_subject_fits(
    generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unisono.networks.kernel._MOST", 30)
    data, y, valid, subject = world(generator)
    start = KernelStart(FRAMES, GIVEN, WANT, NUMBERS)
    start.fit(data, y, valid, 0 * subject)
    assert len(start.bank) == 30
    assert torch.equal(start(data, 0 * subject), start(data))


def test_windows_of_another_length_are_refused(generator: torch.Generator) -> None:
    data, *_ = world(generator)
    with pytest.raises(ShapeError, match=r"built for windows of .*\(12, 2\); got \(11, 2\)"):
        KernelStart(FRAMES, GIVEN, WANT, NUMBERS)(data._replace(x=data.x[:, 1:]))
