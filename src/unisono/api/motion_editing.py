r"""A part of one's own clip made anew: frames between others, or some joints, by masks.

What is kept is pulled toward while sampling, and then put back as it was, number by number, so that
it is the file's own to the last bit. What was made is moved onto it: with :math:`D_a` the rotation
between made and kept at the frame before a gap, :math:`D_b` at the one after it, and
:math:`s \in (0, 1)` the place in the gap,

.. math:: R_s \leftarrow \exp\bigl(w(1-s) \log D_a\bigr) \exp\bigl(w(s) \log D_b\bigr) R_s,
          \qquad w(s) = 3 s^2 - 2 s^3

and likewise, by addition, for the place of the root.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from scipy.spatial.transform import Rotation

from unisono.api.motion_model import MotionModel, MotionSampling
from unisono.api.motion_output import write_motions
from unisono.api.reading import read_one
from unisono.core.checks import nearest
from unisono.core.errors import UnisonoError
from unisono.core.random import generator
from unisono.methods.lead_sampling import PlaceGoal, RowGoal, sampled
from unisono.recordings.motion.clips import motion_of, recording_of
from unisono.recordings.motion.features import from_features, start_of, to_features
from unisono.recordings.motion.kinematics import Motion, placed

__all__ = ["EditedMotion", "Kept", "edit_motion", "parse_frames"]

_STREAMS = ("angles", "root_position", "joint_offsets")


@dataclass(frozen=True)
class Kept:
    """What of a clip stays: these frames, and these joints at all frames.

    Args:
        frames: ``(L,)`` bool, or None for none.
        joints: Names of joints of the rig; the first joint's name keeps the root's path too.
    """

    frames: npt.NDArray[np.bool_] | None = None
    joints: tuple[str, ...] = ()


class EditedMotion(NamedTuple):
    """Clips with a part made anew.

    Attributes:
        recordings: One a sample.
        missed_cm: Mean distance of kept joints from where the sample had them before they were put
            back, centimetres: how much had to be mended.
        text: What was said.
    """

    recordings: list[xr.DataTree]
    missed_cm: float
    text: str

    def summary(self) -> str:
        """What was made."""
        return (
            f"{len(self.recordings)} motion(s) of {self.text!r} about what was kept; before it was "
            f"put back, kept joints were {self.missed_cm:.1f} cm off on average"
        )

    def save(self, path: str | Path) -> list[Path]:
        """Write ``.bvh`` or ``.npz``, numbered where there are several samples."""
        return write_motions(self.recordings, path)


def parse_frames(text: str, count: int) -> npt.NDArray[np.bool_]:
    """Frames of a text such as ``"0:20,60:80"``, the last of each not included.

    Raises:
        UnisonoError: If it is no such text, or a range lies outside of the clip.

    Example:
        >>> parse_frames("0:2,4:5", 5).tolist()
        [True, True, False, False, True]
    """
    kept = np.zeros(count, dtype=bool)
    for part in text.split(","):
        first, colon, last = part.strip().partition(":")
        try:
            start, stop = int(first or 0), int(last or count)
        except ValueError:
            colon = ""
        if not colon:
            raise UnisonoError(f"frames are given as 0:20,60:80; got {text!r}.")
        if not 0 <= start < stop <= count:
            raise UnisonoError(f"frames {part.strip()} lie outside of the clip's {count} frames.")
        kept[start:stop] = True
    return kept


def edit_motion(
    model: MotionModel,
    clip: str | Path | xr.DataTree,
    text: str,
    kept: Kept,
    *,
    options: MotionSampling = MotionSampling(),  # noqa: B008 - frozen
) -> EditedMotion:
    """Make a part of a clip anew, as a text says.

    Args:
        model: The model.
        clip: The clip, on the model's skeleton and at its rate.
        text: What is done.
        kept: What stays as it is.
        options: Samples, steps, guidance, seed; the length is the clip's.

    Raises:
        UnisonoError: If the mask keeps nothing or everything, the rate is another, the clip is
            longer than the model makes at once, or the text cannot be used.
        SchemaError: If the clip's skeleton is not the model's.
    """
    model.check_text(text)
    tree = clip if isinstance(clip, xr.DataTree) else read_one(clip)
    motion = motion_of(tree, model.rig)
    _check_clip(model, motion)
    cells = _cells(model, kept, len(motion))  # (frame, joint)
    asking = replace(model.asking(options), polish=80, goals=_goals(model, motion, cells))
    tokens = model.encoder.tokenise([text])
    with torch.no_grad():
        said = model.method.said(*tokens, torch.tensor([len(motion)])).repeated(options.samples)
    mask = torch.ones(options.samples, len(motion), dtype=torch.bool)
    found = sampled(
        model.method, said, mask, asking, generator=generator(options.seed, "motion")
    ).rows
    start, truth = start_of(motion), placed(motion).positions
    missed, recordings = [], []
    for number, rows in enumerate(found.double().numpy()):
        made = from_features(rows, model.layout, model.rig, start)
        missed.append(np.linalg.norm(placed(made).positions - truth, axis=-1)[cells].mean())
        mended = _mended(made, motion, cells)
        recordings.append(_put_back(tree, mended, cells, f"edited_{number}"))
    return EditedMotion(recordings, 100 * float(np.mean(missed)), text)


def _check_clip(model: MotionModel, motion: Motion) -> None:
    rate, most = model.layout.rate_hz, model.method.frames
    if model.layout.kind != "full":
        raise UnisonoError(
            f"rows of {model.layout.kind} lose the twists of limbs, so that no clip could stay as "
            "it is; use a model of the layout 'full'."
        )
    if abs(motion.rate_hz / rate - 1) > 1e-3:
        raise UnisonoError(
            f"the clip is at {motion.rate_hz:g} Hz and the model at {rate:g} Hz; what is kept "
            "could not stay as it is: resample the clip first."
        )
    if not 2 <= len(motion) <= most:
        raise UnisonoError(
            f"the clip has {len(motion)} frames, and the model makes 2 to {most} at once; cut it."
        )


def _cells(model: MotionModel, kept: Kept, frames: int) -> npt.NDArray[np.bool_]:
    names = model.rig.names
    cells = np.zeros((frames, len(names)), dtype=bool)
    if kept.frames is not None:
        if kept.frames.shape != (frames,):
            raise UnisonoError(f"the mask has {len(kept.frames)} frames, the clip {frames}.")
        cells[kept.frames] = True
    for name in kept.joints:
        if name not in names:
            raise UnisonoError(f"the skeleton has no joint {name!r}.{nearest(name, names)}")
        cells[:, names.index(name)] = True
    if not cells.any():
        raise UnisonoError("the mask keeps nothing; leave the file out to make a whole motion.")
    if cells.all():
        raise UnisonoError("the mask keeps everything; there is nothing left to make.")
    return cells


def _goals(
    model: MotionModel, motion: Motion, cells: npt.NDArray[np.bool_]
) -> tuple[RowGoal, PlaceGoal]:
    """Rows and places of what is kept."""
    layout, frames = model.layout, len(motion)
    rows = torch.from_numpy(to_features(motion, layout)).float()[None]
    joints = torch.from_numpy(cells).float()
    weight = torch.zeros(frames, layout.size)
    for part, width, first in (("positions", 3, 1), ("rotations", 6, 0), ("velocities", 3, 0)):
        each = joints[:, first:].repeat_interleave(width, dim=1)
        weight[:, layout.part(part)] = each[:, -layout.sizes[part] :]
    for part in ("turn", "travel", "height"):
        weight[:, layout.part(part)] = joints[:, :1]
    start = start_of(motion)
    turn = np.array(
        [[np.cos(start.heading), 0, -np.sin(start.heading)], [0, 1, 0],
         [np.sin(start.heading), 0, np.cos(start.heading)]]
    )  # fmt: skip
    places = (placed(motion).positions - [start.x, 0.0, start.z]) @ turn.T
    wanted = torch.from_numpy(places).float()[None]
    where = joints[..., None].expand(-1, -1, 3).clone()
    return (
        RowGoal(rows, weight, model.method.vae.row_std),
        PlaceGoal(wanted, where, layout, spread=0.05),
    )


def _mended(made: Motion, kept: Motion, cells: npt.NDArray[np.bool_]) -> Motion:
    """The made motion moved onto what is kept, joint by joint and gap by gap."""
    rotations, root = made.rotations.copy(), made.root.copy()
    for joint in range(cells.shape[1]):
        for gap in _gaps(cells[:, joint]):
            ends = [n for n in (gap.start - 1, gap.stop) if 0 <= n < len(cells)]
            for end in ends:
                share = _share(gap, end)
                apart = kept.rotations[end, joint] @ made.rotations[end, joint].T
                vector = Rotation.from_matrix(apart).as_rotvec()
                turn = Rotation.from_rotvec(share[:, None] * vector).as_matrix()
                rotations[gap, joint] = turn @ rotations[gap, joint]
                if joint == 0:
                    root[gap] += share[:, None] * (kept.root[end] - made.root[end])
        here = cells[:, joint]
        rotations[here, joint] = kept.rotations[here, joint]
    root[cells[:, 0]] = kept.root[cells[:, 0]]
    return Motion(made.rig, rotations, root, made.rate_hz)


def _gaps(kept: npt.NDArray[np.bool_]) -> list[slice]:
    """Stretches of frames that are not kept."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], kept, [True]]).astype(int)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _share(gap: slice, end: int) -> npt.NDArray[np.float64]:
    """How much of the miss at a gap's end each of its frames takes over."""
    length = gap.stop - gap.start
    far = np.abs(np.arange(gap.start, gap.stop) - end) / (length + 1)
    near = np.clip(1 - far, 0, 1)
    return np.asarray(3 * near**2 - 2 * near**3, dtype=np.float64)


