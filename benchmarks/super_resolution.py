"""From a small image to a large one: the bridge beside regression, its controls and simple answers.

    python benchmarks/super_resolution.py --data digits      # 7 to 28 pixels, real digits
    python benchmarks/super_resolution.py --data textures    # 16 to 128 pixels, simulated

Every row sees the same training images; a fifth of them is held back, on which the residuals of the
regressions are taken. Rows of the bridge have the same steps, batch and size of networks: ``ours``;
``regression`` (the same network, trained as a regression alone; with ``+ gaussian`` pixelwise noise
of its held-out spread, and ``+ borrowed`` held-out residuals of similar images); the control
``gaussian`` (noise of the residual's spread in latents); with a bottleneck and stopped gradients or
without (``free``) the predictive loss and the reconstruction loss alone (``predictive``,
``reconstruction``, ``free_predictive``, ``free_reconstruction``); without InfoNCE and with InfoNCE
of shuffled pairs (``no_contrast``, ``shuffled_contrast``); ``paper``. ``specialised`` is a residual
convolutional network on the bicubic image, trained for the squared error with as many weights.
Bicubic, ridge and neighbours stand below. On textures ``best`` is the exact conditional mean, with
exact conditional draws: nothing can be better.

PSNR is of the best single answer and of the mean of 8 samples (float, range 2 for digits in
[-1, 1], range 6 for textures of variance 1); the feature distance is that of a network trained on
the training images, without labels: it is not LPIPS. CRPS, energy score and coverage are per pixel
in the unit of the image.

Goal: the mean of 8 samples 0.5 dB above regression, and CRPS and energy score below every residual
control.

Trainings are kept under ``runs/benchmarks``; a second start goes on with what is missing.
"""

import argparse
import math
import time
from typing import Any, NamedTuple

import numpy as np
import torch
from _bridge_arms import Budget, Drawn, answers, spread_of, trained
from _gait_model import RUNS
from _record import figure, record
from torch import nn
from torch.nn import functional as F

from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.images import psnr, ssim
from unisono.evaluation.intervals import bootstrap_interval
from unisono.evaluation.pair_baselines import (
    Held,
    Neighbours,
    RidgePairs,
    bicubic,
    borrowed_residual,
    gaussian_residual,
    shown,
)
from unisono.evaluation.perceptual import FeatureNet, FeatureOptions, train_feature_net
from unisono.simulators.pairs import Pairs, digit_pairs
from unisono.simulators.textures import (
    Spectrum,
    best_mean,
    conditional_draws,
    texture_pairs,
)

NETWORKS: dict[str, Any] = {
    "latents": {"tokens": 49, "width": 32},
    "source": {"codec": "image", "hidden": 16},
    "target": {"codec": "image", "hidden": 16},
    "size": {"width": 96, "heads": 4, "feedforward": 192, "dropout": 0.0},
}
_FREE: dict[str, Any] = {
    "latents": {**NETWORKS["latents"], "bottleneck": "none"},
    "regime": "end_to_end",
    "stop_gradient": False,
}
ARMS: dict[str, dict[str, Any]] = {
    "ours": {},
    "regression": {"losses": {"bridge": 0.0}},
    "gaussian": {"bridge": {"start": "mean", "residual": "gaussian"}},
    "predictive": {"regime": "end_to_end", "losses": {"reconstruction": 0.0}},
    "reconstruction": {"regime": "end_to_end", "losses": {"predictive": 0.0}},
    "free_predictive": {**_FREE, "losses": {"reconstruction": 0.0}},
    "free_reconstruction": {**_FREE, "losses": {"predictive": 0.0}},
    "no_contrast": {"losses": {"contrast": 0.0}},
    "shuffled_contrast": {"losses": {"shuffled": True}},
    "paper": {"mode": "paper"},
}
SAMPLES = 8
RANGES = {"digits": 2.0, "textures": 6.0}
TEXTURES = Spectrum(size=128, length=6.0)


