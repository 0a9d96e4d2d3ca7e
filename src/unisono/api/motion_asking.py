"""One question for everything that a model of text to motion can be asked."""

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from unisono.api.motion_control import reach, read_keyframes, read_path
from unisono.api.motion_editing import EditedMotion, Kept, edit_motion, parse_frames
from unisono.api.motion_model import MotionModel, MotionSampling
from unisono.api.motion_output import GeneratedMotion
from unisono.api.reading import read_one
from unisono.core.errors import UnisonoError

__all__ = ["MotionAsk", "make_motion"]


@dataclass(frozen=True)
class MotionAsk:
    """What is wanted.

    Args:
        texts: What is done; several follow one another.
        clip: A clip of which a part is made anew, as a file or read already.
        path: A file of a path that the root follows.
        keyframes: A file of places that joints go through.
        keep_frames: Frames of the clip that stay, ``"0:20,60:80"``.
        keep_joints: Joints of the clip that stay, ``"Hips,LeftUpLeg"``.
    """

    texts: tuple[str, ...]
    clip: Path | xr.DataTree | None = None
    path: Path | None = None
    keyframes: Path | None = None
    keep_frames: str = ""
    keep_joints: str = ""


def make_motion(
    model: MotionModel,
    ask: MotionAsk,
    *,
    options: MotionSampling = MotionSampling(),  # noqa: B008 - frozen
) -> GeneratedMotion | EditedMotion:
    """Make motions from words alone, through places, or about a part of a clip.

    Raises:
        UnisonoError: If the wishes do not go together, or one cannot be met.
    """
    steered = ask.path is not None or ask.keyframes is not None
    if ask.clip is None and not steered:
        if ask.keep_frames or ask.keep_joints:
            raise UnisonoError("frames and joints are kept of a clip; name its file.")
        return model.generate(ask.texts, options=options)
    if len(ask.texts) != 1:
        raise UnisonoError("a clip, a path and keyframes take one text; say one.")
    text = ask.texts[0]
    if ask.clip is None:
        return _reached(model, ask, text, options)
    if steered:
        raise UnisonoError("a path and keyframes steer a whole motion; leave the clip out.")
    tree = ask.clip if isinstance(ask.clip, xr.DataTree) else read_one(ask.clip)
    if "angles" not in tree.children:
        name = tree.attrs["recording"] if ask.clip is tree else ask.clip
        raise UnisonoError(f"{name} holds no motion of a skeleton; give a BVH file.")
    frames = (
        parse_frames(ask.keep_frames, tree["angles"].sizes["time"]) if ask.keep_frames else None
    )
    joints = tuple(name.strip() for name in ask.keep_joints.split(",") if name.strip())
    return edit_motion(model, tree, text, Kept(frames, joints), options=options)


def _reached(
    model: MotionModel, ask: MotionAsk, text: str, options: MotionSampling
) -> GeneratedMotion:
    frames = round(options.seconds * model.layout.rate_hz)
    if frames < 2:
        raise UnisonoError(f"{options.seconds:g} s are {frames} frame(s); a motion needs two.")
    places = None if ask.keyframes is None else read_keyframes(ask.keyframes, model, frames)
    if ask.path is not None:
        line = read_path(ask.path, model, frames)
        places = line if places is None else places.and_also(line)
    if places is None:
        raise UnisonoError("name a path or keyframes.")
    return reach(model, text, places, options=options)
