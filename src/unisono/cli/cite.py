"""``unisono cite MODEL``: the references of exactly what a model uses."""

from pathlib import Path

__all__ = ["run"]


def run(model: Path) -> int:
    """Print how to cite a model: its method, process, losses and data.

    Parameters
    ----------
    model
        A sealed model's folder.
    """
    from unisono import api

    print(api.cite(api.load(model)))
    return 0
