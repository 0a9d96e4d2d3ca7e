"""Generators, derived per purpose from one seed.

``generator(seed, "train", "noise")`` and ``generator(seed, "split")`` are independent streams: the
seed and the words are hashed (SHA-256), so adding a new purpose never shifts an old one.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

__all__ = ["derive_seed", "generator", "numpy_generator"]


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Hash a seed and a purpose into a 63-bit seed.

    Example:
        >>> derive_seed(0, "train") != derive_seed(0, "split")
        True
    """
    text = "\x1f".join([str(int(seed)), *map(str, purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(
    seed: int, *purpose: str | int, device: "torch.device | str" = "cpu"
) -> "torch.Generator":
    """Return a torch generator for one purpose of one seed."""
    import torch

    return torch.Generator(device=device).manual_seed(derive_seed(seed, *purpose))


def numpy_generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return a NumPy generator for one purpose of one seed."""
    return np.random.default_rng(derive_seed(seed, *purpose))
