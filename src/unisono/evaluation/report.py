r"""The report of an evaluation: one plain dictionary, ready for JSON.

Its shape: ``unisono``, ``commit``, ``command``, ``data`` (``digest``, ``test_subjects``),
``targets`` (by stream: ``unit``, ``methods`` with ``rmse``, ``nrmse``, ``r``, ``peak``, ``impulse``
and ``timing`` as ``mean``, ``low``, ``high``; ``coverage`` by level; ``width`` of the 0.9 band),
``controls``, ``leaks``, ``physics``, and beside these ``model``, ``audited`` and ``doubts``.
Numbers that could not be taken are null. Every interval is 95 % over test subjects.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unisono.core.files import write_text
from unisono.evaluation.arrays import Groups, groups_of
from unisono.evaluation.doubts import find_doubts
from unisono.evaluation.inputs import EvaluationInput, TargetInput
from unisono.evaluation.leaks import audit, audited
from unisono.evaluation.physics import PhysicsReport, check_forces
from unisono.evaluation.tables import (
    band_table,
    comparison_table,
    group_table,
    main_unit,
    measure,
    method_table,
    phase_error,
    score_table,
)

__all__ = ["Report", "evaluate_predictions"]


@dataclass(frozen=True)
class Report:
    """A finished report.

    Args:
        data: The dictionary described in the module, of plain lists, texts and numbers.
    """

    data: Mapping[str, Any]

    @property
    def failed(self) -> bool:
        """Whether a leak was found: then no figure in the report may be used."""
        return bool(self.data["leaks"])

    def to_json(self) -> str:
        """The dictionary as JSON text; numbers that could not be taken are null."""
        return json.dumps(self.data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"

    def save(self, path: str | Path) -> Path:
        """Write ``report.json`` atomically.

        Raises:
            OutputError: If it cannot be written.
        """
        return write_text(path, self.to_json())


def evaluate_predictions(inputs: EvaluationInput, *, generator: np.random.Generator) -> Report:
    """Compare predictions with the truth, audit for leaks, check the physics.

    Args:
        inputs: Truth, predictions, bands, samples and the run's record.
        generator: Draws the bootstrap and the permutations.

    Returns:
        The report. A leak does not raise: it is in the report, which then has ``failed``.
    """
    groups = groups_of([str(s) for s in inputs.subjects])
    targets = {
        name: _target(target, inputs, groups, generator) for name, target in inputs.targets.items()
    }
    record = inputs.provenance
    data: dict[str, Any] = {
        "unisono": record.unisono,
        "commit": record.commit,
        "command": record.command,
        "model": inputs.model,
        "data": {
            "digest": record.digest,
            "test_subjects": list(groups.names),
            "test_windows": len(inputs.subjects),
        },
        "targets": targets,
        "controls": _controls(inputs, groups, generator),
        "leaks": [leak._asdict() for leak in audit(inputs.audit)],
        "audited": audited(inputs.audit),
        "physics": _physics(inputs),
    }
    plain = _plain(data)
    plain["doubts"] = find_doubts(plain)
    return Report(plain)


def _target(
    target: TargetInput, inputs: EvaluationInput, groups: Groups, generator: np.random.Generator
) -> dict[str, Any]:
    errors = {
        name: measure(target, predicted, groups) for name, predicted in target.predictions.items()
    }
    table = method_table(target, errors, generator=generator)
    unit, columns = main_unit(target)
    found: dict[str, Any] = {
        "unit": unit,
        "methods": table,
        "coverage": {},
        "width": None,
        "channels": list(target.channels),
        "units": list(target.units),
        "unit_channels": [target.channels[k] for k in columns],
        "normaliser": {
            "what": "standard deviation over all valid samples of the training part",
            "by_channel": dict(zip(target.channels, target.spread.tolist(), strict=True)),
        },
        "time_unit": "s" if target.step is not None else "window",
        "best": min(table, key=lambda m: _or_infinite(table[m]["nrmse"].mean)),
        "tests": comparison_table(target, errors, inputs.model, generator=generator),
        "by_subject": {m: group_table(target, e, groups) for m, e in errors.items()},
        "phase": {m: phase_error(target, p) for m, p in target.predictions.items()},
    }
    everyone = groups_of(["all"] * len(groups.code))
    found["by_channel"] = {m: group_table(target, e, everyone)["all"] for m, e in errors.items()}
    if inputs.conditions is not None:
        named = groups_of([str(c) or "unknown" for c in inputs.conditions])
        found["by_condition"] = {m: group_table(target, e, named) for m, e in errors.items()}
    found |= _bands(target, groups, generator)
    if target.samples is not None:
        found["scores"] = score_table(target, target.samples, groups, generator=generator)
    return found


def _or_infinite(value: float) -> float:
    return value if math.isfinite(value) else math.inf


def _bands(target: TargetInput, groups: Groups, generator: np.random.Generator) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if target.bands is not None:
        table = band_table(target, target.bands, groups, generator=generator)
        widest = table.get("0.9") or table[max(table, key=float)]
        found["coverage"] = {level: row["coverage"].mean for level, row in table.items()}
        found["width"] = widest["width"].mean
        found["bands"] = table
    if target.baseline_bands:
        found["baseline_bands"] = {
            name: band_table(target, bands, groups, generator=generator)
            for name, bands in target.baseline_bands.items()
        }
    return found


def _controls(
    inputs: EvaluationInput, groups: Groups, generator: np.random.Generator
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for stream, target in inputs.targets.items():
        errors = {name: measure(target, x, groups) for name, x in target.controls.items()}
        for name, row in method_table(target, errors, generator=generator).items():
            found.setdefault(name, {})[stream] = row
    return found


def _physics(inputs: EvaluationInput) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for stream, target in inputs.targets.items():
        if target.force is None or target.physics is None:
            continue
        forces = {inputs.model: target.predictions[inputs.model], "measured": target.truth}
        for name, force in forces.items():
            report = check_forces(force, target.valid, layout=target.force, context=target.physics)
            found.setdefault(stream, {})[name] = _checks(report)
    return found


def _checks(report: PhysicsReport) -> list[dict[str, Any]]:
    return [check._asdict() for check in report.checks]


def _plain(value: Any) -> Any:  # noqa: ANN401 - any nesting of what JSON can hold
    """Named tuples to dictionaries, arrays to lists, numbers that are not finite to None."""
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
