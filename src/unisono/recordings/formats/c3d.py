"""C3D files to recordings.

Streams, where the file holds them: ``markers`` (positions), ``angles``, ``model_forces``,
``moments``, ``powers`` and ``scalars`` (outputs of a body model), ``plates`` (force platforms),
``emg`` and ``analog``. Time is 0 at the file's first frame; ``source["first_frame"]`` keeps its
number in the trial. Units are those that the file declares, never converted and never corrected.

Intel, DEC and SGI byte orders, integer and real data, and more than 255 points are read. The
numbers agree with ezc3d's (the tests compare them); the file is read by NumPy after its counts
were checked, so that a damaged file gives one typed error. Measured on 32 files of 1.4 MB, this is
also faster than ezc3d.
"""

from pathlib import Path

import xarray as xr

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.assembling import apply_options, assemble
from unisono.recordings.formats.c3d_data import C3DData, decode_data
from unisono.recordings.formats.c3d_header import C3DLayout, parse_c3d
from unisono.recordings.formats.c3d_meta import body_of, events_in, laboratory_frame
from unisono.recordings.formats.c3d_parameters import C3DParameters
from unisono.recordings.formats.c3d_plates import find_platforms, plates_stream
from unisono.recordings.formats.c3d_points import analog_streams, point_streams
from unisono.recordings.formats.c3d_units import as_unit
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.formats.text import load_bytes
from unisono.recordings.schema import EVENTS, add_history

__all__ = ["read_c3d"]

_AS_STATED = ReadOptions()


def read_c3d(path: str | Path, options: ReadOptions = _AS_STATED) -> xr.DataTree:
    """Read a C3D file.

    Args:
        path: The file.
        options: What the user states beyond the file.

    Returns:
        A recording; see the module for its streams.

    Raises:
        FileFormatError: If the file is absent, is not C3D, is cut short or damaged, or holds no
            frames.
        UnitError: If a stated unit fits nothing.
    """
    path = Path(path)
    content = load_bytes(path)
    layout, parameters = parse_c3d(content, path)
    data = decode_data(content, layout, parameters)
    parts, doubts = _streams(data, layout, parameters, path)
    if not parts:
        raise FileFormatError(path, "", "it holds no streams", "export the trial with its data")
    body, found = body_of(parameters), events_in(parameters, layout)
    first = next(iter(parts))
    for words in (*doubts, *body.doubts, *found.doubts):
        parts[first] = add_history(parts[first], words)
    tree = assemble(
        parts,
        path=path,
        content=content,
        reader="c3d",
        options=ReadOptions(subject=options.subject or body.subject or None),
        source={"first_frame": layout.first_frame, **_maker(parameters)},
    )
    tree.attrs |= {
        key: value
        for key, value in (("mass_kg", body.mass_kg), ("height_m", body.height_m))
        if value is not None
    }
    if found.events.sizes["event"]:
        tree[EVENTS] = xr.DataTree(found.events)
    return apply_options(tree, options)


def _streams(
    data: C3DData, layout: C3DLayout, parameters: C3DParameters, path: Path
) -> tuple[dict[str, xr.Dataset], list[str]]:
    """Streams of the file, and doubts that belong to none of them."""
    units = parameters.all_texts("ANALOG", "UNITS")[: layout.channels]
    units += [""] * (layout.channels - len(units))
    length = as_unit(parameters.text("POINT", "UNITS")) or "1"
    found = find_platforms(parameters, units, length)
    frame, doubts = laboratory_frame(parameters, found)
    parts = point_streams(data, layout, parameters, frame=frame, file=str(path))
    rate = layout.rate_hz * layout.samples
    plates = plates_stream(found, data.analog, rate_hz=rate, length=length, frame=frame)
    if plates is not None:
        parts["plates"] = plates
    else:
        doubts += found.doubts
    return parts | analog_streams(data, layout, parameters, found.channels), doubts


def _maker(parameters: C3DParameters) -> dict[str, str]:
    """Program that wrote the file, where it says so."""
    words = (parameters.text("MANUFACTURER", name) for name in ("SOFTWARE", "VERSION_LABEL"))
    text = " ".join(word for word in words if word)
    return {"software": text} if text else {}
