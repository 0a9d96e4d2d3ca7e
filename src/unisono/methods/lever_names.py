r"""Names of the points that a start with lever arms needs, and where they lie among the channels.

The defaults are the points that Plug-in Gait writes into a C3D file, seen from the loaded leg: hip
joint centre, origins of femur and tibia (the centres of knee and ankle), and of each segment the
points in front of its origin and above it, which make its axes. The moments of that model are in
the axes of the segment below the joint; which axis stands for which component was found by
comparing the file's moments with those that plates and positions give (they agree to a tenth of
their spread).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from unisono.core.checks import check_choice, nearest
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ConfigError
from unisono.core.units import tidy_unit
from unisono.networks.lever_geometry import AXES, Landmarks, Limb

__all__ = ["Levers", "check_units", "landmarks"]


@dataclass(frozen=True)
class Levers:
    """Points by name, without their axis (``ipsi_HJC`` for ``ipsi_HJC_x``, ``_y`` and ``_z``).

    Args:
        centres: Centres of the joints, in the order of the wanted moments.
        segments: Stems of the segments in whose axes the moments of each joint are.
        ends: What follows a stem: the origin, the point in front of it, the point above it.
        axes: For each joint, what its moment's three components turn about: ``l`` left, ``f``
            front or ``u`` up of the segment, with ``-`` for the opposite sense.
        references: Points at which moments are predicted; ``a+b`` is halfway between two.
        mass_centre: The body's centre of mass.
        foot: Heel and toe of the loaded foot.
        hips: Hip centre of the loaded leg, and of the other.
        up: Vertical axis of the positions.
        limbs: Segments whose mass is known, each as ``"near+far share along"``: its two ends, its
            share of the body's mass, and where between them its centre is; those of both legs by
            Winter (2009), table 4.1. None of them leaves the body's turning out.

    Raises:
        ConfigError: If the joints' lists differ in length, an axis is unknown, or a limb is not
            so written.
    """

    centres: tuple[str, ...] = ("ipsi_HJC", "ipsi_FEO", "ipsi_TIO")
    segments: tuple[str, ...] = ("ipsi_FE", "ipsi_TI", "ipsi_FO")
    ends: tuple[str, str, str] = ("O", "A", "P")
    axes: tuple[str, ...] = ("-l f u", "l f u", "-l -u f")
    references: tuple[str, ...] = (
        "CentreOfMass",
        "ipsi_HJC+contra_HJC",
        "ipsi_FEO+contra_FEO",
        "ipsi_HJC+ipsi_TIO",
        "ipsi_HJC",
        "ipsi_FEO",
        "ipsi_TIO",
        "ipsi_HEE",
        "ipsi_TOE",
        "contra_TIO+contra_TOE",
    )
    mass_centre: str = "CentreOfMass"
    foot: tuple[str, str] = ("ipsi_HEE", "ipsi_TOE")
    hips: tuple[str, str] = ("ipsi_HJC", "contra_HJC")
    up: str = "z"
    limbs: tuple[str, ...] = (
        "ipsi_HJC+ipsi_FEO 0.1 0.433",
        "ipsi_FEO+ipsi_TIO 0.0465 0.433",
        "ipsi_TIO+ipsi_TOE 0.0145 0.5",
        "contra_HJC+contra_FEO 0.1 0.433",
        "contra_FEO+contra_TIO 0.0465 0.433",
        "contra_TIO+contra_TOE 0.0145 0.5",
    )

    def __post_init__(self) -> None:
        check_choice("levers.up", self.up, ("x", "y", "z"))
        counts = {len(self.centres), len(self.segments), len(self.axes)}
        if len(counts) > 1 or not self.centres or not self.references:
            raise ConfigError(
                "levers: name as many centres, segments and axes as there are joints, and at "
                f"least one reference; got {len(self.centres)}, {len(self.segments)}, "
                f"{len(self.axes)} and {len(self.references)}."
            )
        for axes in self.axes:
            words = axes.split()
            if sorted(w.lstrip("-") for w in words) != sorted(AXES):
                raise ConfigError(f"levers: axes {axes!r} must hold l, f and u once each.")
        if sum(_limb(words).share for words in self.limbs) >= 1:
            raise ConfigError("levers: the limbs' shares must leave some of the body's mass.")


def check_units(levers: Levers, given: Sequence[StreamInfo], want: Sequence[StreamInfo]) -> None:
    """Check that mechanics can be told: metres, and forces and moments a kilogram of body.

    Args:
        levers: The names.
        given: The given streams.
        want: The wanted streams, force first.

    Raises:
        ConfigError: If a unit is another.
    """
    named = [
        (info.name, unit, "m")
        for info in given
        for channel, unit in zip(info.channels, info.units, strict=True)
        if channel.startswith(f"{levers.mass_centre}_")
    ]
    for info, needed in zip(want, ("N/kg", "N*m/kg"), strict=False):
        named += [(info.name, unit, needed) for unit in info.units]
    for name, unit, needed in named:
        if tidy_unit(unit) != tidy_unit(needed):
            raise ConfigError(
                f"start = 'levers' needs {name} in {needed}; it is in {unit}: state "
                f'{name} = "{needed}" in [windows.units].'
            )


class _Limb(NamedTuple):
    near: str
    far: str
    share: float
    along: float


def _limb(words: str) -> _Limb:
    """A limb as it is written in the settings."""
    try:
        ends, share, along = words.split()
        near, far = ends.split("+")
        limb = _Limb(near, far, float(share), float(along))
    except ValueError:
        limb = _Limb("", "", 0.0, 0.0)
    if not (0 < limb.share < 1 and 0 <= limb.along <= 1):
        raise ConfigError(
            f"levers: a limb is written 'near+far share along', such as 'ipsi_HJC+ipsi_FEO 0.1 "
            f"0.433', with a share between 0 and 1; got {words!r}."
        )
    return limb


def landmarks(levers: Levers, channels: Sequence[str]) -> Landmarks:
    """Where the named points lie among the given channels.

    Args:
        levers: The names.
        channels: Names of all given channels, side by side.

    Raises:
        ConfigError: If a point's three components are not there side by side.

    Example:
        >>> names = ["a", "p_x", "p_y", "p_z", "q_x", "q_y", "q_z"]
        >>> named = Levers(("p",), ("",), ("p", "q", "p"), ("l f u",), ("p+q",), "p", *[("p", "q")] * 2, limbs=())
        >>> landmarks(named, names).references
        ((1, 4),)
    """  # noqa: E501 - one line of an example
    place = {str(channel): column for column, channel in enumerate(channels)}

    def at(point: str) -> int:
        columns = [place.get(f"{point}_{axis}") for axis in "xyz"]
        first = columns[0]
        if first is None or columns != [first, first + 1, first + 2]:
            stems = [c[:-2] for c in place if c.endswith("_x")]
            raise ConfigError(
                f"start = 'levers' needs the given channels {point}_x, {point}_y, {point}_z, side "
                f"by side; name {point}_? in [windows.channels].{nearest(point, stems)}"
            )
        return first

    def pair(points: str) -> tuple[int, int]:
        first, _, second = points.partition("+")
        return at(first), at(second or first)

    origin, front, up = levers.ends
    return Landmarks(
        centres=tuple(at(c) for c in levers.centres),
        segments=tuple((at(s + origin), at(s + front), at(s + up)) for s in levers.segments),
        axes=tuple(
            tuple((AXES[w[-1]], -1.0 if w[0] == "-" else 1.0) for w in axes.split())
            for axes in levers.axes
        ),
        references=tuple(pair(r) for r in levers.references),
        mass_centre=at(levers.mass_centre),
        foot=(at(levers.foot[0]), at(levers.foot[1])),
        hips=(at(levers.hips[0]), at(levers.hips[1])),
        up="xyz".index(levers.up),
        limbs=tuple(
            Limb(at(limb.near), at(limb.far), limb.share, limb.along)
            for limb in map(_limb, levers.limbs)
        ),
    )
