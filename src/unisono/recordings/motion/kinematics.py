r"""Where the joints are: forward kinematics of a rig, and back to a skeleton's rotations.

With :math:`R_j` the rotation of joint :math:`j` against its parent :math:`p(j)` and :math:`o_j` its
offset in the parent's axes,

.. math:: R^g_j = R^g_{p(j)} R_j, \qquad x_j = x_{p(j)} + R^g_{p(j)} o_j

so that the rotation of a joint turns the bones that BEGIN at it. Metres, ``y`` up.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError
from unisono.recordings.motion.rig import Rig
from unisono.recordings.motion.rotations import shortest_turn

__all__ = ["Motion", "Placed", "fitted_rotations", "placed"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Motion:
    """A motion of a rig.

    Args:
        rig: The rig.
        rotations: Of each joint against its parent, the body root against the world,
            ``(frame, joint, 3, 3)``.
        root: Place of the body root, metres, ``(frame, 3)``.
        rate_hz: Frames a second.

    Raises:
        ShapeError: If sizes disagree, or there is no frame.
    """

    rig: Rig
    rotations: Array
    root: Array
    rate_hz: float

    def __post_init__(self) -> None:
        check_axes(
            rotations=(self.rotations, "frame joint row column"), root=(self.root, "frame x")
        )
        check_range("rate_hz", self.rate_hz, 0.0, 1e7)
        if len(self.root) < 1 or self.rotations.shape[1] != len(self.rig.names):
            raise ShapeError(
                f"a motion of {len(self.rig.names)} joints needs frames and as many rotations; got "
                f"{len(self.root)} frames of {self.rotations.shape[1]}."
            )

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.root)


class Placed(NamedTuple):
    """Joints in the world.

    Attributes:
        positions: ``(frame, joint, 3)``, metres.
        rotations: Against the world, ``(frame, joint, 3, 3)``.
    """

    positions: Array
    rotations: Array


def placed(motion: Motion) -> Placed:
    """Forward kinematics: the places and turns of all joints of the rig."""
    positions = np.empty((*motion.rotations.shape[:2], 3))
    rotations = np.empty_like(motion.rotations)
    offsets = motion.rig.metres
    for joint, parent in enumerate(motion.rig.parents):
        local = motion.rotations[:, joint]
        if parent < 0:
            positions[:, joint], rotations[:, joint] = motion.root, local
        else:
            above = rotations[:, parent]
            positions[:, joint] = positions[:, parent] + above @ offsets[joint]
            rotations[:, joint] = above @ local
    return Placed(positions, rotations)


def fitted_rotations(rig: Rig, positions: Array) -> Array:
    """Rotations of the joints of which only the places are known, ``(frame, joint, 3, 3)``.

    A joint with bones in two or more directions gets the best rotation (Kabsch, Acta Cryst. A 32,
    1976); one with a single bone the shortest turn, as its twist cannot be seen in places; one
    without a bone none. Where the places are those of the rig, forward kinematics gives them back.

    Args:
        rig: The rig.
        positions: ``(frame, joint, 3)``, metres.

    Raises:
        ShapeError: If the number of joints is not the rig's.
    """
    if positions.shape[1:] != (len(rig.names), 3):
        raise ShapeError(f"positions should be (frame, {len(rig.names)}, 3): {positions.shape}.")
    parents, offsets = rig.parents, rig.metres
    local = np.broadcast_to(np.eye(3), (*positions.shape[:2], 3, 3)).copy()
    world = local.copy()
    for joint, parent in enumerate(parents):
        above = world[:, parent] if parent >= 0 else np.broadcast_to(np.eye(3), local[:, 0].shape)
        below = [i for i, up in enumerate(parents) if up == joint and np.any(offsets[i])]
        if below:
            seen = (positions[:, below] - positions[:, [joint]]) @ above  # in the parent's axes
            local[:, joint] = _fit(offsets[below], seen)
        world[:, joint] = above @ local[:, joint]
    return local


def _fit(bones: Array, seen: Array) -> Array:
    """Rotations that turn ``bones (bone, 3)`` into ``seen (frame, bone, 3)``, ``(frame, 3, 3)``."""
    longest = int(np.argmax(np.linalg.norm(bones, axis=1)))
    flat = np.linalg.svd(bones, compute_uv=False)
    first = shortest_turn(np.broadcast_to(bones[longest], seen[:, 0].shape), seen[:, longest])
    if len(flat) < 2 or flat[1] < 1e-3 * flat[0]:  # in one line
        return first
    u, _, vt = np.linalg.svd(np.einsum("bi,fbj->fij", bones, seen))
    sign = np.linalg.det(np.matmul(u, vt))
    u[..., 2] *= sign[:, None]
    return np.asarray(np.swapaxes(u @ vt, -1, -2), dtype=np.float64)
