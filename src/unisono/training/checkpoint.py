"""Checkpoints: one safetensors file each, written whole or not at all, never pickled.

A file is ``step-<steps done>-<first 16 hex digits of its SHA-256>.safetensors``: the name vouches
for the content, so one rename publishes both. What is not a tensor is JSON in the file's header.
The last two are kept; a damaged newest one falls back to the one before it, with a warning.
"""

import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from unisono.core.files import atomic_file, digest_file
from unisono.training.errors import TrainingError

__all__ = ["CHECKPOINT_FORMAT", "Checkpoint", "CheckpointFolder"]

CHECKPOINT_FORMAT = 1
"""Version of the layout of a checkpoint."""

_NAME = re.compile(r"step-(\d+)-([0-9a-f]{16})\.safetensors")
_KEY = "unisono"


@dataclass(frozen=True)
class Checkpoint:
    """A run at one step.

    Args:
        step: Steps done.
        tensors: Weights, averages and the optimiser's moments, by name.
        header: Everything else; JSON.
    """

    step: int
    tensors: Mapping[str, Tensor]
    header: Mapping[str, Any]


class CheckpointFolder:
    """The checkpoints of one run.

    Args:
        folder: Where they lie.
        keep: How many are kept.
    """

    def __init__(self, folder: str | Path, *, keep: int = 2) -> None:
        self._folder, self._keep = Path(folder), keep

    def paths(self) -> list[Path]:
        """Files of the checkpoints, the newest first."""
        found = [path for path in self._folder.glob("step-*") if _NAME.fullmatch(path.name)]
        return sorted(found, key=_step_of, reverse=True)

    def write(self, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint and drop those no longer kept; return its file.

        Raises:
            OutputError: If the disk is full. The checkpoints before it are untouched then.
        """
        header = {"format": CHECKPOINT_FORMAT, "step": checkpoint.step, **checkpoint.header}
        content = save(_untied(checkpoint.tensors), {_KEY: json.dumps(header)})
        digest = hashlib.sha256(content).hexdigest()[:16]
        path = self._folder / f"step-{checkpoint.step:09d}-{digest}.safetensors"
        with atomic_file(path) as part:
            part.write_bytes(content)
        others = [other for other in self.paths() if other != path]
        # a run that goes on from before a checkpoint has found it damaged
        earlier = [other for other in others if _step_of(other) < checkpoint.step]
        for old in set(others) - set(earlier[: self._keep - 1]):
            old.unlink(missing_ok=True)
        return path

    def latest(self) -> Checkpoint | None:
        """Read the newest checkpoint that is whole; None where there is none.

        Raises:
            TrainingError: If there are checkpoints and none can be read.
        """
        paths = self.paths()
        for path in paths:
            try:
                return _read(path)
            except (SafetensorError, OSError, ValueError, KeyError) as error:
                if isinstance(error, TrainingError):
                    raise
                warnings.warn(
                    f"{path} is damaged ({error}); the checkpoint before it is taken.",
                    RuntimeWarning,
                    stacklevel=2,
                )
        if paths:
            raise TrainingError(
                f"{self._folder}: every checkpoint is damaged; start the run again without resume."
            )
        return None

    def sweep(self) -> None:
        """Remove what writes that were killed left behind."""
        for part in self._folder.glob(".step-*.part.safetensors"):
            part.unlink(missing_ok=True)


def _untied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous tensors with memory of their own: the format has no two names for one."""
    seen: set[int] = set()
    own = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        storage = tensor.untyped_storage().data_ptr()
        own[name] = tensor.clone() if storage in seen else tensor
        seen.add(storage)
    return own


def _step_of(path: Path) -> int:
    return int(path.name.split("-")[1])


def _read(path: Path) -> Checkpoint:
    digest = path.stem.split("-")[2]
    if digest_file(path).removeprefix("sha256:")[:16] != digest:
        raise ValueError("its content is not what its name vouches for")
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()[_KEY])
        if header["format"] > CHECKPOINT_FORMAT:
            raise TrainingError(
                f"{path} is of format {header['format']}, newer than {CHECKPOINT_FORMAT}; "
                "upgrade unisono to resume it."
            )
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    return Checkpoint(int(header["step"]), tensors, header)
