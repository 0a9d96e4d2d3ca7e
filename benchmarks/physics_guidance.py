"""Physics at generation: does it lower what mechanics forbids, and does the error go up?

    python benchmarks/physics_guidance.py

A small model (26 joint angles to the forces of both feet) generates for simulated people it has
never met. Whoever uses it also has their markers (with 1 mm of noise here) and mass, which the
model was not given. Compared, person by person, with intervals over people and paired ratios:

- none: the model's mean as it is;
- floor: no floor pulls;
- balance: the nearest force that obeys Newton's balance, the floor and friction (the projection of
  ``unisono.evaluation.balance``), with the acceleration of the centre of mass from markers;
- weight: the same without markers, from the weight over whole strides alone;
- guided: samples guided by the energy of the balance while they are drawn (through the network, and
  by the estimate alone), their mean; beside the mean of as many samples that were not.

The residual is the root mean square of (sum of forces - mass times (acceleration - gravity)) over
body weight, with the acceleration that the user's markers tell (what a user can know) and, beside
it, with the simulator's own exact one (what nobody has).

Goal: balance lowers the residual that a user sees by at least 30 %, with an error no higher than
before (paired, both by the far end of the interval).
"""

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from _gait_model import gait_model, strangers
from _record import figure, record

from unisono import api
from unisono.api.forces import force_layout
from unisono.api.inputs import make_inputs
from unisono.core.contracts import StreamInfo
from unisono.core.random import generator, numpy_generator
from unisono.core.units import STANDARD_GRAVITY
from unisono.evaluation.intervals import subject_interval
from unisono.evaluation.physics import PhysicsContext, check_forces
from unisono.methods.direction import Direction, make_solver
from unisono.processes.energy_guidance import EnergyGuided
from unisono.processes.solvers import solve
from unisono.recordings.signals.mass_centre import mass_centre
from unisono.recordings.signals.resampling import resample

PEOPLE, SECONDS, NOISE_M, SAMPLES, STEPS = 30, 6.0, 0.001, 8, 5
GUIDED_PEOPLE = 3
BANDS = 20  # samples that bands, and so the weights of the projection, are taken from
WEIGHTS = (0.3, 3.0)
VERTICAL = (2, 5)
CLAIM = (
    "Newton's balance at generation lowers the residual against mass and the acceleration told by "
    "markers by at least 30 % on people never seen, and the error of the forces does not go up."
)

Array = npt.NDArray[np.float64]


def with_noise(tree: xr.DataTree, number: int) -> xr.DataTree:
    """What a user has: angles, and markers with noise; no forces, and events of the strides."""
    rng = numpy_generator(7002, "markers", number)
    node = tree["markers"].to_dataset()
    noisy = node.assign(data=node["data"] + rng.normal(0, NOISE_M, node["data"].shape))
    names = ("angles", "markers", "events")
    kept = tree.filter(lambda n: n.parent is None or n.name in names)
    kept["markers"] = xr.DataTree(noisy)
    return kept


def truth_of(model: api.Model, tree: xr.DataTree, times: Array) -> Array:
    node = resample(tree["grf"].to_dataset(), times)
    grf = node["data"].sel(channel=list(model.streams["grf"].channels)).values
    return np.asarray(grf / tree.attrs["mass_kg"], dtype=np.float64)


def residual(force: Array, truth: Array) -> float:
    """Of the sum of forces against the exact one, in body weights."""
    gap = (force - truth).reshape(len(force), 2, 3).sum(axis=1)
    return float(np.sqrt(np.mean(gap**2)) / STANDARD_GRAVITY)


def error(force: Array, truth: Array) -> float:
    return float(np.sqrt(np.mean(((force - truth) / truth.std(axis=0)) ** 2)))


def pulled(model: api.Model, force: Array) -> float:
    info = model.streams["grf"]
    layout = force_layout(StreamInfo("f", info.channels, info.units, "force", 0.0, info.frame))
    if layout is None:
        raise TypeError("the model generates no force")
    context = PhysicsContext(np.array([STANDARD_GRAVITY]), np.array([False]))
    report = check_forces(
        force[None], np.ones((1, *force.shape), bool), layout=layout, context=context
    )
    return report.of("negative_vertical").value


