r"""Motion as a row of numbers a frame that knows neither place nor compass, and back.

With :math:`\psi` the heading (the direction the body faces), :math:`x` the body root and
:math:`R_y` a turn about the vertical, a row holds

====================  =========  ==================================================================
part                  numbers    content
====================  =========  ==================================================================
turn                  1          :math:`\psi_{k+1} - \psi_k`
travel                2          :math:`R_y(-\psi_{k+1}) (x_{k+1} - x_k)`, left and forward
height                1          height of the root, m
positions             3(J-1)     :math:`R_y(-\psi_k) (x_{j,k} - x_k)`, the root's height kept, m
rotations             6J         the root against the heading, the others against their parents
velocities            3J         :math:`R_y(-\psi_k) (x_{j,k+1} - x_{j,k})`
contacts              feet       1 where a foot stands
====================  =========  ==================================================================

turn, travel and velocities a second; the last row's repeat those before it. The layout
``humanml3d`` (Guo et al., "Generating diverse and natural 3D human motions from text", CVPR 2022)
has them a frame and one row less, states the turn as :math:`-\Delta\psi / 2`, leaves the root's
rotation out, and gives to each other joint the shortest turn of the bone that ENDS at it; with 22
joints and 4 feet it is the known row of 263 numbers. Twists of limbs are lost there.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import ShapeError
from unisono.recordings.motion.kinematics import Motion, fitted_rotations, placed
from unisono.recordings.motion.rig import Rig
from unisono.recordings.motion.rotations import (
    about_vertical,
    from_six,
    shortest_turn,
    to_six,
)

__all__ = [
    "Layout",
    "Start",
    "foot_contacts",
    "from_features",
    "headings",
    "recovered_positions",
    "start_of",
    "to_features",
]

Array = npt.NDArray[np.float64]


class Start(NamedTuple):
    """Where a motion begins, which features do not know: heading (rad), x and z (m)."""

    heading: float = 0.0
    x: float = 0.0
    z: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Which numbers a row has.

    Args:
        joints: Number of joints.
        feet: Number of contacts.
        rate_hz: Rows a second.
        kind: ``"full"`` or ``"humanml3d"``.
        contact_speed: Speed below which a foot stands, m/s. The threshold of HumanML3D, a squared
            step of 0.002 at 20 frames a second, is 0.89 m/s.
        contact_height: A standing foot is no higher than this above where it is lowest within half
            a second, metres, so that feet at the top of a jump, which are slow too, do not stand;
            the layout ``humanml3d`` asks nothing of the height.

    Raises:
        UnisonoError: If a setting is out of range.
    """

    joints: int
    feet: int
    rate_hz: float
    kind: str = "full"
    contact_speed: float = 0.5
    contact_height: float = 0.06

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, ("full", "humanml3d"))
        check_range("joints", self.joints, 2, 10_000, closed=True)
        check_range("rate_hz", self.rate_hz, 0.0, 1e5)
        check_range("contact_speed", self.contact_speed, 0.0, 100.0)
        check_range("contact_height", self.contact_height, 0.0, 100.0, closed=True)

    @classmethod
    def of(cls, motion: Motion, *, kind: str = "full") -> "Layout":
        """The layout of a motion's rig at its rate."""
        speed = np.sqrt(0.002) * 20 if kind == "humanml3d" else 0.5
        feet = len(motion.rig.feet)
        return cls(len(motion.rig.names), feet, motion.rate_hz, kind, float(speed))

    @property
    def sizes(self) -> dict[str, int]:
        """Numbers in each part, in order."""
        turned = self.joints if self.kind == "full" else self.joints - 1
        return {
            "turn": 1,
            "travel": 2,
            "height": 1,
            "positions": 3 * (self.joints - 1),
            "rotations": 6 * turned,
            "velocities": 3 * self.joints,
            "contacts": self.feet,
        }

    @property
    def size(self) -> int:
        """Numbers in a row."""
        return sum(self.sizes.values())

    def part(self, name: str) -> slice:
        """Where a part lies in a row."""
        check_choice("part", name, self.sizes)
        names, sizes = list(self.sizes), list(self.sizes.values())
        start = sum(sizes[: names.index(name)])
        return slice(start, start + self.sizes[name])

    @property
    def per_row(self) -> float:
        """What a change from one frame to the next is divided by."""
        return 1 / self.rate_hz if self.kind == "full" else 1.0


