"""``train``: a recipe of any kind, from its data to a sealed model."""

from collections.abc import Callable, Sequence
from pathlib import Path

from unisono.api.fitting import train_recipe
from unisono.api.model import Model
from unisono.api.motion_model import MotionModel
from unisono.api.motion_recipe import is_motion_recipe
from unisono.api.motion_training import train_motion
from unisono.api.translating import Translator, train_translation
from unisono.api.translation_recipe import is_translation

__all__ = ["train"]


def train(
    path: str | Path,
    *,
    settings: Sequence[str] = (),
    resume: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Model | Translator | MotionModel:
    """Train as a recipe says and return the sealed model.

    Args:
        path: The recipe, a TOML file; its ``method`` says what is made.
        settings: ``key.path=value`` settings that override it.
        resume: Continue a run that was stopped.
        progress: Called with what is being done, how much of it, and of how much.

    Raises:
        ConfigError: If the recipe is wrong.
        OutputError: If the output exists.
    """
    if is_motion_recipe(path):
        return train_motion(path, settings=settings, resume=resume, progress=progress)
    run = train_translation if is_translation(path) else train_recipe
    return run(path, settings=settings, resume=resume, progress=progress)
