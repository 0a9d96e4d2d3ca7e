"""Freezing a network as a whole."""

from typing import TypeVar

from torch import nn

__all__ = ["freeze"]

M = TypeVar("M", bound=nn.Module)


def freeze(module: M) -> M:
    """Put the whole tree in evaluation mode and stop its gradients; return it.

    Setting ``training = False`` on the top module alone leaves dropout and normalisation below it
    running: this calls ``eval()``, which descends.

    Example:
        >>> net = freeze(nn.Sequential(nn.Linear(2, 2), nn.Dropout()))
        >>> net[1].training, next(net.parameters()).requires_grad
        (False, False)
    """
    module.eval()
    module.requires_grad_(requires_grad=False)
    return module
