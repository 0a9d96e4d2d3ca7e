"""The sealed model: a folder with everything needed to use it, and nothing that runs.

- ``model.safetensors``: the weights and nothing else.
- ``model.toml``: format, method, its whole configuration, every stream with its normaliser, how
  windows are cut, the split with hashed subjects, seed, versions, commit, metrics, calibration.
- ``card.md``: the page for people.
- ``seal.json``: the format and the SHA-256 of each of these, so that a changed byte is found.

``None`` has no place in TOML: it is left out, and reads back as absent.
"""

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from unisono.core.config import from_mapping, to_mapping, to_toml
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ModelError, OutputError
from unisono.core.files import atomic_folder
from unisono.core.provenance import library_versions, provenance
from unisono.training.card import Card, render_card
from unisono.training.pickles import find_pickle

__all__ = ["FORMAT", "SealedModel", "hash_subject", "open_sealed", "seal"]

FORMAT = 1
"""Version of the layout of a model folder. A reader refuses a newer one."""

_WEIGHTS, _TABLE, _CARD, _SEAL = "model.safetensors", "model.toml", "card.md", "seal.json"
_FILES = (_WEIGHTS, _TABLE, _CARD)


@dataclass(frozen=True)
class SealedModel:
    """A trained method and what it needs. All mappings hold what TOML can hold.

    Args:
        method: Short name of the method.
        config: The whole configuration, as ``core.config.to_mapping`` gives it.
        streams: What the model reads and writes.
        state: Weights and buffers by name.
        seed: Seed of the run.
        normalisers: By stream, what its channels were normalised with (training part only).
        cut: How windows are cut from a recording, events included.
        split: Digest of the split, and the subjects of each part by :func:`hash_subject`.
        calibration: Tables that turn samples into calibrated bands.
        metrics: Of the last evaluation.
        card: What people know of it.
        extra: Anything else.
        made: Versions, commit, command and date; filled in by :func:`seal` where left empty.
    """

    method: str
    config: Mapping[str, Any]
    streams: tuple[StreamInfo, ...]
    state: Mapping[str, Tensor]
    seed: int
    normalisers: Mapping[str, Any] = field(default_factory=dict)
    cut: Mapping[str, Any] = field(default_factory=dict)
    split: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    card: Card = field(default_factory=Card)
    extra: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)


def hash_subject(name: str, *, salt: str) -> str:
    """Name a subject without saying the name, so that a leak can still be found.

    Args:
        name: The subject.
        salt: The split's digest, so that hashes of two data sets cannot be matched. Short names
            can be guessed all the same: this keeps names out of sight, it does not make them
            anonymous.

    Example:
        >>> hash_subject("S01", salt="a") == hash_subject("S01", salt="b")
        False
    """
    return hashlib.sha256(f"{salt}\x1f{name}".encode()).hexdigest()[:16]


def seal(folder: str | Path, model: SealedModel, *, overwrite: bool = False) -> Path:
    """Write a model folder, whole or not at all.

    Args:
        folder: Its final name.
        model: The model.
        overwrite: Whether a model folder of this name may be replaced. A folder that holds
            anything else is never replaced.

    Returns:
        The folder.

    Raises:
        OutputError: If the folder exists and may not be replaced, or cannot be written.
    """
    folder = Path(folder)
    if overwrite and folder.exists():
        _refuse_foreign(folder)
    made = dict(model.made) or {
        **dataclasses.asdict(provenance()),
        "versions": library_versions(),
    }
    tensors = {name: t.detach().cpu().contiguous().clone() for name, t in model.state.items()}
    content = {
        _WEIGHTS: save(tensors),
        _TABLE: to_toml(_table(model, made)).encode(),
        _CARD: render_card(
            model.card, method=model.method, streams=model.streams, made=made
        ).encode(),
    }
    digests = {name: _digest(data) for name, data in content.items()}
    with atomic_folder(folder, overwrite=overwrite) as part:
        for name, data in content.items():
            (part / name).write_bytes(data)
        (part / _SEAL).write_bytes(_seal_text(FORMAT, digests))
    return folder


def open_sealed(folder: str | Path) -> SealedModel:
    """Read a model folder.

    Raises:
        ModelError: If it is no model folder, is of a newer format, a byte of it is changed, a file
            is missing, or a pickle lies in it.
    """
    folder = Path(folder)
    _check_format(folder)
    pickle = find_pickle(folder)
    if pickle is not None:
        raise ModelError(
            f"{pickle} is a pickle, which may run code when it is read; "
            "remove it, or get the model from where it was sealed."
        )
    content = {name: _whole(folder, name) for name in _FILES}
    try:
        table = tomllib.loads(content[_TABLE].decode())
        state = load(content[_WEIGHTS])
        return SealedModel(
            streams=tuple(from_mapping(StreamInfo, entry) for entry in table.pop("streams")),
            card=from_mapping(Card, table.pop("card")),
            state=state,
            **{name: value for name, value in table.items() if name != "format"},
        )
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{folder} was not sealed by unisono: {reason}; seal it anew.") from error


def _table(model: SealedModel, made: Mapping[str, Any]) -> dict[str, Any]:
    fields = {f.name: getattr(model, f.name) for f in dataclasses.fields(model)}
    fields.pop("state")
    return to_mapping({"format": FORMAT, **fields, "made": made})


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _seal_text(version: int, digests: Mapping[str, str]) -> bytes:
    return (json.dumps({"format": version, "files": digests}, indent=1) + "\n").encode()


def _check_format(folder: Path) -> None:
    """Refuse what is no model, or one of a newer format, before anything else is looked at."""
    seal_file = folder / _SEAL
    if not seal_file.is_file():
        raise ModelError(f"{folder} is not a model folder (it has no {_SEAL}); name one that is.")
    data = seal_file.read_bytes()
    try:
        said = json.loads(data)
        version, digests = int(said["format"]), dict(said["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(_damaged(seal_file)) from error
    if version > FORMAT:
        raise ModelError(
            f"{folder} is of format {version}, newer than {FORMAT}, which this unisono reads; "
            "upgrade unisono."
        )
    # the seal has one spelling: a byte changed in it shows even where its meaning does not
    if data != _seal_text(version, digests) or set(digests) != set(_FILES):
        raise ModelError(_damaged(seal_file))


def _whole(folder: Path, name: str) -> bytes:
    """Bytes of a file, if they are those that were sealed."""
    path = folder / name
    if not path.is_file():
        raise ModelError(f"{path} is missing; copy the model folder again.")
    data = path.read_bytes()
    if _digest(data) != json.loads((folder / _SEAL).read_bytes())["files"][name]:
        raise ModelError(_damaged(path))
    return data


def _damaged(path: Path) -> str:
    return f"{path} is damaged or was changed after sealing; copy the model folder again."


def _refuse_foreign(folder: Path) -> None:
    names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else {""}
    foreign = names - {*_FILES, _SEAL}
    if foreign or _SEAL not in names:
        what = f"it holds {sorted(foreign)[0]!r}" if foreign else "it is not a model folder"
        raise OutputError(f"{folder} is not replaced: {what}; choose another name.")
