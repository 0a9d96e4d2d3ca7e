"""Forces and moments: against Newton, against MuJoCo's inverse dynamics, and against people."""

import mujoco
import numpy as np
import pytest

from unisono.simulators.gait.body import SEGMENTS
from unisono.simulators.gait.kinematics import _PARENT, COORDINATES, _offset, resample
from unisono.simulators.gait.kinetics import foot_loads, slip
from unisono.simulators.gait.solver import GRAVITY
from unisono.simulators.gait.trial import Trial

AXES = {"a": "0 1 0", "b": "1 0 0", "c": "0 0 1"}


@pytest.fixture(params=["walk", "run"])
def trial(request: pytest.FixtureRequest) -> Trial:
    found: Trial = request.getfixturevalue(request.param)
    return found


def _weight(trial: Trial) -> float:
    return trial.subject.mass_kg * GRAVITY


def test_total_force_is_mass_times_acceleration_less_gravity(trial: Trial) -> None:
    """The centre of mass is summed here from the segments, not taken from the solver."""
    masses = trial.motion.body.masses[:, 0]
    acceleration = np.einsum("s,isn->in", masses, trial.state.centre.acceleration[:, 0])
    acceleration[2] += masses.sum() * GRAVITY
    total = trial.loads.force[:, 0].sum(axis=1)
    assert np.abs(total - acceleration).max() < 1e-6 * _weight(trial)


def test_loaded_feet_do_not_slip(trial: Trial) -> None:
    assert slip(trial.motion, trial.state, trial.loads).max() < 0.005


def test_moment_of_the_floor_is_the_rate_of_angular_momentum(trial: Trial) -> None:
    """By finite differences of the angular momentum, on a finer recording of the same motion."""
    count = 2000
    state = resample(trial.motion, count)
    loads = foot_loads(trial.motion, state)
    body, step = trial.motion.body, float(trial.motion.steps.period[0]) / count
    away = state.centre.position - state.whole.position[:, :, None]
    speed = state.centre.velocity - state.whole.velocity[:, :, None]
    orbit = np.cross(away, speed, axis=0) * body.masses.T[:, :, None]
    local = np.einsum("jisn,jsn->isn", state.rotation[:, :, 0], state.omega[:, 0])
    spin = np.einsum("ijsn,jsn->isn", state.rotation[:, :, 0], body.inertias * local)
    momentum = (orbit[:, 0] + spin).sum(axis=1)
    rate = (np.roll(momentum, -1, -1) - np.roll(momentum, 1, -1)) / (2 * step)
    arm = loads.place[:, 0] - state.whole.position[:, 0][:, None]
    floor = np.cross(arm, loads.force[:, 0], axis=0).sum(axis=1)
    floor[2] += loads.free[0].sum(axis=0)
    loaded = loads.force[2, 0].sum(axis=0) > 0.02 * _weight(trial)
    assert np.abs(rate - floor)[:, loaded].max() < 0.2  # N m; the differences' own error


def test_mean_vertical_force_is_body_weight(trial: Trial) -> None:
    mean = trial.loads.force[2, 0].sum(axis=0).mean()
    assert abs(mean / _weight(trial) - 1) < 1e-3


def test_no_force_in_flight_and_none_pulls(run: Trial) -> None:
    steps = run.motion.steps
    period = float(steps.period[0])
    on = np.zeros((2, len(run.time)), dtype=bool)
    for side in range(2):
        for begin, length in zip(steps.strike[0, side], steps.duration[0, side], strict=True):
            on[side] |= (run.time - begin) % period < length
    force = run.loads.force[:, 0]
    assert (~on.any(axis=0)).mean() > 0.1  # there is flight
    assert np.abs(force[:, ~on]).max() == 0.0
    assert force[2].min() > -1e-5 * _weight(run)


def test_centre_of_pressure_is_under_the_foot(trial: Trial) -> None:
    body, loads = trial.motion.body, trial.loads
    for side in range(2):
        i = SEGMENTS.index(f"{'rl'[side]}_foot")
        firm = loads.force[2, 0, side] > 0.06 * _weight(trial)
        away = (loads.place[:, 0, side] - trial.state.origin.position[:, 0, i])[:, firm]
        yaw = np.arctan2(trial.state.rotation[1, 1, 0, i], trial.state.rotation[0, 1, 0, i])[firm]
        heading = yaw - np.pi / 2
        along = away[0] * np.cos(heading) + away[1] * np.sin(heading)
        aside = -away[0] * np.sin(heading) + away[1] * np.cos(heading)
        assert along.min() > float(body.heel[0]) - 0.03
        assert along.max() < float(body.tip[0]) + 0.03
        assert np.abs(aside).max() < 0.05


def test_walking_has_two_humps(walk: Trial) -> None:
    steps = walk.motion.steps
    s = (walk.time - steps.strike[0, 0, 0]) % float(steps.period[0]) / steps.duration[0, 0, 0]
    force = walk.loads.force[2, 0, 0] / _weight(walk)
    first = force[(s > 0.08) & (s < 0.45)].max()
    valley = force[(s > 0.35) & (s < 0.65)].min()
    second = force[(s > 0.55) & (s < 0.95)].max()
    assert 0.9 < first < 1.5
    assert 0.9 < second < 1.5
    assert valley < min(first, second) - 0.1


