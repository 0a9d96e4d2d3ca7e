"""A recipe of a bridge: what is carried into what, as frozen dataclasses that read from TOML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unisono.api.recipe import SplitSettings
from unisono.api.recipe_files import read_recipe
from unisono.core.checks import check_choice, check_range
from unisono.core.config import from_mapping, read_toml
from unisono.core.errors import ConfigError
from unisono.methods import BRIDGES, LDDBMSettings
from unisono.methods.lddbm_settings import resolve_lddbm
from unisono.recordings.window_settings import Cut
from unisono.training.settings import TrainingSettings

__all__ = ["PairSettings", "TranslationRecipe", "is_translation", "load_translation_recipe"]


@dataclass(frozen=True)
class PairSettings:
    """What is learned from.

    Args:
        path: An NPZ file of arrays (see :mod:`unisono.recordings.pairs`), or a dataset's folder.
        given: Names of arrays, or streams, that are given.
        want: Names of what they are carried into.
        given_windows: For a dataset: how windows of the given side are cut, as the keys of
            :class:`unisono.recordings.window_settings.Cut`.
        want_windows: The same for the wanted side, which may have another rate and length.
        share: Share of the pairs that is kept; of the others both sides are used, unpaired.
        about: One line on the data, for the card.
        licence: Licence of the data, for the card.
        cite: How to cite the data, for the card.
    """

    path: str = ""
    given: tuple[str, ...] = ()
    want: tuple[str, ...] = ()
    given_windows: Mapping[str, Any] = field(default_factory=dict)
    want_windows: Mapping[str, Any] = field(default_factory=dict)
    share: float = 1.0
    about: str = ""
    licence: str = "not stated"
    cite: str = ""

    def __post_init__(self) -> None:
        check_range("data.share", self.share, 0.0, 1.0, closed=True)
        both = sorted(set(self.given) & set(self.want))
        if both:
            raise ConfigError(f"data: {both[0]!r} is both given and wanted; name it once.")

    @property
    def is_file(self) -> bool:
        """Whether these are arrays of a file."""
        return self.path.endswith(".npz")

    def cut(self, side: str) -> Cut:
        """How windows of a side, ``"given"`` or ``"want"``, are cut.

        Raises:
            ConfigError: If they are cut by events, or a setting is wrong.
        """
        table = self.given_windows if side == "given" else self.want_windows
        names = self.given if side == "given" else self.want
        if table.get("by"):
            raise ConfigError(f"data.{side}_windows: a bridge's windows are fixed in time, not by.")
        filled = {"streams": names, "require": names, **table}
        return from_mapping(Cut, filled, where=f"data.{side}_windows")


@dataclass(frozen=True)
class TranslationRecipe:
    """A complete run.

    Args:
        method: Short name of the method.
        output: Folder of the model.
        data: What is learned from.
        split: Who is in which part, by subject: shares, ``leave_out`` and seed.
        lddbm: Settings of the bridge.
        training: Settings of the loop.
    """

    method: str = "lddbm"
    output: str = "runs/bridge"
    data: PairSettings = field(default_factory=PairSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    lddbm: LDDBMSettings = field(default_factory=LDDBMSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        check_choice("method", self.method, BRIDGES)
        resolved = resolve_lddbm(self.lddbm)
        if resolved.losses.contrast and self.training.batch_size < 2:
            raise ConfigError(
                "training.batch_size = 1 leaves InfoNCE nothing to tell a pair from; take 2 or "
                "more, or set lddbm.losses.contrast = 0."
            )
        if self.data.share < 1 and self.data.path and not resolved.unpaired.used:
            raise ConfigError(
                "data.share below 1 leaves things unpaired that nothing learns from; set "
                "lddbm.unpaired.cycle or lddbm.unpaired.distribution, or leave such rows out."
            )
        if self.data.given and self.data.want and not self.data.is_file and self.data.path:
            _ = self.data.cut("given"), self.data.cut("want")


def is_translation(path: str | Path) -> bool:
    """Whether a recipe file is one of a bridge."""
    return str(read_toml(path).get("method")) in BRIDGES


def load_translation_recipe(path: str | Path, settings: Sequence[str] = ()) -> TranslationRecipe:
    """Read a recipe and apply ``key.path=value`` settings.

    Raises:
        ConfigError: For a file that is missing or no TOML, an unknown key (naming the nearest), a
            value out of range, or a recipe that names no data.
    """
    return read_recipe(TranslationRecipe, path, settings, needed=("path", "given", "want"))