def headings(positions: Array, rig: Rig, turns: Array) -> Array:
    """Direction the body faces, radians from ``z`` towards ``x``, without jumps, ``(frame,)``.

    It is at right angles to the mean line from right to left of the rig's pairs, in the floor's
    plane; without pairs it is the turn of the root about the vertical. Where neither is to be seen
    (a body that lies on its side) it stays what it was.

    Args:
        positions: ``(frame, joint, 3)``.
        rig: The rig.
        turns: The root's rotation, ``(frame, 3, 3)``.
    """
    if rig.pairs:
        left, right = np.array(rig.pairs).T
        across = (positions[:, left] - positions[:, right]).sum(axis=1)
        sine, cosine = -across[:, 2], across[:, 0]
    else:
        sine, cosine = turns[:, 0, 2] - turns[:, 2, 0], turns[:, 0, 0] + turns[:, 2, 2]
    seen = np.flatnonzero(np.hypot(sine, cosine) > 1e-6)
    if not len(seen):
        return np.zeros(len(positions))
    frames = np.arange(len(positions))
    before = seen[np.maximum(np.searchsorted(seen, frames, side="right") - 1, 0)]
    return np.asarray(np.unwrap(np.arctan2(sine[before], cosine[before])), dtype=np.float64)


def foot_contacts(
    positions: Array, rig: Rig, *, rate_hz: float, speed: float, height: float = 0.0
) -> Array:
    """1 where a foot stands, ``(frame, foot)``; the last frame is as the one before.

    Args:
        positions: ``(frame, joint, 3)``.
        rig: Which joints are feet.
        rate_hz: Frames a second.
        speed: A standing foot moves slower than this to the next frame, m/s.
        height: And is no higher than this above where it is lowest within half a second, metres; 0
            asks nothing of the height.
    """
    path = positions[:, list(rig.feet)]
    if len(path) < 2:
        return np.ones((len(path), len(rig.feet)))
    moving = np.linalg.norm(np.diff(path, axis=0), axis=-1) * rate_hz
    still = moving < speed
    if height:
        window = 2 * round(rate_hz / 2) + 1
        lowest = minimum_filter1d(path[..., 1], window, axis=0, mode="nearest")
        still &= (path[..., 1] <= lowest + height)[:-1]
    return np.concatenate([still, still[-1:]]).astype(np.float64)


def start_of(motion: Motion) -> Start:
    """Where a motion begins: what :func:`from_features` needs to put it back in its place."""
    first = Motion(motion.rig, motion.rotations[:1], motion.root[:1], motion.rate_hz)
    angle = headings(placed(first).positions, motion.rig, first.rotations[:, 0])[0]
    return Start(float(angle), float(motion.root[0, 0]), float(motion.root[0, 2]))


def to_features(motion: Motion, layout: Layout) -> Array:
    """Rows of numbers, ``(frame, layout.size)``; one row less in the layout ``humanml3d``.

    Raises:
        ShapeError: If the layout is of another rig or rate, or there are fewer than two frames.
    """
    rig = motion.rig
    if (layout.joints, layout.feet) != (len(rig.names), len(rig.feet)):
        raise ShapeError(
            f"the layout has {layout.joints} joints and {layout.feet} feet, the motion "
            f"{len(rig.names)} and {len(rig.feet)}; use Layout.of(motion)."
        )
    if len(motion) < 2 or abs(motion.rate_hz / layout.rate_hz - 1) > 1e-4:
        raise ShapeError(
            f"the layout needs two frames or more at {layout.rate_hz:g} Hz; got {len(motion)} at "
            f"{motion.rate_hz:g} Hz; resample the motion."
        )
    where = placed(motion).positions
    heading = headings(where, rig, motion.rotations[:, 0])
    back = about_vertical(-heading)
    local = where - where[:, :1] * np.array([1.0, 0.0, 1.0])
    local = np.einsum("fij,fkj->fki", back, local)
    steps = np.diff(where, axis=0)
    travel = np.einsum("fij,fj->fi", back[1:], steps[:, 0])[:, [0, 2]]
    moved = np.einsum("fij,fkj->fki", back[:-1], steps)
    half = -0.5 if layout.kind == "humanml3d" else 1.0
    changing = [half * np.diff(heading)[:, None], travel, moved.reshape(len(moved), -1)]
    turn, travel, moved = (_to_rows(part / layout.per_row) for part in changing)
    contacts = foot_contacts(
        where,
        rig,
        rate_hz=layout.rate_hz,
        speed=layout.contact_speed,
        height=layout.contact_height if layout.kind == "full" else 0.0,
    )
    if layout.kind == "full":
        turned = motion.rotations.copy()
        turned[:, 0] = back @ turned[:, 0]
    else:
        turned = _bone_turns(where, rig, heading)[:, 1:]
    frames = len(motion)
    parts = [turn, travel, where[:, 0, 1:2], local[:, 1:].reshape(frames, -1),
             to_six(turned).reshape(frames, -1), moved, contacts]  # fmt: skip
    rows = np.concatenate(parts, axis=1)
    return rows if layout.kind == "full" else rows[:-1]


