r"""Which foot is on which plate: ground reaction forces by foot from force plates.

A contact of a plate belongs to the foot whose line from heel to toe is nearest to the centre of
pressure, on average over the contact weighted by load, if it is nearer than ``max_distance_m`` and
nearer than the other foot at nearly all instants. A contact by both feet, at once or one after the
other, by nobody's foot, by a foot that is partly beside the plate (where the plate's corners are
known), or by a foot to which the file's own model gave no force (``modelled_forces``) belongs to
none. A foot on two plates at once gets the sum (``foot_forces``).

The stream ``grf`` that results holds forces on the body, valid only from the last unloaded sample
before a contact to the first one after it. All else is not valid: a foot that is on no plate is
missing, not zero. With ``swing="zero"`` the force is a valid zero between a foot off and the next
foot strike of the same foot, by the recording's events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import SchemaError
from unisono.core.units import conversion_factor
from unisono.recordings.schema import events_of, stream_names
from unisono.recordings.signals.contacts import Contact, ContactRule, find_contacts
from unisono.recordings.signals.foot_forces import forces_by_foot, zero_in_swing
from unisono.recordings.signals.heading import horizontal_axes
from unisono.recordings.signals.landmarks import find_marker, marker_path, up_axis
from unisono.recordings.signals.modelled_forces import ModelledForce, modelled_forces
from unisono.recordings.signals.plates import Plate, find_plates
from unisono.recordings.signals.rebuilding import with_streams

__all__ = ["AssignRule", "Assigned", "PlateContact", "assign_plates"]

Array = npt.NDArray[np.float64]

_SIDES = ("right", "left")


@dataclass(frozen=True)
class AssignRule:
    """How contacts are given to feet.

    Args:
        contact: When a plate is loaded.
        max_distance_m: Largest mean distance of the centre of pressure from the foot, metres.
        min_share: Share of instants at which the foot must be the nearer one.
        edge_m: How far heel or toe marker may lie beside the plate, metres.
        max_gap_s: Longest gap of a marker that is bridged, seconds; further from where it was seen
            a foot is nowhere.
        swing: ``"missing"`` or ``"zero"``.
        plates: Stream of the plates.
        markers: Stream of the markers.
        names: The laboratory's own marker names, see ``landmarks.find_marker``.
        modelled: Whether a force that the file's own model wrote for a foot, or did not, counts.

    Raises:
        UnisonoError: If a setting is out of range.
    """

    contact: ContactRule = field(default_factory=ContactRule)
    max_distance_m: float = 0.1
    min_share: float = 0.9
    edge_m: float = 0.03
    max_gap_s: float = 0.2
    swing: str = "missing"
    plates: str = "plates"
    markers: str = "markers"
    names: Mapping[str, str] = field(default_factory=dict)
    modelled: bool = True

    def __post_init__(self) -> None:
        check_range("max_distance_m", self.max_distance_m, 0.0, 1.0)
        check_range("min_share", self.min_share, 0.0, 1.0, closed=True)
        check_range("max_gap_s", self.max_gap_s, 0.0, 10.0, closed=True)
        check_choice("swing", self.swing, ("missing", "zero"))


class PlateContact(NamedTuple):
    """What became of one contact of a plate.

    Attributes:
        plate: Name of the plate.
        side: The foot it was given to, or ``""``.
        start_s: Start of the contact.
        stop_s: Stop of the contact.
        distance_m: Mean distance of the nearest foot, metres; NaN where no foot is seen.
        reason: Why it was given to no foot, or ``""``.
    """

    plate: str
    side: str
    start_s: float
    stop_s: float
    distance_m: float
    reason: str


class Assigned(NamedTuple):
    """The recording with a stream ``grf``, and what became of each contact."""

    tree: xr.DataTree
    contacts: tuple[PlateContact, ...]


class _Foot(NamedTuple):
    time: Array
    heel: Array  # horizontal, metres, (time, 2)
    toe: Array


def assign_plates(tree: xr.DataTree, rule: AssignRule = AssignRule()) -> Assigned:  # noqa: B008
    """Build the stream ``grf`` (``r_fx ... r_tz``, ``l_fx ... l_tz``) from force plates.

    Args:
        tree: A recording with plates and markers.
        rule: How contacts are given to feet.

    Raises:
        SchemaError: If plates, foot markers or the vertical axis are missing.
    """
    for name in (rule.plates, rule.markers):
        if name not in stream_names(tree):
            raise SchemaError(
                f"recording {tree.attrs.get('recording')!r} has no stream {name!r}; plates are "
                "given to feet by markers and plates."
            )
    stream = tree[rule.plates].to_dataset()
    up = up_axis(stream)
    plates = find_plates(stream)
    feet = _feet(tree[rule.markers].to_dataset(), up, rule)
    if not plates or not feet:
        what = "force plate channels (p1_fz, ...)" if not plates else "heel and toe markers"
        raise SchemaError(f"recording {tree.attrs.get('recording')!r} has no {what}; name them.")
    found: list[PlateContact] = []
    held: dict[str, list[tuple[Plate, Contact]]] = {side: [] for side in _SIDES}
    own = modelled_forces(tree) if rule.modelled else None
    for plate in plates:
        for contact in _plate_contacts(stream, plate, up, rule, tree.attrs.get("mass_kg")):
            verdict = _confirmed(_verdict(stream, plate, contact, feet, up, rule), own)
            found.append(verdict)
            if verdict.side:
                held[verdict.side].append((plate, contact))
    grf = forces_by_foot(stream, held, up)
    if rule.swing == "zero":
        grf = zero_in_swing(grf, events_of(tree))
    return Assigned(with_streams(tree, {"grf": grf}), tuple(found))


def _feet(markers: xr.Dataset, up: str, rule: AssignRule) -> dict[str, _Foot]:
    feet = {}
    for side in _SIDES:
        heel = find_marker(markers, "heel", side, names=rule.names)
        toe = find_marker(markers, "toe", side, names=rule.names)
        if heel is not None and toe is not None:
            ends = [_horizontal(marker_path(markers, m), up) for m in (heel, toe)]
            feet[side] = _Foot(markers["time"].values, ends[0], ends[1])
    return feet


def _horizontal(path: Array, up: str) -> Array:
    return path[:, ["xyz".index(axis) for axis, _ in horizontal_axes(up)]]


def _plate_contacts(
    stream: xr.Dataset, plate: Plate, up: str, rule: AssignRule, mass_kg: float | None
) -> list[Contact]:
    column = plate.force.get(up)
    if column is None:
        return []
    level = rule.contact.level(str(stream["unit"].values[column]), mass_kg)
    load = stream["data"].values[:, column].astype(np.float64)
    valid = stream["valid"].values[:, column]
    return find_contacts(load, stream["time"].values, valid, level, rule.contact)


def _verdict(
    stream: xr.Dataset,
    plate: Plate,
    contact: Contact,
    feet: Mapping[str, _Foot],
    up: str,
    rule: AssignRule,
) -> PlateContact:
    """Give one contact to a foot, or say why not."""
    rows = np.arange(contact.first, contact.last + 1)
    rows = rows[:: max(len(rows) // 50, 1)]
    point = _point(stream, plate, rows, up)
    load = stream["data"].values[rows, plate.force[up]].astype(np.float64)
    when = stream["time"].values[rows]
    gap = rule.max_gap_s
    distance = {side: _distance(foot, when, point, gap) for side, foot in feet.items()}
    seen = np.isfinite(point).all(axis=1) & np.all([np.isfinite(d) for d in distance.values()], 0)

    def said(side: str, metres: float, reason: str) -> PlateContact:
        return PlateContact(plate.name, side, contact.start_s, contact.stop_s, metres, reason)

    if seen.sum() < 3:
        return said("", float("nan"), "feet or centre of pressure are not seen")
    mean = {side: float(np.average(d[seen], weights=load[seen])) for side, d in distance.items()}
    side = min(mean, key=lambda s: mean[s])
    if mean[side] > rule.max_distance_m:
        return said("", mean[side], "no foot is near the centre of pressure")
    others = [d[seen] for other, d in distance.items() if other != side]
    nearer = [distance[side][seen] < other for other in others]
    if others and np.all(nearer, axis=0).mean() < rule.min_share:
        return said("", mean[side], "both feet are on the plate")
    if plate.corners is not None and not _on_plate(stream, plate, feet[side], when, up, rule):
        return said("", mean[side], "the foot is partly beside the plate")
    return said(side, mean[side], "")


def _confirmed(found: PlateContact, own: ModelledForce | None) -> PlateContact:
    """Take a contact from a foot to which the file's own model gave no force meanwhile."""
    if own is None or not found.side or own.confirms(found.side, found.start_s, found.stop_s):
        return found
    reason = (
        f"the file's own model gave the {found.side} foot no force there, and computed that leg's "
        "moments without it"
    )
    return found._replace(side="", reason=reason)


