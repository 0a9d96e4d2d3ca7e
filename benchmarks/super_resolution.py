"""From a small image to a large one: the bridge beside regression, its controls and simple answers.

    python benchmarks/super_resolution.py --data digits --images 9600 --steps 6000
    python benchmarks/super_resolution.py --data textures --steps 1500

Digits go from 7 to 28 pixels, simulated textures from 8 to 32.

Every row sees the same training images; a fifth of them is held back, on which the residuals of the
regressions are taken and the samples of the bridge are widened. Rows of the bridge have the same
steps, batch and size of networks: ``ours``; ``regression`` (the same network, trained as a
regression alone; with ``+ gaussian`` pixelwise noise of its held-out spread, and ``+ borrowed``
held-out residuals of similar images); ``gaussian``, the control (``ours`` itself, whose walks are
replaced by noise of the residual's covariance in latents); ``pretrained`` (the image codec trained
alone beforehand, for as many steps again, and kept); ``paper``. ``specialised`` is a sub-pixel
convolutional network on the small image, trained for the squared error with as many weights,
steps and images. Bicubic, ridge and neighbours stand below. On textures ``best`` is the exact
conditional mean, with exact conditional draws: nothing can be better.

PSNR is of the best single answer, of the mean of 8 samples, and of the mean of 8 samples whose
noise sums to zero (``balanced``; each is drawn as before). Float, range 2 for digits in [-1, 1],
range 6 for textures of variance 1; the feature distance is that of a network trained on
the training images, without labels: it is not LPIPS. CRPS, energy score and coverage are per pixel
in the unit of the image. ``ceiling`` is what the mean of 8 samples could reach if the answer were
the conditional mean and the samples its exact spread: 10 log10(8/9) dB below the answer. Of every
bridge also the swap test, spread and rank of the latents, and its answer minus its reconstruction;
of ``ours`` the samplers and the student by steps, and retrieval of targets by sources before and
after training (``--picture`` draws both).

Goal: the mean of 8 balanced samples 0.5 dB above regression, and CRPS and energy score below every
residual control.

Trainings and figures are kept under ``runs/benchmarks``; a second start goes on with what is
missing. With one free core: about five minutes a training of 6000 steps.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from _bridge_arms import (
    Budget,
    Drawn,
    answers,
    cell,
    merged,
    pretrained_codec,
    reported,
    spread_of,
    trained,
)
from _image_rivals import SAMPLES, Parts, images, simple_answers, specialised, with_residuals
from _record import figure, record

from unisono.codecs.token_grid import TokenGrid
from unisono.core.config import from_mapping
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.images import psnr, ssim
from unisono.evaluation.intervals import bootstrap_interval
from unisono.evaluation.perceptual import FeatureNet, FeatureOptions, train_feature_net
from unisono.methods.lddbm import LDDBM
from unisono.methods.lddbm_settings import LDDBMSettings
from unisono.simulators.pairs import Pairs
from unisono.viewing.latent_map import LatentMap, map_latents, retrieval_top1, save_latent_map

NETWORKS: dict[str, Any] = {
    "latents": {"tokens": 16, "width": 24},
    "source": {"codec": "image", "hidden": 8},
    "target": {"codec": "image", "hidden": 8},
    "size": {"width": 128, "heads": 4, "feedforward": 256, "dropout": 0.0},
    "shape": {"encoder_layers": 2, "decoder_layers": 2},
}
ARMS: dict[str, dict[str, Any]] = {
    "ours": {"few_steps": {"most": 4, "teacher": 16}},
    "regression": {"losses": {"bridge": 0.0}},
    "pretrained": {},
    "paper": {"mode": "paper"},
}
RANGES = {"digits": 2.0, "textures": 6.0}
WALKED = 16  # images in the table of walks
WALKS = (
    [("dbim_high_order", n) for n in (1, 2, 4, 8, 16, 40)]
    + [("heun", n) for n in (1, 2, 4, 8, 16, 40)]
    + [("student", n) for n in (1, 2, 4)]
)


class Row(NamedTuple):
    """One row by image; NaN where it has no samples."""

    psnr: Array
    psnr_of_mean: Array
    psnr_of_balanced: Array
    ssim: Array
    feature: Array
    crps: Array
    energy: Array
    coverage: Array


def judged(drawn: Drawn, truth: Array, net: FeatureNet, reach: float) -> Row:
    """Score an answer; a single sample is no distribution."""
    none = np.full(len(truth), np.nan)
    one = (
        psnr(drawn.mean, truth, data_range=reach),
        none,
        ssim(drawn.mean, truth, data_range=reach),
        net.distance(drawn.samples[0] if len(drawn.samples) else drawn.mean, truth),
    )
    if len(drawn.samples) < 2:
        return Row(one[0], none, none, *one[2:], none, none, none)
    spread = spread_of(drawn.samples, truth)
    of_mean = psnr(drawn.samples.mean(axis=0), truth, data_range=reach)
    return Row(one[0], of_mean, none, one[2], one[3], spread.crps, spread.energy, spread.coverage)


class Task(NamedTuple):
    """What every cell sees: the images, how they are judged, and what may be spent."""

    parts: Parts
    net: FeatureNet
    reach: float
    budget: Budget
    place: str

    def judged(self, drawn: Drawn) -> list[list[float]]:
        """A row as lists, by image."""
        return [x.tolist() for x in judged(drawn, self.parts.test.target, self.net, self.reach)]


def table_of(task: Task, arm: str, seed: int) -> dict[str, Any]:
    """Settings of an arm; the pretrained codec is made where it is missing."""
    table = merged(NETWORKS, ARMS[arm])
    if arm == "ours":
        return merged(table, {"few_steps": {"train": max(1, task.budget.steps // 6)}})
    if arm == "pretrained":
        said = from_mapping(LDDBMSettings, NETWORKS)
        grid = TokenGrid(said.latents.tokens, said.latents.width, "norm")
        folder = pretrained_codec(
            f"{task.place}/codec-{seed}", task.parts.train.target, grid, said.target.hidden,
            budget=task.budget, seed=seed,
        )  # fmt: skip
        return merged(table, {"target": {"codec": "pretrained", "path": str(folder)}})
    return table


def latents_of(method: LDDBM, some: Pairs) -> tuple[Array, Array]:
    """Both ends of some pairs, flattened."""
    batch = some.as_set().batch(np.arange(len(some.source)))
    ends = (method.encode(batch, side).z.flatten(1) for side in ("given", "want"))
    one, two = (z.double().numpy() for z in ends)
    return one, two


def measured(task: Task, arm: str, seed: int) -> dict[str, Any]:
    """Rows of an arm, and what is watched in it."""
    parts = task.parts
    held = parts.held.as_set().batch(np.arange(min(128, len(parts.held.source))))
    test = parts.test.as_set().batch(np.arange(len(parts.test.source)))
    table = table_of(task, arm, seed)
    method = trained(f"{task.place}/{arm}-{seed}", parts.train.as_set(), table, task.budget, seed)
    method.calibrate(held, generator=generator(seed, "benchmark", "calibrate"))
    drawn = answers(method, test, samples=0 if arm == "regression" else SAMPLES, seed=seed)
    rows = {arm: task.judged(drawn)}
    if arm == "ours":
        rows[arm] = with_balanced(rows[arm], method, task, seed)
    found: dict[str, Any] = {"rows": rows, "watched": reported(method, test, seed)}
    found["weights"] = sum(p.numel() for p in method.parameters())
    if arm == "regression":
        every = parts.held.as_set().batch(np.arange(len(parts.held.source)))
        back = answers(method, every, samples=0, seed=seed)
        for name, control in with_residuals(parts, back.mean, drawn.mean).items():
            rows[name] = task.judged(control)
    if arm == "ours":
        found["top1"] = retrieval_top1(*latents_of(method, parts.test))
        found["top1 before"] = retrieval_top1(*latents_of(untrained(task, seed), parts.test))
        found["walks"] = walks(method, task, seed)
        method.bridge.settings = replace(method.bridge.settings, residual="gaussian")
        method.calibrate(held, generator=generator(seed, "benchmark", "calibrate"))
        control = task.judged(answers(method, test, samples=SAMPLES, seed=seed))
        rows["gaussian"] = with_balanced(control, method, task, seed)
    return found


def with_balanced(
    row: list[list[float]], method: LDDBM, task: Task, seed: int
) -> list[list[float]]:
    """The row with the PSNR of the mean of samples whose noise sums to zero."""
    usual, some = method.bridge.settings, task.parts.test
    method.bridge.settings = replace(usual, balanced=True)
    test = some.as_set().batch(np.arange(len(some.source)))
    mean = answers(method, test, samples=SAMPLES, seed=seed).samples.mean(axis=0)
    method.bridge.settings = usual
    full = _row(row)
    return [
        x.tolist()
        for x in full._replace(psnr_of_balanced=psnr(mean, some.target, data_range=task.reach))
    ]


def untrained(task: Task, seed: int) -> LDDBM:
    """The same networks before training, with fitted normalisers."""
    pairs = task.parts.train.as_set()
    settings = from_mapping(LDDBMSettings, merged(NETWORKS, {"steps": 2}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        method = LDDBM(settings, pairs.shapes, given=["source"], want=["target"])
    method.prepare(pairs.batch(np.arange(len(pairs))))
    return method.eval()


def walks(method: LDDBM, task: Task, seed: int) -> dict[str, list[float]]:
    """Feature distance of a sample, CRPS and energy score by sampler and steps."""
    some = task.parts.test.rows(np.arange(WALKED))
    batch, student = some.as_set().batch(np.arange(WALKED)), method.bridge.student
    usual, found = method.bridge.settings, {}
    for name, count in WALKS:
        method.bridge.student = student if name == "student" else None
        sampler = usual.sampler if name == "student" else name
        method.bridge.settings = replace(usual, sampler=sampler)
        drawn = answers(method, batch, samples=SAMPLES, seed=seed, steps=count)
        row = judged(drawn, some.target, task.net, task.reach)
        found[f"{name}, {count} steps"] = [
            float(x.mean()) for x in (row.feature, row.crps, row.energy)
        ]
    method.bridge.settings, method.bridge.student = usual, student
    return found


def draw_picture(task: Task, seed: int, path: Path) -> None:
    """Both ends of the test images in a plane, before and after training, by class."""
    after = trained(
        f"{task.place}/ours-{seed}", task.parts.train.as_set(), table_of(task, "ours", seed),
        task.budget, seed,
    )  # fmt: skip
    maps: list[tuple[str, LatentMap]] = []
    for title, method in (("before", untrained(task, seed)), ("after", after)):
        rng = numpy_generator(seed, "benchmark", "plane")
        maps.append((title, map_latents(*latents_of(method, task.parts.test), generator=rng)))
    save_latent_map(maps, task.parts.test.label.tolist(), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=list(RANGES), default="digits")
    parser.add_argument("--folder", default=".data/mnist")
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--tested", type=int, default=200)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--picture", default="")
    told = parser.parse_args()
    parts = images(told)
    net = train_feature_net(
        parts.train.target,
        generator=generator(0, "benchmark", "features"),
        options=FeatureOptions(hidden=8, steps=min(150, told.steps), batch=32),
    )
    wide = NETWORKS["size"]["width"]
    place = f"super/{told.data}-{told.images}-{told.steps}-{wide}"
    budget = Budget(told.steps, told.batch, 2e-3)
    task = Task(parts, net, RANGES[told.data], budget, place)
    simple = cell(
        f"{place}/simple",
        lambda: {name: task.judged(d) for name, d in simple_answers(parts).items()},
    )
    rows = {name: [_row(kept)] for name, kept in simple.found.items()}
    seconds, watched, seen = simple.seconds, {}, {}
    for seed in told.seeds:
        for arm in told.arms:
            kept = cell(f"{place}/{arm}-{seed}-found", partial(measured, task, arm, seed))
            seconds += kept.seconds
            for name, row in kept.found["rows"].items():
                rows.setdefault(name, []).append(_row(row))
                watched.setdefault(arm, []).append(kept.found["watched"])
            seen[arm] = kept.found
            if arm == "ours":
                watched.setdefault("walks", []).append(kept.found["walks"])
                watched.setdefault("top1", []).append(kept.found["top1"])
                watched.setdefault("top1 before", []).append(kept.found["top1 before"])
            print(f"{arm} {seed}: {rows[arm][-1].psnr.mean():.2f} dB", flush=True)
    single = cell(
        f"{place}/specialised",
        lambda: {"row": _special(task, seen.get("regression", seen[told.arms[-1]])["weights"])},
    )
    rows["specialised"] = [_row(single.found["row"])]
    seconds += single.seconds
    if told.picture:
        draw_picture(task, told.seeds[0], Path(told.picture))
    record(
        f"super_resolution_{told.data}",
        "From a small image the mean of 8 balanced samples of the bridge is 0.5 dB above "
        "regression with the same network, and its CRPS and energy score are below those of every "
        f"residual control ({told.data}).",
        _holds(rows),
        [*_figures(rows), *_watched(watched)],
        told.seeds,
        seconds,
    )


def _special(task: Task, weights: int) -> list[list[float]]:
    mean = specialised(task.parts, task.budget, weights=weights)
    return task.judged(Drawn(mean[None][:0], mean))


def _row(kept: Sequence[Sequence[float]]) -> Row:
    return Row(*(np.asarray(x, dtype=np.float64) for x in kept))


def _watched(watched: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Means over seeds of what is watched in every bridge, and of the table of walks."""
    figures = []
    for top in ("top1 before", "top1"):
        if top in watched:
            figures.append(figure(f"ours: retrieval {top}", float(np.mean(watched.pop(top)))))
    for walk in watched.get("walks", [{}])[0]:
        found = np.mean([kept[walk] for kept in watched["walks"]], axis=0)
        for name, value in zip(("feature", "crps", "energy"), found, strict=True):
            figures.append(figure(f"{walk}: {name}", float(value)))
    watched.pop("walks", None)
    for arm, several in watched.items():
        for name in several[0]:
            figures.append(figure(f"{arm}: {name}", float(np.mean([w[name] for w in several]))))
    return figures


