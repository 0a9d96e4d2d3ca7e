"""Fit the shape parameters to real curves and published forces, once for each speed and style.

``python -m unisono.simulators.gait.fit`` fits what the shipped ``fits.json`` lacks and writes it
after every speed, so that it can be stopped and resumed; ``--again`` fits everything anew. The fit
is Levenberg and Marquardt's with all of a Jacobian's trials solved as one batch.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.files import write_text
from unisono.simulators.gait.aims import STYLES, force_aims
from unisono.simulators.gait.body import Body, build_bodies
from unisono.simulators.gait.curves import curve
from unisono.simulators.gait.kinematics import COORDINATES, State, resample
from unisono.simulators.gait.kinetics import FootLoads, foot_loads, joint_loads, momentum_rate
from unisono.simulators.gait.parameters import BOUNDS, FITTED, Shape
from unisono.simulators.gait.plan import even_steps
from unisono.simulators.gait.solver import GRAVITY, Motion, Start, solve
from unisono.simulators.gait.table import free_parameters

__all__ = ["Fit", "fit_one", "main", "residuals"]

Array = npt.NDArray[np.float64]

_Row = dict[str, Any]
_Fits = dict[str, dict[str, _Row]]

_POINTS = 128
_ROUNDS = {False: 8, True: 12}


class Fit(NamedTuple):
    """Result of a fit.

    Attributes:
        shape: The fitted shape.
        cost: Sum of squared residuals.
        spread: Lower triangular factor of the covariance of the free parameters among gaits that
            fit almost as well, in units of their steps, ``(P, P)``.
    """

    shape: Shape
    cost: float
    spread: Array


def reference_body(count: int) -> Body:
    """``count`` copies of the adult the fits are made for: 70 kg, 1.74 m, a man."""
    one = np.ones(count)
    return build_bodies(70 * one, 1.74 * one, np.zeros(count, dtype=bool))


def _angle_errors(motion: Motion, state: State, style: str) -> Array:
    """Thigh, knee and ankle less their aims, degrees, right leg, ``(3, B, n)``."""
    steps, aim = motion.steps, STYLES[style]
    gait = "run" if steps.running else "walk"
    wanted = [curve(gait, j, steps.speed) for j in ("thigh", "knee", "ankle")]
    beta = (steps.duration[:, 0, 0] / steps.stride)[:, None]
    u = np.arange(_POINTS)[None] / _POINTS
    known = wanted[0].stance[:, None]
    v = np.where(u < beta, u / beta * known, known + (u - beta) / (1 - beta) * (1 - known))
    rotation = state.rotation[:, :, :, 7]
    thigh = np.degrees(np.arctan2(-rotation[0, 2], rotation[2, 2]))
    value = state.angles.value
    names = {x: COORDINATES.index(y) for x, y in (("knee", "r_knee"), ("ankle", "r_ankle_a"))}
    knee, ankle = np.degrees(value[names["knee"]]), -np.degrees(value[names["ankle"]])
    speed = steps.speed[:, None]
    big = 1.0 if steps.running else np.clip(0.62 + 0.29 * speed, 0.6, 1.25)
    aims = [np.degrees(c.at(v)) for c in wanted]
    mean = np.degrees(wanted[0].a[:, :1])
    aims[0] = mean + big * (aims[0] - mean) + aim.thigh_deg
    loss = aim.stiff * np.exp(-(((v - 0.73) / 0.1) ** 2) / 2)
    aims[1] = np.clip(0.80 + 0.15 * speed, 0.85, 1.1) * aims[1] if not steps.running else aims[1]
    aims[1] = aims[1] * (1 - loss) + aim.knee_deg
    aims[2] = aims[2] + aim.ankle_deg
    errors = np.stack([thigh - aims[0], knee - aims[1], ankle - aims[2]])
    if steps.running:  # the sets do not tell the pelvis' tilt
        errors[0] -= 0.7 * errors[0].mean(-1, keepdims=True)
    return errors * np.where(u < beta, 1.0, 0.6)


def _hinge(value: Array, low: Array | float, high: Array | float) -> Array:
    return np.minimum(value - low, 0) + np.maximum(value - high, 0)


def _force_errors(motion: Motion, loads: FootLoads) -> Array:
    """Peaks of the right foot's force less their aims, in units of what may be missed."""
    steps = motion.steps
    aims = force_aims(float(steps.speed[0]), running=steps.running)
    fx, _, fz = loads.force[:, :, 0] / (motion.body.mass * GRAVITY)[:, None]
    beta = float(steps.duration[0, 0, 0] / steps.stride[0])
    u = np.arange(_POINTS) / _POINTS / beta
    early, late = fz[:, (u > 0.08) & (u < 0.45)], fz[:, (u > 0.55) & (u < 0.95)]
    rows = (
        [fz.max(-1) - aims.first]
        if steps.running
        else [
            early.max(-1) - aims.first,
            fz[:, (u > 0.35) & (u < 0.65)].min(-1) - aims.valley,
            late.max(-1) - aims.second,
        ]
    )
    rows = [r / 0.025 for r in rows]
    rows.append((np.ptp(motion.centre[2], axis=-1) - aims.rise) / 0.003)
    rows += [(fx.min(-1) - aims.brake) / 0.015, (fx.max(-1) - aims.drive) / 0.015]
    total = loads.force[0].sum(axis=1)[:, ::2] / (motion.body.mass * GRAVITY)[:, None]
    rough = np.diff(total, n=2) / (0.15 if steps.running else 0.05)
    return np.concatenate([np.stack(rows, axis=1), rough], axis=1)


