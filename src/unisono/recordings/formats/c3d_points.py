"""Points and analog channels of a C3D file, sorted into streams.

Some points are no positions but outputs of a body model: angles, forces, moments, powers, scalars.
The parameters ``POINT:ANGLES``, ``POINT:FORCES``... list their labels and ``POINT:ANGLE_UNITS``...
their units (Vicon, BTK); where such a list is absent, labels that end in Angles, Force, GRF,
Moment or Power are taken for outputs. Every point gives three channels, ``LABEL_x, _y, _z``.

A point is not valid where the file says that it was not seen, and a position not where it is
exactly zero in all three coordinates, which is how several programs write a gap. Units are those
that the file declares, also where they are known to lie.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.assembling import doubt
from unisono.recordings.formats.c3d_data import C3DData
from unisono.recordings.formats.c3d_header import C3DLayout
from unisono.recordings.formats.c3d_parameters import C3DParameters
from unisono.recordings.formats.c3d_units import as_unit
from unisono.recordings.schema import make_stream

__all__ = [
    "Output",
    "analog_streams",
    "is_emg",
    "output_by_label",
    "point_streams",
    "unique_labels",
]


class Output(NamedTuple):
    """A kind of model output: where its labels are listed, and how to tell it by its label."""

    stream: str
    kind: str
    group: str
    unit_name: str
    usual_unit: str
    pattern: str


_OUTPUTS = (
    Output("angles", "angle", "ANGLES", "ANGLE_UNITS", "deg", r"Angles?$"),
    Output("model_forces", "force", "FORCES", "FORCE_UNITS", "N", r"(Force|GRF)$"),
    Output("moments", "moment", "MOMENTS", "MOMENT_UNITS", "N*mm", r"Moment$"),
    Output("powers", "power", "POWERS", "POWER_UNITS", "W", r"Power$"),
    Output("scalars", "feature", "SCALARS", "SCALAR_UNITS", "1", r"(?!)"),
)
_MUSCLES = re.compile(
    r"emg|rect|rec$|vast|vas$|hams|gast|tib|sol|glut|bic|tric|delt|trap|dorsi|erect|addu|peron|"
    r"fibul|semi|gracil|sartor|pector|brachi|psoas|abdom|obliq|multif|fasc",
    re.IGNORECASE,
)


def point_streams(
    data: C3DData,
    layout: C3DLayout,
    parameters: C3DParameters,
    *,
    frame: Mapping[str, str],
    file: str,
) -> dict[str, xr.Dataset]:
    """Sort the points into the streams ``markers``, ``angles``, ``model_forces``...

    Args:
        data: Numbers of the file.
        layout: Its layout.
        parameters: Its parameters.
        frame: Frame of the laboratory, for positions; that of model outputs is not stated by files.
        file: Its name, for messages.

    Raises:
        FileFormatError: If a unit of positions or model outputs is not a unit.
    """
    if not layout.points:
        return {}
    stated = parameters.all_texts("POINT", "LABELS")
    labels, notes = unique_labels(_without_prefix(stated, parameters), layout.points, "point")
    homes = _homes(labels, stated, parameters)
    parts: dict[str, xr.Dataset] = {}
    for output in (None, *_OUTPUTS):
        name = output.stream if output else "markers"
        columns = [i for i, home in enumerate(homes) if home == name]
        if columns:
            unit, said = _unit_of(output, parameters, file)
            parts[name] = _point_stream(
                data,
                columns,
                labels,
                rate_hz=layout.rate_hz,
                unit=unit,
                kind=output.kind if output else "position",
                frame=None if output else frame,
            )
            parts[name].attrs["history"] = [*said, *notes]
    return parts


def analog_streams(
    data: C3DData,
    layout: C3DLayout,
    parameters: C3DParameters,
    without: set[int],
) -> dict[str, xr.Dataset]:
    """Sort analog channels, other than those of force plates, into ``emg`` and ``analog``.

    A channel counts as EMG if its label names a muscle or EMG and its unit is a voltage or none.

    Args:
        data: Numbers of the file.
        layout: Its layout.
        parameters: Its parameters.
        without: Columns that belong to force plates.
    """
    labels, notes = unique_labels(
        parameters.all_texts("ANALOG", "LABELS"), layout.channels, "analog"
    )
    texts = parameters.all_texts("ANALOG", "UNITS")
    texts += [""] * (layout.channels - len(texts))
    units = [as_unit(text) for text in texts[: layout.channels]]
    columns: dict[str, list[int]] = {"emg": [], "analog": []}
    for column in range(layout.channels):
        if column not in without:
            home = "emg" if is_emg(labels[column], units[column]) else "analog"
            columns[home].append(column)
    rate = layout.rate_hz * layout.samples
    parts: dict[str, xr.Dataset] = {}
    for name, chosen in columns.items():
        if chosen:
            strange = sorted({texts[c] or "none" for c in chosen if units[c] is None})
            said = [doubt(f"unit {', '.join(strange)} of analog channels is read as 1")]
            parts[name] = make_stream(
                data.analog[:, chosen],
                time=np.arange(len(data.analog)) / rate,
                channels=[labels[c] for c in chosen],
                units=[units[c] or "1" for c in chosen],
                kind="emg" if name == "emg" else "feature",
                rate_hz=rate,
                history=[*(said if strange else []), *notes],
            )
    return parts


def is_emg(label: str, unit: str | None) -> bool:
    """Whether a channel's label names a muscle or EMG and its unit is a voltage or none.

    Example:
        >>> is_emg("L_TibAnt", "V"), is_emg("Fz1", "N"), is_emg("Sync", "V")
        (True, False, False)
    """
    electric = unit in (None, "1", "V", "mV", "uV", "percent")
    return electric and bool(_MUSCLES.search(label))


def output_by_label(label: str) -> Output | None:
    """The kind of model output that a label ends like, or None.

    Example:
        >>> output_by_label("LKneeAngles").usual_unit, output_by_label("LKNE")
        ('deg', None)
    """
    return next((output for output in _OUTPUTS if re.search(output.pattern, label)), None)


def unique_labels(stated: Sequence[str], count: int, fallback: str) -> tuple[list[str], list[str]]:
    """Return ``count`` unique labels and notes on what was changed.

    Example:
        >>> unique_labels(["RKNE", "", "RKNE"], 4, "point")[0]
        ['RKNE', 'point_2', 'RKNE_2', 'point_4']
    """
    labels: list[str] = []
    taken: dict[str, int] = {}
    repeated = []
    for number in range(1, count + 1):
        label = stated[number - 1].strip() if number <= len(stated) else ""
        label = label or f"{fallback}_{number}"
        if label in taken:
            repeated.append(label)
            stem, times = label, taken[label]
            while label in taken:
                times += 1
                label = f"{stem}_{times}"
            taken[stem] = times
        taken[label] = 1
        labels.append(label)
    shown = ", ".join(dict.fromkeys(repeated[:5]))
    return labels, [doubt(f"repeated labels numbered ({shown})")] if repeated else []


def _without_prefix(labels: Sequence[str], parameters: C3DParameters) -> list[str]:
    """Labels without the prefix of the only subject, where the file declares one."""
    prefixes = [p for p in parameters.texts("SUBJECTS", "LABEL_PREFIXES") if p]
    if len(prefixes) != 1:
        return list(labels)
    return [label.removeprefix(prefixes[0]) for label in labels]


def _homes(labels: Sequence[str], stated: Sequence[str], parameters: C3DParameters) -> list[str]:
    """Stream of each point."""
    listed: dict[str, str] = {}
    guessed: list[Output] = []
    for output in _OUTPUTS:
        members = parameters.all_texts("POINT", output.group)
        listed |= dict.fromkeys((member.strip() for member in members), output.stream)
        if ("POINT", output.group) not in parameters:
            guessed.append(output)
    homes = []
    for number, label in enumerate(labels):
        original = stated[number].strip() if number < len(stated) else label
        home = listed.get(original) or next(
            (o.stream for o in guessed if re.search(o.pattern, label)), "markers"
        )
        homes.append(home)
    return homes


def _unit_of(output: Output | None, parameters: C3DParameters, file: str) -> tuple[str, list[str]]:
    name = output.unit_name if output else "UNITS"
    text = parameters.text("POINT", name)
    if not text:
        usual = output.usual_unit if output else "1"
        return usual, [doubt(f"POINT:{name} is not stated; taken as {usual}")]
    unit = as_unit(text)
    if unit is None:
        raise FileFormatError(
            file, f"POINT:{name}", f"{text[:32]!r} is not a unit", "correct it in the file"
        )
    return unit, []


def _point_stream(
    data: C3DData,
    columns: Sequence[int],
    labels: Sequence[str],
    *,
    rate_hz: float,
    unit: str,
    kind: str,
    frame: Mapping[str, str] | None,
) -> xr.Dataset:
    values = data.points[:, columns]
    valid = data.seen[:, columns]
    if kind == "position":
        valid = valid & values.any(axis=2)
    return make_stream(
        values.reshape(len(values), -1),
        time=np.arange(len(values)) / rate_hz,
        channels=[f"{labels[c]}_{axis}" for c in columns for axis in "xyz"],
        units=unit,
        kind=kind,
        valid=np.repeat(valid, 3, axis=1),
        rate_hz=rate_hz,
        frame=frame,
    )