def test_running_has_one(run: Trial) -> None:
    peak = run.loads.force[2, 0].max(axis=-1) / _weight(run)
    assert np.all((peak > 1.8) & (peak < 3.2))


def test_powers_add_up_to_the_work_on_the_legs(walk: Trial) -> None:
    """Knee power is knee moment times knee rate, for a knee that is a hinge."""
    row = COORDINATES.index("r_knee")
    moment = walk.joints.moment[1, 0, 1, 0]
    rate = walk.state.angles.rate[row, 0]
    np.testing.assert_allclose(walk.joints.power[0, 1, 0], moment * rate, atol=1e-6)


def _text(values: np.ndarray) -> str:
    return " ".join(f"{v:.12g}" for v in values)


def _model(trial: Trial) -> mujoco.MjModel:
    """The same body in MuJoCo: slides and hinges, no contacts, no damping."""
    body = trial.motion.body

    def node(name: str) -> str:
        i = SEGMENTS.index(name)
        joint = _PARENT[name][1] if name in _PARENT else "pelvis"
        names = [n for n in COORDINATES if n == joint or n.rpartition("_")[0] == joint]
        hinges = "".join(
            f'<joint name="{n}" type="hinge" axis="{AXES.get(n[-1] if n != joint else "a")}"/>'
            for n in names
        )
        slides = ""
        if name == "pelvis":
            slides = "".join(
                f'<joint name="s{k}" type="slide" axis="{_text(np.eye(3)[k])}"/>' for k in range(3)
            )
        place = np.zeros(3) if name == "pelvis" else _offset(body, name)[:, 0, 0]
        inner = "".join(node(child) for child, (parent, _) in _PARENT.items() if parent == name)
        return (
            f'<body name="{name}" pos="{_text(place)}">{slides}{hinges}'
            f'<inertial pos="{_text(body.centres[:, i, 0])}" mass="{body.masses[i, 0]:.12g}" '
            f'diaginertia="{_text(body.inertias[:, i, 0])}"/>{inner}</body>'
        )

    return mujoco.MjModel.from_xml_string(
        '<mujoco><compiler angle="radian" inertiafromgeom="false" balanceinertia="false"/>'
        f'<option gravity="0 0 {-GRAVITY}"><flag contact="disable" constraint="disable"/></option>'
        f"<worldbody>{node('pelvis')}</worldbody></mujoco>"
    )


def _columns(model: mujoco.MjModel) -> dict[str, int]:
    return {model.joint(j).name: int(model.joint(j).dofadr[0]) for j in range(model.njnt)}


def test_agrees_with_inverse_dynamics_of_mujoco(trial: Trial) -> None:
    model = _model(trial)
    data = mujoco.MjData(model)
    column = _columns(model)
    state, loads = trial.state, trial.loads
    assert abs(model.body_mass.sum() - trial.subject.mass_kg) < 1e-9
    knees, roots = [], []
    for k in range(0, len(trial.time), 3):
        for axis in range(3):
            data.qpos[column[f"s{axis}"]] = state.origin.position[axis, 0, 0, k]
            data.qvel[column[f"s{axis}"]] = state.origin.velocity[axis, 0, 0, k]
            data.qacc[column[f"s{axis}"]] = state.origin.acceleration[axis, 0, 0, k]
        for row, name in enumerate(COORDINATES[3:], start=3):
            data.qpos[column[name]] = state.angles.value[row, 0, k]
            data.qvel[column[name]] = state.angles.rate[row, 0, k]
            data.qacc[column[name]] = state.angles.acceleration[row, 0, k]
        mujoco.mj_inverse(model, data)
        torque = data.qfrc_inverse.copy()
        for side in range(2):
            i = model.body(f"{'rl'[side]}_foot").id
            turn, shift = np.zeros((3, model.nv)), np.zeros((3, model.nv))
            mujoco.mj_jac(model, data, shift, turn, loads.place[:, 0, side, k], i)
            torque -= shift.T @ loads.force[:, 0, side, k]
            torque -= turn[2] * loads.free[0, side, k]
        np.testing.assert_allclose(data.subtree_com[0], state.whole.position[:, 0, k], atol=1e-9)
        mine = trial.joints.moment[:, 0, :, :, k]
        knees += [torque[column[f"{s}_knee"]] - mine[1, 1, i] for i, s in enumerate("rl")]
        knees += [torque[column[f"{s}_ankle_a"]] - mine[1, 2, i] for i, s in enumerate("rl")]
        knees += [torque[column[f"{s}_hip_c"]] - mine[2, 0, i] for i, s in enumerate("rl")]
        roots.append(torque[[column[f"s{axis}"] for axis in range(3)]])
    assert np.abs(roots).max() < 0.1  # N
    assert np.abs(knees).max() / trial.subject.mass_kg < 1e-3  # N m/kg
