"""Pairs in a file, and a recipe that is trained in a second."""

from pathlib import Path
from typing import Any

import numpy as np

from unisono.api.translation_recipe import TranslationRecipe
from unisono.core.config import from_mapping

TINY: dict[str, Any] = {
    "split": {"test": 0.2, "calibration": 0.2},
    "lddbm": {
        "steps": 20,
        "source": {"hidden": 2},
        "target": {"hidden": 2},
        "latents": {"tokens": 4, "width": 4},
        "bridge": {"steps": 2},
        "size": {"width": 8, "heads": 2, "feedforward": 8, "dropout": 0.0},
        "shape": {"encoder_layers": 1, "decoder_layers": 1},
    },
    "training": {
        "batch_size": 8, "learning_rate": 5e-3, "warmup_steps": 1, "ema_decay": 0.9,
        "device": "cpu", "precision": "fp32",
    },
}  # fmt: skip


def pair_file(folder: Path, count: int = 40) -> Path:
    """Small images into solids: the solid is the image, raised."""
    rng = np.random.default_rng(0)
    small = (rng.random((count, 1, 4, 4)) > 0.5).astype(np.float32)
    solid = np.repeat(np.kron(small[:, 0], np.ones((2, 2)))[:, None], 8, axis=1)
    file = folder / "pairs.npz"
    np.savez(file, small=small, solid=solid)
    return file


def recipe_of(file: Path, output: Path, **tables: Any) -> TranslationRecipe:  # noqa: ANN401
    data = {"path": str(file), "given": ["small"], "want": ["solid"]}
    return from_mapping(TranslationRecipe, {**TINY, "data": data, "output": str(output), **tables})