def _point(stream: xr.Dataset, plate: Plate, rows: npt.NDArray[Any], up: str) -> Array:
    """Centre of pressure in metres, ``(row, 2)``; NaN where not valid."""
    point = np.full((len(rows), 2), np.nan)
    for i, (axis, _) in enumerate(horizontal_axes(up)):
        column = plate.point.get(axis)
        if column is not None:
            factor = conversion_factor(str(stream["unit"].values[column]), "m")
            good = stream["valid"].values[rows, column]
            point[good, i] = stream["data"].values[rows[good], column] * factor
    return point


def _at(foot: _Foot, which: Array, when: Array, max_gap_s: float) -> Array:
    """Places of a marker at some instants, ``(instant, 2)``; NaN in longer gaps."""
    good = np.isfinite(which).all(axis=1)
    if not good.any():
        return np.full((len(when), 2), np.nan)
    seen = foot.time[good]
    found = np.stack([np.interp(when, seen, which[good, i]) for i in (0, 1)], axis=1)
    after = np.searchsorted(seen, when)
    before = np.clip(np.searchsorted(seen, when, side="right") - 1, 0, None)
    after = np.clip(after, None, len(seen) - 1)
    apart = np.maximum(seen[after], when) - np.minimum(seen[before], when)
    found[apart > max_gap_s + 1e-9] = np.nan
    return found


