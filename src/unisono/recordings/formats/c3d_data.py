r"""The data section of a C3D file, decoded with NumPy.

A frame holds, for each point, three coordinates and a fourth word (camera mask and residual; its
sign bit set means that the point was not seen), then :math:`k` samples of :math:`A` analog
channels. Integer points are multiplied by the scale. Analog values are

.. math:: v_a = g\, s_a\, (r_a - o_a)

with the raw number :math:`r`, offset :math:`o`, scale :math:`s` (``ANALOG:OFFSET``, ``SCALE``) and
the general scale :math:`g` (``GEN_SCALE``). With ``ANALOG:FORMAT`` "UNSIGNED", raw integers and
offsets are unsigned.

The section is read here and not by ezc3d, because ezc3d trusts counts that a damaged file states
(and refuses the SGI byte order); the tests hold what is read against ezc3d, value by value.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.recordings.formats.c3d_header import C3DLayout
from unisono.recordings.formats.c3d_parameters import C3DParameters, decode_floats

__all__ = ["C3DData", "decode_data"]


class C3DData(NamedTuple):
    """Numbers of a file.

    Attributes:
        points: ``(frame, point, 3)`` in the file's unit; NaN where not seen.
        seen: Which points were seen, ``(frame, point)``.
        analog: ``(sample, channel)``, scaled.
    """

    points: npt.NDArray[np.float32]
    seen: npt.NDArray[np.bool_]
    analog: npt.NDArray[np.float32]


def decode_data(content: bytes, layout: C3DLayout, parameters: C3DParameters) -> C3DData:
    """Decode points and analog channels.

    Args:
        content: The whole file.
        layout: What :func:`~unisono.recordings.formats.c3d_header.parse_c3d` found, checked
            against the length of the content.
        parameters: Parameters of the file.
    """
    items = layout.frames * layout.frame_items
    raw = memoryview(content)[layout.start : layout.start + items * layout.item_bytes]
    split = 4 * layout.points
    numbers: npt.NDArray[Any]
    if layout.scale < 0:
        numbers = decode_floats(raw, layout.order).reshape(layout.frames, -1)
    else:
        kind = ">i2" if layout.order == "sgi" else "<i2"
        numbers = np.frombuffer(raw, kind).reshape(layout.frames, -1)
    words = numbers[:, :split].reshape(layout.frames, layout.points, 4)
    points = np.array(words[:, :, :3], dtype=np.float32)
    if layout.scale > 0:
        with np.errstate(over="ignore"):
            points *= np.float32(layout.scale)
    seen = ~np.signbit(words[:, :, 3])
    points[~seen] = np.nan
    raw_analog = numbers[:, split:].reshape(-1, layout.channels) if layout.channels else None
    analog = _scaled(raw_analog, layout, parameters)
    for values in (points, analog):  # infinite and signalling numbers would warn at every later use
        strange = ~np.isfinite(values)
        if strange.any():
            values[strange] = np.nan
    return C3DData(points, seen, analog)


def _scaled(
    raw: npt.NDArray[Any] | None, layout: C3DLayout, parameters: C3DParameters
) -> npt.NDArray[np.float32]:
    if raw is None:
        return np.zeros((0, 0), np.float32)
    offset = _padded(parameters.all_numbers("ANALOG", "OFFSET"), layout.channels, 0.0)
    scale = _padded(parameters.all_numbers("ANALOG", "SCALE"), layout.channels, 1.0)
    general = parameters.number("ANALOG", "GEN_SCALE")
    if layout.scale > 0 and parameters.text("ANALOG", "FORMAT").upper() == "UNSIGNED":
        raw = raw.astype(raw.dtype.newbyteorder("=")).view(np.uint16)
        offset = offset % 65536
    factor = scale * (1.0 if general is None else general)
    if np.all(factor == 1.0) and not offset.any():
        return np.array(raw, dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        return ((raw - offset) * factor).astype(np.float32)


def _padded(values: npt.NDArray[np.float64], count: int, fill: float) -> npt.NDArray[np.float64]:
    """The first ``count`` values; a short list goes on with ``fill``."""
    return np.concatenate([values[:count], np.full(max(count - values.size, 0), fill)])
