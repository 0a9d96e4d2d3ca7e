"""A path that the root follows, and joints that are somewhere at some time: from CSV to goals.

A path has columns ``time,x,z`` (seconds and metres; the floor is ``x`` to the left and ``z``
forward of where the motion begins) and is joined by straight lines. Keyframes have columns
``time,joint,x,y,z``; a cell that is left empty is free, and rows of one joint and time add up.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from unisono.api.motion_model import MotionModel, MotionSampling
from unisono.api.motion_output import GeneratedMotion, held_rows
from unisono.core.checks import nearest
from unisono.core.errors import FileFormatError, UnisonoError
from unisono.core.random import generator
from unisono.methods.lead_sampling import PlaceGoal, sampled
from unisono.recordings.formats.text import load_text
from unisono.recordings.motion.features import recovered_positions

__all__ = ["Places", "ReachedMotion", "read_keyframes", "read_path", "reach"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """Where joints should be.

    Args:
        metres: ``(L, J, 3)``, NaN where nothing is wanted.

    Raises:
        UnisonoError: If nothing is wanted at all.
    """

    metres: Array

    def __post_init__(self) -> None:
        if not np.isfinite(self.metres).any():
            raise UnisonoError("no place is wanted; name one at a time within the motion.")

    def and_also(self, other: "Places") -> "Places":
        """Both; where both want something, this."""
        return Places(np.where(np.isfinite(self.metres), self.metres, other.metres))


@dataclass(frozen=True)
class ReachedMotion(GeneratedMotion):
    """Motions with places they should have gone through.

    Args:
        missed_cm: Mean distance from the wanted places, centimetres, a motion.
        missed_share: The same over the height of the body.
    """

    missed_cm: tuple[float, ...] = ()
    missed_share: tuple[float, ...] = ()

    def summary(self) -> str:
        """As of every motion, and how far the wanted places were missed."""
        return (
            super().summary()
            + f"\nwanted places are missed by {np.mean(self.missed_cm):.1f} cm on average "
            f"({100 * np.mean(self.missed_share):.1f} % of the height)"
        )


def read_path(path: str | Path, model: MotionModel, frames: int) -> Places:
    """A path of the root.

    Raises:
        FileFormatError: If it is no such file.
    """
    rows = _table(path, ("time", "x", "z"))
    times = _numbers(path, rows, "time")
    if (np.diff(times) <= 0).any():
        raise FileFormatError(path, "column time", "times do not rise", "sort the rows")
    clock = np.arange(frames) / model.layout.rate_hz
    metres = np.full((frames, len(model.rig.names), 3), np.nan)
    inside = (clock >= times[0] - 1e-9) & (clock <= times[-1] + 1e-9)
    for axis, name in ((0, "x"), (2, "z")):
        line = np.interp(clock, times, _numbers(path, rows, name))
        metres[inside, 0, axis] = line[inside]
    return Places(metres)


def read_keyframes(path: str | Path, model: MotionModel, frames: int) -> Places:
    """Places of joints at times.

    Raises:
        FileFormatError: If it is no such file, a joint or time is not the motion's, or a joint is
            in two places at one time.
    """
    rows = _table(path, ("time", "joint", "x", "y", "z"))
    times, names = _numbers(path, rows, "time"), model.rig.names
    cells = np.stack([_numbers(path, rows, axis, empty=True) for axis in "xyz"], axis=1)
    metres = np.full((frames, len(names), 3), np.nan)
    said: dict[tuple[float, str], Array] = {}
    for number, (row, time) in enumerate(zip(rows, times, strict=True)):
        frame, joint = round(time * model.layout.rate_hz), row["joint"].strip()
        if joint not in names:
            raise FileFormatError(
                path, f"line {number + 2}", f"the skeleton has no joint {joint!r}",
                f"name one of its own.{nearest(joint, names)}",
            )  # fmt: skip
        if not 0 <= frame < frames:
            raise FileFormatError(
                path, f"line {number + 2}",
                f"{time:g} s is outside of the motion's {frames / model.layout.rate_hz:g} s",
                "ask for more seconds",
            )  # fmt: skip
        here = cells[number]
        before = said.setdefault((time, joint), here)
        if (np.isfinite(before) & np.isfinite(here) & (before != here)).any():
            raise FileFormatError(
                path, f"line {number + 2}", f"{joint} is in two places at {time:g} s",
                "leave one out",
            )  # fmt: skip
        said[time, joint] = np.where(np.isfinite(here), here, before)
        metres[frame, names.index(joint)] = said[time, joint]
    return Places(metres)


def reach(
    model: MotionModel,
    text: str,
    places: Places,
    *,
    options: MotionSampling = MotionSampling(),  # noqa: B008 - frozen
    strength: float = 30.0,
) -> ReachedMotion:
    """Make motions that go through places; the length is that of the places.

    Args:
        model: The model.
        text: What is done.
        places: Where joints should be, ``(L, J, 3)``.
        options: Samples, steps, guidance, seed.
        strength: How strongly places pull.

    Raises:
        UnisonoError: If the motion is longer than the model makes at once, or the text cannot be
            used.
    """
    unknown = model.check_text(text)
    frames = len(places.metres)
    if not 2 <= frames <= model.method.frames:
        raise UnisonoError(
            f"places are wanted over {frames} frames, and the model makes 2 to "
            f"{model.method.frames} at once ({model.method.frames / model.layout.rate_hz:g} s)."
        )
    wanted = np.isfinite(places.metres)
    goal = PlaceGoal(
        torch.from_numpy(np.nan_to_num(places.metres)).float()[None],
        torch.from_numpy(wanted).float(),
        model.layout,
    )
    asking = replace(model.asking(options), goals=(goal,), strength=strength, polish=100)
    tokens = model.encoder.tokenise([text])
    with torch.no_grad():
        said = model.method.said(*tokens, torch.tensor([frames])).repeated(options.samples)
    mask = torch.ones(options.samples, frames, dtype=torch.bool)
    found = sampled(
        model.method, said, mask, asking, generator=generator(options.seed, "motion")
    ).rows
    rows = found.double().numpy()
    if options.hold_feet:  # the path stays as it was led
        rows = held_rows(rows, model.layout, model.rig, follow=False)
    doubts = (f"words not known: {', '.join(unknown)}",) if unknown else ()
    plain = GeneratedMotion(rows, model.layout, model.rig, (text,), doubts)
    missed, heights = _missed(plain, places.metres, wanted)
    share = tuple(m / h for m, h in zip(missed, heights, strict=True))
    return ReachedMotion(
        plain.rows, model.layout, model.rig, (text,), doubts,
        tuple(100 * m for m in missed), share,
    )  # fmt: skip


def _missed(
    made: GeneratedMotion, metres: Array, wanted: npt.NDArray[np.bool_]
) -> tuple[list[float], list[float]]:
    """Mean miss and height of the body of each motion, metres."""
    missed, heights = [], []
    for rows in made.rows:
        where = recovered_positions(rows, made.layout)
        apart = np.where(wanted, where - np.nan_to_num(metres), 0.0)
        cells = wanted.any(axis=-1)
        missed.append(float(np.linalg.norm(apart, axis=-1)[cells].mean()))
        heights.append(float(np.median(np.ptp(where[..., 1], axis=1))))
    return missed, heights


def _table(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV file by column; as a spreadsheet writes it, with decimal commas too."""
    lines = load_text(path).splitlines()
    separator = next((mark for mark in (";", "\t") if mark in lines[0]), ",")
    reader = csv.DictReader(lines, delimiter=separator)
    point = "," if separator == "," else "."
    rows = []
    try:
        for row in reader:
            beyond: Sequence[str] = row.pop(None, ())
            if any(cell.strip() for cell in beyond):
                what = f"{len(row) + len(beyond)} values under {len(row)} columns"
                raise FileFormatError(path, f"line {reader.line_num}", what, "mend the line")
            rows.append({k.strip(): (v or "").replace(",", point) for k, v in row.items()})
    except csv.Error as error:
        place = f"line {reader.line_num + 1}"
        raise FileFormatError(path, place, str(error), "export it again") from error
    names = [name.strip() for name in reader.fieldnames or ()]
    absent = [name for name in columns if name not in names]
    if absent or not rows:
        what = f"there is no column {absent[0]!r}" if absent else "there are no rows"
        raise FileFormatError(path, "header", what, f"write the columns {','.join(columns)}")
    return rows


def _numbers(
    path: str | Path, rows: Sequence[dict[str, str]], name: str, *, empty: bool = False
) -> Array:
    found = []
    for number, row in enumerate(rows):
        cell = row[name].strip()
        try:
            found.append(float("nan") if empty and not cell else float(cell))
        except ValueError as error:
            raise FileFormatError(
                path, f"line {number + 2}, column {name}", f"{cell[:30]!r} is no number", "mend it"
            ) from error
        if not cell and empty:
            continue
        if not np.isfinite(found[-1]):
            raise FileFormatError(
                path, f"line {number + 2}, column {name}", f"{cell[:30]!r} is no number", "mend it"
            )
    return np.array(found)
