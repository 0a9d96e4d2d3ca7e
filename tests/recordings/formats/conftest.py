"""Tiny C3D files of every number format and byte order, written byte by byte.

ezc3d writes Intel reals only, so that the files here come from the format's description (C3D user
guide, Motion Lab Systems, 2008) and not from the reader under test.
"""

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

BLOCK = 512
PROCESSOR = {"intel": 84, "dec": 85, "sgi": 86}
Parameters = Mapping[tuple[str, str], Any]


def encode_floats(values: npt.ArrayLike, order: str) -> bytes:
    """Reals of a byte order; a DEC real is four times the IEEE one with its words swapped."""
    values = np.asarray(values, np.float32).ravel()
    if order == "intel":
        return values.astype("<f4").tobytes()
    if order == "sgi":
        return values.astype(">f4").tobytes()
    bits = (values * np.float32(4)).view(np.uint32)
    words = np.stack([bits >> 16, bits & 0xFFFF], axis=-1)
    return words.astype("<u2").tobytes()


def encode_ints(values: npt.ArrayLike, order: str) -> bytes:
    kind = ">i2" if order == "sgi" else "<i2"
    return np.asarray(values).astype(np.int64).astype(kind).tobytes()


def encode_parameter(value: npt.ArrayLike, order: str) -> bytes:
    """Type, axes and values; arrays have their first axis fastest."""
    if isinstance(value, str):
        raw = value.encode()
        return struct.pack("bBB", -1, 1, len(raw)) + raw
    if isinstance(value, list):
        width = max((len(text) for text in value), default=0)
        raw = b"".join(text.ljust(width).encode() for text in value)
        return struct.pack("bBBB", -1, 2, width, len(value)) + raw
    array = np.asarray(value)
    whole = np.issubdtype(array.dtype, np.integer)
    flat = array.ravel(order="F")
    raw = encode_ints(flat, order) if whole else encode_floats(flat, order)
    return struct.pack("bB", 2 if whole else 4, array.ndim) + bytes(array.shape) + raw


