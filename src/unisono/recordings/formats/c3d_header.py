"""The header of a C3D file, and whether what it promises fits into the file.

The first 512 bytes hold 16-bit words, among them the number of points :math:`P`, of analog
measurements a frame :math:`M = kA` (:math:`A` channels sampled :math:`k` times a frame), the first
and last frame, the scale (negative: the data are 4-byte reals, else 2-byte integers of :math:`w`
bytes), the block where data start, and the frame rate. A frame takes :math:`w(4P + M)` bytes.

Every count is held against the file's length before anything is allocated.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.c3d_parameters import (
    C3DParameters,
    decode_floats,
    parse_parameters,
)

__all__ = ["C3DLayout", "parse_c3d"]

_BLOCK = 512
_SATURATED = 0xFFFF
_MAX_RATE = 1e6


@dataclass(frozen=True)
class C3DLayout:
    """Where the data of a file lie and what they are.

    Args:
        points: Number of points, P.
        channels: Number of analog channels, A.
        samples: Analog samples a frame, k.
        frames: Number of frames, at least 1, all of them present in the file.
        first_frame: Number of the first frame; the trial's first frame is 1.
        rate_hz: Frames a second; positive.
        scale: Factor of integer points; negative where the data are reals.
        start: Byte at which the data start.
        order: Byte order: "intel", "dec" or "sgi".
    """

    points: int
    channels: int
    samples: int
    frames: int
    first_frame: int
    rate_hz: float
    scale: float
    start: int
    order: str

    @property
    def frame_items(self) -> int:
        """Numbers in one frame, ``4 P + k A``."""
        return 4 * self.points + self.samples * self.channels

    @property
    def item_bytes(self) -> int:
        """Bytes a number: 4 for reals, 2 for integers."""
        return 4 if self.scale < 0 else 2


def parse_c3d(content: bytes, file: str | Path) -> tuple[C3DLayout, C3DParameters]:
    """Read header and parameters and check them against the length of the file.

    Args:
        content: The whole file.
        file: Its name, for messages.

    Raises:
        FileFormatError: If this is no C3D file, it is cut short, holds no frames, or its counts
            contradict one another.
    """
    if len(content) < 2 * _BLOCK or content[1] != 0x50 or content[0] < 2:
        raise FileFormatError(
            file, "header", "this is not a C3D file", "give a file that a C3D program wrote"
        )
    parameters = parse_parameters(content, (content[0] - 1) * _BLOCK, file)
    kind = ">u2" if parameters.order == "sgi" else "<u2"
    words = [int(word) for word in np.frombuffer(content[: 2 * 12], kind)]
    scale, rate = (
        float(decode_floats(content[2 * at : 2 * at + 4], parameters.order)[0]) for at in (6, 10)
    )
    points, measurements, samples = words[1], words[2], words[9]
    layout = C3DLayout(
        points=points,
        channels=_channels(measurements, samples, file),
        samples=samples if measurements else 0,
        frames=_frames(words[3], words[4], parameters, file),
        first_frame=_first_frame(words[3], parameters),
        rate_hz=_rate(rate, parameters, file),
        scale=_scale(scale, parameters, file),
        start=_start(words[8], parameters, content, file),
        order=parameters.order,
    )
    _check_length(layout, len(content), file)
    return layout, parameters


def _channels(measurements: int, samples: int, file: str | Path) -> int:
    if measurements == 0:
        return 0
    if samples == 0 or measurements % samples:
        raise FileFormatError(
            file,
            "header",
            f"{measurements} analog measurements a frame are not a multiple of {samples} samples",
            "the header is damaged or of another byte order than it says; export the file again",
        )
    return measurements // samples


def _long_word(parameters: C3DParameters, name: str) -> int | None:
    """A 32-bit number kept as two 16-bit words, low word first."""
    words = parameters.integers("TRIAL", name)
    if words.size != 2:
        return None
    low, high = (int(word) & 0xFFFF for word in words)
    return (high << 16) | low


def _frames(first: int, last: int, parameters: C3DParameters, file: str | Path) -> int:
    """Number of frames; beyond 65535 the header is saturated and parameters take over."""
    frames = last - first + 1
    if last == _SATURATED:
        begin = _long_word(parameters, "ACTUAL_START_FIELD")
        end = _long_word(parameters, "ACTUAL_END_FIELD")
        stated = parameters.integer("POINT", "LONG_FRAMES") or parameters.integer("POINT", "FRAMES")
        if begin is not None and end is not None and end >= begin:
            frames = end - begin + 1
        elif stated is not None and stated > _SATURATED:
            frames = stated
    if frames <= 0 or (first == 0 and last == 0):
        raise FileFormatError(
            file, "header", f"it holds no frames (first {first}, last {last})",
            "export the trial again with its frames",
        )  # fmt: skip
    return frames


def _first_frame(first: int, parameters: C3DParameters) -> int:
    if first == _SATURATED:
        return _long_word(parameters, "ACTUAL_START_FIELD") or first
    return max(first, 1)  # some writers count from 0


def _rate(header: float, parameters: C3DParameters, file: str | Path) -> float:
    """The rate of the parameter, which is more precise where both exist, else of the header."""
    for rate in (parameters.number("POINT", "RATE"), header):
        if rate is not None and 0 < rate <= _MAX_RATE:
            return rate
    raise FileFormatError(
        file, "header", f"the frame rate is {header:g} Hz", "set POINT:RATE in the file"
    )


def _scale(header: float, parameters: C3DParameters, file: str | Path) -> float:
    """Sign from the header; size from the parameter where both agree on the sign."""
    stated = parameters.number("POINT", "SCALE")
    usable = [s for s in (stated, header) if s is not None and math.isfinite(s) and s != 0]
    if not usable:
        raise FileFormatError(
            file, "header", f"the scale of the points is {header:g}", "export the file again"
        )
    if math.isfinite(header) and header != 0 and header * usable[0] < 0:
        return header
    return usable[0]


def _start(block: int, parameters: C3DParameters, content: bytes, file: str | Path) -> int:
    """First byte of the data: the header's block, or that of POINT:DATA_START."""
    after = (content[0] - 1) * _BLOCK  # data never start before the parameters
    for candidate in (block, parameters.integer("POINT", "DATA_START")):
        if candidate is not None and after < (candidate - 1) * _BLOCK <= len(content):
            return (candidate - 1) * _BLOCK
    raise FileFormatError(
        file, "header", f"data would start in block {block}, outside the file",
        "the file is cut short or damaged; export it again",
    )  # fmt: skip


def _check_length(layout: C3DLayout, size: int, file: str | Path) -> None:
    frame = layout.item_bytes * layout.frame_items
    if frame == 0:
        raise FileFormatError(
            file, "header", "it holds neither points nor analog channels",
            "export the trial again with its data",
        )  # fmt: skip
    present = (size - layout.start) // frame
    if present < layout.frames:
        raise FileFormatError(
            file,
            "data section",
            f"the header promises {layout.frames} frames of {frame} bytes, but the file ends "
            f"after {present}",
            "the file is cut short, or its header is damaged or of another byte order; "
            "copy or export it again",
        )