def _moment_errors(motion: Motion, state: State, loads: FootLoads) -> Array:
    """Moments beyond what people show, and their roughness."""
    running = motion.steps.running
    moment = joint_loads(motion.body, state, loads).moment[1, :, :, 0]
    hip, knee, ankle = np.moveaxis(moment / motion.body.mass[:, None, None], 1, 0)
    v = float(motion.steps.speed[0])
    scale = v / 3.0 if running else max(v / 1.3, 0.7)
    beta = float(motion.steps.duration[0, 0, 0] / motion.steps.stride[0])
    swing = np.arange(_POINTS) / _POINTS > beta
    limit = np.where(swing, (1.3 if running else 0.5) * scale, (2.0 if running else 1.0) * scale)
    rows = [_hinge(hip, -limit, limit)]
    rows.append(_hinge(-knee, -0.5 * scale, 3.2 if running else 0.65 * scale))
    rows.append(_hinge(ankle, -0.3, 2.6 if running else 1.6))
    beyond = np.concatenate([r[:, ::4] for r in rows], axis=-1) / 0.2
    turning: Array = np.abs(momentum_rate(motion.body, state)[1, :, ::4])
    spare = 60.0 if running else 35.0 * scale
    out: Array = np.concatenate([beyond, np.maximum(turning - spare, 0) / 15.0], axis=-1)
    rough = np.diff(np.stack([hip, knee], 1)[..., ::2], n=2).reshape(len(hip), -1)
    return np.concatenate([out, rough / (0.8 if running else 0.3)], axis=-1)


def toe_height(motion: Motion) -> Array:
    """Lowest height of the tip of the toes in mid swing, m, ``(B, F)``."""
    body = motion.body
    rotation = motion.legs.rotations[:, :, :, 3]
    tip = motion.legs.origins[2, :, 3] + (body.tip - body.ball)[:, None, None] * rotation[2, 0]
    tip = tip - 0.7 * body.mtp[:, None, None] * rotation[2, 2]
    inner = (motion.track.tau > 0.2) & (motion.track.tau < 0.85)
    out: Array = np.where(inner, tip, np.inf).min(axis=-1)
    return out


