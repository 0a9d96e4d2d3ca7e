r"""One step of training, the same for every method.

.. math:: g = \frac1R \sum_r \nabla L_r, \qquad
          w \leftarrow \mathrm{AdamW}\bigl(w, g \min(1, c / \lVert g \rVert)\bigr)

with ``R`` ranks and ``c`` the clipping norm. A loss or a gradient that is not finite stops the run
before the weights are touched, and names the windows.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from unisono.core.contracts import Batch, Loss
from unisono.core.distributed import rank_slice, world
from unisono.core.files import write_text
from unisono.training.data import Rows, Source
from unisono.training.distributed import sum_over_ranks
from unisono.training.errors import TrainingError
from unisono.training.optimiser import clip_gradient, learning_rate
from unisono.training.randomness import seeded
from unisono.training.run import Run

__all__ = ["FAILURE_NAME", "Step", "make_step"]

FAILURE_NAME = "failure.json"
"""File in the run's folder that names the windows of a step that was not finite."""


class Step(NamedTuple):
    """What a step gave.

    Attributes:
        phase: Name of the phase.
        loss: Loss of the global batch.
        parts: Its parts and monitors, means over the ranks.
        gradient_norm: Norm of the whole gradient before clipping.
        learning_rate: Rate of the step.
        windows: Size of the global batch.
        stop: Whether any rank was asked to stop.
    """

    phase: str
    loss: float
    parts: Mapping[str, float]
    gradient_norm: float
    learning_rate: float
    windows: int
    stop: bool

    def row(self) -> dict[str, float]:
        """The numbers that are logged."""
        return {
            "loss": self.loss,
            **self.parts,
            "gradient_norm": self.gradient_norm,
            "learning_rate": self.learning_rate,
        }


def make_step(run: Run, source: Source, folder: Path, *, stop: bool = False) -> Step:
    """Make one optimiser step and count it.

    Args:
        run: The run; its weights, optimiser, average and step move on.
        source: The data.
        folder: Where a failure is described.
        stop: Whether this rank was asked to stop.

    Raises:
        TrainingError: If the loss or its gradient is not finite, or does not depend on what the
            phase trains. The weights are as before the step.
        ShapeError: If the batch does not part into equal ranks.
    """
    place, device = run.place, run.machine.device
    rows = source.sampler.at(run.step)
    batch = source.windows.batch(rows[rank_slice(len(rows))]).to(device)
    purpose = ("train", run.step)
    with seeded(run.settings.seed, *purpose, device=device, rank=world().rank) as generator:
        with run.machine.autocast():
            loss = run.method.loss(batch, phase=place.phase, step=place.step, generator=generator)
        _backward(loss, place.phase.name)
    shared = _share(run, loss, stop=stop)
    norm = clip_gradient(run.parameters, run.settings.clip_norm)
    values = [*shared[:2].tolist(), float(norm)]
    if not all(math.isfinite(value) for value in values[1:]):
        parts = dict(zip(loss.parts, shared[2:].tolist(), strict=True))
        _refuse(run, source, rows, folder, {"loss": values[1], **parts, "gradient_norm": values[2]})
    rate = learning_rate(place.step, place.phase.steps, run.settings)
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    run.optimiser.step()
    run.optimiser.zero_grad(set_to_none=True)
    run.advance()
    parts = dict(zip(loss.parts, shared[2:].tolist(), strict=True))
    return Step(place.phase.name, values[1], parts, values[2], rate, len(rows), values[0] > 0)


def _backward(loss: Loss, phase: str) -> None:
    if not loss.total.requires_grad:
        raise TrainingError(
            f"phase {phase!r}: the loss depends on none of the parameters that the phase trains; "
            "name their groups in the phase."
        )
    (loss.total / world().size).backward()  # type: ignore[no-untyped-call]


def _share(run: Run, loss: Loss, *, stop: bool) -> Tensor:
    """Sum gradients over ranks; return (stop, loss, parts) of all of them, ``(2 + parts,)``."""
    size = world().size
    scalars = [loss.total, *loss.parts.values()]
    numbers = torch.stack([s.detach().float().reshape(()) / size for s in scalars])
    shared = torch.cat([numbers.new_tensor([float(stop)]), numbers])
    gradients = [p.grad for p in run.parameters.values() if p.grad is not None]
    sum_over_ranks([*gradients, shared])
    return shared


def _refuse(
    run: Run, source: Source, rows: Rows, folder: Path, values: Mapping[str, float]
) -> None:
    """Describe a step that is not finite in a file and in one line."""
    run.optimiser.zero_grad(set_to_none=True)
    wrong = [name for name, value in values.items() if not math.isfinite(value)]
    bad = _bad_inputs(source.windows.batch(rows))
    names = list(source.names(rows))
    if world().rank == 0:
        story = {
            "step": run.step,
            "phase": run.place.phase.name,
            "values": {name: str(value) for name, value in values.items()},
            "rows": [int(row) for row in rows],
            "recordings": names,
            "rows_with_bad_input": bad,
        }
        write_text(folder / FAILURE_NAME, json.dumps(story, indent=2))
    cause = f"; the input is not finite in {_few(bad)}" if bad else ""
    whence = f" of recordings {_few(names)}" if names else ""
    raise TrainingError(
        f"step {run.step}, phase {run.place.phase.name!r}: {_few(wrong)} not finite for rows "
        f"{_few([str(int(row)) for row in rows])}{whence}{cause}; all of them are in "
        f"{folder / FAILURE_NAME}; mend or leave out these windows, or lower the learning rate, "
        "and resume."
    )


def _bad_inputs(batch: Batch) -> list[str]:
    """Streams and rows whose data are not finite, e.g. ``"grf of row 17"``."""
    found = []
    for stream, data in batch.data.items():
        finite = torch.isfinite(data).reshape(len(data), -1).all(dim=1)
        found += [f"{stream} of row {int(row)}" for row in batch.index[~finite]]
    return found


def _few(words: list[str], most: int = 8) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
