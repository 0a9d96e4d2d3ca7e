"""Configuration: frozen dataclasses, written as TOML, overridden by ``key.path=value``.

A dataclass is its own schema. Reading goes through pydantic (types are converted strictly enough to
catch a wrong one), an unknown key raises and names the nearest known key, and the resolved
configuration can be written back and read again to an equal object.
"""

import copy
import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, UnisonoError

__all__ = ["apply_settings", "from_mapping", "read_toml", "to_mapping", "to_toml"]

T = TypeVar("T")


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: If the file is missing or is not TOML, with the line.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; name a recipe (.toml).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} is not TOML: {' '.join(str(error).split())}.") from error


def apply_settings(tree: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return a copy of a nested mapping with ``a.b=value`` settings applied, in order.

    A value is read as TOML where it parses (``3``, ``true``, ``[1, 2]``, ``"x"``) and as plain text
    otherwise.

    Raises:
        ConfigError: If a setting has no ``=``, or its path runs through a value.

    Example:
        >>> apply_settings({"training": {"steps": 10}}, ["training.steps=20", "data.path=lab"])
        {'training': {'steps': 20}, 'data': {'path': 'lab'}}
    """
    result: dict[str, Any] = copy.deepcopy(dict(tree))
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not path.strip():
            raise ConfigError(f"--set {setting!r} must look like key.path=value.")
        *parents, last = path.strip().split(".")
        node = result
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise ConfigError(f"--set {path}: {parent!r} is a value, not a table.")
        node[last] = _value(text)
    return result


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def from_mapping(kind: type[T], tree: Mapping[str, Any], *, where: str = "") -> T:
    """Build a frozen dataclass (and those inside it) from a nested mapping.

    Args:
        kind: The dataclass.
        tree: Keys and values; a missing key takes the dataclass's default.
        where: Path of ``tree`` in the file, for messages.

    Raises:
        ConfigError: For an unknown key (naming the nearest), a wrong type or a value out of range.

    Example:
        >>> @dataclasses.dataclass(frozen=True)
        ... class Training:
        ...     steps: int = 10
        >>> from_mapping(Training, {"step": 3})
        Traceback (most recent call last):
        ...
        unisono.core.errors.ConfigError: unknown key 'step'. Did you mean 'steps'?
    """
    if not isinstance(tree, Mapping):
        raise ConfigError(f"{where or 'it'} must be a table of settings; got {tree!r}.")
    _refuse_unknown(kind, tree, where)
    import pydantic

    try:
        built: T = pydantic.TypeAdapter(kind).validate_python(dict(tree))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join([where, *map(str, first["loc"])]).strip(".")
        cause = (first.get("ctx") or {}).get("error")
        if isinstance(cause, UnisonoError):
            raise ConfigError(f"{place}: {cause}" if place else str(cause)) from error
        raise ConfigError(f"{place}: {first['msg']}; got {first['input']!r}.") from error
    return built


def _dataclasses_in(annotation: object) -> list[type]:
    """Dataclasses named by an annotation: itself, or the members of a union."""
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [k for arg in typing.get_args(annotation) for k in _dataclasses_in(arg)]
    return []


def _refuse_unknown(kind: type, tree: Mapping[str, Any], where: str) -> None:
    hints = typing.get_type_hints(kind)
    known = [f.name for f in dataclasses.fields(kind) if f.init]
    for key, value in tree.items():
        path = f"{where}.{key}".strip(".")
        if key not in known:
            hint = nearest(key, known) or f" Known here: {', '.join(known)}."
            raise ConfigError(f"unknown key {path!r}.{hint}")
        inner = _dataclasses_in(hints[key])
        if len(inner) == 1 and isinstance(value, Mapping):
            _refuse_unknown(inner[0], value, path)


def to_mapping(config: object) -> dict[str, Any]:
    """Return the nested mapping of a dataclass; values that are None are left out (TOML has none).

    Example:
        >>> @dataclasses.dataclass(frozen=True)
        ... class Data:
        ...     path: str = "x"
        ...     columns: tuple[str, ...] = ("a",)
        ...     mass: float | None = None
        >>> to_mapping(Data())
        {'path': 'x', 'columns': ['a']}
    """
    plain = _plain(config)
    if not isinstance(plain, dict):
        raise TypeError(f"to_mapping needs a dataclass or a mapping; got {type(config).__name__}.")
    return plain


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever TOML can hold
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {k: _plain(v) for k, v in pairs.items() if v is not None}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    item = getattr(value, "item", None)  # a NumPy or torch scalar
    return item() if callable(item) else value


def to_toml(config: object) -> str:
    """Write a dataclass (or mapping) as TOML text."""
    import tomli_w

    return tomli_w.dumps(to_mapping(config))
