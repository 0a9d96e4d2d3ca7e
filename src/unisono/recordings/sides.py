r"""Which side of the body a name speaks of, in the spellings of the usual laboratories.

Known spellings of a side, wherever they stand as a word of their own:

- ``r_knee_flexion``, ``L.ASIS``, ``knee_angle_l``, ``hip_flexion_r_moment``, ``knee_angle_r_beta``
  (OpenSim, OpenCap and this project): one letter between separators;
- ``left_foot``, ``RightUpLeg``, ``foot_right`` (BVH and plain words);
- ``RKneeAngles_x``, ``LASI`` (Vicon): a capital R or L glued to a capital. This one is a guess
  (``LUMB`` is no left ``UMB``), so that with ``among`` it counts only if the other side's name is
  there too, or if what follows is a model output or a landmark that is known to come in pairs.

A name without a side, such as ``pelvis_tilt``, ``C7`` or ``1_ground_force_vx``, has side ``""``.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["OTHER_SIDE", "Sided", "partner", "split_side", "swap_side", "unsided"]

OTHER_SIDE = {"right": "left", "left": "right", "": ""}
"""The opposite of each side."""

_SWAPPED = {"r": "l", "l": "r", "right": "left", "left": "right"}

_SEPARATED = re.compile(
    r"(?:^|(?<=[_.\s:-]))(?P<letter>[rlRL]|[Rr]ight|[Ll]eft|RIGHT|LEFT)(?=[_.\s-]|$)"
)
_CAMEL = re.compile(
    r"^(?P<letter>[Rr]ight|[Ll]eft)(?=[A-Z0-9])|(?<=[a-z])(Right|Left)(?=[_.\s-]|$)"
)
_GLUED = re.compile(r"(?:^|(?<=:))(?P<letter>[RL])(?=[A-Z])")
_PAIRED = re.compile(
    r"(Angles?|Moment|Force|Power|GRF)(_[xyz])?$"
    r"|^(ASI|PSI|HEE|TOE|ANK|KNE|THI|TIB|MED|SHO|ELB|WRA|WRB|FIN|FHD|BHD|HJC|KJC|AJC)(_[xyz])?$"
)


class Sided(NamedTuple):
    """A name split into the side it speaks of and the rest.

    Attributes:
        side: ``"right"``, ``"left"`` or ``""``.
        base: The name without the word for the side.
    """

    side: str
    base: str


def _find(name: str, among: Iterable[str] | None) -> re.Match[str] | None:
    match = _SEPARATED.search(name) or _CAMEL.search(name)
    if match is not None:
        return match
    match = _GLUED.search(name)
    if match is None or among is None or _PAIRED.search(name[match.end() :]):
        return match
    return match if _replaced(name, match) in set(among) else None


def _replaced(name: str, match: re.Match[str]) -> str:
    word = match.group(0)
    other = _SWAPPED[word.lower()]
    if word.isupper():
        other = other.upper()
    elif word[0].isupper():
        other = other.capitalize()
    return name[: match.start()] + other + name[match.end() :]


def split_side(name: str, among: Iterable[str] | None = None) -> Sided:
    """Split a name into its side and the rest.

    Args:
        name: Name of a channel, a stream or a marker.
        among: All names it stands among; see the module's text on Vicon's spelling.

    Example:
        >>> split_side("r_knee_flexion")
        Sided(side='right', base='knee_flexion')
        >>> split_side("LKneeAngles_x"), split_side("hip_flexion_l_moment").base
        (Sided(side='left', base='KneeAngles_x'), 'hip_flexion_moment')
        >>> split_side("1_ground_force_vx").side, split_side("LUMB", among=["LUMB", "C7"]).side
        ('', '')
    """
    match = _find(name, among)
    if match is None:
        return Sided("", name)
    side = "right" if match.group(0).lower().startswith("r") else "left"
    head, tail = name[: match.start()], name[match.end() :]
    if head and tail:  # between separators: keep one of the two
        tail = tail.lstrip("_. -")
    return Sided(side, head + tail if head and tail else (head or tail).strip("_. -"))


def unsided(name: str, among: Iterable[str] | None = None) -> str:
    """Return the name without its side.

    Example:
        >>> unsided("soleus_r"), unsided("RightUpLeg"), unsided("pelvis_tilt")
        ('soleus', 'UpLeg', 'pelvis_tilt')
    """
    return split_side(name, among).base


def swap_side(name: str, among: Iterable[str] | None = None) -> str:
    """Return the same name for the other side, in the same spelling.

    Example:
        >>> swap_side("r_fx"), swap_side("RKneeAngles_x"), swap_side("LeftArm"), swap_side("C7")
        ('l_fx', 'LKneeAngles_x', 'RightArm', 'C7')
    """
    match = _find(name, among)
    return name if match is None else _replaced(name, match)


def partner(name: str, among: Iterable[str]) -> str:
    """Return the other side's name as it is spelled among the names.

    Some laboratories spell the sides differently (``L.ASIS`` beside ``r.ASIS``). Where no partner
    exists, the swapped name is returned.

    Example:
        >>> partner("L.ASIS", ["L.ASIS", "r.ASIS"])
        'r.ASIS'
    """
    names = list(among)
    swapped = swap_side(name, names)
    if swapped in names:
        return swapped
    same = [other for other in names if other.casefold() == swapped.casefold()]
    return same[0] if len(same) == 1 else swapped
