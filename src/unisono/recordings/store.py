"""The store of recordings: a Zarr v3 hierarchy, one group a recording, one group a stream.

``xarray.open_datatree(path, engine="zarr")`` opens all of it, and with ``path/<recording>`` one
recording. Names that are no file names are percent-encoded (``walk:1`` lies in ``walk%3A1``).

A recording appears whole or not at all: it is written into a hidden folder, flushed and renamed.
Its **digest** is over its contents (attributes, and every variable's name, axes, type and values),
not over files, so that it does not change with chunks or compression.
"""

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import xarray as xr

from unisono.core.errors import OutputError, SchemaError
from unisono.core.files import atomic_folder, write_text
from unisono.recordings.schema import validate
from unisono.recordings.zarr_nodes import group_metadata, plain, write_array, write_group

__all__ = ["RecordingStore", "digest_recording", "folder_name", "write_recording"]


@functools.lru_cache(maxsize=1024)
def folder_name(name: str) -> str:
    """Name of the folder that holds a recording or a stream.

    Example:
        >>> folder_name("walk:1"), folder_name("HC039A17")
        ('walk%3A1', 'HC039A17')
    """
    safe = quote(str(name), safe=" ()[]{}+=,;@&^~!#'")
    # Hidden names are those of folders still being written; names with "__" are kept by Zarr.
    return re.sub(r"^(\.|__)", lambda match: "".join(f"%{ord(c):02X}" for c in match[0]), safe)


def digest_recording(tree: xr.DataTree) -> str:
    """SHA-256 of the contents, as ``"sha256:<hex>"``; the order of the streams does not matter.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> grf = make_stream([[0.0], [7.0]], time=[0, 1], channels=["fz"], units="N", kind="force")
        >>> tree = make_recording({"grf": grf}, recording="walk", subject="a")
        >>> digest_recording(tree) == digest_recording(tree.copy(deep=True))
        True
    """
    sha = hashlib.sha256(_canonical(tree.attrs))
    for name in sorted(map(str, tree.children)):
        node = tree.children[name].dataset
        sha.update(_canonical([name, node.attrs]))
        for key in sorted(map(str, node.variables)):
            values = _known_text(node.variables[key].values)
            text = values.dtype.kind == "U"
            kind = "text" if text else values.dtype.name
            sha.update(_canonical([key, list(node.variables[key].dims), kind, values.shape]))
            if text:
                sha.update("\x1f".join(values.ravel().tolist()).encode())
            else:
                little = values.astype(values.dtype.newbyteorder("<"), copy=False)
                sha.update(np.ascontiguousarray(little).data)
    return f"sha256:{sha.hexdigest()}"


def write_recording(folder: Path, tree: xr.DataTree) -> None:
    """Write a recording as a Zarr group into ``folder``, which exists and is empty.

    Nothing is flushed or renamed here: whoever calls it writes into a folder that
    ``core.files.atomic_folder`` gave.
    """
    members: dict[str, Any] = {}
    for name, child in tree.children.items():
        stream = folder_name(name)
        (folder / stream).mkdir()
        node = child.dataset
        members[stream] = write_group(folder / stream, _named(node.attrs))
        others = " ".join(str(c) for c in node.coords if c not in node.dims)
        for key, variable in node.variables.items():
            attributes = _named(variable.attrs)
            if key in node.data_vars and others:
                attributes["coordinates"] = others  # how xarray finds ``unit`` again
            path = f"{stream}/{folder_name(str(key))}"
            members[path] = write_array(
                folder / path,
                _known_text(variable.values),
                [str(d) for d in variable.dims],
                attributes,
            )
    write_group(folder, _named(tree.attrs), members)


def _named(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in attributes.items()}


def _known_text(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Text of any kind as fixed-width NumPy text; everything else as it is."""
    if values.dtype.kind not in "OT":
        return values
    return np.array([str(item) for item in values.ravel()], dtype=str).reshape(values.shape)


def _root(members: Mapping[str, Any]) -> str:
    return json.dumps(group_metadata({}, members))


def _canonical(value: Any) -> bytes:  # noqa: ANN401 - anything that JSON can hold
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":")).encode()


class RecordingStore:
    """Recordings in a Zarr v3 store.

    Args:
        path: Folder of the store, ``recordings.zarr``; see :meth:`create` for a new one.

    Raises:
        SchemaError: If there is no Zarr store.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not (self.path / "zarr.json").is_file():
            raise SchemaError(f"{self.path} is not a Zarr v3 store; name the folder of a dataset.")

    @classmethod
    def create(cls, path: str | Path) -> "RecordingStore":
        """Make an empty store in a folder that does not exist or is empty."""
        folder = Path(path)
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"{folder} exists and is not empty; choose another name.")
        write_text(folder / "zarr.json", _root({}))
        return cls(folder)

    @property
    def names(self) -> list[str]:
        """Names of the recordings, sorted."""
        groups = self.path.glob("[!.]*/zarr.json")
        return sorted(unquote(group.parent.name) for group in groups)

    def add(self, tree: xr.DataTree, *, overwrite: bool = False) -> str:
        """Add a recording under its own name; it appears whole or not at all.

        Returns:
            Its digest.

        Raises:
            SchemaError: If the recording breaks the schema.
            OutputError: If the name is taken and may not be replaced, or the disk is full.
        """
        validate(tree)
        name = str(tree.attrs["recording"])
        folder = self.path / folder_name(name)
        if folder.exists() and not overwrite:
            raise OutputError(
                f"{self.path} already holds a recording {name!r}; rename one of them "
                "or allow it to be replaced."
            )
        with atomic_folder(folder, overwrite=overwrite) as part:
            write_recording(part, tree)
        self.consolidate()
        return digest_recording(tree)

    def consolidate(self) -> None:
        """Gather the metadata of all recordings in the root, so that xarray opens it at once."""
        members: dict[str, Any] = {}
        for name in self.names:
            folder = folder_name(name)
            group = json.loads((self.path / folder / "zarr.json").read_text(encoding="utf-8"))
            below = group.pop("consolidated_metadata", {}).get("metadata", {})
            members[folder] = group
            members |= {f"{folder}/{path}": node for path, node in below.items()}
        write_text(self.path / "zarr.json", _root(members))

    def load(self, name: str) -> xr.DataTree:
        """Load a recording into memory.

        Raises:
            SchemaError: If there is no such recording, or it cannot be read.
        """
        folder = self.path / folder_name(name)
        if not (folder / "zarr.json").is_file():
            raise SchemaError(f"{self.path} holds no recording {name!r}; see Dataset.recordings.")
        try:
            with xr.open_datatree(folder, engine="zarr") as opened:
                nodes = {
                    unquote(str(key)): _as_written(child.to_dataset())
                    for key, child in opened.children.items()
                }
                tree = xr.DataTree.from_dict(nodes, name=name)
                tree.attrs = dict(opened.attrs)
        except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise SchemaError(
                f"{folder} is damaged ({' '.join(str(error).split())[:200]}); import it again."
            ) from error
        validate(tree)
        return tree


def _as_written(node: xr.Dataset) -> xr.Dataset:
    """A stream in memory, with plain NumPy text and no trace of how it was encoded."""
    loaded = node.load().drop_encoding()
    text = {
        str(key): (variable.dims, _known_text(variable.values), variable.attrs)
        for key, variable in loaded.variables.items()
        if variable.dtype.kind in "OT"
    }
    coords = {key: value for key, value in text.items() if key in loaded.coords}
    return loaded.assign(
        {key: value for key, value in text.items() if key not in coords}
    ).assign_coords(coords)