def residuals(motion: Motion, style: str, prior: Array) -> Array:
    """All residuals of ``B`` trials of one stride, ``(B, R)``; what cannot be is very large."""
    state = resample(motion, _POINTS)
    loads = foot_loads(motion, state)
    count = len(motion.miss)
    angles = _angle_errors(motion, state, style) / 5.0 * np.sqrt(16 / _POINTS)
    total = loads.force[2].sum(axis=1) / (motion.body.mass * GRAVITY)[:, None]
    firm = np.clip((total - 0.1) / 0.2, 0, 1)
    shift = loads.shift * firm / 0.012 * np.sqrt(32 / _POINTS)
    jump = motion.legs.jump[:, :, :, 0, 0] / np.array([2.0, 80.0])[:, None, None, None]
    heights = _hinge(toe_height(motion)[:, 0] - 0.012, 0.0, 1.0) / 0.004
    over = np.maximum(motion.legs.overreach + 0.0005, 0) / 0.0005
    parts = [
        np.moveaxis(angles, 1, 0).reshape(count, -1),
        shift,
        np.moveaxis(jump, 2, 0).reshape(count, -1),
        _force_errors(motion, loads),
        _moment_errors(motion, state, loads) * np.sqrt(32 / _POINTS),
        heights[:, None],
        over[:, None],
        motion.miss[:, None] / 0.002,
        prior,
    ]
    if motion.steps.running:
        parts.append(loads.spin_leak * np.sqrt(16 / _POINTS) / 2.0)
    out = np.concatenate(parts, axis=1)
    return np.where(np.isfinite(out), np.clip(out, -1e3, 1e3), 1e3)


class _Problem:
    """Residuals as a function of the free parameters, in units of their steps."""

    def __init__(self, speed: float, style: str, begin: Shape, *, running: bool) -> None:
        self.speed, self.style, self.running = speed, style, running
        self.names = free_parameters(style)
        self.begin = replace(begin, **STYLES[style].fixed)
        self.unit = np.array([BOUNDS[n][2] for n in self.names])
        self.low = np.array([BOUNDS[n][0] for n in self.names])
        self.high = np.array([BOUNDS[n][1] for n in self.names])
        self.origin = np.array([float(getattr(begin, n)) for n in self.names])
        self.start: Start | None = None

    def shape(self, y: Array) -> Shape:
        values = np.clip(self.origin + y * self.unit, self.low, self.high)
        return replace(self.begin, **dict(zip(self.names, values.T, strict=True)))

    def solve(self, y: Array, rounds: int) -> Motion:
        body = reference_body(len(y))
        steps = even_steps(self.shape(y), self.speed, body, strides=1, running=self.running)
        return solve(steps, body, rounds=rounds, start=self.start)

    def __call__(self, y: Array) -> Array:
        motion = self.solve(y, _ROUNDS[self.running])
        return residuals(motion, self.style, 0.2 * y)

    def recentre(self, y: Array) -> None:
        """Converge at ``y`` and begin from there."""
        for _ in range(2):
            start = self.solve(y[None], 10).start
            if all(np.isfinite(x).all() for x in start):
                self.start = start


def _spread(problem: _Problem, y: Array, step: float = 0.05) -> Array:
    """Factor of ``(J^T J + 1)^-1``: how far each parameter may go, and which go together."""
    count = len(y)
    values = problem(np.concatenate([y[None], y + step * np.eye(count)]))
    jacobian = (values[1:] - values[0]).T / step
    precision = jacobian.T @ jacobian + np.eye(count)
    covariance = np.linalg.inv((precision + precision.T) / 2)
    factor = np.linalg.cholesky((covariance + covariance.T) / 2)
    return factor.astype(np.float64)


def fit_one(
    speed: float, style: str, begin: Shape, *, running: bool = False, rounds: int = 25
) -> Fit:
    """Fit one speed and style, beginning from a neighbour's shape."""
    problem = _Problem(speed, style, begin, running=running)
    count = len(problem.names)
    y = np.zeros(count)
    problem.recentre(y)
    damping, small = 1.0, 0
    for _ in range(rounds):
        step = 0.05
        values = problem(np.concatenate([y[None], y + step * np.eye(count)]))
        base, cost = values[0], float(values[0] @ values[0])
        jacobian = (values[1:] - base).T / step
        normal, slope = jacobian.T @ jacobian, jacobian.T @ base
        tries = damping * np.array([0.05, 0.3, 1.0, 5.0, 30.0, 300.0])
        moves = np.stack(
            [
                -np.linalg.solve(normal + k * (np.diag(np.diag(normal)) + np.eye(count)), slope)
                for k in tries
            ]
        )
        moves = np.clip(moves, -2, 2)
        costs = (problem(y + moves) ** 2).sum(axis=1)
        best = int(np.argmin(costs))
        if costs[best] >= cost:
            damping *= 10
            small += 1
        else:
            damping = float(np.clip(tries[best], 1e-4, 1e3))
            y = y + moves[best]
            small = small + 1 if costs[best] > 0.995 * cost else 0
            problem.recentre(y)
        if small >= 3:
            break
    final = problem(y[None])[0]
    return Fit(problem.shape(y), float(final @ final), _spread(problem, y))


