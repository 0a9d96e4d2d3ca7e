"""Reading recipes of any kind, and telling whether two of them say the same."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from unisono.core.config import apply_settings, from_mapping, read_toml, to_mapping
from unisono.core.errors import ConfigError, OutputError

__all__ = ["check_same", "claim_run", "is_finished", "read_recipe"]


class _Recipe(Protocol):
    @property
    def data(self) -> Any: ...  # noqa: ANN401 - each kind of recipe has its own


R = TypeVar("R", bound=_Recipe)


def read_recipe(
    kind: type[R], path: str | Path, settings: Sequence[str], *, needed: Sequence[str]
) -> R:
    """Read a recipe and apply settings.

    Args:
        kind: Its dataclass, with a table ``data``.
        path: The file.
        settings: ``key.path=value`` settings.
        needed: Keys of ``data`` that must say something.

    Raises:
        ConfigError: For a file that is missing or no TOML, an unknown key (naming the nearest), a
            value out of range, or a recipe that does not say what is needed.
    """
    recipe = from_mapping(kind, apply_settings(read_toml(path), settings))
    for name in needed:
        if not getattr(recipe.data, name):
            raise ConfigError(
                f"{path} says nothing of data.{name}; add it, or use --set data.{name}=..."
            )
    return recipe


def check_same(kept: Path, recipe: object) -> None:
    """Refuse to go on with a run that was started with another recipe.

    Compared is what the recipes mean, not how they are written: a setting that a later version
    added, and that the kept recipe therefore lacks, has its default there. Where the model goes is
    not compared: the run lies beside it, and may have been moved with it.

    Args:
        kept: The recipe that the run was started with; nothing is compared where it is missing.
        recipe: The recipe that it would go on with.

    Raises:
        ConfigError: Naming the table that differs, or a setting that is no more.
    """
    if not kept.exists():
        return
    before = to_mapping(from_mapping(type(recipe), read_toml(kept)))
    now = to_mapping(recipe)
    for table in sorted((set(before) | set(now)) - {"output"}):
        if before.get(table) != now.get(table):
            raise ConfigError(
                f"the run was started with another [{table}] than resume came with; give what it "
                "was started with, or start anew."
            )


def is_finished(output: Path, recipe: object, *, resume: bool) -> bool:
    """Whether a run that is to go on has sealed its model already.

    Args:
        output: Folder of the model.
        recipe: What would be run.
        resume: Whether a run is to go on.

    Raises:
        ConfigError: If the model was made by another recipe, as far as its run is still there.
    """
    if not (resume and output.exists()):
        return False
    check_same(_work_of(output) / "recipe.toml", recipe)
    return True


def _work_of(output: Path) -> Path:
    return output.with_name(output.name + ".run")


def claim_run(output: Path, recipe: object, *, resume: bool) -> Path:
    """Find the folder, beside the output, of what a run needs to go on: log and checkpoints.

    Nothing is made yet.

    Args:
        output: Folder of the model to be.
        recipe: What is run.
        resume: Whether a run that was stopped is to go on.

    Raises:
        OutputError: If the output exists, or a stopped run lies there and ``resume`` is False.
        ConfigError: If the stopped run was started with another recipe.
    """
    work = _work_of(output)
    if output.exists():
        raise OutputError(f"{output} exists; choose another output, or remove it.")
    if work.exists() and not resume:
        raise OutputError(f"{work} holds a run that was stopped; use --resume, or remove it.")
    if resume:
        check_same(work / "recipe.toml", recipe)
    return work
