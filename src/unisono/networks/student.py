"""A student network: its teacher, told both ends of the jump that it takes instead of one time.

Any network whose ``time`` is a :class:`~unisono.networks.embeddings.TimeEmbedding` can be a
teacher. The student takes times ``(B, 2)``, from and until; it begins as its teacher exactly.
"""

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from unisono.core.errors import ConfigError
from unisono.networks.embeddings import JumpEmbedding, TimeEmbedding

__all__ = ["Taught", "begin_as", "is_taught", "student_of"]

Net = TypeVar("Net", bound=nn.Module)


class Taught(nn.Module):
    """Whether a student has been taught; kept and sealed with the weights.

    Before its phase a student is a copy of a network that has learned nothing: whoever asks for few
    steps must get the teacher. Models that were sealed before this was kept had their phase.
    """

    yes: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("yes", torch.zeros((), dtype=torch.bool))

    def is_now(self, *, taught: bool) -> None:
        """Say whether it is."""
        self.yes.fill_(taught)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:  # noqa: ANN401 - torch's own signature
        state_dict.setdefault(f"{prefix}yes", torch.ones_like(self.yes))
        super()._load_from_state_dict(state_dict, prefix, *args)


def is_taught(taught: Taught | None) -> bool:
    """Whether there is a student, and it has been taught."""
    return taught is not None and bool(taught.yes)


def student_of(teacher: Net) -> Net:
    """A copy of a network that takes jumps.

    Args:
        teacher: The network.

    Raises:
        ConfigError: If it has no time embedding named ``time``.
    """
    time = getattr(teacher, "time", None)
    if not isinstance(time, TimeEmbedding):
        raise ConfigError(f"a {type(teacher).__name__} has no embedding of time to make a student.")
    student = copy.deepcopy(teacher)
    student.add_module("time", JumpEmbedding(time.width))
    begin_as(student, teacher)
    return student


def begin_as(student: nn.Module, teacher: nn.Module) -> None:
    """Give a student its teacher's weights; what it knows of a jump's end starts at zero."""
    weights = {
        name.replace("time.", "time.start.", 1) if name.startswith("time.") else name: value
        for name, value in teacher.state_dict().items()
    }
    with torch.no_grad():
        found = student.load_state_dict(weights, strict=False)
    strange = [*found.unexpected_keys, *(k for k in found.missing_keys if "time." not in k)]
    if strange:
        raise ConfigError(f"the student is not of this teacher: {strange[0]} does not fit.")
