"""Who was recorded, as far as the names of a file and its folders tell.

The rule, in order:

1. the topmost folder (of the nearest four) that is named like a subject: with a word (``subject2``,
   ``sub-03``, ``opencap_subjectA``), else with a code in capitals (``S01``, ``HC039A``), else with
   another code (``s01``). A code may also be that of a session, a condition or a time below the
   subject's own folder (``S01/T2``, ``S01/wk3``), hence the topmost;
2. the beginning of the file's name, if it is such a name: ``S01_walk1`` gives ``S01``;
3. the nearest folder that is not a mere drawer (``IK``, ``MarkerData``, ``data``, ``Straight``).

Where a person keeps files is no subject (``/home/ab123``, ``data2``, ``disk1``, ``exp3``).

The first and the third step rather join several people into one subject than make several subjects
of one person: trials of one person in two parts of a split would be a leak, and one subject too few
is an error that says what to do.
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
_CAPITALS = re.compile(r"^[A-Z]{1,4}[_-]?\d{1,5}[A-Za-z]?$")
_LEADING = re.compile(r"^((?:subject|subj|sub|[A-Z]{1,4})[_-]?\d{1,5}[A-Za-z]?)(?=[_\-. ])")
_MOVEMENT = re.compile(
    r"^(walk|run|gait|trial|jump|squat|test|take|clip|dj|mocap|cap|day|ses|set|part|rep|cond|c3d|"
    r"mp|tmp|week|wk|pre|post|slow|fast|task|lab|exp|proj|disk|user)[_-]?\d",
    re.IGNORECASE,
)
_DRAWERS = {
    "ik", "id", "grf", "grfs", "so", "mot", "sto", "trc", "c3d", "bvh", "csv", "data", "raw",
    "markerdata", "markers", "externalloads", "forces", "force", "kinematics", "kinetics",
    "osim", "opensim", "opensimdata", "static", "straight", "turn", "trials", "trial", "emg",
    "imu", "processed", "motion", "motions", "results", "session", "forcedata", "walk", "walking",
    "run", "running", "free", "normal", "preferred", "slow", "fast", "overground", "treadmill",
    "levelground", "stairs", "ramp", "pre", "post", "baseline",
}  # fmt: skip
_LOGINS = ("home", "Users")
"""Folders of which each holds what one user of the computer keeps."""


def guess_subject(path: str | Path) -> str:
    """Return the subject's name by the rule of this module.

    Example:
        >>> guess_subject("/lab/HC039A/Straight/HC039A17.c3d"), guess_subject("/lab/S01_walk1.trc")
        ('HC039A', 'S01')
        >>> guess_subject("/study/MarkerData/walking2.trc")
        'study'
    """
    place = Path(path).absolute()
    near = [folder for folder in place.parents if folder.name][:4]
    folders = [folder.name for folder in near]
    codes = [f.name for f in near if f.parent.name not in _LOGINS and not _is_place(f.name)]
    for names, pattern in ((folders, _WORD), (codes, _CAPITALS), (codes, _CODE)):
        named = [name for name in names if pattern.search(name)]
        if named:
            return named[-1]
    leading = _LEADING.match(place.stem)
    if leading and not _MOVEMENT.match(place.stem):
        return leading[1]
    useful = [name for name in folders if name.lower() not in _DRAWERS]
    return useful[0] if useful else place.stem


def _is_place(name: str) -> bool:
    """Whether a folder's name is that of a movement, a kind of file or a disk, with a number."""
    return bool(_MOVEMENT.match(name)) or name.lower().rstrip("0123456789_-") in _DRAWERS