_RUN_BEGIN = Shape(
    heel_pitch=0.3293,
    heel_curve=1.2722,
    flat=0.0749,
    off_pitch=0.8102,
    off_curve=1.2411,
    heel_off=0.1212,
    toe_pitch=0.4832,
    toe_roll=0.1941,
    q3=0.042,
    q5=0.0289,
    a2=0.0963,
    cop=0.0076,
    lean=0.093,
    nod_cos=-0.0298,
    nod_sin=0.005,
    list_amp=0.11,
    list_phase=0.0352,
    knee_min_deg=12.064,
    heel_radius=0.0162,
    slide=0.1519,
    sink=0.5005,
    hip_amp=1.0,
    knee_amp=1.1,
    thigh_lift=-0.052,
    knee_lift=-0.0225,
    ankle_lift=-0.0657,
)
PLAN: tuple[tuple[str, str, tuple[float, ...]], ...] = (
    ("walk", "normal", (1.3, 1.15, 1.0, 0.9, 0.8, 0.7, 0.6, 1.45, 1.6, 1.75, 1.9, 2.05, 2.2)),
    ("run", "normal", (3.5, 3.25, 3.0, 2.75, 2.5, 3.75, 4.0, 4.25, 4.5)),
    *((("walk", s, (1.3, 1.1, 0.9, 0.75, 1.5))) for s in STYLES if s != "normal"),
)
"""What the shipped table holds; each list begins at its easiest speed."""


def _nearest(done: dict[str, _Row], speed: float) -> _Row:
    return done[min(done, key=lambda v: abs(float(v) - speed))]


def _begin(fits: _Fits, gait: str, style: str, v: float) -> Shape:
    """Begin from the nearest fitted speed, else from the normal style, else from scratch."""
    for key in (f"{gait} {style}", f"{gait} normal"):
        if fits.get(key):
            known = _nearest(fits[key], v)
            return Shape(**{n: known[n] for n in FITTED if n in known})
    return _RUN_BEGIN if gait == "run" else Shape()


def _as_text(fits: _Fits) -> str:
    """JSON with one line a speed."""
    blocks = []
    for key, rows in fits.items():
        lines = [f"  {json.dumps(speed)}: {json.dumps(row)}" for speed, row in rows.items()]
        blocks.append(f" {json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n }")
    return '{"fits": {\n' + ",\n".join(blocks) + "\n}}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit what the table lacks."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("fits.json"))
    parser.add_argument("--again", action="store_true", help="fit everything anew")
    parser.add_argument("--only", default="", help="such as 'walk crouch'")
    parser.add_argument("--rounds", type=int, default=25)
    given = parser.parse_args(arguments)
    known = json.loads(given.out.read_text()) if given.out.exists() else {}
    fits: _Fits = known.get("fits", {})
    for gait, style, speeds in PLAN:
        key = f"{gait} {style}"
        if given.only and given.only != key:
            continue
        rows = {} if given.again else dict(fits.get(key, {}))
        for speed in speeds:
            if f"{speed:g}" in rows:
                continue
            began = time.monotonic()
            begin = _begin({**fits, key: rows}, gait, style, speed)
            fit = fit_one(speed, style, begin, running=gait == "run", rounds=given.rounds)
            values = {n: round(float(getattr(fit.shape, n)), 6) for n in free_parameters(style)}
            low = fit.spread[np.tril_indices(len(values))].round(4).tolist()
            rows[f"{speed:g}"] = values | {"cost": round(fit.cost, 2), "spread": low}
            fits[key] = rows
            write_text(given.out, _as_text(fits) + "\n")
            print(
                f"{key} {speed:g} m/s: cost {fit.cost:.1f}, {time.monotonic() - began:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