def recovered_positions(rows: Array, layout: Layout, start: Start | None = None) -> Array:
    """Places of all joints from the parts turn, travel, height and positions alone.

    Args:
        rows: ``(frame, layout.size)``.
        layout: The layout.
        start: Where to begin; by default in the middle, facing ``z``.

    Returns:
        ``(frame, joint, 3)``, metres.

    Raises:
        ShapeError: If the rows are not of the layout.
    """
    heading, root = _track(rows, layout, start or Start())
    local = rows[:, layout.part("positions")].reshape(len(rows), -1, 3)
    world = np.einsum("fij,fkj->fki", about_vertical(heading), local)
    world += root[:, None] * np.array([1.0, 0.0, 1.0])
    return np.concatenate([root[:, None], world], axis=1)


def from_features(rows: Array, layout: Layout, rig: Rig, start: Start | None = None) -> Motion:
    """The motion of a rig: from its rotations (``full``), or fitted to its places (``humanml3d``).

    Args:
        rows: ``(frame, layout.size)``.
        layout: The layout.
        rig: The rig.
        start: Where to begin; by default in the middle, facing ``z``.

    Raises:
        ShapeError: If the rows are not of the layout, or the layout not of the rig.
    """
    if layout.joints != len(rig.names):
        raise ShapeError(f"the layout has {layout.joints} joints, the rig {len(rig.names)}.")
    heading, root = _track(rows, layout, start or Start())
    if layout.kind == "humanml3d":
        turns = fitted_rotations(rig, recovered_positions(rows, layout, start))
    else:
        turns = from_six(rows[:, layout.part("rotations")].reshape(len(rows), -1, 6))
        turns[:, 0] = about_vertical(heading) @ turns[:, 0]
    return Motion(rig, turns, root, layout.rate_hz)


def _track(rows: Array, layout: Layout, start: Start) -> tuple[Array, Array]:
    """Heading ``(frame,)`` and place of the root ``(frame, 3)``, summed up from the start."""
    if rows.ndim != 2 or rows.shape[1] != layout.size or len(rows) < 1:
        raise ShapeError(f"rows should be (frame, {layout.size}); got shape {rows.shape}.")
    half = -2.0 if layout.kind == "humanml3d" else 1.0
    turn = half * rows[:-1, layout.part("turn")][:, 0] * layout.per_row
    heading = start.heading + np.concatenate([[0.0], np.cumsum(turn)])
    flat = rows[:-1, layout.part("travel")] * layout.per_row
    step = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    step = np.einsum("fij,fj->fi", about_vertical(heading[1:]), step)
    root = np.concatenate([np.zeros((1, 3)), np.cumsum(step, axis=0)])
    root += np.array([start.x, 0.0, start.z])
    root[:, 1] = rows[:, layout.part("height")][:, 0]
    return heading, root


def _to_rows(changes: Array) -> Array:
    """One row a frame: the last change once more."""
    return np.concatenate([changes, changes[-1:]])


def _bone_turns(positions: Array, rig: Rig, heading: Array) -> Array:
    """Shortest turn of the bone that ends at each joint, against its parent's, ``(f, j, 3, 3)``."""
    local = np.broadcast_to(np.eye(3), (*positions.shape[:2], 3, 3)).copy()
    world = local.copy()
    world[:, 0] = about_vertical(heading)
    for joint, parent in enumerate(rig.parents[1:], start=1):
        seen = positions[:, joint] - positions[:, parent]
        bone = np.broadcast_to(rig.metres[joint], seen.shape)
        world[:, joint] = shortest_turn(bone, seen)
        local[:, joint] = np.swapaxes(world[:, parent], -1, -2) @ world[:, joint]
    return local
