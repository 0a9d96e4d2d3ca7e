r"""The mirror image of a recording: left and right swapped, as if seen in a mirror.

A mirror with normal :math:`n` along the lateral axis swaps the names of the sides, reverses the
lateral component of polar vectors (:math:`v \to v - 2 (v \cdot n) n`) and the other two components
of axial ones; angles and moments about anatomical axes keep their sign where they belong to a side
and change it where they do not. Which channel is which, see ``mirror_rules``. A mirrored recording
is a possible recording: Newton's laws hold in it, so that mirroring doubles what is known of
walking. ``mirror(mirror(x))`` is ``x``.

A **leg view** tells a recording from one leg's side: channels of that leg are called ``ipsi_*``,
those of the other ``contra_*``, and for the left leg the recording is mirrored, so that every leg
view looks like one of a right leg; its ``ipsi`` events have side "right". It is undone by
:func:`undo_leg_view`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from unisono.core.checks import check_choice
from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.formats.bvh_skeleton import End, Joint, Skeleton
from unisono.recordings.schema import EVENTS, add_history, events_of, make_recording, streams
from unisono.recordings.sides import OTHER_SIDE, partner, split_side
from unisono.recordings.signals.heading import heading_angle
from unisono.recordings.signals.mirror_rules import (
    MIRROR_RULES,
    MirrorRule,
    needs_lateral,
    signs,
)

__all__ = ["lateral_axis", "leg_view", "mirror", "mirror_stream", "undo_leg_view"]

_DONE = "mirrored left to right"
_IPSI, _CONTRA = "ipsi_", "contra_"
_OTHER_WORD = {
    "left": "right", "right": "left", "clockwise": "counterclockwise",
    "counterclockwise": "clockwise",
}  # fmt: skip
_SIDE_WORD = re.compile(r"\b(left|right)(?=(wards?)?\b)|\b(counter)?clockwise\b", re.IGNORECASE)
_OF_SKELETON = ("angles", "root_position", "positions")
_LABORATORY = ("position", "velocity", "force", "moment")


def mirror(
    tree: xr.DataTree,
    *,
    flip: Sequence[str] = (),
    lateral: str | Mapping[str, str] | None = None,
    rules: Sequence[MirrorRule] = MIRROR_RULES,
) -> xr.DataTree:
    """Mirror a recording: channels, streams, events, labels and captions that speak of a side.

    The skeleton of a BVH file is mirrored with it, so that it can be written.

    Args:
        tree: The recording.
        flip: Further globs of channel names (without side) that change sign; they go first.
        lateral: Lateral axis of all streams, or of each by name; by default the frame says, see
            :func:`lateral_axis`.
        rules: What changes sign.

    Raises:
        SchemaError: If a stream needs its lateral axis and nobody knows it.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> grf = make_stream([[1.0, 7.0, 2.0, 0.0]], time=[0], units="N", kind="force",
        ...                   channels=["r_fy", "r_fz", "l_fy", "l_fz"],
        ...                   frame={"up": "z", "forward": "x"})
        >>> tree = mirror(make_recording({"grf": grf}, recording="a", subject="s"))
        >>> tree["grf"].data.values.tolist()
        [[-2.0, 0.0, -1.0, 7.0]]
    """
    rules = (*(MirrorRule((p,), "flip", why="asked for") for p in flip), *rules)
    nodes = dict(streams(tree))
    parts = {}
    for name, node in nodes.items():
        axis = lateral.get(name) if isinstance(lateral, Mapping) else lateral
        if axis is None and needs_lateral(node, rules):
            axis = lateral_axis(tree, name)
        parts[partner(name, nodes)] = mirror_stream(node, axis or "", rules=rules)
    order = [name for name in nodes if name in parts] + [n for n in parts if n not in nodes]
    events = events_of(tree) if EVENTS in tree.children else None
    if events is not None:
        sides = [OTHER_SIDE.get(str(s), str(s)) for s in events["side"].values]
        events = events.assign(side=("event", np.array(sides, dtype=str)))
    attrs = {str(k): v for k, v in tree.attrs.items() if k != "schema"}
    if "labels" in attrs:
        attrs["labels"] = {k: OTHER_SIDE.get(v, v) if isinstance(v, str) else v
                           for k, v in dict(attrs["labels"]).items()}  # fmt: skip
    if "captions" in attrs:
        attrs["captions"] = [_SIDE_WORD.sub(_other_word, str(text)) for text in attrs["captions"]]
    posed = next((name for name in _OF_SKELETON if name in nodes), None)
    source = attrs.get("source")
    if posed is not None and isinstance(source, Mapping) and "skeleton" in source:
        axis = lateral.get(posed) if isinstance(lateral, Mapping) else lateral
        skeleton = Skeleton.from_dict(source["skeleton"])
        turned = _mirrored(skeleton, axis or lateral_axis(tree, posed))
        attrs["source"] = {**source, "skeleton": turned.to_dict()}
    return make_recording({n: parts[n] for n in order}, events=events, **attrs)


def _mirrored(skeleton: Skeleton, lateral: str) -> Skeleton:
    """The mirror image of a skeleton: every joint is what its partner was, seen in the mirror.

    Joints stay in order where both sides branch alike.
    """
    joints, names = skeleton.joints, [joint.name for joint in skeleton.joints]
    partners = [partner(name, names) for name in names]
    order = list(range(len(names)))
    if set(partners) == set(names):
        paired = [partners.index(name) for name in names]
        if all(joints[k].parent < 0 or paired.index(joints[k].parent) < i
               for i, k in enumerate(paired)):  # fmt: skip
            order = paired
    place = {old: new for new, old in enumerate(order)} | {-1: -1}

    def seen(offset: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (0.0 - o if axis == lateral else o for axis, o in zip("xyz", offset, strict=True))
        return x, y, z

    found = tuple(
        Joint(partners[k], place[joints[k].parent], seen(joints[k].offset), joints[k].channels)
        for k in order
    )
    first = {end.parent: i for i, end in reversed(list(enumerate(skeleton.ends)))}
    ends = [End(place[end.parent], seen(end.offset)) for end in skeleton.ends]
    ends.sort(key=lambda end: first.get(end.parent, len(skeleton.ends)))
    return Skeleton(found, tuple(ends))


def _other_word(found: re.Match[str]) -> str:
    word = found[0]
    other = _OTHER_WORD[word.lower()]
    return other.upper() if word.isupper() else other.title() if word[0].isupper() else other


def mirror_stream(
    stream: xr.Dataset, lateral: str, *, rules: Sequence[MirrorRule] = MIRROR_RULES
) -> xr.Dataset:
    """Mirror one stream; see :func:`mirror`.

    If every sided channel has its partner, channels stay in order and exchange their samples;
    otherwise they are renamed.
    """
    names = [str(c) for c in stream["channel"].values]
    partners = [partner(name, names) for name in names]
    factors = np.array(signs(stream, lateral, rules))
    turned = stream.copy()
    turned["data"] = stream["data"] * xr.DataArray(
        factors.astype(stream["data"].dtype), dims="channel"
    )
    turned.attrs = dict(stream.attrs)
    if set(partners) == set(names):
        place = {name: i for i, name in enumerate(names)}
        turned = turned.isel(channel=[place[p] for p in partners])
        turned = turned.assign_coords(channel=stream["channel"].values)
    elif len(set(partners)) == len(names):
        turned = turned.assign_coords(channel=np.array(partners, dtype=str))
    else:
        twice = next(p for p in partners if partners.count(p) > 1)
        raise SchemaError(f"mirroring would name two channels {twice!r}; rename one of them.")
    if "corners" in turned.attrs and lateral:  # of force plates
        flip = np.where(np.array(list("xyz")) == lateral, -1.0, 1.0)
        turned.attrs["corners"] = {
            name: (np.asarray(points, dtype=np.float64) * flip).tolist()
            for name, points in dict(stream.attrs["corners"]).items()
        }
    turned.attrs["side"] = OTHER_SIDE.get(str(stream.attrs.get("side", "")), "")
    history = list(stream.attrs.get("history", []))
    if history and history[-1] == _DONE:  # twice is not at all
        return turned.assign_attrs(history=history[:-1])
    return add_history(turned.assign_attrs(history=history), _DONE)


def lateral_axis(tree: xr.DataTree, stream: str) -> str:
    """Lateral axis of a stream's frame.

    The third axis where the frame states the vertical and the forward one. Where it states only the
    vertical: x for a BVH skeleton (it is modelled facing z); z for y up, as OpenSim has it; else
    the horizontal axis across which the markers mostly travel, else y. Any horizontal axis gives a
    possible mirror image; this one keeps the direction of travel. A stream of forces, moments or
    positions without a frame is taken to be in the laboratory axes of the recording's markers or
    plates.

    Raises:
        SchemaError: If the vertical axis is unknown.
    """
    frame = _frame(tree, stream)
    up, forward = (str(frame.get(k, "unknown"))[-1:].lower() for k in ("up", "forward"))
    source = tree.attrs.get("source")
    skeleton = isinstance(source, Mapping) and "skeleton" in source
    if frame.get("up", "unknown") == "unknown":
        if skeleton:
            return "x"
        raise SchemaError(
            f"stream {stream!r} does not say which axis is up, so it cannot be mirrored; "
            "state its lateral axis, e.g. lateral='y'."
        )
    if frame.get("forward", "unknown") != "unknown":
        return "xyz".replace(up, "").replace(forward, "")
    if skeleton or up == "y":
        return "x" if skeleton else "z"
    first, second = [axis for axis in "xyz" if axis != up]
    try:
        angle = heading_angle(tree, up=up).angle_rad
    except UnisonoError:  # no markers, or they go nowhere
        return "y"
    return second if abs(np.cos(angle)) >= abs(np.sin(angle)) else first


def _frame(tree: xr.DataTree, stream: str) -> Mapping[str, Any]:
    """Frame of a stream, or that of the laboratory where a stream of the laboratory has none."""
    own: Mapping[str, Any] = tree[stream].attrs.get("frame", {})
    if tree[stream].attrs.get("kind") in _LABORATORY:
        for name in (stream, "markers", "plates"):
            if name in tree.children:
                frame: Mapping[str, Any] = tree[name].attrs.get("frame", {})
                if frame.get("up", "unknown") != "unknown":
                    return frame
    return own


def leg_view(
    tree: xr.DataTree,
    side: str,
    *,
    flip: Sequence[str] = (),
    lateral: str | Mapping[str, str] | None = None,
    rules: Sequence[MirrorRule] = MIRROR_RULES,
) -> xr.DataTree:
    """Tell a recording from one leg's side.

    Args:
        tree: The recording.
        side: ``"right"`` or ``"left"``: the leg that becomes ``ipsi``.
        flip: As in :func:`mirror`.
        lateral: As in :func:`mirror`.
        rules: As in :func:`mirror`.

    Returns:
        The recording with channels ``ipsi_*`` and ``contra_*``; channels without a side keep their
        name. Each stream remembers in its attribute ``leg_view`` how to go back.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> s = make_stream([[1.0, 2.0, 3.0]], time=[0], units="deg", kind="angle",
        ...                 channels=["r_knee", "l_knee", "pelvis_list"])
        >>> view = leg_view(make_recording({"angles": s}, recording="a", subject="s"), "left")
        >>> names = view["angles"].channel.values.tolist()
        >>> dict(zip(names, view["angles"].data.values[0].tolist(), strict=True))
        {'ipsi_knee': 2.0, 'contra_knee': 1.0, 'pelvis_list': -3.0}
    """
    check_choice("side", side, ("right", "left"))
    if lateral is None:
        needing = [name for name, node in streams(tree) if needs_lateral(node, rules)]
        lateral = {name: lateral_axis(tree, name) for name in needing} if side == "left" else {}
    if side == "left":
        tree = mirror(tree, flip=flip, lateral=lateral, rules=rules)
    parts = {}
    for name, node in streams(tree):
        across = lateral.get(name, "") if isinstance(lateral, Mapping) else lateral
        parts[name] = _renamed(node, side, across)
    return _like(tree, parts)


def _renamed(node: xr.Dataset, side: str, lateral: str) -> xr.Dataset:
    names = [str(c) for c in node["channel"].values]
    among = set(names)
    new = []
    for name in names:
        own, base = split_side(name, among)
        new.append({"right": _IPSI, "left": _CONTRA, "": ""}[own] + (base if own else name))
    if len(set(new)) < len(new):
        twice = next(n for n in new if new.count(n) > 1)
        raise SchemaError(f"two channels would be called {twice!r}; rename one of them.")
    back = {view: name for view, name in zip(new, names, strict=True) if view != name}
    node = node.assign_coords(channel=np.array(new, dtype=str))
    return node.assign_attrs(leg_view={"side": side, "lateral": lateral, "names": back})


def undo_leg_view(
    tree: xr.DataTree,
    *,
    side: str | None = None,
    flip: Sequence[str] = (),
    rules: Sequence[MirrorRule] = MIRROR_RULES,
) -> xr.DataTree:
    """Go back from a leg view to left and right.

    Streams that do not remember the view they came from (generated ones) get the names ``r_*`` and
    ``l_*``; then ``side`` must be given.

    Args:
        tree: A leg view.
        side: The leg that is ``ipsi``, where no stream remembers it.
        flip: As given to :func:`leg_view`.
        rules: As given to :func:`leg_view`.

    Raises:
        SchemaError: If the side is neither remembered nor given.
    """
    parts, lateral = {}, {}
    for name, node in streams(tree):
        view = dict(node.attrs.get("leg_view") or {})
        side = side or view.get("side")
        names = [str(c) for c in node["channel"].values]
        known: Mapping[str, str] = view.get("names") or {n: _plain(n) for n in names}
        node = node.assign_coords(channel=np.array([known.get(n, n) for n in names], dtype=str))
        node.attrs = {k: v for k, v in node.attrs.items() if k != "leg_view"}
        parts[name] = node
        if view.get("lateral"):
            lateral[name] = str(view["lateral"])
    if side is None:
        raise SchemaError("this is no leg view that remembers its side; give side='left'.")
    back = _like(tree, parts)
    return back if side == "right" else mirror(back, flip=flip, lateral=lateral, rules=rules)


def _plain(name: str) -> str:
    if name.startswith(_IPSI):
        return "r_" + name.removeprefix(_IPSI)
    return "l_" + name.removeprefix(_CONTRA) if name.startswith(_CONTRA) else name


def _like(tree: xr.DataTree, parts: Mapping[str, xr.Dataset]) -> xr.DataTree:
    events = events_of(tree) if EVENTS in tree.children else None
    attrs = {str(k): v for k, v in tree.attrs.items() if k != "schema"}
    return make_recording(parts, events=events, **attrs)
