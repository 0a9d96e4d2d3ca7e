"""The parameter section of a C3D file, walked in pure Python within the file's own bounds.

The section starts at a 512-byte block that the header names, with four bytes: two without meaning
here, the number of blocks, and the processor type (84 Intel, 85 DEC, 86 SGI/MIPS). Records follow:

    int8 length of the name (negative: locked, 0: end), int8 group (negative: this is a group),
    name, uint16 offset from here to the next record (0: last),
    for a parameter: int8 type (-1 text, 1 byte, 2 integer, 4 real), uint8 number of axes,
    uint8 sizes of the axes (the first runs fastest), values, uint8 length and text of a description

(The C3D file format: user guide, Motion Lab Systems, 2008.) Values are decoded when asked for.
Nothing is allocated that the file does not hold, and every record must lie in its own bounds, so a
damaged section ends in one typed error and never in a crash.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import FileFormatError

__all__ = ["BYTE_ORDERS", "C3DParameters", "Parameter", "decode_floats", "parse_parameters"]

BYTE_ORDERS = {84: "intel", 85: "dec", 86: "sgi"}
"""Processor types that a C3D file may name."""

_ITEM_BYTES = {-1: 1, 1: 1, 2: 2, 4: 4}
_DAMAGED = "the file is damaged or not a C3D file; export it again"


class Parameter(NamedTuple):
    """Where one parameter's values lie: its type, its axes (first fastest) and its bytes."""

    kind: int
    shape: tuple[int, ...]
    raw: bytes


