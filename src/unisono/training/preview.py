"""Early sample previews: what the method makes of a few fixed windows while it trains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unisono.core.contracts import Batch, Draws, Method
from unisono.core.distributed import solo
from unisono.core.files import atomic_file
from unisono.training.data import Rows
from unisono.training.phases import as_module
from unisono.training.randomness import seeded

__all__ = ["Preview", "write_preview"]


@dataclass(frozen=True)
class Preview:
    """What is previewed.

    Args:
        rows: Rows of the windows, the same every time; best of people who are not trained on.
        want: Streams to generate.
        samples: Samples of each.
        steps: Solver steps.
        draw: Called with the file once it is written; returns a picture of it, PNG, which the run
            keeps beside the file and in TensorBoard. May be left out.
    """

    rows: Rows
    want: tuple[str, ...]
    samples: int = 4
    steps: int = 10
    draw: Callable[[Path], bytes] | None = None


def write_preview(
    method: Method, batch: Batch, preview: Preview, path: Path, *, seed: int
) -> bytes | None:
    """Generate, save and draw; neither modes nor random states of the run are touched.

    The same seed every time, so that what changes between previews is the method.

    The NPZ holds, for each wanted stream, ``<stream>/samples`` ``(S, B, L, D)``,
    ``<stream>/mean``, ``<stream>/truth`` and ``<stream>/valid`` ``(B, L, D)`` in physical units,
    and ``rows`` ``(B,)``. The picture lies beside it.

    Returns:
        The picture, PNG, or None where nothing draws it.

    Raises:
        OutputError: If it cannot be written.
    """
    module = as_module(method)
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with (
            solo(),
            torch.no_grad(),
            seeded(seed, "preview", device=batch.index.device) as generator,
        ):
            drawn = method.generate(
                batch,
                preview.want,
                samples=preview.samples,
                steps=preview.steps,
                generator=generator,
            )
    finally:
        for part, mode in modes.items():
            part.training = mode
    with atomic_file(path) as file, file.open("wb") as handle:
        np.savez(handle, rows=preview.rows, **_arrays(batch, drawn))
    if preview.draw is None:
        return None
    picture = preview.draw(path)
    with atomic_file(path.with_suffix(".png")) as file:
        file.write_bytes(picture)
    return picture


def _arrays(batch: Batch, drawn: Mapping[str, Draws]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for stream, draws in drawn.items():
        named[f"{stream}/samples"] = draws.samples.float().cpu().numpy()
        named[f"{stream}/mean"] = draws.mean.float().cpu().numpy()
        named[f"{stream}/truth"] = batch.data[stream].cpu().numpy()
        named[f"{stream}/valid"] = batch.mask[stream].cpu().numpy()
    return named
