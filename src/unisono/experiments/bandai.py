r"""Head and hands to the whole body: clips of acted motion as pairs of streams.

Three points are what a headset and two controllers give. Both streams are in a frame that those
three can know: the origin is under the head, frame by frame, and the forward direction is that of
the hips in the clip's FIRST frame (a calibration pose, as such systems ask for), so that no later
knowledge of the body leaks into the given side.

Source: Bandai-Namco-Research-Motiondataset (Kobayashi et al., 2023; CC BY-NC 4.0). One actor:
clips of that actor are in every part, which is why parts are kept apart by content and style.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.api.reading import read_one
from unisono.core.errors import ConfigError
from unisono.recordings.schema import make_recording, make_stream

__all__ = ["bandai_recordings"]

Array = npt.NDArray[np.float64]

_GIVEN = ("Head", "Hand_L", "Hand_R")
_BODY = (
    "Hips",
    "Chest",
    "Neck",
    "UpperArm_L",
    "LowerArm_L",
    "UpperArm_R",
    "LowerArm_R",
    "UpperLeg_L",
    "LowerLeg_L",
    "Foot_L",
    "UpperLeg_R",
    "LowerLeg_R",
    "Foot_R",
)
_RATE_HZ = 30.0


def bandai_recordings(folder: Path, *, every: int = 1) -> Iterator[xr.DataTree]:
    """Clips as recordings with the streams ``sparse`` (3 points) and ``body`` (13), in metres.

    Args:
        folder: Folder of the ``.bvh`` files, named ``dataset-1_CONTENT_STYLE_NUMBER.bvh``.
        every: Take every so-manieth clip.

    Raises:
        ConfigError: If the folder holds no such file.
    """
    files = sorted(folder.glob("dataset-?_*_*_*.bvh"))[::every]
    if not files:
        raise ConfigError(f"{folder} holds no clips named dataset-1_CONTENT_STYLE_NUMBER.bvh.")
    for file in files:
        _, content, style, _ = file.stem.split("_")
        points = read_one(file)["positions"].to_dataset()
        yield _recording(file.stem, points, {"content": content, "style": style})


def _recording(name: str, points: xr.Dataset, labels: dict[str, str]) -> xr.DataTree:
    data = points["data"]

    def joint(of: str) -> Array:
        return np.asarray(data.sel(channel=[f"{of}_{axis}" for axis in "xyz"]).values) / 100.0

    turn = _heading(joint("UpperLeg_L")[0] - joint("UpperLeg_R")[0])
    head = joint("Head")
    origin = head * np.array([1.0, 0.0, 1.0])  # y is up
    # a clip's clock is its number of frames: stated rates differ in the sixth digit
    time = np.arange(len(head)) / _RATE_HZ
    parts = {}
    for stream, joints in (("sparse", _GIVEN), ("body", _BODY)):
        values = [(joint(of) - origin) @ turn.T for of in joints]
        channels = [f"{of}_{axis}" for of in joints for axis in "xyz"]
        if stream == "sparse":  # under the head it stands still: its speed is what is known
            velocity = np.gradient(origin @ turn.T, time, axis=0)[:, [0, 2]]
            flat = np.concatenate([*values, velocity], axis=1)[:, [1, *range(3, 11)]]
            channels = [channels[1], *channels[3:], "Head_vx", "Head_vz"]
            units = ["m"] * 7 + ["m/s"] * 2
        else:
            flat, units = np.concatenate(values, axis=1), ["m"] * len(channels)
        parts[stream] = make_stream(
            flat, time=time, channels=channels, units=units, kind="feature", rate_hz=_RATE_HZ
        )
    return make_recording(parts, recording=name, subject="actor", labels=labels)


def _heading(left: Array) -> Array:
    """Rotation about the vertical (y) that turns a direction to the left into ``+x``."""
    x, z = left[0], left[2]
    size = float(np.hypot(x, z)) or 1.0
    c, s = x / size, z / size
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
