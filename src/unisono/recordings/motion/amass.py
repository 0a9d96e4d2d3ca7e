"""Motion of AMASS files, for who has them.

An ``.npz`` of AMASS (Mahmood et al., ICCV 2019, arXiv:1904.03278) holds ``poses``
``(frames, 156)``, axis-angle of SMPL-H's joints of which the first 22 are the body, ``trans``
``(frames, 3)``, ``betas`` and ``mocap_framerate``; ``z`` is up. Bones follow from ``betas`` through
the SMPL model, which is under a licence and is not here: the DEFAULT body of ``humanoid`` is used,
scaled to a height that the caller may state. Turns of joints are exact; places of hands and feet
are those of that body, and the hips are at ``trans``, without the constant by which SMPL's own lie
beside it (a few centimetres in height).
"""

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from unisono.core.errors import FileFormatError
from unisono.recordings.motion.humanoid import SMPL_NAMES, humanoid_rig
from unisono.recordings.motion.kinematics import Motion

__all__ = ["read_amass"]

Array = npt.NDArray[np.float64]

_JOINTS = 22
_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # to y up: x, z, -y


def read_amass(path: str | Path, *, height_m: float = 1.70) -> Motion:
    """Read an AMASS ``.npz`` as a motion of the default body, ``y`` up.

    Args:
        path: The file.
        height_m: Height of the body.

    Raises:
        FileFormatError: If the file cannot be read, lacks an array, or one has another shape.
    """
    held = _arrays(path)
    poses, trans = held["poses"], held["trans"]
    if poses.ndim != 2 or poses.shape[1] < 3 * _JOINTS or trans.shape != (len(poses), 3):
        raise FileFormatError(
            path, "poses", f"shapes {poses.shape} and {trans.shape} are not (frames, 66 or more) "
            "and (frames, 3)", "download the file again",
        )  # fmt: skip
    if len(poses) < 2 or not (np.isfinite(poses).all() and np.isfinite(trans).all()):
        raise FileFormatError(path, "poses", "fewer than two frames, or not finite", "leave it out")
    rate = float(held["rate"])
    if not 1.0 <= rate <= 1000.0:
        raise FileFormatError(path, "mocap_framerate", f"it is {rate:g}", "download it again")
    flat = Rotation.from_rotvec(poses[:, : 3 * _JOINTS].reshape(-1, 3)).as_matrix()
    turns: Array = np.asarray(flat).reshape(len(poses), _JOINTS, 3, 3)
    turns[:, 0] = _Z_UP @ turns[:, 0]
    rig = humanoid_rig(height_m=height_m)
    order = [SMPL_NAMES.index(name) for name in rig.names]
    return Motion(rig, turns[:, order], trans @ _Z_UP.T, rate)


def _arrays(path: str | Path) -> dict[str, Array]:
    """The arrays that are needed, as float64."""
    found: dict[str, Array] = {}
    try:
        with Path(path).open("rb") as handle, np.load(handle, allow_pickle=False) as held:
            names: dict[str, tuple[str, ...]] = {"poses": ("poses",), "trans": ("trans",)}
            names["rate"] = ("mocap_framerate", "mocap_frame_rate")
            for name, known in names.items():
                stored = next((key for key in known if key in held.files), None)
                if stored is None:
                    raise FileFormatError(
                        path, known[0], "it is absent", "name a file of motion, not of a body"
                    )
                found[name] = np.asarray(held[stored], dtype=np.float64)
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(
            path, "", f"not readable as .npz ({error})", "download it again"
        ) from error
    return found