def guided_means(model: api.Model, tree: xr.DataTree) -> dict[str, Array]:
    """Means of guided samples and of plain ones, from the same noise."""
    inputs = make_inputs(model, tree)
    found = mass_centre(tree)
    if found is None or inputs.timeline is None:
        raise TypeError("the markers do not tell the centre of mass")
    direction = model.method.direction("to_want")
    wanted = [np.interp(inputs.grid, found.time, found.acceleration[:, k]) for k in range(3)]
    target = torch.tensor(np.stack(wanted, 1) + [0, 0, STANDARD_GRAVITY], dtype=torch.float32)
    known = torch.isfinite(target)
    target = torch.where(known, target, torch.zeros_like(target))
    std, mean = model.method.codec("grf").std, model.method.codec("grf").mean
    with torch.no_grad():
        given = model.method.side(inputs.batch, model.given)
        memory = direction.condition(given.data, given.mask, given.known)
        fitted = direction.regress(given, memory, None)
        if fitted is None:
            raise TypeError("the model has no mean")
        mu, sigma = inputs.timeline.join(fitted.mean), inputs.timeline.join(fitted.spread)

        def physical(u: torch.Tensor) -> torch.Tensor:
            return (mu + sigma * u) * std + mean

        def energy(u: torch.Tensor) -> torch.Tensor:
            force = physical(u)
            total = force[..., :3] + force[..., 3:]
            gap = torch.where(known, total - target, torch.zeros_like(total)) / 0.5
            below = torch.clamp(-force[..., list(VERTICAL)], min=0) / 0.2
            return (gap.square().sum((1, 2)) + below.square().sum((1, 2))) / 2

        def drawn(wrap: Callable[[Direction], object]) -> Array:
            g = generator(0, "guided")
            noise = torch.randn((SAMPLES, inputs.timeline.frames, 6), generator=g)
            solver = make_solver(direction.process, direction.settings.process, STEPS)
            u = solve(solver, wrap(direction), noise, generator=g).z  # type: ignore[arg-type]
            return np.asarray(physical(u).mean(dim=0).double().numpy())

        def plain(d: Direction) -> object:
            return d.walker(given, memory, SAMPLES, inputs.timeline)

        out = {"samples, plain": drawn(plain)}
        for weight in WEIGHTS:
            for through, name in ((True, "through the network"), (False, "by the estimate")):

                def guided(d: Direction, w: float = weight, by: bool = through) -> object:
                    return EnergyGuided(plain(d), d.process, energy, w, through=by)  # type: ignore[arg-type]

                out[f"samples, guided {name}, weight {weight:g}"] = drawn(guided)
    return out


def main() -> None:
    """Measure, print, record."""
    began = time.perf_counter()
    model = gait_model()
    rows: dict[str, list[tuple[float, float, float]]] = {}
    covered: dict[str, list[float]] = {}
    seen: list[float] = []
    for number, tree in enumerate(strangers(PEOPLE, seconds=SECONDS)):
        known = with_noise(tree, number)
        raw = model.generate(known, options=api.Sampling(samples=BANDS, physics="none"))
        out = {"none": raw, "floor": model.generate(known, samples=BANDS)}
        options = api.Sampling(samples=BANDS, physics="balance")
        out["balance"] = model.generate(known, options=options)
        told = out["balance"].provenance["physics"]["grf"]
        seen.append(told["residual_after_bw"] / told["residual_before_bw"])
        bare = known.filter(lambda n: n.name != "markers")
        out["weight"] = model.generate(bare, options=options)
        part = raw.parts["grf"]
        truth = truth_of(model, tree, part.time)
        inside = slice(10, -10)  # no derivative is known at the very ends
        means = {name: one.parts["grf"].mean for name, one in out.items()}
        for name, one in out.items():
            own = one.parts["grf"]
            held = (own.lower[-1] <= truth) & (truth <= own.upper[-1])
            covered.setdefault(name, []).append(float(held[inside].mean()))
        if number < GUIDED_PEOPLE:
            means |= guided_means(model, known)
        for name, mean in means.items():
            here = mean[: len(truth)][inside]
            row = residual(here, truth[inside]), error(here, truth[inside]), pulled(model, here)
            rows.setdefault(name, []).append(row)
        print(number, {k: tuple(round(x, 4) for x in v[-1]) for k, v in rows.items()}, flush=True)
    record("physics_guidance", CLAIM, *_verdict(rows, covered, seen), [0, 7001, 7002],
           time.perf_counter() - began)  # fmt: skip


def _verdict(
    rows: dict[str, list[tuple[float, float, float]]],
    covered: dict[str, list[float]],
    seen: list[float],
) -> tuple[bool, list[dict[str, object]]]:
    rng = numpy_generator(0, "interval")

    def over_people(name: str, values: Array, unit: str) -> dict[str, object]:
        mean = subject_interval(values, [str(i) for i in range(len(values))], generator=rng)
        return figure(name, mean.mean, unit, low=mean.low, high=mean.high)

    figures = [over_people("balance over none: residual a user sees", np.array(seen), "times")]
    base = np.array(rows["none"])
    for name, found in rows.items():
        one = np.array(found)
        figures += [
            over_people(f"{name}: exact residual", one[:, 0], "body weights"),
            over_people(f"{name}: error", one[:, 1], "spreads"),
            over_people(f"{name}: frames below -0.02 body weights", one[:, 2], "1"),
        ]
        if name != "none":
            against = base[: len(one)]
            label = f"{name} over none"
            figures.append(
                over_people(f"{label}: exact residual", one[:, 0] / against[:, 0], "times")
            )
            figures.append(over_people(f"{label}: error", one[:, 1] / against[:, 1], "times"))
    for name, shares in covered.items():
        figures.append(over_people(f"{name}: held by 90 % bands", np.array(shares), "1"))
    said = {f["name"]: f for f in figures}
    lower, worse = (
        said[f"balance over none: {k}"]["high"] for k in ("residual a user sees", "error")
    )
    return bool(lower <= 0.7 and worse <= 1.0), figures


if __name__ == "__main__":
    main()