def _figures(rows: dict[str, list[Row]]) -> list[dict[str, Any]]:
    units = dict.fromkeys(("psnr", "psnr_of_mean", "psnr_of_balanced"), "dB")
    figures = []
    for name, found in rows.items():
        for field in Row._fields:
            values = np.mean([getattr(row, field) for row in found], axis=0)
            if np.isfinite(values).any():
                span = bootstrap_interval(values, generator=numpy_generator(0, name, field))
                label, unit = f"{name}: {field}", units.get(field, "")
                figures.append(figure(label, span.mean, unit, low=span.low, high=span.high))
    if "ours" in rows:
        best = float(np.mean([row.psnr.mean() for row in rows["ours"]])) + 10 * math.log10(8 / 9)
        figures.append(figure("ceiling: psnr_of_mean", best, "dB"))
    return figures


def _holds(rows: dict[str, list[Row]]) -> bool:
    controls = ("gaussian", "regression + gaussian", "regression + borrowed")
    if any(name not in rows for name in ("ours", "regression", *controls)):
        return False

    def of(name: str, field: str) -> float:
        return float(np.mean([getattr(row, field).mean() for row in rows[name]]))

    gain = of("ours", "psnr_of_balanced") - of("regression", "psnr")
    scored = all(of("ours", f) < of(c, f) for c in controls for f in ("crps", "energy"))
    return gain >= 0.5 and scored


if __name__ == "__main__":
    main()
