"""Gait events from forces: foot strike and foot off, and joining events of several sources.

Events from kinematics are in ``kinematic_events``. Every event says how it was found: ``given`` by
the file, ``force`` or ``kinematics``.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from unisono.core.errors import SchemaError, UnitError
from unisono.recordings.components import split_axis
from unisono.recordings.schema import make_events
from unisono.recordings.sides import split_side
from unisono.recordings.signals.contacts import ContactRule, find_contacts
from unisono.recordings.signals.landmarks import up_axis
from unisono.recordings.stream_units import same_thing

__all__ = ["FOOT_OFF", "FOOT_STRIKE", "events_from_force", "join_events", "vertical_channels"]

FOOT_STRIKE = "foot_strike"
FOOT_OFF = "foot_off"


def vertical_channels(stream: xr.Dataset, up: str | None = None) -> dict[str, str]:
    """The channel of vertical ground reaction of each side.

    Args:
        stream: Forces; among several vertical forces of a side those named ``ground`` or ``grf``
            are meant, else ``r_fz`` and the like.
        up: Vertical axis; by default the stream's frame says.

    Raises:
        SchemaError: If no side has one, or one has several.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> s = make_stream([[0.0] * 3], time=[0], channels=["r_fx", "r_fz", "l_fz"], units="N",
        ...                 kind="force", frame={"up": "z"})
        >>> vertical_channels(s)
        {'right': 'r_fz', 'left': 'l_fz'}
    """
    axis = up_axis(stream, up)
    found: dict[str, list[str]] = {"right": [], "left": []}
    for name, unit in zip(stream["channel"].values, stream["unit"].values, strict=True):
        side = split_side(str(name)).side
        if side and split_axis(str(name)).axis == axis and same_thing(str(unit), "N"):
            found[side].append(str(name))
    chosen = {}
    for side, names in found.items():
        ground = [n for n in names if "ground" in n.lower()]
        best = ground or [n for n in names if "grf" in n.lower()] or names
        if len(best) > 1:
            raise SchemaError(
                f"the {side} side has several vertical forces ({', '.join(best)}); "
                f"say which is the ground's: channels={{'{side}': '{best[0]}'}}."
            )
        if best:
            chosen[side] = best[0]
    if not chosen:
        raise SchemaError(
            "no vertical force names its side; assign plates to feet first, "
            "or say channels={'right': ..., 'left': ...}."
        )
    return chosen


def events_from_force(
    stream: xr.Dataset,
    rule: ContactRule = ContactRule(),  # noqa: B008 - frozen
    *,
    mass_kg: float | None = None,
    channels: Mapping[str, str] | None = None,
    up: str | None = None,
) -> xr.Dataset:
    """Find foot strikes and foot offs where the vertical force crosses a threshold.

    A crossing next to samples that are not valid is no event: a plate that is not stepped on tells
    nothing.

    Args:
        stream: Ground reaction forces on the body, by side.
        rule: Threshold and shortest phases.
        mass_kg: Body mass, where threshold and stream differ in being per mass.
        channels: Vertical channel by side; by default found by :func:`vertical_channels`.
        up: Vertical axis, where the frame does not say.

    Returns:
        Events as :func:`unisono.recordings.schema.make_events` makes them, ``how="force"``.

    Raises:
        UnitError: If the threshold cannot be compared with the stream.
        SchemaError: If the channels are not there.
    """
    chosen = dict(channels) if channels is not None else vertical_channels(stream, up)
    names = [str(c) for c in stream["channel"].values]
    time = stream["time"].values
    rows: list[tuple[float, str, str]] = []
    for side, name in chosen.items():
        if name not in names:
            raise SchemaError(f"there is no channel {name!r} for the {side} vertical force.")
        column = names.index(name)
        try:
            level = rule.level(str(stream["unit"].values[column]), mass_kg)
        except UnitError as error:
            raise UnitError(
                f"a threshold of {rule.threshold:g} {rule.unit} cannot be compared with {name!r} "
                f"in {stream['unit'].values[column]}; give mass_kg or another unit."
            ) from error
        load = stream["data"].values[:, column].astype(np.float64)
        for contact in find_contacts(load, time, stream["valid"].values[:, column], level, rule):
            if contact.start_known:
                rows.append((contact.start_s, FOOT_STRIKE, side))
            if contact.stop_known:
                rows.append((contact.stop_s, FOOT_OFF, side))
    return make_events([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], "force")


def join_events(sources: Sequence[xr.Dataset], within_s: float = 0.1) -> xr.Dataset:
    """Join events of several sources; where two tell of one event, the first source counts.

    Args:
        sources: Events, most trusted first.
        within_s: Two events of one name and side closer than this are one, seconds.
    """
    kept: list[tuple[float, str, str, str]] = []
    for source in sources:
        columns = (source[key].values for key in ("time", "name", "side", "how"))
        rows = [(float(t), str(n), str(s), str(h)) for t, n, s, h in zip(*columns, strict=True)]
        known = list(kept)
        kept += [
            row
            for row in rows
            if not any(row[1:3] == k[1:3] and abs(row[0] - k[0]) < within_s for k in known)
        ]
    return make_events(
        [k[0] for k in kept], [k[1] for k in kept], [k[2] for k in kept], [k[3] for k in kept]
    )
