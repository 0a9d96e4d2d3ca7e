"""A toy method and data in memory, small enough to train in a blink.

The toy has everything that a run must carry over a kill: two phases with different groups,
dropout, drawn noise, a fitted normaliser, a loss with masks and one that compares windows.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Generator, Tensor, nn

from unisono.core.contracts import Batch, Draws, Loss, Phase
from unisono.core.distributed import draw_global, gather_batch, masked_mean
from unisono.core.random import numpy_generator
from unisono.training.data import Rows, Source
from unisono.training.settings import TrainingSettings

FRAMES, GIVEN, WANT = 6, 3, 2


class ToyWindows:
    """``grf`` is a fixed mix of ``angles``; some frames of it are missing."""

    def __init__(self, count: int = 48) -> None:
        rng = np.random.default_rng(5)
        self.angles = rng.normal(size=(count, FRAMES, GIVEN)).astype(np.float32)
        self.grf = np.tanh(self.angles @ rng.normal(size=(GIVEN, WANT)).astype(np.float32))
        self.valid = rng.random((count, FRAMES, WANT)) > 0.3
        self.grf = np.where(self.valid, self.grf, 0).astype(np.float32)

    def batch(self, rows: Rows) -> Batch:
        zeros = torch.zeros(len(rows), dtype=torch.int64)
        angles = torch.from_numpy(self.angles[rows])
        return Batch(
            {"angles": angles, "grf": torch.from_numpy(self.grf[rows])},
            {"angles": torch.ones_like(angles).bool(), "grf": torch.from_numpy(self.valid[rows])},
            torch.from_numpy(np.asarray(rows, dtype=np.int64)),
            zeros,
            zeros,
        )


class ToySampler:
    """A fresh shuffle an epoch; a pure function of the step."""

    def __init__(self, count: int, size: int, seed: int = 0) -> None:
        self.count, self.size, self.seed = count, size, seed

    def at(self, step: int) -> Rows:
        epoch, place = divmod(step, self.count // self.size)
        order = numpy_generator(self.seed, "epoch", epoch).permutation(self.count)
        return order[place * self.size : (place + 1) * self.size].astype(np.int64)


class ToyMethod(nn.Module):
    """Encoder first, then a denoiser on top of the frozen encoder."""

    def __init__(
        self, steps: int = 20, *, dropout: float = 0.1, contrast: bool = True, width: int = 8
    ) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(11)
            self.encoder = nn.Sequential(
                nn.Linear(GIVEN, width), nn.Tanh(), nn.Dropout(dropout), nn.Linear(width, WANT)
            )
            self.net = nn.Sequential(
                nn.Linear(2 * WANT, width), nn.Dropout(dropout), nn.Tanh(), nn.Linear(width, WANT)
            )
            self.balance = nn.Parameter(torch.zeros(()))
        self.register_buffer("spread", torch.ones(GIVEN))
        self.steps, self.contrast = steps, contrast

    @property
    def phases(self) -> Sequence[Phase]:
        half = self.steps // 2
        return (
            Phase("codec", half, groups=("encoder",), losses=("fit",)),
            Phase("process", self.steps - half, groups=("net", "balance"), losses=("denoise",)),
        )

    def prepare(self, windows: Batch) -> None:
        self.spread = windows.data["angles"].flatten(0, 1).std(dim=0)

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        return {
            "encoder": list(self.encoder.parameters()),
            "net": list(self.net.parameters()),
            "balance": [self.balance],
        }

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        truth, mask = batch.data["grf"], batch.mask["grf"]
        code = self.encoder(batch.data["angles"] / self.spread)
        if "fit" in phase.losses:
            fit = masked_mean((code - truth).square(), mask)
            parts = {"fit": fit}
            total = fit
            if self.contrast:
                parts["contrast"] = _contrast(gather_batch(code), gather_batch(truth))
                total = total + 0.1 * parts["contrast"]
            return Loss(total, {name: part.detach() for name, part in parts.items()})
        noise = draw_global(
            lambda n: torch.randn(n, FRAMES, WANT, generator=generator, device=generator.device),
            batch.size,
        )
        guess = self.net(torch.cat([code, truth + noise], dim=-1))
        error = masked_mean((guess - truth).square(), mask)
        total = torch.exp(-self.balance) * error + self.balance
        return Loss(total, {"denoise": error.detach(), "spread": guess.detach().std()})

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        code = self.encoder(batch.data["angles"] / self.spread)
        noise = torch.randn((samples, *code.shape), generator=generator, device=generator.device)
        drawn = self.net(torch.cat([code.expand_as(noise), noise], dim=-1))
        return {name: Draws(drawn, drawn.mean(dim=0), code) for name in want}


def _contrast(code: Tensor, truth: Tensor) -> Tensor:
    """In-batch negatives: every window against every other one."""
    logits = code.flatten(1) @ truth.flatten(1).T
    return nn.functional.cross_entropy(logits, torch.arange(len(code), device=code.device))


def toy_source(count: int = 48, size: int = 8) -> Source:
    rows = np.arange(count, dtype=np.int64)
    return Source(
        ToyWindows(count), ToySampler(count, size), rows, "toy", lambda row: f"trial{row // 4:02d}"
    )


def toy_settings(**changes: object) -> TrainingSettings:
    base: dict[str, object] = {
        "batch_size": 8,
        "learning_rate": 1e-2,
        "warmup_steps": 3,
        "ema_decay": 0.9,
        "precision": "fp32",
        "device": "cpu",
        "checkpoint_every": 4,
        "log_every": 3,
        "seed": 7,
    }
    return TrainingSettings(**(base | changes))


def weights(method: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in method.state_dict().items()}


def same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)
