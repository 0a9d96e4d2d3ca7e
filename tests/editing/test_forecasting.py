"""Forecasts against closed forms; the published order under noise; and none reads the future."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.editing.forecasting import Analogues, AutoRegression, RegimeAutoRegression, taylor


def ring(count: int, start: float = 0.0, period: float = 48.3, radius: float = 0.55) -> np.ndarray:
    angle = start + 2 * np.pi * np.arange(count) / period
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


@pytest.mark.parametrize(("order", "window"), [(0, None), (1, None), (2, None), (2, 9), (1, 4)])
def test_polynomials_of_the_order_are_continued_exactly(order: int, window: int | None) -> None:
    t = np.arange(14.0)
    line = np.stack([1 + sum(c * t**k for k, c in enumerate([2, -0.5, 0.1][: order + 1]))], axis=1)
    np.testing.assert_allclose(
        taylor(line[:10], 4, order=order, window=window), line[10:], atol=1e-8
    )


def test_raw_forecasts_are_one_sided_differences(rng: np.random.Generator) -> None:
    a, b, c = rng.normal(size=(3, 4))
    np.testing.assert_allclose(taylor([a, b, c], 3, order=1)[2], c + 3 * (c - b))
    slope, bend = c - b + (c - 2 * b + a) / 2, c - 2 * b + a
    np.testing.assert_allclose(taylor([a, b, c], 2, order=2)[1], c + 2 * slope + 2 * bend)


def error(noise: float, order: int, window: int) -> float:
    """Root mean squared distance over steps 1 to 3 on a circle of radius .55 and period 48.3."""
    rng = np.random.default_rng(0)
    found = []
    for start in rng.uniform(0, 2 * np.pi, 300):
        path = ring(18, start)
        seen = path[:15] + noise * rng.normal(size=(15, 2))
        got = taylor(seen, 3, order=order, window=window)
        found.append(((got - path[15:]) ** 2).sum(axis=1).mean())
    return float(np.sqrt(np.mean(found)))


@pytest.mark.parametrize(
    ("noise", "order", "window", "want"),
    [(0, 0, 1, 0.154), (0, 1, 2, 0.036), (0, 2, 3, 0.008), (0, 2, 10, 0.042),
     (0.02, 1, 2, 0.101), (0.02, 2, 3, 0.324), (0.02, 2, 10, 0.059)],
)  # fmt: skip
def test_errors_are_those_of_the_closed_form(
    noise: float, order: int, window: int, want: float
) -> None:
    """Least squares over ten points beats a copy and raw differences once there is noise."""
    np.testing.assert_allclose(error(noise, order, window), want, rtol=0.15)


def test_autoregression_finds_a_linear_system_and_rolls_it_out(rng: np.random.Generator) -> None:
    fit = AutoRegression.fit([ring(60, s) for s in (0.0, 1.0)], lags=2, ridge=1e-12)
    path = ring(60, 2.0)
    np.testing.assert_allclose(fit.forecast(path[:20], 40), path[20:], atol=1e-4)


def test_autoregression_does_not_join_sequences() -> None:
    up, down = np.arange(20.0)[:, None], np.arange(20.0)[::-1, None] + 1000
    alone = AutoRegression.fit([up, down], lags=2, ridge=1e-12)
    joined = AutoRegression.fit([np.concatenate([up, down])], lags=2, ridge=1e-12)
    np.testing.assert_allclose(alone.forecast(up, 1), [[20.0]], atol=1e-3)
    assert abs(joined.forecast(up, 1)[0, 0] - 20) > 1e-2


def test_spread_is_that_of_many_rollouts(rng: np.random.Generator) -> None:
    weights = np.array([[0.9, 0.2], [-0.1, 0.8], [0.0, 0.0]])
    system = AutoRegression(weights, 1, np.diag([0.04, 0.01]))
    ends = np.zeros((20_000, 2))
    for _ in range(5):
        ends = ends @ weights[:2] + rng.normal(size=ends.shape) * [0.2, 0.1]
    np.testing.assert_allclose(system.spread(5)[-1], ends.std(axis=0), rtol=0.03)


def turning(angle: float, frames: int, rng: np.random.Generator) -> np.ndarray:
    phase = angle * np.arange(frames) + rng.uniform(0, 6)
    return np.stack([np.cos(phase), np.sin(phase)], axis=1)


def test_a_regime_has_its_own_dynamics(rng: np.random.Generator) -> None:
    """Two rotations that no one linear map of a single lag can both be."""
    angles = {-1.0: 0.1, 1.0: 0.5}
    codes = [turning(a, 80, rng) for a in angles.values() for _ in range(3)]
    points = [
        np.full((80, 1), place) + 0.01 * rng.normal(size=(80, 1))
        for place in angles
        for _ in range(3)
    ]
    made = RegimeAutoRegression(points, codes, lags=1, k=60, local=1e-8)
    whole = AutoRegression.fit(codes, lags=1)
    for place, angle in angles.items():
        line = turning(angle, 40, rng)
        found = made.forecast(np.full((20, 1), place), line[:20], 20)
        np.testing.assert_allclose(found, line[20:], atol=0.01)
        assert np.abs(whole.forecast(line[:20], 20) - line[20:]).max() > 0.3


def test_one_regime_is_the_autoregression(rng: np.random.Generator) -> None:
    codes = [turning(0.3, 60, rng) for _ in range(3)]
    made = RegimeAutoRegression([np.zeros((60, 1))] * 3, codes, lags=2, ridge=1e-9, k=50)
    whole = AutoRegression.fit(codes, lags=2, ridge=1e-9)
    context = turning(0.3, 10, rng)
    want = whole.forecast(context, 5)
    np.testing.assert_allclose(made.forecast(np.zeros((10, 1)), context, 5), want, atol=1e-6)
    with pytest.raises(UnisonoError, match="give a point for every code"):
        RegimeAutoRegression([np.zeros((59, 1))], codes[:1])


def test_analogues_repeat_what_was_seen() -> None:
    path = ring(200, period=50)
    got = Analogues([path[:120]], window=4, k=1).forecast(path[125:150], 20)
    np.testing.assert_allclose(got, path[150:170], atol=1e-6)


def test_analogues_on_a_map_move_what_lies_above_it() -> None:
    path = ring(200, period=50)
    above = np.c_[path, path[:, :1] ** 2]
    found = Analogues([path[:120]], [above[:120]], window=4, k=1)
    moved = above[149] + found.displacement(path[125:150], 20)
    np.testing.assert_allclose(moved, above[150:170], atol=1e-6)


def test_no_forecast_reads_a_future_sample(rng: np.random.Generator) -> None:
    path = ring(60)
    other = path.copy()
    other[40:] = rng.normal(size=(20, 2))  # another future
    system = AutoRegression.fit([ring(60, 1.0)], lags=3)
    analogues = Analogues([ring(60, 1.0)])
    for forecast in (
        lambda past: taylor(past, 5, order=1),
        lambda past: taylor(past, 5, order=2, window=10),
        lambda past: system.forecast(past, 5),
        lambda past: analogues.forecast(past, 5),
    ):
        np.testing.assert_array_equal(forecast(path[:40]), forecast(other[:40]))
        spoilt = np.concatenate([path[:40], np.full((20, 2), np.nan)])
        np.testing.assert_array_equal(forecast(spoilt[:40]), forecast(path[:40]))


def test_short_or_broken_contexts_are_one_line() -> None:
    with pytest.raises(UnisonoError, match="the context has 2 frames, but the forecast needs 3"):
        taylor(np.zeros((2, 2)), 1)
    with pytest.raises(UnisonoError, match="not finite near its end"):
        taylor(np.full((4, 2), np.nan), 1)
    with pytest.raises(UnisonoError, match="no sequence has more than 4 frames"):
        AutoRegression.fit([np.zeros((4, 2))])
    with pytest.raises(UnisonoError, match="forecast fewer steps"):
        Analogues([np.zeros((6, 2))]).forecast(np.zeros((6, 2)), 5)
    with pytest.raises(UnisonoError, match="steps must lie"):
        taylor(np.zeros((4, 2)), 0)
