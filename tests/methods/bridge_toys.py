"""Gaussian pairs whose conditional distribution is known, small enough to train in a blink."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from unisono.core.contracts import Batch
from unisono.core.random import generator
from unisono.methods.lddbm import LDDBM
from unisono.methods.lddbm_settings import (
    BridgeLosses,
    BridgeSettings,
    EndSettings,
    LatentSettings,
    LDDBMSettings,
)
from unisono.networks.bridge_network import BridgeShape
from unisono.networks.conditioning import TransformerSize

FRAMES = 4
MIX = torch.tensor([[1.0, -0.5], [0.5, 1.0]])
NOISE = torch.tensor([[0.6, 0.0], [0.4, 0.5]])


def pairs(size: int, seed: int = 0) -> Batch:
    """``x = y MIX + e NOISE``, frame by frame."""
    g = generator(seed, "toy")
    y, e = torch.randn(2, size, FRAMES, 2, generator=g)
    return batch_of({"y": y, "x": y @ MIX + e @ NOISE})


def batch_of(data: Mapping[str, Tensor], mask: Mapping[str, Tensor] | None = None) -> Batch:
    size = len(next(iter(data.values())))
    mask = mask or {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}
    rows = torch.from_numpy(np.arange(size, dtype=np.int64))
    return Batch(dict(data), dict(mask), rows, rows, torch.full((size,), -1))


def settings(codec: str = "identity", **changes: Any) -> LDDBMSettings:  # noqa: ANN401 - any field
    """Tiny; identity codecs, and no contrast, unless said otherwise."""
    table: dict[str, Any] = {
        "steps": 10,
        "source": EndSettings(codec, 4),
        "target": EndSettings(codec, 4),
        "latents": LatentSettings(tokens=FRAMES, width=4),
        "losses": BridgeLosses(contrast=0.0 if codec == "identity" else None),
        "bridge": BridgeSettings(),
        "size": TransformerSize(16, 2, 32, 0.0),
        "shape": BridgeShape(1, 1),
    }
    return LDDBMSettings(**(table | changes))


def method(chosen: LDDBMSettings, shapes: Mapping[str, tuple[int, ...]] | None = None) -> LDDBM:
    torch.manual_seed(0)
    shapes = shapes or {"y": (FRAMES, 2), "x": (FRAMES, 2)}
    return LDDBM(chosen, shapes, given=["y"], want=["x"])


def fitted(made: LDDBM, steps: int, *, seed: int = 0, rate: float = 4e-3) -> LDDBM:
    """Every phase of the method, in proportion, with a plain optimiser."""
    made.prepare(pairs(512, seed))
    total = sum(phase.steps for phase in made.phases)
    for phase in made.phases:
        groups = made.groups()
        made.begin(phase)
        moved = [p for name in phase.groups for p in groups[name]]
        for p in made.parameters():
            p.requires_grad_(False)
        for p in moved:
            p.requires_grad_(True)
        optimiser = torch.optim.Adam(moved, lr=rate)
        for step in range(max(1, steps * phase.steps // total)):
            g = generator(seed, phase.name, step)
            found = made.loss(pairs(128, 1000 * seed + step), phase=phase, step=step, generator=g)
            optimiser.zero_grad()
            found.total.backward()
            optimiser.step()
    return made.eval()
