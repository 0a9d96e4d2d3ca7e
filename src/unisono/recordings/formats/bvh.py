"""BVH files: a skeleton and its motion as text (Biovision hierarchy).

The channels are read as they stand (any order of rotations, positions on any joint, any placement
of the root), into the streams ``angles`` (deg, ``<joint>_Zrotation``), ``root_position`` and, where
other joints have position channels, ``joint_offsets``; ``positions`` holds all joints in the
file's frame by forward kinematics. BVH states no unit of length: centimetres are assumed, noted as
a doubt, and replaced by ``units={"positions": "m"}``, for all three streams at once.

The parser is ours rather than bvhio's, which the tests use as an oracle: bvhio 1.5.4 loops for
ever on a file that is cut off after a line, and keeps rotations as single-precision quaternions, so
that what it writes back differs by up to 2e-5 from what it read.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.errors import FileFormatError, OutputError
from unisono.core.files import write_text
from unisono.recordings.formats.assembling import assemble, check_names, doubt
from unisono.recordings.formats.bvh_skeleton import (
    CHANNELS,
    End,
    Joint,
    Skeleton,
    as_in_file,
    joint_positions,
    skeleton_unit,
)
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.formats.tabulating import tabulate
from unisono.recordings.formats.text import format_rows, load_bytes, load_text, parse_numbers
from unisono.recordings.schema import make_stream

__all__ = ["read_bvh", "write_bvh"]

_LENGTHS = ("positions", "root_position", "joint_offsets")
_MOST_JOINTS = 2000
_MOST_POINTS = 100_000_000


class _Parsed(NamedTuple):
    skeleton: Skeleton
    frame_time: float
    motion: npt.NDArray[np.float64]
    notes: list[str]


class _Words:
    """The words of a file in order, with the line of the current one."""

    def __init__(self, path: str | Path, lines: list[str]) -> None:
        self.path = path
        self.line = 0
        self._words = self._walk(lines)

    def _walk(self, lines: list[str]) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            for word in line.replace("{", " { ").replace("}", " } ").split():
                self.line = number
                yield word

    def next(self, wanted: str = "") -> str:
        """The next word; if one is wanted, that one (in any case of letters)."""
        word = next(self._words, "")
        if not word or (wanted and word.upper() != wanted.upper()):
            found = f"{word[:40]!r}" if word else "the end of the file"
            raise self.error(f"found {found} where {wanted or 'a word'} should be")
        return word

    def number(self) -> float:
        """The next word as a finite number."""
        word = self.next()
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(f"{word[:40]!r} is not a number")
        return value

    def error(self, problem: str) -> FileFormatError:
        """An error at the current line."""
        return FileFormatError(self.path, f"line {self.line}", problem, "export the file again")


def read_bvh(path: str | Path, options: ReadOptions = DEFAULTS) -> xr.DataTree:
    """Read a ``.bvh`` file.

    Returns:
        A recording whose ``source["skeleton"]`` holds the skeleton, so that it can be written back.

    Raises:
        FileFormatError: Naming the line and the remedy.
    """
    content = load_bytes(path)
    parsed = _parse(path, load_text(path, content))
    names, notes = parsed.skeleton.channel_names(), parsed.notes
    check_names(path, "channels", names)
    check_names(path, "joints", parsed.skeleton.point_names())
    root = len(parsed.skeleton.joints[0].channels)
    groups: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        turns = name.endswith("rotation")
        stream = "angles" if turns else ("root_position" if column < root else "joint_offsets")
        groups.setdefault(stream, []).append(column)
    stated = next((options.units[key] for key in _LENGTHS if key in options.units), "")
    unit = stated or "cm"
    lengths = [] if stated else [doubt("BVH states no unit of length; cm is assumed")]
    time = np.arange(len(parsed.motion)) * parsed.frame_time
    parts = {
        stream: make_stream(
            parsed.motion[:, columns],
            time=time,
            channels=[names[i] for i in columns],
            units="deg" if stream == "angles" else unit,
            kind="angle" if stream == "angles" else "position",
            rate_hz=1 / parsed.frame_time,
            history=notes if stream == "angles" else [*notes, *lengths],
        )
        for stream, columns in groups.items()
    }
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is flagged as not valid
        points = joint_positions(parsed.skeleton, parsed.motion)
    parts["positions"] = make_stream(
        points.reshape(len(points), -1),
        time=time,
        channels=[f"{p}_{axis}" for p in parsed.skeleton.point_names() for axis in "xyz"],
        units=unit,
        kind="position",
        rate_hz=1 / parsed.frame_time,
        history=[*notes, *lengths, "computed from the angles by forward kinematics"],
    )
    return assemble(
        parts,
        path=path,
        content=content,
        reader="bvh",
        options=options,
        source={
            "skeleton": parsed.skeleton.to_dict(),
            "skeleton_unit": unit,
            "frame_time": parsed.frame_time,
        },
    )


def _parse(path: str | Path, text: str) -> _Parsed:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    words = _Words(path, lines)
    words.next("HIERARCHY")
    words.next("ROOT")
    skeleton = _hierarchy(words)
    if not skeleton.channel_names():
        raise words.error("no joint has a channel")
    words.next("MOTION")
    words.next("Frames:")
    frames = words.number()
    words.next("Frame")
    words.next("Time:")
    frame_time = words.number()
    if frame_time <= 1e-7 or frame_time > 1e4:
        raise words.error(f"the frame time is {frame_time:g} s")
    if frames != int(frames) or frames < 1:
        raise words.error(f"the number of frames is {frames:g}")
    motion, notes = _motion(words, lines, len(skeleton.channel_names()), int(frames))
    if len(motion) * len(skeleton.point_names()) > _MOST_POINTS:
        raise words.error("frames times joints exceed what fits in memory")
    return _Parsed(skeleton, frame_time, motion, notes)


def _hierarchy(words: _Words) -> Skeleton:
    joints: list[Joint] = []
    ends: list[End] = []
    above: list[int] = []  # the joints whose braces are open
    while True:
        if len(joints) >= _MOST_JOINTS:
            raise words.error(f"the skeleton has more than {_MOST_JOINTS} joints")
        joints.append(_joint(words, above[-1] if above else -1))
        above.append(len(joints) - 1)
        word = words.next()
        while word == "}" or word.upper() == "END":
            if word == "}":
                above.pop()
                if not above:
                    return Skeleton(tuple(joints), tuple(ends))
            else:
                words.next()  # "Site"
                words.next("{")
                words.next("OFFSET")
                ends.append(End(above[-1], (words.number(), words.number(), words.number())))
                words.next("}")
            word = words.next()
        if word.upper() != "JOINT":
            raise words.error(f"found {word[:40]!r} where JOINT, End Site or a brace should be")


def _joint(words: _Words, parent: int) -> Joint:
    """A joint up to its channels; the word JOINT or ROOT has been read. Names may hold spaces."""
    parts = [words.next()]
    while (word := words.next()) != "{":
        parts.append(word)
    words.next("OFFSET")
    offset = (words.number(), words.number(), words.number())
    words.next("CHANNELS")
    count = words.number()
    if count not in range(len(CHANNELS) + 1):
        raise words.error(f"the number of channels is {count:g}")
    channels = []
    for _ in range(int(count)):
        word = words.next()
        known = {channel.lower(): channel for channel in CHANNELS}
        if word.lower() not in known:
            raise words.error(f"the channel {word[:40]!r} is not known")
        channels.append(known[word.lower()])
    return Joint(" ".join(parts), parent, offset, tuple(channels))


def _motion(
    words: _Words, lines: list[str], columns: int, frames: int
) -> tuple[npt.NDArray[np.float64], list[str]]:
    cells = " ".join(lines[words.line :]).split()
    if len(cells) < frames * columns:
        raise words.error(
            f"{frames} frames of {columns} channels are promised, but only {len(cells)} numbers "
            "follow: the file is cut off"
        )
    extra = len(cells) - frames * columns
    notes = [doubt(f"{extra} numbers after the last frame were left out")] if extra else []
    try:
        values = parse_numbers(cells[: frames * columns])
    except ValueError as error:
        raise words.error(f"after this line, {error}") from error
    values[~np.isfinite(values)] = np.nan
    return values.reshape(frames, columns), notes


def write_bvh(tree: xr.DataTree, path: str | Path, *, streams: Sequence[str] | None = None) -> Path:
    """Write a recording that was read from a BVH file, or carries such a skeleton, as ``.bvh``.

    Args:
        tree: A recording with ``source["skeleton"]``.
        path: The file.
        streams: Where the channels are; by default ``angles``, ``root_position`` and
            ``joint_offsets``. Angles in radians are converted, and lengths to the skeleton's unit.

    Raises:
        OutputError: If there is no skeleton, a channel is missing, or a sample is not valid.
    """
    source = tree.attrs.get("source") or {}
    if "skeleton" not in source:
        raise OutputError(f"{path}: the recording has no skeleton (source['skeleton']) to write.")
    skeleton = Skeleton.from_dict(source["skeleton"])
    own = [name for name in ("angles", "root_position", "joint_offsets") if name in tree.children]
    table = tabulate(tree, streams or own)
    names = skeleton.channel_names()
    absent = [name for name in names if name not in table.names]
    if absent:
        raise OutputError(f"{path}: the channel {absent[0]!r} of the skeleton is in no stream.")
    written = _as_written(skeleton)
    names = [
        f"{skeleton.joints[i].name}_{channel}"
        for i in written
        for channel in skeleton.joints[i].channels
    ]
    table = table.take([table.names.index(name) for name in names])
    if not table.valid.all():
        bad = names[int(np.argmin(table.valid.all(axis=0)))]
        raise OutputError(f"{path}: {bad!r} has samples that are not valid; fill the gaps first.")
    values = as_in_file(table.values, table.units, skeleton_unit(tree))
    step = float(np.median(np.diff(table.time))) if len(table.time) > 1 else 1 / 30
    frame_time = float(source.get("frame_time", step))
    if len(table.time) > 1 and abs(frame_time - step) > 1e-6 * step:
        frame_time = step
    text = "HIERARCHY\n" + _write_joint(skeleton, 0)
    text += f"MOTION\nFrames: {len(values)}\nFrame Time: {frame_time!r}\n"
    return write_text(path, text + format_rows(values, separator=" ", blank="nan"))


def _children(skeleton: Skeleton) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for number, joint in enumerate(skeleton.joints):
        children.setdefault(joint.parent, []).append(number)
    return children


def _as_written(skeleton: Skeleton) -> list[int]:
    """Joints limb by limb, as a file has them, whatever order the skeleton lists them in."""
    children, order, stack = _children(skeleton), [], [0]
    while stack:
        order.append(stack.pop())
        stack += reversed(children.get(order[-1], []))
    return order


def _write_joint(skeleton: Skeleton, root: int) -> str:
    """The hierarchy as text; a stack in place of recursion, for skeletons of any depth."""
    children = _children(skeleton)
    lines: list[str] = []
    stack: list[tuple[int, int, bool]] = [(root, 0, False)]
    while stack:
        number, depth, closing = stack.pop()
        indent, joint = "\t" * depth, skeleton.joints[number]
        if closing:
            lines.append(f"{indent}}}")
            continue
        lines += [f"{indent}{'JOINT' if depth else 'ROOT'} {joint.name}", f"{indent}{{"]
        lines.append(f"{indent}\tOFFSET {' '.join(map(repr, joint.offset))}")
        lines.append(f"{indent}\tCHANNELS {' '.join([str(len(joint.channels)), *joint.channels])}")
        for end in (e for e in skeleton.ends if e.parent == number):
            tip = " ".join(map(repr, end.offset))
            lines += [f"{indent}\tEnd Site", f"{indent}\t{{", f"{indent}\t\tOFFSET {tip}"]
            lines.append(f"{indent}\t}}")
        stack.append((number, depth, True))
        stack += [(child, depth + 1, False) for child in reversed(children.get(number, []))]
    return "\n".join(lines) + "\n"
