"""Feet roll without slip, touch the floor, and pass on smoothly from heel to toes."""

import numpy as np

from unisono.simulators.gait.body import Body, build_bodies
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.plan import even_steps
from unisono.simulators.gait.steps import foot_path, locate, pressure, push, smooth


def _body() -> Body:
    return build_bodies(np.array([70.0]), np.array([1.74]), np.array([False]))


def _path(shape: Shape):  # noqa: ANN202
    body, u = _body(), np.linspace(0, 0.62, 4001)[None, None]
    return body, u, foot_path(body, shape, u, np.full_like(u, 0.62), np.array([1.1]))


def test_the_heel_rolls_without_slip() -> None:
    """The arc's centre moves by radius times turn, whatever the pitch does."""
    body, u, foot = _path(Shape(slide=0.0, sink=0.0))
    on_heel = foot.pitch > 1e-6
    radius = 0.026 * 1.74
    x = body.heel[0]
    centre = foot.along + x * np.cos(foot.pitch) + (body.ankle - radius) * np.sin(foot.pitch)
    moved = (centre - (x - radius * foot.pitch))[on_heel]
    assert np.abs(moved).max() < 1e-9
    height = foot.up + x * np.sin(foot.pitch) - (body.ankle - radius) * np.cos(foot.pitch)
    np.testing.assert_allclose(height[on_heel], radius, atol=1e-9)


def test_path_is_smooth_where_the_pivot_changes() -> None:
    _, u, foot = _path(Shape())
    for track in (foot.along, foot.up, foot.pitch):
        bend = np.diff(track[0, 0], n=2) / (u[0, 0, 1] ** 2)
        assert np.abs(np.diff(bend)).max() < 0.05 * np.abs(bend).max()


def test_toes_lie_flat_until_they_roll() -> None:
    _, u, foot = _path(Shape())
    flat = (u > 0.12) & (u < 0.5)
    assert np.abs(foot.toes[flat]).max() == 0.0
    assert foot.toes[0, 0, -1] < -0.3


def test_locate_agrees_with_a_slow_search() -> None:
    steps = even_steps(Shape(), 1.3, _body(), strides=3, running=False)
    time = np.linspace(0, float(steps.period[0]), 50, endpoint=False)[None]
    place = locate(steps, time)
    for n, t in enumerate(time[0]):
        for f in range(2):
            since = [(t - s) % float(steps.period[0]) for s in steps.strike[0, f]]
            assert place.step[0, f, n] == int(np.argmin(since))
            assert abs(place.elapsed[0, f, n] - min(since)) < 1e-12


def test_push_is_zero_outside_and_soft_at_the_edges() -> None:
    s = np.array([-0.1, 0.0, 1e-4, 0.5, 1.0, 1.2])
    got = push(Shape(), s, running=False)
    assert got[0] == got[1] == got[4] == got[5] == 0.0
    assert 0 < got[2] < 1e-6 < got[3]


def test_pressure_runs_from_heel_to_toes() -> None:
    body = _body()
    steps = even_steps(Shape(cop=0.0), 1.3, body, strides=1, running=False)
    along = pressure(steps, body, Shape(cop=0.0), np.linspace(0, 1, 50)[None, None])[0, 0]
    assert np.all(np.diff(along) >= 0)
    assert body.heel[0] < along[0] < 0 < along[-1] < body.tip[0]


def test_smooth_step_has_vanishing_ends() -> None:
    x = np.array([0.0, 1e-3, 1 - 1e-3, 1.0])
    np.testing.assert_allclose(smooth(x), [0, 0, 1, 1], atol=1e-7)