class Parts(NamedTuple):
    """Training images, those held back for residuals, and unseen ones."""

    train: Pairs
    held: Pairs
    test: Pairs


class Row(NamedTuple):
    """One row by image; NaN where it has no samples."""

    psnr: Array
    psnr_of_mean: Array
    ssim: Array
    feature: Array
    crps: Array
    energy: Array
    coverage: Array


def images(told: argparse.Namespace) -> Parts:
    count = told.images + told.tested
    if told.data == "digits":
        pairs = digit_pairs(told.folder, count=count)
    else:
        made = texture_pairs(count, generator=numpy_generator(5, "textures"), spectrum=TEXTURES)
        names = np.arange(count).astype(str)
        pairs = Pairs(made.small, made.large, names, np.full(count, "texture"), {})
    order = numpy_generator(5, "benchmark", "parts").permutation(count)
    held = told.images // 5
    rows = np.split(order, [told.images - held, told.images])
    return Parts(*(pairs.rows(r) for r in rows))


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
        return Row(*one, none, none, none)
    spread = spread_of(drawn.samples, truth)
    of_mean = psnr(drawn.samples.mean(axis=0), truth, data_range=reach)
    return Row(one[0], of_mean, one[2], one[3], spread.crps, spread.energy, spread.coverage)


class Specialised(nn.Module):
    """Residual convolutions on the bicubic image (after Kim et al., 1511.04587)."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        inner = [nn.Conv2d(width, width, 3, padding=1) for _ in range(layers)]
        self.layers = nn.ModuleList([nn.Conv2d(1, width, 3, padding=1), *inner])
        self.head = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Sharpen ``(n, 1, H, W)``."""
        y = x
        for layer in self.layers:
            y = F.silu(layer(y))
        out: torch.Tensor = x + self.head(y)
        return out


