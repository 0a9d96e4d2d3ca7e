"""A recipe of text to motion, as frozen dataclasses that read from TOML."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unisono.api.recipe_files import read_recipe
from unisono.core.checks import check_choice, check_range
from unisono.core.config import read_toml
from unisono.core.errors import ConfigError
from unisono.methods import TEXT_METHODS, LEADSettings
from unisono.training.settings import TrainingSettings

__all__ = ["MotionData", "MotionRecipe", "is_motion_recipe", "load_motion_recipe"]


@dataclass(frozen=True)
class MotionData:
    """What is learned from.

    Args:
        path: A corpus: a folder that :class:`unisono.recordings.motion.corpus.MotionCorpus` saved.
        simulate: With no path: so many clips are simulated, captioned.
        begin: Folder of a model of the same corpus, of which parts are taken over that fit and are
            not trained here (their steps are 0): its text encoder, VAE, diffusion.
        frames: Most frames of a motion; longer clips are cut into such pieces, which overlap by
            half.
        test: Share of pairs of content and style held out for the test.
        valid: Share held out to choose by.
        seed: Seed of what is held out.
        pretrained: Folder of a pretrained text encoder to use in place of an own one.
        about: One line on the data, for the card.
        licence: Licence of the data, for the card.
        cite: How to cite the data, for the card.
    """

    path: str = ""
    simulate: int = 0
    begin: str = ""
    frames: int = 80
    test: float = 0.15
    valid: float = 0.1
    seed: int = 0
    pretrained: str = ""
    about: str = ""
    licence: str = "not stated"
    cite: str = ""

    def __post_init__(self) -> None:
        check_range("data.simulate", self.simulate, 0, 1_000_000, closed=True)
        check_range("data.frames", self.frames, 4, 100_000, closed=True)
        check_range("data.test", self.test, 0.0, 0.9)
        check_range("data.valid", self.valid, 0.0, 0.9)


@dataclass(frozen=True)
class MotionRecipe:
    """A complete run.

    Args:
        method: Short name of the method.
        output: Folder of the model.
        data: What is learned from.
        lead: Settings of the method.
        training: Settings of the loop.
    """

    method: str = "lead"
    output: str = "runs/motion"
    data: MotionData = field(default_factory=MotionData)
    lead: LEADSettings = field(default_factory=LEADSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        check_choice("method", self.method, TEXT_METHODS)
        if self.training.batch_size < 2:
            raise ConfigError(
                "training.batch_size = 1 leaves a text nothing to be told from; take 2 or more."
            )
        if self.data.pretrained and self.lead.text.steps:
            raise ConfigError(
                "data.pretrained names a text encoder, and lead.text.steps would train it; set "
                "lead.text.steps = 0."
            )


def is_motion_recipe(path: str | Path) -> bool:
    """Whether a recipe file is one of text to motion."""
    return str(read_toml(path).get("method")) in TEXT_METHODS


def load_motion_recipe(path: str | Path, settings: Sequence[str] = ()) -> MotionRecipe:
    """Read a recipe and apply ``key.path=value`` settings.

    Raises:
        ConfigError: For a file that is missing or no TOML, an unknown key (naming the nearest), a
            value out of range, or a recipe that names no data.
    """
    recipe = read_recipe(MotionRecipe, path, settings, needed=())
    if not recipe.data.path and not recipe.data.simulate:
        raise ConfigError(
            f"{path} says nothing of data.path; add it, or use --set data.path=..., or "
            "--set data.simulate=800 for simulated clips."
        )
    return recipe
