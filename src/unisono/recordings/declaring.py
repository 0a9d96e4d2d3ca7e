"""What a user declares about a recording, applied and written into its history.

Files lie or keep silent about units, axes, signs and bodies. Doubts (``plausibility``) say so; the
user decides, and this applies the decision. A declared unit or axis changes a label and no number,
and so do swapped sides; reversed forces change their sign.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from unisono.core.checks import check_choice, check_range, nearest
from unisono.core.errors import SchemaError
from unisono.recordings.components import split_axis
from unisono.recordings.schema import add_history, stream_names, streams
from unisono.recordings.sides import partner
from unisono.recordings.signals.rebuilding import with_streams
from unisono.recordings.stream_units import apply_units, same_thing

__all__ = ["Declared", "declare", "reverse_forces", "state_up", "swap_sides"]

_LABORATORY = ("position", "velocity", "force", "moment")


@dataclass(frozen=True)
class Declared:
    """What the user states.

    Args:
        units: True unit by stream, or by ``"stream/glob of channels"``.
        up: Vertical axis of the laboratory (``"y"`` or ``"z"``), or ``""`` to state nothing.
        reverse: Streams whose forces act on the plate and are to be turned into those on the body.
        swap: Streams whose channels name the wrong side of the body.
        mass_kg: Body mass.
        height_m: Body height.

    Raises:
        UnisonoError: If a value is out of range.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    up: str = ""
    reverse: tuple[str, ...] = ()
    swap: tuple[str, ...] = ()
    mass_kg: float | None = None
    height_m: float | None = None

    def __post_init__(self) -> None:
        check_choice("up", self.up, ("", "x", "y", "z"))
        if self.mass_kg is not None:
            check_range("mass_kg", self.mass_kg, 1.0, 500.0)
        if self.height_m is not None:
            check_range("height_m", self.height_m, 0.3, 2.8)


def declare(tree: xr.DataTree, said: Declared) -> xr.DataTree:
    """Apply what the user states to a recording.

    ``up`` is applied to the streams in laboratory axes (positions, velocities, forces, moments)
    that do not say, or say otherwise.

    Raises:
        SchemaError: If a stream is not there.
        UnitError: If a unit is unknown, or could measure nothing in the stream.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> grf = make_stream([[-9.0]], time=[0], channels=["r_fz"], units="N", kind="force")
        >>> tree = make_recording({"grf": grf}, recording="a", subject="s")
        >>> new = declare(tree, Declared(units={"grf": "N/kg"}, up="z", reverse=("grf",)))["grf"]
        >>> new.data.item(), new.unit.item(), new.attrs["frame"]["up"]
        (9.0, 'N/kg', 'z')
    """
    changed: dict[str, xr.Dataset] = {}
    changes = (("reverse", said.reverse, reverse_forces), ("swap", said.swap, swap_sides))
    names = stream_names(tree)
    for word, of, change in changes:
        for name in of:
            if name not in names:
                raise SchemaError(
                    f"recording {tree.attrs.get('recording')!r} has no stream {name!r} to {word}."
                    f"{nearest(name, names)}"
                )
            changed[name] = change(changed.get(name, tree[name].to_dataset()))
    if said.up:
        for name, node in streams(tree):
            if node.attrs.get("kind") in _LABORATORY:
                changed[name] = state_up(changed.get(name, node), said.up)
    body: dict[str, Any] = {"mass_kg": said.mass_kg, "height_m": said.height_m}
    tree = with_streams(tree, changed, **{k: v for k, v in body.items() if v is not None})
    return apply_units(tree, said.units) if said.units else tree


def reverse_forces(stream: xr.Dataset) -> xr.Dataset:
    """Turn forces on the plate into forces on the body: forces and moments change their sign.

    Points of application stay. Vertical components may then be positive while loaded.
    """
    units = [str(u) for u in stream["unit"].values]
    turns = [any(same_thing(u, like) for like in ("N", "N*m")) for u in units]
    if not any(turns):
        raise SchemaError(f"a {stream.attrs.get('kind')} stream holds no force to reverse.")
    factors = np.where(turns, -1.0, 1.0).astype(stream["data"].dtype)
    new = stream.assign({"data": stream["data"] * xr.DataArray(factors, dims="channel")})
    return add_history(new.assign_attrs(dict(stream.attrs)), "reversed: forces act on the body")


def swap_sides(stream: xr.Dataset) -> xr.Dataset:
    """Name the other side of the body in every channel that names one; no number changes.

    Raises:
        SchemaError: If no channel names a side, or two would get one name.

    Example:
        >>> from unisono.recordings.schema import make_stream
        >>> names = ["LKNE_x", "RKNE_x", "C7_x"]
        >>> knees = make_stream([[1, 2, 3]], time=[0], channels=names, units="m", kind="position")
        >>> swap_sides(knees)["channel"].values.tolist()
        ['RKNE_x', 'LKNE_x', 'C7_x']
    """
    names = [str(c) for c in stream["channel"].values]
    swapped = [partner(name, names) for name in names]
    if swapped == names:
        raise SchemaError(f"a {stream.attrs.get('kind')} stream names no side to swap.")
    if len(set(swapped)) < len(names):
        twice = next(name for name in swapped if swapped.count(name) > 1)
        raise SchemaError(f"swapping sides would name two channels {twice!r}; rename one of them.")
    new = stream.assign_coords(channel=np.array(swapped, dtype=str))
    return add_history(new.assign_attrs(dict(stream.attrs)), "left and right swapped by the user")


def state_up(stream: xr.Dataset, up: str) -> xr.Dataset:
    """State the vertical axis of a stream; no number changes.

    A stated forward axis that would then be the vertical one is forgotten.
    """
    frame = dict(stream.attrs.get("frame") or {})
    if frame.get("up") == up or not any(split_axis(str(c)).axis for c in stream["channel"].values):
        return stream
    was = frame.get("up", "unknown")
    frame["up"] = up
    if str(frame.get("forward", ""))[-1:] == up:
        frame["forward"] = "unknown"
    new = stream.assign_attrs(frame=frame)
    return add_history(new, f"vertical axis declared {up} by the user, was {was}")
