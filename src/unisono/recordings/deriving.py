"""What a recording implies: ground reaction forces by foot from plates, and events from forces.

Nothing that a file states is replaced. Forces by foot (stream ``grf``) are built where there are
plates and markers of heel and toe; events are those of the file, then those of the forces where
the file has none nearby, then, where there are still none at all, those of the markers. Every
derived thing says so in its history, or in the event's ``how``.
"""

from contextlib import suppress
from typing import NamedTuple

import xarray as xr

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import events_of, stream_names, streams
from unisono.recordings.signals.assign import assign_plates
from unisono.recordings.signals.events import events_from_force, join_events
from unisono.recordings.signals.kinematic_events import events_from_kinematics
from unisono.recordings.signals.rebuilding import with_streams

__all__ = ["Derived", "derive"]


class Derived(NamedTuple):
    """A recording with what it implies, and what was left open.

    Attributes:
        tree: The recording.
        notes: What was derived, and what could not be, for a person to read.
    """

    tree: xr.DataTree
    notes: tuple[str, ...]


def derive(tree: xr.DataTree) -> Derived:
    """Add forces by foot and events to a recording that has what they follow from.

    Args:
        tree: The recording; it is left as it is.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> s = make_stream([[1.0]], time=[0], channels=["x"], units="1", kind="feature")
        >>> derive(make_recording({"s": s}, recording="a", subject="b")).notes
        ()
    """
    notes: list[str] = []
    names = stream_names(tree)
    if "plates" in names and "markers" in names and "grf" not in names:
        try:
            found = assign_plates(tree)
        except UnisonoError as error:
            notes.append(f"no forces by foot: {error}")
        else:
            given = [c for c in found.contacts if c.side]
            if given:
                tree = found.tree
            notes += [
                f"contact of {c.plate} at {c.start_s:.2f} s belongs to no foot: {c.reason}"
                for c in found.contacts
                if not c.side
            ]
    return Derived(_with_events(tree), tuple(notes))


def _with_events(tree: xr.DataTree) -> xr.DataTree:
    stated = events_of(tree)
    sources = [stated]
    if "grf" in tree.children and tree["grf"].attrs.get("kind") == "force":
        with suppress(UnisonoError):  # forces that name no side or no vertical tell of no feet
            sources.append(events_from_force(tree["grf"].to_dataset(), mass_kg=_mass(tree)))
    if not any(len(source["time"]) for source in sources):
        for _, node in streams(tree):
            if node.attrs["kind"] == "position":
                with suppress(UnisonoError):  # no markers of heel and toe, or no vertical axis
                    sources.append(events_from_kinematics(node))
    joined = join_events(sources)
    if len(joined["time"]) == len(stated["time"]):
        return tree
    return with_streams(tree, {}, events=joined)


def _mass(tree: xr.DataTree) -> float | None:
    mass = tree.attrs.get("mass_kg")
    return None if mass is None else float(mass)
