r"""What a C3D file says about the subject, the events and the laboratory's axes.

Times of events count from frame 1 of the trial, while a file may begin later; in a recording time
is 0 at the file's first frame, so that

.. math:: t = t_{event} - (n_{first} - 1) / \text{rate}.
"""

import re
from typing import NamedTuple

import numpy as np
import xarray as xr

from unisono.recordings.formats.assembling import doubt
from unisono.recordings.formats.c3d_header import C3DLayout
from unisono.recordings.formats.c3d_parameters import C3DParameters
from unisono.recordings.formats.c3d_plates import FoundPlates
from unisono.recordings.schema import UNKNOWN_FRAME, make_events

__all__ = [
    "Body",
    "FoundEvents",
    "FoundFrame",
    "body_of",
    "event_name",
    "event_side",
    "events_in",
    "laboratory_frame",
]

_NAMES = (
    (re.compile(r"foot.?strike|heel.?strike|initial.?contact|foot.?contact|^[lr]?(hs|fs|ic)$"),
     "foot_strike"),
    (re.compile(r"foot.?off|toe.?off|^[lr]?(to|fo)$"), "foot_off"),
)  # fmt: skip
_MASS = ("BODYMASS", "BODY_MASS", "MASS")
_HEIGHT = ("HEIGHT", "BODYHEIGHT", "BODY_HEIGHT")
_GROUPS = ("PROCESSING", "SUBJECTS", "SUBJECT")


class Body(NamedTuple):
    """Who was recorded; None or ``""`` where the file does not say.

    Attributes:
        subject: Name, several joined by ``+``.
        mass_kg: Mass.
        height_m: Height.
        doubts: What was not believed.
    """

    subject: str
    mass_kg: float | None
    height_m: float | None
    doubts: list[str]


class FoundEvents(NamedTuple):
    """Events within the file's frames, and a doubt where some are outside."""

    events: xr.Dataset
    doubts: list[str]


class FoundFrame(NamedTuple):
    """Axes of the laboratory, and a doubt where the file contradicts itself."""

    frame: dict[str, str]
    doubts: list[str]


def body_of(parameters: C3DParameters) -> Body:
    """Read the subject's name, mass (kg) and height (mm, cm or m by size)."""
    names = [name.strip() for name in parameters.texts("SUBJECTS", "NAMES") if name.strip()]
    mass, height = _first(parameters, _MASS), _first(parameters, _HEIGHT)
    doubts = []
    if mass is not None and not 1.0 <= mass <= 500.0:
        doubts.append(doubt(f"a body mass of {mass:g} kg is not believed"))
        mass = None
    metres = None
    if height is not None:
        scales = ((300.0, 2800.0, 1000.0), (30.0, 280.0, 100.0), (0.3, 2.8, 1.0))
        metres = next((height / by for low, high, by in scales if low < height <= high), None)
        if metres is None:
            doubts.append(doubt(f"a body height of {height:g} is not believed"))
    return Body(
        "+".join(names),
        None if mass is None else round(mass, 4),
        None if metres is None else round(metres, 4),
        doubts,
    )


def _first(parameters: C3DParameters, names: tuple[str, ...]) -> float | None:
    """First stated number under one of the names; zero and NaN count as not stated."""
    for group in _GROUPS:
        for name in names:
            value = parameters.number(group, name)
            if value is not None and np.isfinite(value) and value != 0:
                return value
    return None


def events_in(parameters: C3DParameters, layout: C3DLayout) -> FoundEvents:
    """Read the EVENT group; events outside the file's frames are left out with a doubt."""
    flat = parameters.all_numbers("EVENT", "TIMES")
    used = parameters.integer("EVENT", "USED")
    count = min(flat.size // 2, flat.size if used is None else used)
    if count <= 0:
        return FoundEvents(make_events([], [], [], []), [])
    minutes_seconds = flat[: 2 * count].reshape(count, 2)
    start = (layout.first_frame - 1) / layout.rate_hz
    with np.errstate(invalid="ignore", over="ignore"):
        times = np.round(minutes_seconds @ np.array([60.0, 1.0]) - start, 6)
    labels = _filled(parameters.all_texts("EVENT", "LABELS"), count)
    contexts = _filled(parameters.all_texts("EVENT", "CONTEXTS"), count)
    step, last = 1 / layout.rate_hz, (layout.frames - 1) / layout.rate_hz
    inside = (times >= -step) & (times <= last + step)  # NaN is outside
    outside = int(count - inside.sum())
    kept = np.flatnonzero(inside)
    return FoundEvents(
        make_events(
            times[kept],
            [event_name(labels[i]) for i in kept],
            [event_side(contexts[i], labels[i]) for i in kept],
            "given",
        ),
        [doubt(f"{outside} of {count} events lie outside the frames of the file and are left out")]
        if outside
        else [],
    )


def _filled(texts: list[str], count: int) -> list[str]:
    return [text.strip() for text in texts[:count]] + [""] * (count - len(texts))


def event_name(label: str) -> str:
    """Name of an event by its label.

    Example:
        >>> event_name("Foot Strike"), event_name("RTO"), event_name("Pass 1")
        ('foot_strike', 'foot_off', 'pass_1')
    """
    word = label.strip().lower()
    for pattern, name in _NAMES:
        if pattern.search(word):
            return name
    return re.sub(r"\W+", "_", word).strip("_") or "event"


def event_side(context: str, label: str) -> str:
    """Side by the event's context, else by a label such as RHS or "Left Foot Strike"."""
    for word in (context.strip().lower(), label.strip().lower()):
        match = re.match(r"(left|right)\b|([lr])(?:$|hs$|fs$|ic$|to$|fo$)", word)
        if match:
            return match[1] or {"l": "left", "r": "right"}[match[2]]
    return ""


def laboratory_frame(parameters: C3DParameters, found: FoundPlates) -> FoundFrame:
    """Up axis from ``POINT:Y_SCREEN`` or the plates' surfaces; C3D axes are right-handed.

    A plate's normal is measured, the screen's axes are often left at a default, so that the plates
    win where they disagree. The forward axis is not in the file.
    """
    screen = _axis_name(parameters.text("POINT", "Y_SCREEN"))
    normals = [platform.plate.rotation[:, 2] for platform in found.usable]
    plates = _vertical(-np.mean(normals, axis=0)) if normals else ""
    up = plates or screen
    if not up:
        return FoundFrame(dict(UNKNOWN_FRAME), [])
    doubts = []
    if plates and screen and plates != screen:
        doubts.append(
            doubt(f"POINT:Y_SCREEN says {screen} is up, the force plates say {plates}; taken so")
        )
    return FoundFrame({"up": up, "forward": "unknown", "handedness": "right"}, doubts)


def _axis_name(text: str) -> str:
    match = re.fullmatch(r"([+-]?)([xyz])", text.strip().lower())
    return "" if match is None else match[1].replace("+", "") + match[2]


def _vertical(normal: np.ndarray) -> str:
    """Name of the axis along a unit vector, or ``""`` where it is along none."""
    at = int(np.argmax(np.abs(normal)))
    if abs(normal[at]) < 0.9:
        return ""
    return ("-" if normal[at] < 0 else "") + "xyz"[at]
