"""A student network: its teacher, told both ends of the jump that it takes instead of one time.

Any network whose ``time`` is a :class:`~unisono.networks.embeddings.TimeEmbedding` can be a
teacher. The student takes times ``(B, 2)``, from and until; it begins as its teacher exactly.
"""

import copy
from typing import TypeVar

import torch
from torch import nn

from unisono.core.errors import ConfigError
from unisono.networks.embeddings import JumpEmbedding, TimeEmbedding

__all__ = ["begin_as", "student_of"]

Net = TypeVar("Net", bound=nn.Module)


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
