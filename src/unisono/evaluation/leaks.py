r"""Leak audit: did anything of the test part reach training, normalising or calibration?

Each check looks at data rather than at intentions: normalisers are fitted again on the training
part, inputs are correlated with targets, recordings are compared by time. One leak fails a report,
because a figure with a leak in it is not a figure.

===================== ===================================================================
kind                  found when
===================== ===================================================================
subject_in_two_parts  a subject has windows in two of train, calibration, test
window_in_two_parts   windows of one recording lie in two parts
normaliser            a stored mean or spread is not that of the training part
calibration           a calibration subject is tested on
target_in_input       a given channel is an affine copy of a wanted one, ``|r| > 0.9999``
evaluated_on_training a subject or recording that was trained on is evaluated
filter                filters differ between given and wanted streams, or train and test
===================== ===================================================================
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from unisono.core.checks import check_axes, check_choice
from unisono.evaluation.arrays import Array, Mask, masked_mean, masked_spread

__all__ = ["KINDS", "AuditInput", "Leak", "Normaliser", "Part", "Signal", "audit", "audited"]

KINDS = (
    "subject_in_two_parts",
    "window_in_two_parts",
    "normaliser",
    "calibration",
    "target_in_input",
    "evaluated_on_training",
    "filter",
)
"""Kinds of leak, as in the table of the module."""

_COPY = 0.9999


class Leak(NamedTuple):
    """One leak.

    Attributes:
        kind: One of :data:`KINDS`.
        where: Subject, recording, stream or channel.
        what: What was found, with figures.
        remedy: What to do.
    """

    kind: str
    where: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Part:
    """The windows of one part, for the audit.

    Args:
        subjects: The subject of each window.
        recordings: The recording of each window; names unique within a subject.
    """

    subjects: Sequence[str]
    recordings: Sequence[str]

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Subjects with their recordings."""
        return {(str(s), str(r)) for s, r in zip(self.subjects, self.recordings, strict=True)}


@dataclass(frozen=True, eq=False)
class Signal:
    """One stream of one part.

    Args:
        values: ``(n, L, D)`` in physical units.
        valid: ``(n, L, D)``.
        channels: Names of the channels.
        filter: What the stream was filtered with, as in the schema; empty where unknown.
    """

    values: Array
    valid: Mask
    channels: tuple[str, ...]
    filter: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Normaliser:
    """The normaliser stored in a model, for one stream.

    Args:
        mean: ``(D,)`` in physical units.
        spread: Standard deviation, ``(D,)``.
    """

    mean: Array
    spread: Array


