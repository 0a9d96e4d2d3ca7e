"""Which reader and writer belongs to which file.

To add a format, write its module and add a line to :data:`READERS` (and :data:`WRITERS`), and one
to the signatures if its content is recognisable. A signature outranks the suffix: a C3D file named
``.txt`` is read as C3D, and a picture named ``.csv`` is refused. A signature names a suffix, or the
reader itself where no suffix is its own. Modules are imported when first used.
"""

import importlib
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from unisono.core.errors import FileFormatError, OutputError, UnisonoError
from unisono.recordings.declaring import Declared, declare
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.schema import stream_names, validate

__all__ = [
    "READERS",
    "WRITERS",
    "FolderRead",
    "recording_files",
    "read",
    "read_file",
    "read_folder",
    "read_trials",
    "write",
]

_HERE = "unisono.recordings.formats"
_ROWS = ".rows.toml"

READERS: Mapping[str, str] = {
    ".c3d": "c3d:read_c3d",
    ".mot": "opensim_table:read_opensim",
    ".sto": "opensim_table:read_opensim",
    ".trc": "trc:read_trc",
    ".bvh": "bvh:read_bvh",
    ".csv": "csv_table:read_csv",
    ".tsv": "csv_table:read_csv",
    ".txt": "csv_table:read_csv",
    ".parquet": "csv_table:read_parquet",
    ".npz": "arrays:read_npz",
    ".npy": "arrays:read_npy",
    ".mat": "mat:read_mat",
    _ROWS: "row_trials:read_row_trials",
}
"""Reader of each suffix, as ``module:function`` in this folder."""

WRITERS: Mapping[str, str] = {
    ".mot": "opensim_table:write_opensim",
    ".sto": "opensim_table:write_opensim",
    ".trc": "trc:write_trc",
    ".bvh": "bvh:write_bvh",
    ".csv": "csv_table:write_csv",
    ".npz": "arrays:write_npz",
}
"""Writer of each suffix, as ``module:function`` in this folder."""

_VICON = re.compile(
    rb"""(\xef\xbb\xbf)?\s*("?sep=."?\s+)?
    "?(model[ ]outputs?|trajectories|devices|events|joints|segments)"?[,;\t ]*[\r\n]+
    "?\d[^\r\n]*([\r\n]+("{0,2}[,;\t]|"?(subject|frame)\b)|\s*\Z)""",
    re.IGNORECASE | re.VERBOSE,
)