@dataclass(frozen=True)
class C3DParameters:
    """Parameters of a file by upper-case ``(group, name)``.

    Args:
        order: Byte order, one of the values of :data:`BYTE_ORDERS`.
        found: The parameters.
    """

    order: str
    found: dict[tuple[str, str], Parameter] = field(repr=False)

    def __contains__(self, key: object) -> bool:
        """Whether the file holds the parameter ``(group, name)``."""
        return key in self.found

    def numbers(self, group: str, name: str) -> npt.NDArray[np.float64]:
        """Values of a numeric parameter, first axis fastest; empty if absent, empty or text."""
        parameter = self.found.get((group, name))
        if parameter is None or parameter.kind == -1:
            return np.zeros((0,))
        values = _decode(parameter, self.order)
        return values.reshape(parameter.shape or (1,), order="F")

    def texts(self, group: str, name: str) -> list[str]:
        """Values of a text parameter without trailing blanks; empty if absent or numeric."""
        parameter = self.found.get((group, name))
        if parameter is None or parameter.kind != -1 or not parameter.raw:
            return []
        width = parameter.shape[0] if len(parameter.shape) > 1 else len(parameter.raw)
        pieces = (parameter.raw[i : i + width] for i in range(0, len(parameter.raw), width))
        return [piece.decode("utf-8", errors="replace").rstrip(" \0") for piece in pieces]

    def number(self, group: str, name: str) -> float | None:
        """First value of a numeric parameter, or None."""
        values = self.numbers(group, name)
        return float(values.flat[0]) if values.size else None

    def integers(self, group: str, name: str) -> npt.NDArray[np.int64]:
        """Values of ``NAME``, ``NAME2``... as whole numbers, flat; -1 for what is not finite."""
        values = self.all_numbers(group, name)
        values = np.where(np.isfinite(values), values, -1.0)
        return np.clip(values, -(2.0**31), 2.0**31).astype(np.int64)

    def integer(self, group: str, name: str) -> int | None:
        """First whole number of a parameter, or None."""
        values = self.integers(group, name)
        return int(values[0]) if values.size else None

    def text(self, group: str, name: str) -> str:
        """First value of a text parameter, or ``""``."""
        values = self.texts(group, name)
        return values[0].strip() if values else ""

    def all_texts(self, group: str, name: str) -> list[str]:
        """Texts of ``NAME``, ``NAME2``, ``NAME3``...: how lists beyond 255 entries go on."""
        return [text for key in self._parts(group, name) for text in self.texts(group, key)]

    def all_numbers(self, group: str, name: str) -> npt.NDArray[np.float64]:
        """Numbers of ``NAME``, ``NAME2``..., flat."""
        parts = [self.numbers(group, key).ravel("F") for key in self._parts(group, name)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _parts(self, group: str, name: str) -> list[str]:
        parts = [name] if (group, name) in self.found else []
        while parts and (group, f"{name}{len(parts) + 1}") in self.found:
            parts.append(f"{name}{len(parts) + 1}")
        return parts


def parse_parameters(content: bytes, start: int, file: str | Path) -> C3DParameters:
    """Walk the parameter section.

    Args:
        content: The whole file.
        start: Byte at which the section starts.
        file: Its name, for messages.

    Raises:
        FileFormatError: If the processor type is unknown or a record leaves its bounds.
    """
    if start + 4 > len(content):
        raise FileFormatError(
            file, "header", f"the parameter section would start at byte {start}, past the end",
            _DAMAGED,
        )  # fmt: skip
    order = BYTE_ORDERS.get(content[start + 3])
    if order is None:
        raise FileFormatError(
            file, "parameter section", f"the processor type is {content[start + 3]}, not 84 to 86",
            _DAMAGED,
        )  # fmt: skip
    groups: dict[int, str] = {}
    loose: list[tuple[int, str, Parameter]] = []
    try:
        _walk(content, start + 4, order, groups, loose)
    except (_OutOfBounds, IndexError) as error:
        place = f"parameter section, {error}" if str(error) else "parameter section"
        raise FileFormatError(file, place, "a record leaves its bounds", _DAMAGED) from error
    found = {(groups.get(group, ""), name): parameter for group, name, parameter in loose}
    return C3DParameters(order, found)


class _OutOfBounds(Exception):  # noqa: N818 - names where, not that, it went wrong
    """A record that reaches past its end."""


def _walk(
    content: bytes,
    at: int,
    order: str,
    groups: dict[int, str],
    loose: list[tuple[int, str, Parameter]],
) -> None:
    endian = "big" if order == "sgi" else "little"
    while at < len(content):
        length, group = abs(_signed(content[at])), _signed(content[at + 1])
        if length == 0:
            return
        name_end = at + 2 + length
        name = content[at + 2 : name_end].decode("latin-1").strip(" \0").upper()
        offset = int.from_bytes(content[name_end : name_end + 2], endian)  # type: ignore[arg-type]
        following = name_end + offset if offset else min(len(content), name_end + 0xFFFF)
        if group < 0:
            groups[-group] = name
        else:
            loose.append((group, name, _parameter(content, name_end + 2, following, name)))
        if offset == 0:
            return
        if following <= at:
            raise _OutOfBounds(name)
        at = following
    raise _OutOfBounds("its end is missing")


def _parameter(content: bytes, at: int, end: int, name: str) -> Parameter:
    """Read one parameter whose record ends before byte ``end``."""
    kind, axes = _signed(content[at]), content[at + 1]
    size = _ITEM_BYTES.get(kind)
    first = at + 2 + axes
    if size is None or axes > 7 or first > end:
        raise _OutOfBounds(name)
    shape = tuple(content[at + 2 : first])
    for axis in shape:
        size *= axis
    if first + size > min(end, len(content)):
        raise _OutOfBounds(name)
    return Parameter(kind, shape, content[first : first + size])


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _decode(parameter: Parameter, order: str) -> npt.NDArray[np.float64]:
    if parameter.kind == 1:
        return np.frombuffer(parameter.raw, np.uint8).astype(np.float64)
    if parameter.kind == 2:
        kind = ">i2" if order == "sgi" else "<i2"
        return np.frombuffer(parameter.raw, kind).astype(np.float64)
    return decode_floats(parameter.raw, order).astype(np.float64)


def decode_floats(raw: bytes | memoryview, order: str) -> npt.NDArray[np.float32]:
    """Decode 4-byte reals of a byte order into native float32, ``(len(raw) // 4,)``.

    A DEC real has its two 16-bit words swapped and an exponent that is larger by 2 than that of
    IEEE 754, so its value is a quarter of what the swapped bits say; exponent 0 is zero.

    Args:
        raw: The bytes; intel data are viewed, not copied.
        order: One of the values of :data:`BYTE_ORDERS`.

    Example:
        >>> decode_floats(bytes([0x80, 0x40, 0, 0]), "dec")
        array([1.], dtype=float32)
    """
    if order == "intel":
        return np.frombuffer(raw, "<f4")
    if order == "sgi":
        return np.frombuffer(raw, ">f4").astype(np.float32)
    words = np.frombuffer(raw, "<u2").astype(np.uint32).reshape(-1, 2)
    bits = (words[:, 0] << 16) | words[:, 1]
    with np.errstate(invalid="ignore"):
        values = bits.view(np.float32) * np.float32(0.25)
    return np.where(bits & 0x7F800000, values, np.float32(0.0))
