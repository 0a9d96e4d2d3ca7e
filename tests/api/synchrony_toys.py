"""A method that knows the answer, and recordings whose two sides are late or strangers."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Generator

from unisono.core.contracts import Batch, Draws, Latents, StreamInfo
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.window_settings import Cut

MIX = torch.tensor([[1.0, -1.0], [0.5, 2.0], [0.0, 1.0]])
"""Forces are angles times this."""


class Knowing:
    """Predicts forces from angles exactly, frame by frame; both latents are the forces."""

    any_part = False
    settings = SimpleNamespace(alignment=SimpleNamespace(length=10))

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        assert set(batch.data) == {"angles"}, "the wanted side must not be seen"
        mean = batch.data["angles"] @ MIX
        return {name: Draws(mean[None][:samples], mean, mean) for name in want}

    def aligned(self, batch: Batch, *, generator: Generator) -> tuple[Latents, Latents]:
        x, y = batch.data["angles"] @ MIX, batch.data["grf"]
        # a part that tells the place alone, as latents of a trained network have
        place = 3 * torch.sin(torch.arange(x.shape[1]) / 3.0)[None, :, None].expand(len(x), -1, 4)
        masks = (batch.mask[k].any(dim=-1) for k in ("angles", "grf"))
        return tuple(  # type: ignore[return-value]
            Latents(torch.cat([z, -z, place], dim=-1), m)
            for z, m in zip((x, y), masks, strict=True)
        )


def knowing_model(method: Any = None) -> Any:  # noqa: ANN401 - stands in for a model
    """What a lag and a score look at of a model."""
    streams = {
        "angles": StreamInfo("angles", ("a", "b", "c"), ("deg",) * 3, "angle", 50.0),
        "grf": StreamInfo("grf", ("fy", "fz"), ("N",) * 2, "force", 50.0),
    }
    return SimpleNamespace(
        method=method or Knowing(), given=("angles",), want=("grf",), streams=streams,
        cut=Cut(("angles", "grf"), rate_hz=50.0, length=40, stride=20),
        sealed=SimpleNamespace(extra={}),
    )  # fmt: skip


def two_sides(
    seed: int, *, late_s: float = 0.0, bond: bool = True, seconds: float = 12
) -> xr.DataTree:
    """A recording whose angles come so much too late, or whose forces are somebody else's."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(50 * seconds)) / 50

    def smooth() -> np.ndarray:
        white = rng.normal(size=(len(time) + 10, 3))
        return np.stack([np.convolve(w, np.hanning(9), "same")[5:-5] for w in white.T], axis=1)

    angles = smooth()
    forces = (angles if bond else smooth()) @ MIX.numpy()
    forces += 0.3 * rng.normal(size=forces.shape)
    parts = {
        "angles": make_stream(
            angles, time=time + late_s, channels=["a", "b", "c"], units="deg", kind="angle"
        ),
        "grf": make_stream(forces, time=time, channels=["fy", "fz"], units="N", kind="force"),
    }
    return make_recording(parts, recording=f"r{seed}", subject="s")
