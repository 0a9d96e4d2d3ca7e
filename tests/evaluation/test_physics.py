"""Mirrors src/unisono/evaluation/physics.py: a bouncing mass, whose force is known exactly."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.physics import (
    ForceLayout,
    PhysicsContext,
    PhysicsReport,
    check_forces,
    flight_of,
)

LAYOUT = ForceLayout(vertical=(0, 3), horizontal=((1, 2), (4, 5)), pressure=((6, 7), (8, 9)))
FRAMES = 200
WEIGHT = 700.0


def runner(n: int = 5) -> tuple[np.ndarray, np.ndarray, PhysicsContext]:
    """Two feet in turn: half sines of contact for 40 % of the stride each, then flight."""
    t = np.arange(FRAMES) / FRAMES
    force = np.zeros((n, FRAMES, 10))
    feet = np.zeros((n, FRAMES, 2, 2, 2))
    for side, start in enumerate((0.0, 0.5)):
        phase = (t - start) / 0.4
        stance = (phase >= 0) & (phase < 1)
        bump = np.where(stance, np.sin(np.pi * phase), 0.0)
        # The mean of a half sine is 2 / pi, so this peak makes the mean over the stride 1.
        force[:, :, 3 * side] = WEIGHT * bump * np.pi / 2 / 0.8
        force[:, :, 3 * side + 1] = -0.3 * np.cos(np.pi * phase) * force[:, :, 3 * side]
        heel, toe = np.array([1.0 + side, 0.1]), np.array([1.25 + side, 0.12])
        feet[:, :, side] = np.stack([heel, toe])
        share = np.clip(phase, 0, 1)[:, None]
        force[:, :, 6 + 2 * side : 8 + 2 * side] = heel + share * (toe - heel)
    valid = np.ones_like(force, bool)
    weight = np.full(n, WEIGHT)
    flight = flight_of(force, valid, layout=LAYOUT, weight=weight)
    return force, valid, PhysicsContext(weight, np.ones(n, bool), flight, feet)


def checked(force: np.ndarray, valid: np.ndarray, context: PhysicsContext) -> PhysicsReport:
    return check_forces(force, valid, layout=LAYOUT, context=context)


def test_possible_force_passes_all() -> None:
    force, valid, context = runner()
    report = checked(force, valid, context)
    assert report.passed
    assert all(check.passed for check in report.checks)
    assert report.of("mean_vertical").value < 1e-3
    assert report.of("flight").value < 0.02
    assert context.flight is not None
    assert 0.15 < context.flight.mean() < 0.25
    assert report.of("mean_vertical").samples == 5


def failing(report: PhysicsReport) -> list[str]:
    return [check.name for check in report.checks if check.passed is False]


def test_each_impossible_force_fails_its_own_check() -> None:
    force, valid, context = runner()
    heavy = force.copy()
    heavy[..., [0, 3]] *= 1.2
    assert failing(checked(heavy, valid, context)) == ["mean_vertical"]
    assert np.isclose(checked(heavy, valid, context).of("mean_vertical").value, 0.2, atol=1e-3)
    hover = force.copy()
    assert context.flight is not None
    hover[..., 0] += 0.2 * WEIGHT * context.flight
    hover[..., 0] *= WEIGHT / hover[..., [0, 3]].sum(-1).mean(1)[0]
    assert "flight" in failing(checked(hover, valid, context))
    pull = force.copy()
    pull[:, 90:100, 0] = -0.1 * WEIGHT
    assert "negative_vertical" in failing(checked(pull, valid, context))
    slip = force.copy()
    slip[..., 2] = 1.3 * slip[..., 0]
    assert failing(checked(slip, valid, context)) == ["friction"]
    beside = force.copy()
    beside[..., 9] += 0.3
    assert failing(checked(beside, valid, context)) == ["centre_of_pressure"]


def test_units_do_not_matter() -> None:
    force, valid, context = runner()
    per_kg = force.copy()
    per_kg[..., :6] *= 9.81 / WEIGHT
    scaled = PhysicsContext(np.full(5, 9.81), context.whole_stride, context.flight, context.feet)
    a, b = checked(force, valid, context), checked(per_kg, valid, scaled)
    for x, y in zip(a.checks, b.checks, strict=True):
        assert np.isclose(x.value, y.value)


def test_force_on_the_plate_is_turned() -> None:
    force, valid, context = runner()
    turned = force.copy()
    turned[..., [0, 3]] *= -1
    down = ForceLayout(LAYOUT.vertical, LAYOUT.horizontal, LAYOUT.pressure, up=-1.0)
    assert check_forces(turned, valid, layout=down, context=context).passed


def test_what_cannot_be_checked_says_why() -> None:
    force, valid, _ = runner()
    nothing = PhysicsContext(np.full(5, np.nan), np.ones(5, bool))
    report = check_forces(force, valid, layout=ForceLayout((0, 3)), context=nothing)
    assert [check.passed for check in report.checks] == [None] * 5
    assert all(check.note.startswith("not checked: ") for check in report.checks)
    assert report.passed
    with pytest.raises(KeyError):
        report.of("colour")


def test_invalid_frames_do_not_count() -> None:
    force, valid, context = runner()
    valid = valid.copy()
    valid[:, 10:20, 0] = False
    force[:, 10:20, 0] = np.nan
    report = checked(force, valid, context)
    assert report.of("mean_vertical").passed is None  # no whole stride is left
    assert report.of("negative_vertical").passed


def test_layout_must_name_as_many_feet() -> None:
    with pytest.raises(ShapeError, match="horizontal names 1 feet, but vertical names 2"):
        ForceLayout((0, 3), ((1, 2),))
