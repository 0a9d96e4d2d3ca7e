"""Shapes stack and unstack, and every fitted parameter exists and starts inside its bounds."""

import numpy as np

from unisono.simulators.gait.parameters import BOUNDS, FITTED, Shape


def test_stack_and_unstack_are_inverse() -> None:
    shape = Shape(q3=np.array([0.1, 0.2]))
    again = Shape.unstack(shape.stack())
    np.testing.assert_array_equal(again.q3, [0.1, 0.2])
    np.testing.assert_array_equal(again.lean, [shape.lean] * 2)


def test_bounds_hold_the_defaults() -> None:
    for name in FITTED:
        low, high, step = BOUNDS[name]
        assert low <= getattr(Shape(), name) <= high
        assert step > 0


def test_shifted_changes_only_what_is_named() -> None:
    moved = Shape().shifted(q3=0.1)
    assert moved.q3 == Shape().q3 + 0.1
    assert moved.q5 == Shape().q5
