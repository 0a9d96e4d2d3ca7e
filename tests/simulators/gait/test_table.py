"""The shipped fits cover the speeds, and reach what people do."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.gait.aims import STYLES, force_aims
from unisono.simulators.gait.fit import reference_body
from unisono.simulators.gait.kinematics import COORDINATES, State, resample
from unisono.simulators.gait.kinetics import FootLoads, foot_loads
from unisono.simulators.gait.plan import even_steps
from unisono.simulators.gait.solver import GRAVITY, Motion, solve
from unisono.simulators.gait.table import (
    SPEEDS,
    fitted_shape,
    fitted_speeds,
    fitted_spread,
    free_parameters,
)


def _average(gait: str, style: str, speed: float) -> tuple[Motion, State, FootLoads]:
    body, shape = reference_body(1), fitted_shape(gait, style, speed)
    steps = even_steps(shape, speed, body, strides=1, running=gait == "run")
    motion = solve(steps, body, rounds=30, goal=1e-5)
    state = resample(motion, 200)
    return motion, state, foot_loads(motion, state)


def test_the_table_reaches_both_ends_of_both_gaits() -> None:
    for gait, span in SPEEDS.items():
        known = fitted_speeds(gait, "normal")
        assert (known[0], known[-1]) == (span.low, span.high)
    assert all(fitted_speeds("walk", style) for style in STYLES)


@pytest.mark.parametrize("speed", [0.7, 1.3, 2.1])
def test_walking_forces_are_near_their_aims(speed: float) -> None:
    motion, _, loads = _average("walk", "normal", speed)
    aims = force_aims(speed, running=False)
    force = loads.force[:, 0, 0] / (70 * GRAVITY)
    s = np.arange(200) / 200 / float(motion.steps.duration[0, 0, 0] / motion.steps.stride[0])
    assert abs(force[2][(s > 0.08) & (s < 0.45)].max() - aims.first) < 0.06
    assert abs(force[2][(s > 0.35) & (s < 0.65)].min() - aims.valley) < 0.05
    assert abs(force[0].min() - aims.brake) < 0.06
    assert abs(force[0].max() - aims.drive) < 0.03
    if speed < 2.0:
        assert 0.85 < -force[0].min() / force[0].max() < 1.15  # braking equals propulsion


def test_the_body_rises_as_people_do_at_1_3() -> None:
    motion, _, _ = _average("walk", "normal", 1.3)
    assert 0.030 < np.ptp(motion.centre[2]) < 0.045


def test_fast_walking_bends_the_swinging_knee() -> None:
    motion, _, _ = _average("walk", "normal", 2.1)
    assert np.degrees(motion.legs.knee.max()) > 60


def test_running_ankle_does_not_overshoot() -> None:
    _, state, _ = _average("run", "normal", 3.5)
    ankle = -np.degrees(state.angles.value[COORDINATES.index("r_ankle_a"), 0])
    assert -28 < ankle.min() < -12
    assert 20 < ankle.max() < 35


def test_styles_do_what_they_are_called() -> None:
    knee = {
        style: np.degrees(_average("walk", style, 1.2)[0].legs.knee)
        for style in ("normal", "crouch", "stiff_knee")
    }
    assert knee["crouch"].min() > 15 > knee["normal"].min()
    assert knee["stiff_knee"].max() < knee["normal"].max() - 8


def test_spread_is_a_factor_of_a_covariance() -> None:
    spread = fitted_spread("walk", "normal", 1.31)
    assert list(spread.names) == free_parameters("normal")
    values = np.linalg.eigvalsh(spread.factor @ spread.factor.T)
    assert values.min() > -1e-12


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(UnisonoError, match="no style"):
        fitted_shape("run", "crouch", 3.0)
