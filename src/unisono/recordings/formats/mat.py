"""MATLAB files of versions 5 to 7 (``.mat``).

Arrays of real numbers become streams as in :mod:`~unisono.recordings.formats.arrays`; where a
vector named ``time``, ``t`` or ``tt`` exists, the axis of its length is the time, whether first or
second. Version 7.3 is HDF5 and not read: MATLAB saves the other with ``save(file, '-v7')``.
"""

from pathlib import Path

import xarray as xr

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.arrays import arrays_to_streams
from unisono.recordings.formats.assembling import assemble
from unisono.recordings.formats.mat_elements import load_mat
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.text import load_bytes

__all__ = ["read_mat"]

_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_mat(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read a ``.mat`` file.

    Raises:
        FileFormatError: If it is of version 7.3, damaged, or holds no arrays of numbers.
    """
    content = load_bytes(path)
    if content.startswith(b"MATLAB 7.3") or _HDF5 in content[:2048]:
        problem = "it is of version 7.3 (HDF5)"
        remedy = "save it in MATLAB with save(file, '-v7')"
        raise FileFormatError(path, "header", problem, remedy)
    arrays = load_mat(path, content)
    parts = arrays_to_streams(path, arrays, options)
    return assemble(parts, path=path, content=content, reader="mat", options=options)