_SIGNATURES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("vicon_csv:read_vicon", lambda head: bool(_VICON.match(head))),
    (".npy", lambda head: head.startswith(b"\x93NUMPY")),
    (".npz", lambda head: head.startswith(b"PK\x03\x04") and b".npy" in head[:4096]),
    (".parquet", lambda head: head.startswith(b"PAR1")),
    (".mat", lambda head: head.startswith((b"MATLAB 5.0 MAT", b"MATLAB 7.3 MAT"))),
    (".bvh", lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"HIERARCHY")),
    (".trc", lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"PathFileType")),
    (".mot", lambda head: bool(re.search(rb"^\s*endheader\s*$", head, re.M | re.I))),
    (".c3d", lambda head: len(head) >= 512 and head[1:2] == b"P" and b"\x00" in head[:512]),
)
_NUMBER = re.compile(rb"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$|^(?i:nan)$")
_FOREIGN = (
    (b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"), (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"), (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"), (b"\x7fELF", "a program"), (b"\xfd7zXZ", "an xz archive"),
    (b"\x80\x04", "a Python pickle, which is never opened"), (b"<?xml", "an XML document"),
    (b"\x89HDF", "an HDF5 file"),
)  # fmt: skip


class FolderRead(NamedTuple):
    """What a folder held: recordings, and the files that could not be read with the reason."""

    recordings: list[xr.DataTree]
    bad: list[tuple[Path, str]]


def _load(name: str) -> Callable[..., Any]:
    module, function = name.split(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(f"{_HERE}.{module}"), function)
    return loaded


def _suffix(path: Path) -> str:
    return _ROWS if path.name.lower().endswith(_ROWS) else path.suffix.lower()


def _reader(path: Path) -> str:
    """The reader of the file, after a look at its first bytes."""
    suffix = _suffix(path)
    try:
        with path.open("rb") as handle:
            head = handle.read(16384)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileFormatError(path, "", reason, "check the name and the permissions") from error
    if not head.strip():
        raise FileFormatError(path, "", "the file is empty", "export or copy it again")
    found = next((name for name, fits in _SIGNATURES if fits(head)), "")
    if found:
        return READERS.get(found, found)
    for first, what in _FOREIGN:
        if head.startswith(first):
            problem = f"it is not a recording but {what}"
            raise FileFormatError(path, "", problem, f"give one of {', '.join(READERS)}")
    if suffix not in READERS:
        problem = f"it is not a recording: the suffix {suffix!r} is not known"
        raise FileFormatError(path, "", problem, f"give one of {', '.join(READERS)}")
    return READERS[suffix]


def read_trials(path: str | Path, options: ReadOptions = DEFAULTS) -> list[xr.DataTree]:
    """Read all recordings of one file; only a ``*.rows.toml`` holds more than one.

    Raises:
        FileFormatError: In one line, if the file is not a recording or is damaged.
    """
    path = Path(path)
    found = _load(_reader(path))(path, options)
    trees = found if isinstance(found, list) else [found]
    return [_declared(tree, options) for tree in trees]


def _declared(tree: xr.DataTree, options: ReadOptions) -> xr.DataTree:
    """Axes, signs and sides as the user states them; streams that are not there are passed over."""
    names = stream_names(tree)
    reverse = tuple(name for name in options.reverse if name in names)
    swap = tuple(name for name in options.swap if name in names)
    if not (options.up or reverse or swap):
        return tree
    return declare(tree, Declared(up=options.up, reverse=reverse, swap=swap))


def read_file(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read the one recording of a file.

    Args:
        path: The file, of any format in :data:`READERS`.
        options: What the user states of units, rate, columns and subject.

    Raises:
        FileFormatError: In one line, if it is not a recording, is damaged, or holds several.
    """
    trees = read_trials(path, options)
    if len(trees) != 1:
        problem = f"it holds {len(trees)} recordings"
        raise FileFormatError(path, "", problem, "read it with read, which returns a list")
    return trees[0]


def recording_files(folder: str | Path) -> list[Path]:
    """Files of a folder, at any depth, whose suffix is that of a recording.

    Left out are hidden files, tables that a ``*.rows.toml`` in their folder speaks for, and
    ``.txt`` files that hold no numbers (licences, notes).
    """
    folder = Path(folder)
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and _suffix(path) in READERS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    described = {path.parent for path in files if _suffix(path) == _ROWS}
    tables = (".csv", ".tsv", ".txt")
    return [
        path
        for path in files
        if not (path.parent in described and _suffix(path) in tables)
        and not (_suffix(path) == ".txt" and _is_prose(path))
    ]


def _is_prose(path: Path) -> bool:
    """Whether a text file has no signature and not one line of numbers near its beginning."""
    try:
        with path.open("rb") as handle:
            head = handle.read(65536)
    except OSError:
        return False  # reading it will say why
    if any(fits(head) for _, fits in _SIGNATURES):
        return False
    cells = (re.split(rb"[\s,;]+", line.strip()) for line in head.splitlines()[1:])
    return not any(len(row) > 1 and all(_NUMBER.match(cell) for cell in row) for row in cells)


def read_folder(folder: str | Path, options: ReadOptions = DEFAULTS) -> FolderRead:
    """Read every recording of a folder; files that cannot be read do not stop it.

    Raises:
        FileFormatError: If the folder holds no file of a known format.
    """
    files = recording_files(folder)
    if not files:
        problem = "the folder holds no recordings"
        raise FileFormatError(folder, "", problem, f"give files of {', '.join(READERS)}")
    good: list[xr.DataTree] = []
    bad: list[tuple[Path, str]] = []
    for path in files:
        try:
            good += read_trials(path, options)
        except UnisonoError as error:
            bad.append((path, str(error)))
    return FolderRead(good, bad)


def read(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree | list[xr.DataTree]:
    """Read a file (one recording) or a folder (a list; a warning names the files that failed).

    Raises:
        FileFormatError: If a file cannot be read, or a folder holds none that can.
    """
    path = Path(path)
    if not path.is_dir():
        trees = read_trials(path, options)
        return trees[0] if len(trees) == 1 else trees
    found = read_folder(path, options)
    if not found.recordings:
        raise FileFormatError(path, "", f"no file can be read: {found.bad[0][1]}", "see the first")
    if found.bad:
        said = "; ".join(reason for _, reason in found.bad)
        warnings.warn(f"{len(found.bad)} files could not be read: {said}", stacklevel=2)
    return found.recordings


def write(tree: xr.DataTree, path: str | Path, streams: Sequence[str] | None = None) -> list[Path]:
    """Write a recording in the format that the suffix names.

    Forces written as ``.mot`` get OpenSim's names and, where the feet are known, an ExternalLoads
    file beside them.

    Args:
        tree: A recording.
        path: The file; ``.mot``, ``.sto``, ``.trc``, ``.bvh``, ``.csv`` or ``.npz``.
        streams: Which streams; by default all that the format can hold.

    Returns:
        The files written.

    Raises:
        OutputError: If the suffix has no writer, or the format cannot hold the streams.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise OutputError(f"{path}: no writer for {suffix!r}; choose one of {', '.join(WRITERS)}.")
    validate(tree)
    chosen = list(streams) if streams else stream_names(tree)
    forces = [
        name for name in chosen if name in tree.children and tree[name].attrs["kind"] == "force"
    ]
    if suffix == ".mot" and forces:
        written: list[Path] = _load("external_loads:write_forces")(
            tree, path, stream=forces[0], streams=chosen
        )
        return written
    return [_load(WRITERS[suffix])(tree, path, streams=streams)]
