"""Phases as data: which one a step lies in, and which parameters it trains.

A phase trains its groups and freezes the rest: no gradient, and every module whose parameters are
all frozen is put in evaluation mode, so that its dropout and running statistics stand still too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from torch import nn

from unisono.core.checks import nearest
from unisono.core.contracts import Method, Phase
from unisono.core.errors import ConfigError
from unisono.core.freezing import freeze

__all__ = ["Place", "as_module", "check_method", "locate", "total_steps", "train_only"]


@dataclass(frozen=True)
class Place:
    """Where in a run a step lies.

    Args:
        phase: The phase.
        step: Step within the phase, from 0.
    """

    phase: Phase
    step: int

    @property
    def is_last(self) -> bool:
        """Whether this is the phase's last step."""
        return self.step + 1 == self.phase.steps


def total_steps(phases: Sequence[Phase]) -> int:
    """Optimiser steps of all phases together."""
    return sum(phase.steps for phase in phases)


def locate(phases: Sequence[Phase], step: int) -> Place:
    """Find the phase of a step of the run.

    Raises:
        ConfigError: If the run has no such step.

    Example:
        >>> place = locate([Phase("codec", 10), Phase("process", 5)], 12)
        >>> place.phase.name, place.step, place.is_last
        ('process', 2, False)
    """
    start = 0
    for phase in phases:
        if start <= step < start + phase.steps:
            return Place(phase, step - start)
        start += phase.steps
    raise ConfigError(f"step {step} lies outside of the run's {start} steps.")


def as_module(method: Method) -> nn.Module:
    """The method as the torch module that it is.

    Raises:
        ConfigError: If it is none.
    """
    if not isinstance(method, nn.Module):
        raise ConfigError(f"{type(method).__name__} is not a torch.nn.Module; derive it from one.")
    return cast(nn.Module, method)


def check_method(method: Method) -> None:
    """Refuse a method whose phases or groups cannot be trained.

    Raises:
        ConfigError: If there is no step to make, a phase names an unknown group, two phases have
            one name, or a parameter is in no group or in two.
    """
    phases = method.phases
    if total_steps(phases) < 1 or any(phase.steps < 0 for phase in phases):
        raise ConfigError("the method's phases have no step to train; give phases steps above 0.")
    names = [phase.name for phase in phases]
    if len(set(names)) < len(names):
        raise ConfigError(f"two phases have one name: {', '.join(names)}.")
    groups = method.groups()
    for phase in phases:
        for group in phase.groups:
            if group not in groups:
                raise ConfigError(
                    f"phase {phase.name!r} trains group {group!r}, which is none of "
                    f"{', '.join(groups)}.{nearest(group, groups)}"
                )
    _check_owners(method)


def _check_owners(method: Method) -> None:
    """Refuse a parameter that is in no group or in two."""
    groups = method.groups()
    owners: dict[int, str] = {}
    for group, members in groups.items():
        for member in members:
            if id(member) in owners:
                raise ConfigError(f"a parameter is in groups {owners[id(member)]!r} and {group!r}.")
            owners[id(member)] = group
    for name, parameter in as_module(method).named_parameters():
        if id(parameter) not in owners:
            raise ConfigError(f"parameter {name} is in no group; add it to one in groups().")


def train_only(method: Method, groups: Sequence[str]) -> Mapping[str, nn.Parameter]:
    """Make the named groups trainable and freeze everything else.

    Args:
        method: The method; its parameters' ``requires_grad`` and modules' mode are set.
        groups: Names of the groups to train; none means all of them.

    Returns:
        The trainable parameters by name, in the module's order.
    """
    module, members = as_module(method), method.groups()
    chosen = {id(p) for group in (groups or members) for p in members[group]}
    module.train()
    for parameter in module.parameters():
        parameter.requires_grad_(id(parameter) in chosen)
    for part in module.modules():
        own = list(part.parameters())
        if own and not any(p.requires_grad for p in own):
            freeze(part)
    return {name: p for name, p in module.named_parameters() if p.requires_grad}
