"""Where a run computes, and in which arithmetic."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple

import torch

from unisono.core.errors import ConfigError
from unisono.training.settings import TrainingSettings

__all__ = ["Machine", "has_bf16", "resolve_machine"]

_BF16 = ("avx512_bf16", "amx_bf16", "bf16")


class Machine(NamedTuple):
    """A device and the arithmetic of the networks on it.

    Attributes:
        device: Torch device.
        precision: ``"fp32"`` or ``"bf16"``.
    """

    device: torch.device
    precision: str

    def autocast(self) -> AbstractContextManager[None]:
        """Context in which a loss or a sample is computed: bf16 autocast, or nothing."""
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"
        )


def has_bf16(device: torch.device) -> bool:
    """Whether the processor has bf16 arithmetic of its own (AVX512-BF16, AMX, Arm's, CUDA's).

    Torch emulates bf16 on any other CPU, slower than float32. A torch too old to tell is taken to
    have none.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    found: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(bool(found.get(name)) for name in _BF16)


def resolve_machine(settings: TrainingSettings, *, local_rank: int = 0) -> Machine:
    """Resolve ``"auto"``.

    Args:
        settings: Settings of the run.
        local_rank: Which of this computer's accelerators is this process's.

    Raises:
        ConfigError: If the device does not exist, or has no bf16 of its own and it was asked for.
    """
    name = settings.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts where CUDA is not compiled in
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"training.device {name!r} cannot be used: {reason}; take 'auto' or 'cpu'."
        ) from error
    if device.type == "cuda" and device.index is None:
        device = torch.device("cuda", local_rank)
    precision = settings.precision
    if precision == "auto":
        precision = "bf16" if has_bf16(device) else "fp32"
    elif precision == "bf16" and not has_bf16(device):
        raise ConfigError(
            f"training.precision is 'bf16', but {device} has no bf16 of its own; "
            "take 'auto' or 'fp32'."
        )
    return Machine(device, precision)
