"""Stick figures: which markers to join, for the marker sets that people use.

A set is a list of chains of marker names with ``{s}`` for the side (``L`` and ``R``, or ``l`` and
``r``). The set of which most lines can be drawn is taken; a person with another set names the
lines.
"""

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["MARKER_SETS", "Line", "find_lines"]

MARKER_SETS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (  # joint centres and segment origins that Plug-in Gait writes beside its markers
        ("HEDO", "C7", "PELO"),
        ("PELO", "{s}HJC", "{s}FEO", "{s}TIO", "{s}TOO"),
        ("{s}TIO", "{s}HEE", "{s}TOO"),
        ("C7", "{s}CLO", "{s}HUO", "{s}RAO"),
    ),
    (  # Plug-in Gait markers
        ("CLAV", "C7", "SACR"),
        ("LASI", "RASI"),
        ("{s}ASI", "{s}KNE", "{s}ANK", "{s}TOE"),
        ("{s}ANK", "{s}HEE", "{s}TOE"),
        ("{s}SHO", "{s}ELB", "{s}WRA"),
        ("LSHO", "RSHO"),
    ),
    (  # spelled-out names
        ("head", "c7"),
        ("r_shoulder", "c7", "l_shoulder"),
        ("r_psis", "c7", "l_psis"),
        ("r_asis", "l_asis", "l_psis", "r_psis", "r_asis"),
        ("{s}_asis", "{s}_knee", "{s}_ankle", "{s}_heel", "{s}_toe", "{s}_hallux"),
        ("{s}_ankle", "{s}_toe"),
        ("{s}_shoulder", "{s}_elbow", "{s}_wrist"),
    ),
)
"""Known marker sets, each a list of chains."""

_LETTERS = (("L", "left"), ("l", "left"), ("R", "right"), ("r", "right"))


class Line(NamedTuple):
    """A line between two markers.

    Attributes:
        start: Marker.
        end: Marker.
        side: ``"left"``, ``"right"`` or ``""``.
    """

    start: str
    end: str
    side: str


def find_lines(markers: Sequence[str]) -> list[Line]:
    """Lines of the known set that fits best; empty where none fits.

    Example:
        >>> find_lines(["LKNE", "LANK", "other"])
        [Line(start='LKNE', end='LANK', side='left')]
    """
    found = [_lines(chains, set(markers)) for chains in MARKER_SETS]
    return max(found, key=len)


def _lines(chains: Sequence[Sequence[str]], markers: set[str]) -> list[Line]:
    lines = []
    for chain in chains:
        sided = any("{s}" in name for name in chain)
        for letter, side in _LETTERS if sided else (("", ""),):
            present = [n for n in (name.format(s=letter) for name in chain) if n in markers]
            pairs = zip(present, present[1:], strict=False)
            lines += [Line(a, b, side) for a, b in pairs if a != b]
    return list(dict.fromkeys(lines))