@dataclass(frozen=True)
class AuditInput:
    """Everything the audit looks at. What is not given is not checked.

    Args:
        parts: ``"train"``, ``"calibration"``, ``"test"`` and what else there is, by name.
        evaluated: The windows that the report is about; the test part unless said otherwise.
        calibration_subjects: Subjects that the stored calibration tables were fitted on. With
            cross-validated calibration these are the training subjects, which is right.
        train: Streams of the training part by name, to fit normalisers on again.
        test: Streams of the test part by name.
        normalisers: Stored normalisers by stream.
        given: Names of the given streams.
        want: Names of the wanted streams.
        accepted: Kinds of leak that a person has looked at and accepts; they are not reported.
            Only ``"filter"`` and ``"target_in_input"`` can be accepted.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    evaluated: Part | None = None
    calibration_subjects: Sequence[str] = ()
    train: Mapping[str, Signal] = field(default_factory=dict)
    test: Mapping[str, Signal] = field(default_factory=dict)
    normalisers: Mapping[str, Normaliser] = field(default_factory=dict)
    given: Sequence[str] = ()
    want: Sequence[str] = ()
    accepted: Sequence[str] = ()

    def __post_init__(self) -> None:
        for kind in self.accepted:
            check_choice("accepted", kind, ("filter", "target_in_input"))


def audit(found: AuditInput) -> list[Leak]:
    """Run every check and return the leaks, the gravest kinds first (order of :data:`KINDS`)."""
    leaks = [
        *_parts(found),
        *_normalisers(found),
        *_calibration(found),
        *_copies(found),
        *_evaluated(found),
        *_filters(found),
    ]
    kept = [leak for leak in leaks if leak.kind not in found.accepted]
    return sorted(kept, key=lambda leak: KINDS.index(leak.kind))


def audited(found: AuditInput) -> list[str]:
    """Kinds of leak that what was given allowed to look for, in the order of :data:`KINDS`.

    Example:
        >>> part = Part(["a"], ["1"])
        >>> audited(AuditInput(parts={"train": part, "test": part}))
        ['subject_in_two_parts', 'window_in_two_parts']
    """
    tested = found.evaluated or found.parts.get("test")
    signals = found.test or found.train
    pairs = any(g in signals and w in signals for g in found.given for w in found.want)
    able = {
        "subject_in_two_parts": len(found.parts) > 1,
        "window_in_two_parts": len(found.parts) > 1,
        "normaliser": bool(set(found.normalisers) & set(found.train)),
        "calibration": bool(found.calibration_subjects) and tested is not None,
        "target_in_input": pairs and "target_in_input" not in found.accepted,
        "evaluated_on_training": "train" in found.parts and found.evaluated is not None,
        "filter": (pairs or bool(set(found.train) & set(found.test)))
        and "filter" not in found.accepted,
    }
    return [kind for kind in KINDS if able[kind]]


def _short(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _parts(found: AuditInput) -> list[Leak]:
    leaks = []
    names = list(found.parts)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            left, right = found.parts[a].pairs, found.parts[b].pairs
            shared = sorted({s for s, _ in left} & {s for s, _ in right})
            if shared:
                leaks.append(
                    Leak(
                        "subject_in_two_parts",
                        _short(shared),
                        f"{len(shared)} subject(s) in both {a} and {b}",
                        "split by subject",
                    )
                )
            cut = sorted(f"{s}/{r}" for s, r in left & right)
            if cut:
                leaks.append(
                    Leak(
                        "window_in_two_parts",
                        _short(cut),
                        f"windows of {len(cut)} recording(s) lie in both {a} and {b}",
                        "keep all windows of a recording in one part",
                    )
                )
    return leaks


def _normalisers(found: AuditInput) -> list[Leak]:
    leaks = []
    for stream, stored in found.normalisers.items():
        if stream not in found.train:
            continue
        signal = found.train[stream]
        check_axes(values=(signal.values, "n L D"), mean=(stored.mean, "D"))
        if _agrees(stored, signal):
            continue
        guess = " and on no part given"
        if stream in found.test:
            test = found.test[stream]
            if _agrees(stored, _joined(signal, test)):
                guess = " but on train and test together"
            elif _agrees(stored, test):
                guess = " but on test"
        leaks.append(
            Leak(
                "normaliser",
                stream,
                f"the stored normaliser is not fitted on train{guess}",
                "fit it on the training part and train again",
            )
        )
    return leaks


def _joined(a: Signal, b: Signal) -> Signal:
    width = len(a.channels)
    values = [s.values.reshape(1, -1, width) for s in (a, b)]
    valid = [s.valid.reshape(1, -1, width) for s in (a, b)]
    return Signal(np.concatenate(values, axis=1), np.concatenate(valid, axis=1), a.channels)


def _agrees(stored: Normaliser, signal: Signal) -> bool:
    mean = masked_mean(signal.values, signal.valid, (0, 1))
    spread = masked_spread(signal.values, signal.valid)
    # Relative to the spread: weights are float32, and a mean near zero has no scale of its own.
    scale = np.where(spread > 0, spread, 1.0)
    mean_off = np.abs(stored.mean - mean) / scale
    spread_off = np.where(spread > 0, np.abs(stored.spread - spread) / scale, 0.0)
    seen = np.isfinite(mean)
    return bool((mean_off[seen] < 1e-3).all() and (spread_off[seen] < 1e-3).all())


def _calibration(found: AuditInput) -> list[Leak]:
    tested = found.evaluated or found.parts.get("test")
    if tested is None:
        return []
    both = sorted({str(s) for s in found.calibration_subjects} & {str(s) for s in tested.subjects})
    if not both:
        return []
    return [
        Leak(
            "calibration",
            _short(both),
            f"bands were calibrated on {len(both)} subject(s) that are evaluated",
            "calibrate on subjects of the training or calibration part",
        )
    ]


def _copies(found: AuditInput) -> list[Leak]:
    leaks = []
    signals = found.test or found.train
    for given in found.given:
        for want in found.want:
            if given not in signals or want not in signals:
                continue
            for i, j, r in _affine_copies(signals[given], signals[want]):
                a, b = signals[given].channels[i], signals[want].channels[j]
                leaks.append(
                    Leak(
                        "target_in_input",
                        f"{given}/{a}",
                        f"the given channel is a copy of the wanted {want}/{b} (r = {r:.6f})",
                        "take the channel out of the given streams",
                    )
                )
    return leaks


class _Copy(NamedTuple):
    given: int
    want: int
    r: float


def _affine_copies(given: Signal, want: Signal) -> list[_Copy]:
    if given.values.shape[:2] != want.values.shape[:2]:
        return []  # other frames: not comparable sample by sample
    copies = []
    for i in range(len(given.channels)):
        for j in range(len(want.channels)):
            both = given.valid[..., i] & want.valid[..., j]
            if np.count_nonzero(both) < 10:
                continue
            x, y = given.values[..., i][both], want.values[..., j][both]
            x, y = x - x.mean(), y - y.mean()
            size = np.sqrt((x @ x) * (y @ y))
            if size > 0 and abs(x @ y) / size > _COPY:
                copies.append(_Copy(i, j, float(x @ y / size)))
    return copies


def _evaluated(found: AuditInput) -> list[Leak]:
    train = found.parts.get("train")
    tested = found.evaluated
    if train is None or tested is None:
        return []
    people = sorted({str(s) for s in train.subjects} & {str(s) for s in tested.subjects})
    if not people:
        return []
    cut = len(train.pairs & tested.pairs)
    return [
        Leak(
            "evaluated_on_training",
            _short(people),
            f"{len(people)} evaluated subject(s) were trained on, with {cut} same recording(s)",
            "evaluate on subjects the model has never met",
        )
    ]


def _filters(found: AuditInput) -> list[Leak]:
    leaks = []
    for stream in sorted(set(found.train) & set(found.test)):
        difference = _difference(found.train[stream].filter, found.test[stream].filter)
        if difference:
            leaks.append(
                Leak(
                    "filter",
                    stream,
                    f"filtered differently in train and test: {difference}",
                    "filter both alike",
                )
            )
    signals = found.test or found.train
    for given in found.given:
        for want in found.want:
            if given in signals and want in signals and given != want:
                difference = _difference(signals[given].filter, signals[want].filter)
                if difference:
                    leaks.append(
                        Leak(
                            "filter",
                            f"{given}, {want}",
                            f"given and wanted streams are filtered differently: {difference}",
                            "filter both at one cut-off, or accept it in the recipe",
                        )
                    )
    return leaks


def _difference(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """Which known settings of two known filters differ; "" where one is unknown."""
    if not a or not b:
        return ""
    parts = [
        f"{key} {a[key]} against {b[key]}"
        for key in sorted(set(a) & set(b))
        if not _same(a[key], b[key])
    ]
    return ", ".join(parts)


def _same(a: object, b: object) -> bool:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return bool(np.isclose(a, b, rtol=1e-3))
    return a == b
