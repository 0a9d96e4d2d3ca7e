"""The store of recordings: a folder with one Zarr v3 zip a recording, in it one group a stream.

``xarray.open_datatree(zarr.storage.ZipStore(path, mode="r"), engine="zarr")`` opens a recording.
Names that are no file names are percent-encoded (``walk:1`` lies in ``walk%3A1.zarr.zip``). A
store of version 1, in which a recording is a Zarr folder, is read and added to as well.

A recording appears whole or not at all: it is written under a hidden name, flushed and renamed.
Its **digest** is over its contents (attributes, and every variable's name, axes, type and values),
not over files, so that it does not change with chunks or compression.
"""

import functools
import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

import numpy as np
import xarray as xr
from zarr.storage import ZipStore

from unisono.core.errors import OutputError, SchemaError
from unisono.core.files import atomic_file
from unisono.recordings.schema import validate
from unisono.recordings.zarr_nodes import ZippedNodes, plain

_SUFFIX = ".zarr.zip"

__all__ = ["RecordingStore", "digest_recording", "folder_name", "recording_file", "zip_recording"]


@functools.lru_cache(maxsize=1024)
def folder_name(name: str) -> str:
    """Name of a recording or a stream as files and folders have it.

    Example:
        >>> folder_name("walk:1"), folder_name("HC039A17")
        ('walk%3A1', 'HC039A17')
    """
    safe = quote(str(name), safe=" ()[]{}+=,;@&^~!#'")
    # Hidden names are those of what is still being written; names with "__" are kept by Zarr.
    return re.sub(r"^(\.|__)", lambda match: "".join(f"%{ord(c):02X}" for c in match[0]), safe)


def recording_file(store: Path, name: str) -> Path:
    """File of a recording in a store.

    Example:
        >>> recording_file(Path("gait.un/recordings"), "walk:1").name
        'walk%3A1.zarr.zip'
    """
    return store / f"{folder_name(name)}{_SUFFIX}"


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


def zip_recording(tree: xr.DataTree) -> memoryview:
    """A recording as the content of its file, a Zarr zip; equal recordings have equal files."""
    nodes = ZippedNodes()
    for name, child in tree.children.items():
        stream = folder_name(name)
        node = child.dataset
        nodes.group(stream, _named(node.attrs))
        others = " ".join(str(c) for c in node.coords if c not in node.dims)
        for key, variable in node.variables.items():
            attributes = _named(variable.attrs)
            if key in node.data_vars and others:
                attributes["coordinates"] = others  # how xarray finds ``unit`` again
            nodes.array(
                f"{stream}/{folder_name(str(key))}",
                _known_text(variable.values),
                [str(d) for d in variable.dims],
                attributes,
            )
    return nodes.finish(_named(tree.attrs))


def _named(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in attributes.items()}


def _known_text(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Text of any kind as fixed-width NumPy text; everything else as it is."""
    if values.dtype.kind not in "OT":
        return values
    return np.array([str(item) for item in values.ravel()], dtype=str).reshape(values.shape)


def _canonical(value: Any) -> bytes:  # noqa: ANN401 - anything that JSON can hold
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":")).encode()


class RecordingStore:
    """Recordings in a folder.

    Args:
        path: The folder; see :meth:`create` for a new one.

    Raises:
        SchemaError: If there is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise SchemaError(f"{self.path} is no store of recordings; name the one of a dataset.")

    @classmethod
    def create(cls, path: str | Path) -> "RecordingStore":
        """Make an empty store in a folder that does not exist or is empty."""
        folder = Path(path)
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"{folder} exists and is not empty; choose another name.")
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    @property
    def names(self) -> list[str]:
        """Names of the recordings, sorted."""
        zips = (file.name.removesuffix(_SUFFIX) for file in self.path.glob(f"[!.]*{_SUFFIX}"))
        groups = (group.parent.name for group in self.path.glob("[!.]*/zarr.json"))
        return sorted({unquote(name) for name in (*zips, *groups)})

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
        file = recording_file(self.path, name)
        if name in self.names and not overwrite:
            raise OutputError(
                f"{self.path} already holds a recording {name!r}; rename one of them "
                "or allow it to be replaced."
            )
        with atomic_file(file) as part:
            part.write_bytes(zip_recording(tree))
        return digest_recording(tree)

    def load(self, name: str) -> xr.DataTree:
        """Load a recording into memory.

        Raises:
            SchemaError: If there is no such recording, or it cannot be read.
        """
        file = recording_file(self.path, name)
        folder = self.path / folder_name(name)
        if not file.is_file() and not (folder / "zarr.json").is_file():
            raise SchemaError(f"{self.path} holds no recording {name!r}; see Dataset.recordings.")
        path = file if file.is_file() else folder
        try:
            with _opened(path) as opened:
                nodes = {
                    unquote(str(key)): _as_written(child.to_dataset())
                    for key, child in opened.children.items()
                }
                tree = xr.DataTree.from_dict(nodes, name=name)
                tree.attrs = dict(opened.attrs)
        except (
            *(OSError, KeyError, TypeError, ValueError, RuntimeError),
            *(zipfile.BadZipFile, NotImplementedError),
        ) as error:
            raise SchemaError(
                f"{path} is damaged ({' '.join(str(error).split())[:200]}); import it again."
            ) from error
        validate(tree)
        return tree


@contextmanager
def _opened(path: Path) -> Iterator[xr.DataTree]:
    """A recording as xarray reads it, from a zip or a folder."""
    if path.is_dir():
        with xr.open_datatree(path, engine="zarr") as opened:
            yield opened
        return
    with zipfile.ZipFile(path):
        pass  # what is no zip ends here: a ZipStore that could not be opened cannot be closed
    with (
        ZipStore(path, mode="r") as zipped,
        # xarray takes every store of zarr; its annotation does not say so.
        xr.open_datatree(cast(Any, zipped), engine="zarr") as opened,
    ):
        yield opened


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
