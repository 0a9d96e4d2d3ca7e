"""Who was recorded, as far as the names of a file and its folders tell.

The rule, in order:

1. the nearest folder (of four) that is named like a subject: ``subject2``, ``sub-03``, ``S01``,
   ``HC039A``, ``opencap_subjectA``;
2. the beginning of the file's name, if it is such a name: ``S01_walk1`` gives ``S01``;
3. the nearest folder that is not a mere drawer (``IK``, ``MarkerData``, ``data``, ``Straight``).

The third step joins everything in one folder into one subject rather than making every file a
subject of its own: trials of one person in two parts of a split would be a leak, and one subject
too few is an error that says what to do.
"""

import re
from pathlib import Path

__all__ = ["guess_subject"]

_WORD = re.compile(
    r"(^|[_\- .])(subject|subj|sub|participant|patient|pat|child|athlete|runner|actor|person)"
    r"[_\- ]?([a-z]|[a-z]{0,3}\d{1,6}[a-z]?)$",
    re.IGNORECASE,
)
_CODE = re.compile(r"^(?!v\d)[A-Za-z]{1,4}[_-]?\d{1,5}[A-Za-z]?$")
_LEADING = re.compile(r"^((?:subject|subj|sub|[A-Z]{1,4})[_-]?\d{1,5}[A-Za-z]?)(?=[_\-. ])")
_MOVEMENT = re.compile(
    r"^(walk|run|gait|trial|jump|squat|test|take|clip|dj|mocap|cap|day|ses|set|part|rep|cond|c3d|"
    r"mp|tmp)[_-]?\d",
    re.IGNORECASE,
)
_DRAWERS = {
    "ik", "id", "grf", "grfs", "so", "mot", "sto", "trc", "c3d", "bvh", "csv", "data", "raw",
    "markerdata", "markers", "externalloads", "forces", "force", "kinematics", "kinetics",
    "osim", "opensim", "opensimdata", "static", "straight", "turn", "trials", "trial", "emg",
    "imu", "processed", "motion", "motions", "results", "session", "forcedata",
}  # fmt: skip


def guess_subject(path: str | Path) -> str:
    """Return the subject's name by the rule of this module.

    Example:
        >>> guess_subject("/lab/HC039A/Straight/HC039A17.c3d"), guess_subject("/lab/S01_walk1.trc")
        ('HC039A', 'S01')
        >>> guess_subject("/study/MarkerData/walking2.trc")
        'study'
    """
    place = Path(path).absolute()
    folders = [folder.name for folder in place.parents if folder.name][:4]
    for name in folders:
        if _is_subject(name):
            return name
    leading = _LEADING.match(place.stem)
    if leading and not _MOVEMENT.match(place.stem):
        return leading[1]
    useful = [name for name in folders if name.lower() not in _DRAWERS]
    return useful[0] if useful else place.stem


def _is_subject(name: str) -> bool:
    return bool(_WORD.search(name) or (_CODE.match(name) and not _MOVEMENT.match(name)))