def _distance(foot: _Foot, when: Array, point: Array, max_gap_s: float) -> Array:
    """Distance of points from the segment heel to toe, metres, ``(row,)``."""
    heel, toe = (_at(foot, end, when, max_gap_s) for end in (foot.heel, foot.toe))
    along = toe - heel
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((point - heel) * along).sum(axis=1) / length, 0, 1)
    return np.asarray(np.linalg.norm(point - heel - share[:, None] * along, axis=1))


def _on_plate(
    stream: xr.Dataset, plate: Plate, foot: _Foot, when: Array, up: str, rule: AssignRule
) -> bool:
    """Whether heel and toe lie within the plate, enlarged by the edge, in mid-contact."""
    middle = np.array([when[len(when) // 2]])
    unit = str(stream["unit"].values[next(iter(plate.point.values()))])
    corners = _horizontal(np.asarray(plate.corners, dtype=np.float64), up)
    corners = corners * conversion_factor(unit, "m")
    centre = corners.mean(axis=0)
    for end in (_at(foot, path, middle, rule.max_gap_s)[0] for path in (foot.heel, foot.toe)):
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            normal = np.array([b[1] - a[1], a[0] - b[0]]) / np.linalg.norm(b - a)
            normal = normal * np.sign((a - centre) @ normal)
            if (end - a) @ normal > rule.edge_m:
                return False
    return True
