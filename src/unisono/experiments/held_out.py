"""Predictions of one held-out subject, kept in a file so that an experiment can go on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unisono.core.files import atomic_file
from unisono.evaluation.calibration import Bands
from unisono.evaluation.inputs import TargetInput

__all__ = ["HeldOut", "load_held_out", "save_held_out"]


class HeldOut(NamedTuple):
    """What all methods said of one subject that none of them had seen.

    Attributes:
        subject: The subject.
        conditions: Condition of each window; empty where unknown.
        targets: Truth, predictions, controls and raw bands, by stream.
        audited: Kinds of leak that were looked for in the training without the subject.
        leaks: Those that were found: kind, where and what.
    """

    subject: str
    conditions: tuple[str, ...]
    targets: Mapping[str, TargetInput]
    audited: tuple[str, ...] = ()
    leaks: tuple[Mapping[str, str], ...] = ()


def save_held_out(path: Path, held: HeldOut) -> None:
    """Write one subject's predictions, whole or not at all."""
    arrays: dict[str, Any] = {}
    index: dict[str, Any] = {
        "subject": held.subject,
        "conditions": list(held.conditions),
        "audited": list(held.audited),
        "leaks": [dict(leak) for leak in held.leaks],
        "targets": {},
    }
    for name, target in held.targets.items():
        bands = target.bands
        stored = {
            "truth": target.truth,
            "valid": target.valid,
            "spread": target.spread,
            "step": target.steps,
            **{f"prediction/{k}": v for k, v in target.predictions.items()},
            **{f"control/{k}": v for k, v in target.controls.items()},
        }
        if target.samples is not None:
            stored["samples"] = target.samples.astype(np.float32)
        for other, band in target.baseline_bands.items():
            stored |= {f"band/{other}": np.stack([*band.lower, *band.upper])}
        if bands is not None:
            stored |= {"centre": bands.centre, "lower": bands.lower, "upper": bands.upper}
        arrays |= {f"{name}/{key}": value for key, value in stored.items()}
        index["targets"][name] = {
            "channels": list(target.channels),
            "units": list(target.units),
            "levels": [] if bands is None else list(bands.levels),
            "has_step": target.step is not None,
        }
    with atomic_file(path) as part, part.open("wb") as handle:
        np.savez_compressed(handle, index=np.array(json.dumps(index)), **arrays)


def load_held_out(path: Path) -> HeldOut:
    """Read what :func:`save_held_out` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        index = json.loads(str(stored["index"]))
        targets = {}
        for name, about in index["targets"].items():
            mine = {
                key.removeprefix(f"{name}/"): stored[key]
                for key in stored.files
                if key.startswith(f"{name}/")
            }
            targets[name] = TargetInput(
                truth=mine["truth"],
                valid=mine["valid"],
                channels=tuple(about["channels"]),
                units=tuple(about["units"]),
                spread=mine["spread"],
                predictions=_named(mine, "prediction/"),
                controls=_named(mine, "control/"),
                step=mine["step"] if about["has_step"] else None,
                bands=Bands(tuple(about["levels"]), mine["centre"], mine["lower"], mine["upper"])
                if about["levels"]
                else None,
                samples=mine["samples"].astype(np.float64) if "samples" in mine else None,
                baseline_bands={
                    k: _bands(v, mine[f"prediction/{k}"], tuple(about["levels"]))
                    for k, v in _named(mine, "band/").items()
                },
            )
    return HeldOut(
        index["subject"],
        tuple(index["conditions"]),
        targets,
        tuple(index.get("audited", ())),  # files of before the audit hold none
        tuple(index.get("leaks", ())),
    )


def _bands(ends: Any, centre: Any, levels: tuple[float, ...]) -> Bands:  # noqa: ANN401 - arrays
    lower, upper = np.split(ends, 2)
    return Bands(levels, centre, lower, upper)


def _named(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
