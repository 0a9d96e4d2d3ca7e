"""A recipe: everything a run is made of, as frozen dataclasses that read from and write to TOML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from unisono.api.recipe_files import read_recipe
from unisono.core.checks import check_choice, check_range
from unisono.core.config import from_mapping
from unisono.core.errors import ConfigError
from unisono.methods import METHODS, LLMASettings
from unisono.recordings.window_settings import Cut
from unisono.training.settings import TrainingSettings

__all__ = [
    "BandSettings",
    "DataSettings",
    "Recipe",
    "Sampling",
    "SplitSettings",
    "load_recipe",
]


@dataclass(frozen=True)
class DataSettings:
    """What is learned from.

    Args:
        path: The dataset's folder.
        given: Streams that are given; for ``llma-any`` those that may be.
        want: Streams that are generated; for ``llma-any`` those that may be, which are most often
            the same ones.
        about: One line on the people and the laboratory, for the model's card.
        licence: Licence of the data, for the card.
        cite: How to cite the data, for the card.
    """

    path: str = ""
    given: tuple[str, ...] = ()
    want: tuple[str, ...] = ()
    about: str = ""
    licence: str = "not stated"
    cite: str = ""


@dataclass(frozen=True)
class SplitSettings:
    """Who is trained on, who calibrates the bands, and who tests.

    Args:
        name: A split kept with the dataset; the other settings are then of no use.
        by: ``"subject"``, or the name of a label.
        test: Share of keys for the test part.
        calibration: Share of keys for calibrating bands; of no use with cross-validated bands.
        leave_out: Keys of the test part, named instead of drawn.
        seed: Seed of the draw.
        share_subjects: States that parts may share subjects (a set with a single subject).
    """

    name: str = ""
    by: str = "subject"
    test: float = 0.2
    calibration: float = 0.2
    leave_out: tuple[str, ...] = ()
    seed: int = 0
    share_subjects: bool = False

    def __post_init__(self) -> None:
        check_range("split.test", self.test, 0.0, 0.9, closed=True)
        check_range("split.calibration", self.calibration, 0.0, 0.9, closed=True)
        if self.test + self.calibration >= 1:
            raise ConfigError(
                f"split.test ({self.test}) and split.calibration ({self.calibration}) leave "
                "nothing to train on."
            )


@dataclass(frozen=True)
class Sampling:
    """How to sample a trained model.

    Args:
        samples: Samples a window.
        steps: Solver steps; None stands for those the model was calibrated with.
        seed: Where the noise comes from.
        physics: ``"none"`` leaves what was drawn; ``"floor"`` keeps channels on the side of zero
            that they keep to in the training part (no floor pulls); ``"balance"`` also moves forces
            to the nearest that obey Newton's balance, as far as the recording's mass, markers and
            events tell (:mod:`unisono.evaluation.balance`).
    """

    samples: int = 32
    steps: int | None = None
    seed: int = 0
    physics: Literal["none", "floor", "balance"] = "floor"

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1, 100_000, closed=True)
        check_choice("physics", self.physics, ("none", "floor", "balance"))
        if self.steps is not None:
            check_range("steps", self.steps, 1, 100_000, closed=True)


@dataclass(frozen=True)
class BandSettings:
    """How bands are made and calibrated.

    Args:
        levels: Nominal levels.
        samples: Samples a window that a raw band's quantiles are taken from.
        steps: Solver steps.
        method: ``"split"`` calibrates on the calibration part; ``"cross"`` on every training
            subject, predicted by a model trained without that subject's fold (for few subjects);
            ``"none"`` leaves the bands raw, and every result says so.
        folds: Folds of ``"cross"``.
        fold_steps: Share of the training steps that a fold's model gets.
        kind: ``"additive"`` or ``"scale"``; see ``evaluation.calibration``.
        correction: ``"jackknife"``, ``"hierarchical"`` or ``"none"``; see the same.
    """

    levels: tuple[float, ...] = (0.5, 0.8, 0.9)
    samples: int = 50
    steps: int = 10
    method: Literal["split", "cross", "none"] = "split"
    folds: int = 4
    fold_steps: float = 1.0
    kind: str = "scale"
    correction: str = "jackknife"

    def __post_init__(self) -> None:
        if not self.levels:
            raise ConfigError("bands.levels names no level; name one or more, e.g. [0.5, 0.9].")
        for level in self.levels:
            check_range("bands.levels", level, 0.0, 1.0)
        check_range("bands.samples", self.samples, 2, 100_000, closed=True)
        check_range("bands.steps", self.steps, 1, 100_000, closed=True)
        check_range("bands.folds", self.folds, 2, 1000, closed=True)
        check_range("bands.fold_steps", self.fold_steps, 0.0, 1.0 + 1e-9)


@dataclass(frozen=True)
class Recipe:
    """A complete run.

    Args:
        method: Short name of the method.
        output: Folder of the model.
        pretrained: Folder of a sealed model of the same method, streams and sizes whose weights
            the run begins at (:mod:`unisono.api.pretraining`); empty for weights that are drawn.
        data: What is learned from.
        windows: How windows are cut: the keys of :class:`unisono.recordings.window_settings.Cut`
            but for ``streams``, which are those of ``data``.
        split: Who is in which part.
        bands: How bands are made.
        llma: Settings of llma and of llma-any.
        training: Settings of the loop.
    """

    method: str = "llma"
    output: str = "runs/model"
    pretrained: str = ""
    data: DataSettings = field(default_factory=DataSettings)
    windows: Mapping[str, Any] = field(default_factory=dict)
    split: SplitSettings = field(default_factory=SplitSettings)
    bands: BandSettings = field(default_factory=BandSettings)
    llma: LLMASettings = field(default_factory=LLMASettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        both = sorted(set(self.data.given) & set(self.data.want))
        if both and not METHODS[self.method].any_part:
            raise ConfigError(
                f"data: stream {both[0]!r} is both given and wanted; name it once, or take "
                "method = 'llma-any', of which any part may be given."
            )
        if self.data.given and self.data.want:
            _ = self.cut  # a wrong window setting is found now, not after an hour

    @property
    def cut(self) -> Cut:
        """How windows are cut, with the streams of ``data``."""
        streams = tuple(dict.fromkeys((*self.data.given, *self.data.want)))
        table = {"streams": streams, "require": streams, **self.windows}
        return from_mapping(Cut, table, where="windows")


def load_recipe(path: str | Path, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``key.path=value`` settings.

    Raises:
        ConfigError: For a file that is missing or no TOML, an unknown key (naming the nearest), a
            value out of range, or a recipe that names no data.
    """
    return read_recipe(Recipe, path, settings, needed=("path", "given", "want"))