def _put_back(
    tree: xr.DataTree, motion: Motion, cells: npt.NDArray[np.bool_], name: str
) -> xr.DataTree:
    """The motion as a recording in which what is kept is the source's own, bit for bit."""
    recording, rig = recording_of(motion, name=name, subject=tree.attrs["subject"]), motion.rig
    above = {joint.name for joint in rig.skeleton.joints[: rig.root]}
    for stream in _STREAMS:
        if stream not in recording.children:
            continue
        node, own = recording[stream].to_dataset(), tree[stream].to_dataset()
        names = [str(channel) for channel in node["channel"].values]
        data = node["data"].values.copy()
        true = own["data"].sel(channel=names).values
        for column, channel in enumerate(names):
            joint = channel.rsplit("_", 1)[0]
            here = (
                np.ones(len(cells), dtype=bool)
                if joint in above
                else cells[:, rig.names.index(joint)]
            )
            if stream == "angles":
                data[:, column] = _nearest_turn(data[:, column], true[:, column], here)
            data[here, column] = true[here, column]
        recording[stream] = xr.DataTree(node.assign(data=(node["data"].dims, data)))
    return recording


def _nearest_turn(
    made: npt.NDArray[np.float64], true: npt.NDArray[np.float64], kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Angles of gaps moved by full turns to where they join what is kept before (or after) them."""
    out = made.copy()
    for gap in _gaps(kept):
        before = gap.start > 0
        if not before and gap.stop >= len(kept):
            continue
        at, other = (gap.start, gap.start - 1) if before else (gap.stop - 1, gap.stop)
        out[gap] += 360.0 * np.round((true[other] - made[at]) / 360.0)
    return out