def specialised(parts: Parts, steps: int, *, weights: int) -> Array:
    """Train the specialised network with about so many weights and answer the test images.

    A convolution on all pixels is dear: it makes as many steps as the bridge, on eight images each.
    """
    size = parts.train.target.shape[-2:]
    layers = 6
    width = max(8, round(math.sqrt(weights / (9 * layers))))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Specialised(width, layers)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net.to(device)
    given = torch.as_tensor(bicubic(parts.train.source, size), dtype=torch.float32)
    wanted = torch.as_tensor(parts.train.target)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3)
    draws = generator(0, "benchmark", "specialised")
    for _ in range(steps):
        rows = torch.randint(len(given), (8,), generator=draws)
        loss = (net(given[rows].to(device)) - wanted[rows].to(device)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    test = torch.as_tensor(bicubic(parts.test.source, size), dtype=torch.float32)
    with torch.no_grad():
        return torch.cat([net(x.to(device)).cpu() for x in test.split(64)]).numpy()


def simple_answers(parts: Parts) -> dict[str, Drawn]:
    """Bicubic, ridge and neighbours; on textures the best possible answer."""
    rng = numpy_generator(0, "benchmark", "simple")
    shape = parts.test.target.shape
    x, y, given = shown(parts.train.source), shown(parts.train.target), shown(parts.test.source)
    near = Neighbours(x, y, generator=rng).predict(given, samples=SAMPLES)
    found = {
        "bicubic": bicubic(parts.test.source, shape[-2:]),
        "ridge": RidgePairs(x, y, generator=rng).predict(given).reshape(shape),
    }
    rows = {name: Drawn(np.empty((0, *shape)), mean) for name, mean in found.items()}
    rows["neighbours"] = Drawn(near.samples.reshape(-1, *shape), near.mean.reshape(shape))
    if parts.test.label[0] == "texture":
        small = parts.test.source[:, 0].astype(np.float64)
        draws = conditional_draws(small, TEXTURES, samples=SAMPLES, generator=rng)
        rows["best"] = Drawn(draws[:, :, None], best_mean(small, TEXTURES)[:, None])
    return rows


def with_residuals(parts: Parts, held: Array, mean: Array) -> dict[str, Drawn]:
    """A regression with pixelwise Gaussian and with borrowed residuals."""
    residuals, shape = shown(parts.held.target) - shown(held), mean.shape
    rng = numpy_generator(0, "benchmark", "residuals")
    noisy = gaussian_residual(shown(mean), residuals, samples=SAMPLES, generator=rng)
    bank = Held(shown(parts.held.source), residuals)
    lent = borrowed_residual(shown(mean), shown(parts.test.source), bank, samples=SAMPLES)
    return {
        "regression + gaussian": Drawn(noisy.samples.reshape(-1, *shape), mean),
        "regression + borrowed": Drawn(lent.samples.reshape(-1, *shape), mean),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=list(RANGES), default="digits")
    parser.add_argument("--folder", default=".data/mnist")
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--tested", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    told = parser.parse_args()
    begun, reach = time.monotonic(), RANGES[told.data]
    parts = images(told)
    pairs, held, test = (p.as_set() for p in parts)
    net = train_feature_net(
        parts.train.target,
        generator=generator(0, "benchmark", "features"),
        options=FeatureOptions(steps=min(400, told.steps)),
    )
    truth = parts.test.target
    rows: dict[str, list[Row]] = {}
    for name, drawn in simple_answers(parts).items():
        rows[name] = [judged(drawn, truth, net, reach)]
    weights = 0
    for seed in told.seeds:
        for arm in told.arms:
            place = f"super/{told.data}-{told.images}-{told.steps}/{arm}-{seed}"
            (RUNS / place).parent.mkdir(parents=True, exist_ok=True)
            budget = Budget(told.steps, told.batch)
            method = trained(place, pairs, {**NETWORKS, **ARMS[arm]}, budget, seed)
            weights = sum(p.numel() for p in method.parameters())
            count = 0 if arm == "regression" else SAMPLES
            drawn = answers(method, test.batch(np.arange(len(test))), samples=count, seed=seed)
            rows.setdefault(arm, []).append(judged(drawn, truth, net, reach))
            if arm == "regression":
                back = answers(method, held.batch(np.arange(len(held))), samples=0, seed=seed)
                for name, control in with_residuals(parts, back.mean, drawn.mean).items():
                    rows.setdefault(name, []).append(judged(control, truth, net, reach))
            print(f"{arm} {seed}: {rows[arm][-1].psnr.mean():.2f} dB", flush=True)
    single = specialised(parts, told.steps, weights=weights)
    rows["specialised"] = [judged(Drawn(single[None][:0], single), truth, net, reach)]
    record(
        f"super_resolution_{told.data}",
        "From a small image the mean of 8 samples of the bridge is 0.5 dB above regression with "
        "the same network, and its CRPS and energy score are below those of every residual control "
        f"({told.data}).",
        _holds(rows),
        _figures(rows),
        told.seeds,
        time.monotonic() - begun,
    )


def _figures(rows: dict[str, list[Row]]) -> list[dict[str, Any]]:
    units = {"psnr": "dB", "psnr_of_mean": "dB"}
    figures = []
    for name, found in rows.items():
        for field in Row._fields:
            values = np.mean([getattr(row, field) for row in found], axis=0)
            if np.isfinite(values).any():
                span = bootstrap_interval(values, generator=numpy_generator(0, name, field))
                label, unit = f"{name}: {field}", units.get(field, "")
                figures.append(figure(label, span.mean, unit, low=span.low, high=span.high))
    return figures


def _holds(rows: dict[str, list[Row]]) -> bool:
    controls = ("gaussian", "regression + gaussian", "regression + borrowed")
    if any(name not in rows for name in ("ours", "regression", *controls)):
        return False

    def of(name: str, field: str) -> float:
        return float(np.mean([getattr(row, field).mean() for row in rows[name]]))

    gain = of("ours", "psnr_of_mean") - of("regression", "psnr")
    scored = all(of("ours", f) < of(c, f) for c in controls for f in ("crps", "energy"))
    return gain >= 0.5 and scored


if __name__ == "__main__":
    main()