def encode_section(parameters: Parameters, order: str) -> bytes:
    """The parameter section in whole blocks."""
    endian = ">" if order == "sgi" else "<"
    groups = list(dict.fromkeys(group for group, _ in parameters))
    records = []
    for number, group in enumerate(groups, 1):
        records.append((group, -number, b"\0"))
        for (home, name), value in parameters.items():
            if home == group:
                records.append((name, number, encode_parameter(value, order) + b"\0"))
    body = b"".join(
        struct.pack("bb", len(name), number)
        + name.encode()
        + struct.pack(f"{endian}H", len(rest) + 2)
        + rest
        for name, number, rest in records
    )
    body += b"\0\0"
    blocks = -(-(len(body) + 4) // BLOCK)
    return (bytes([1, 80, blocks, PROCESSOR[order]]) + body).ljust(blocks * BLOCK, b"\0")


def c3d_bytes(
    points: npt.ArrayLike,
    *,
    seen: npt.ArrayLike | None = None,
    analog: npt.ArrayLike | None = None,
    samples: int = 0,
    parameters: Parameters | None = None,
    order: str = "intel",
    scale: float = -1.0,
    first: int = 1,
    rate: float = 100.0,
) -> bytes:
    """A C3D file.

    Args:
        points: Raw coordinates, ``(frame, point, 3)``; integers where the scale is positive.
        seen: ``(frame, point)``; all by default.
        analog: Raw analog numbers, ``(frame * samples, channel)``.
        samples: Analog samples a frame.
        parameters: Beyond POINT:USED, FRAMES, RATE, SCALE and DATA_START.
        order: Byte order.
        scale: Negative for reals.
        first: Number of the first frame.
        rate: Frames a second.
    """
    points = np.asarray(points)
    frames, count = points.shape[:2]
    seen = np.ones((frames, count), bool) if seen is None else np.asarray(seen)
    fourth = np.where(seen, 0, -1)[..., None]
    columns = [np.concatenate([points, fourth], axis=2).reshape(frames, -1)]
    if analog is not None:
        columns.append(np.asarray(analog).reshape(frames, -1))
    table = np.concatenate(columns, axis=1)
    measured = table.shape[1] - 4 * count
    data = encode_floats(table, order) if scale < 0 else encode_ints(table, order)
    own = {
        ("POINT", "USED"): np.int16(count),
        ("POINT", "SCALE"): np.float32(scale),
        ("POINT", "RATE"): np.float32(rate),
        ("POINT", "DATA_START"): np.int16(0),
        ("POINT", "FRAMES"): np.int16(min(frames, 32767)),
    }
    if measured:
        own |= {
            ("ANALOG", "RATE"): np.float32(rate * samples),
            ("ANALOG", "USED"): np.int16(measured // samples),
        }
    section = encode_section(own | dict(parameters or {}), order)
    start = 2 + len(section) // BLOCK
    section = encode_section(
        own | {("POINT", "DATA_START"): np.int16(start)} | dict(parameters or {}), order
    )
    header = bytes([2, 80]) + encode_ints(
        [count, measured, first, min(first + frames - 1, 65535), 10], order
    )
    header += encode_floats([scale], order) + encode_ints([start, samples], order)
    header += encode_floats([rate], order)
    data = data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")
    return header.ljust(BLOCK, b"\0") + section + data


CORNERS = np.array([[600.0, 0, 0], [0, 0, 0], [0, 400, 0], [600, 400, 0]]).T[..., None]


def plate_parameters(kind: int, channels: int, origin: list[float]) -> dict[Any, Any]:
    """FORCE_PLATFORM and ANALOG parameters of one plate; its channels come first."""
    units = {1: ["N"] * 3 + ["mm"] * 2 + ["Nmm"], 3: ["N"] * 8}.get(kind, ["N"] * 3 + ["Nmm"] * 3)
    found: dict[Any, Any] = {
        ("FORCE_PLATFORM", "USED"): np.int16(1),
        ("FORCE_PLATFORM", "TYPE"): np.array([kind], np.int16),
        ("FORCE_PLATFORM", "ZERO"): np.array([1, 0], np.int16),
        ("FORCE_PLATFORM", "CORNERS"): CORNERS,
        ("FORCE_PLATFORM", "ORIGIN"): np.array(origin)[:, None],
        ("FORCE_PLATFORM", "CHANNEL"): np.arange(1, len(units) + 1, dtype=np.int16)[:, None],
        ("ANALOG", "USED"): np.int16(channels),
        ("ANALOG", "LABELS"): [f"F{i}" for i in range(len(units))]
        + [f"EMG{i}" for i in range(channels - len(units))],
        ("ANALOG", "UNITS"): units + ["V"] * (channels - len(units)),
        ("ANALOG", "GEN_SCALE"): np.float32(1.0),
        ("ANALOG", "SCALE"): np.ones(channels),
        ("ANALOG", "OFFSET"): np.zeros(channels, np.int16),
    }
    if kind == 4:
        found["FORCE_PLATFORM", "CAL_MATRIX"] = (np.eye(6) * 2 + 0.01)[..., None]
    return found


def marker_parameters(count: int, outputs: bool = True) -> dict[Any, Any]:
    """Labels, units and screen axes; the last two points are an angle and a force."""
    labels = [f"M{i:03d}" for i in range(count)]
    found: dict[Any, Any] = {
        ("POINT", "UNITS"): ["mm"],
        ("POINT", "X_SCREEN"): ["+X"],
        ("POINT", "Y_SCREEN"): ["+Z"],
    }
    if outputs:
        labels[-2:] = ["LKneeAngles", "LKneeForce"]
        found |= {
            ("POINT", "ANGLES"): ["LKneeAngles"],
            ("POINT", "FORCES"): ["LKneeForce"],
            ("POINT", "ANGLE_UNITS"): ["deg"],
            ("POINT", "FORCE_UNITS"): ["N"],
            ("POINT", "MOMENT_UNITS"): ["Nmm"],
        }
    found["POINT", "LABELS"] = labels[:255]
    if count > 255:
        found["POINT", "LABELS2"] = labels[255:]
    return found


def event_parameters() -> dict[Any, Any]:
    return {
        ("EVENT", "USED"): np.int16(3),
        ("EVENT", "CONTEXTS"): ["Left", "Right", "General"],
        ("EVENT", "LABELS"): ["Foot Strike", "Foot Off", "Event"],
        ("EVENT", "TIMES"): np.array([[0.0, 0.0, 0.0], [1.26, 1.25, 9.0]]),
        ("SUBJECTS", "NAMES"): ["HC002D"],
        ("PROCESSING", "Bodymass"): np.float32(32.1),
        ("PROCESSING", "Height"): np.float32(1450.0),
    }


def c3d_examples() -> list[bytes]:
    """Small valid files: byte orders, number formats, plates of types 1 to 4, events, LABELS2."""
    rng = np.random.default_rng(0)
    orders = ("intel", "intel", "dec", "sgi", "sgi", "dec", "intel")
    kinds, origins = (2, 1, 4, 3), ([1.0, 2, 40], [0.0, 0, 30], [1.0, -2, -30], [120.0, 200, -50])
    files = []
    for n, order in enumerate(orders):
        count = (4, 3, 3, 3, 2, 258, 0)[n]
        whole = n in (1, 4, 5, 6)
        points = rng.integers(-3000, 3000, (4, count, 3)).astype(float)
        parameters = marker_parameters(count, outputs=n == 0) | event_parameters()
        options: dict[str, Any] = {}
        if n < 4 or n == 6:
            channels = 9
            raw = rng.integers(-900, 900, (8, channels)).astype(float)
            kind = kinds[n % 4]
            parameters |= plate_parameters(kind, channels, origins[n % 4])
            options = {"analog": raw, "samples": 2}
        if n == 6:
            parameters |= {("ANALOG", "FORMAT"): "UNSIGNED", ("ANALOG", "BITS"): np.int16(16)}
        if n == 3:  # some writers keep whole numbers as reals
            parameters = {
                key: np.asarray(value, float) if np.asarray(value).dtype.kind == "i" else value
                for key, value in parameters.items()
            }
            parameters["TRIAL", "ACTUAL_START_FIELD"] = np.array([125.0, 0.0])
        seen = rng.random((4, count)) > 0.2
        files.append(
            c3d_bytes(
                points,
                seen=seen,
                parameters=parameters,
                order=order,
                scale=0.1 if whole else -0.1,
                first=125,
                **options,
            )
        )
    return files


@pytest.fixture
def write_c3d(tmp_path: Path) -> Callable[..., Path]:
    """Write what :func:`c3d_bytes` makes of the arguments and return the path."""

    def write(points: npt.ArrayLike, **options: Any) -> Path:  # noqa: ANN401 - as c3d_bytes
        path = tmp_path / "trial.c3d"
        path.write_bytes(c3d_bytes(points, **options))
        return path

    return write


@pytest.fixture(scope="session")
def examples_c3d() -> list[bytes]:
    """See :func:`c3d_examples`."""
    return c3d_examples()


@pytest.fixture(scope="session")
def plate_c3d() -> Callable[..., dict[Any, Any]]:
    """See :func:`plate_parameters`."""
    return plate_parameters


@pytest.fixture(scope="session")
def marker_c3d() -> Callable[..., dict[Any, Any]]:
    """See :func:`marker_parameters`."""
    return marker_parameters
