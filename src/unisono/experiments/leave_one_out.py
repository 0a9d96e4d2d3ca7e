"""Leave one subject out: the honest table where people are few.

For every subject a model is trained on all others and predicts that subject's windows; so do the
baselines, fitted on the same others. All predictions are pooled into one report. Bands of a subject
are calibrated on the held-out predictions of the *other* subjects, each by a model that had not
seen the one it predicts: cross-validated conformal over subjects, without a further training.

Each subject's predictions are kept in ``OUT/subjects``; started again, the experiment goes on with
the first subject that is missing. With another recipe or other recordings it refuses to: subjects
of two trainings would stand in one table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from unisono.api.banding import band_options
from unisono.api.evaluation_input import evaluation_input, model_windows, side_of
from unisono.api.fitting import run_recipe
from unisono.api.model import Model
from unisono.api.predicting import join_bands
from unisono.api.recipe import BandSettings, Recipe, Sampling, load_recipe
from unisono.api.recipe_files import check_same
from unisono.core.config import to_toml
from unisono.core.errors import ConfigError
from unisono.core.files import write_text
from unisono.core.provenance import provenance
from unisono.core.random import numpy_generator
from unisono.evaluation.arrays import Array
from unisono.evaluation.calibration import Bands, fit_bands
from unisono.evaluation.doubts import find_doubts
from unisono.evaluation.inputs import EvaluationInput, Provenance, TargetInput
from unisono.evaluation.leaks import KINDS, audit, audited
from unisono.evaluation.report import Report, evaluate_predictions
from unisono.experiments.cells import claim_folder
from unisono.experiments.held_out import HeldOut, load_held_out, save_held_out
from unisono.experiments.result import ExperimentResult
from unisono.recordings.dataset import Dataset
from unisono.recordings.window_cache import open_windows
from unisono.viewing.panels import choose_panels
from unisono.viewing.report_page import ReportExtras, write_report
from unisono.viewing.text_table import text_table

__all__ = ["held_out_input", "leave_one_out"]


def leave_one_out(out: Path, settings: Sequence[str]) -> ExperimentResult:
    """Run the experiment.

    Args:
        out: Folder of its state and report.
        settings: ``recipe=FILE`` names the recipe; the others override it.

    Raises:
        ConfigError: If no recipe is named, or the folder holds subjects of another one.
    """
    named = [s.partition("=")[2] for s in settings if s.startswith("recipe=")]
    if not named:
        raise ConfigError("name a recipe: --set recipe=recipes/llma-children.toml.")
    recipe = load_recipe(named[-1], [s for s in settings if not s.startswith("recipe=")])
    held = _held_out(recipe, out)
    inputs = _pooled(recipe, Dataset.open(recipe.data.path), held)
    report = evaluate_predictions(inputs, generator=numpy_generator(0, "leave-one-out"))
    data = {**report.data, **_audits(held)}
    report = Report({**data, "doubts": find_doubts(data)})
    return _written(recipe, inputs, report, out)


def held_out_input(recipe: Recipe, out: Path) -> EvaluationInput:
    """What everybody's windows are predicted to be by methods that have not seen that person.

    Args:
        recipe: The run; its split and bands are replaced.
        out: Folder where each person's predictions are kept as soon as they are made.

    Raises:
        ConfigError: If the folder holds people of another recipe or other recordings.
    """
    return _pooled(recipe, Dataset.open(recipe.data.path), _held_out(recipe, out))


def _held_out(recipe: Recipe, out: Path) -> list[HeldOut]:
    data = Dataset.open(recipe.data.path)
    subjects = sorted(set(open_windows(data, recipe.cut).table["subject"].astype(str)))
    if len(subjects) < 3:
        raise ConfigError(f"leaving one out needs at least 3 subjects; got {len(subjects)}.")
    claim_folder(out, {"data": data.digest})
    kept = out / "recipe.toml"
    check_same(kept, recipe)
    write_text(kept, to_toml(recipe))
    return [_one(recipe, data, subject, out) for subject in subjects]


def _audits(held: Sequence[HeldOut]) -> dict[str, Any]:
    """What was looked for in every training, and all that was found, with who was left out."""
    leaks = [
        {**leak, "where": f"without {one.subject}, {leak['where']}"}
        for one in held
        for leak in one.leaks
    ]
    looked = [kind for kind in KINDS if all(kind in one.audited for one in held)]
    return {"leaks": leaks, "audited": looked}


def _one(recipe: Recipe, data: Dataset, subject: str, out: Path) -> HeldOut:
    """Train without a subject and predict that subject, or take what an earlier start kept."""
    kept = out / "subjects" / f"{subject}.npz"
    if kept.exists():
        return load_held_out(kept)
    alone = replace(
        recipe,
        output=str(out / "models" / subject),
        split=replace(recipe.split, name="", leave_out=(subject,), by="subject"),
        bands=replace(recipe.bands, method="none"),
    )
    model = run_recipe(alone, resume=True)
    inputs = _predicted(model, data, subject, recipe.bands)
    save_held_out(kept, inputs)
    return inputs


def _predicted(model: Model, data: Dataset, subject: str, bands: BandSettings) -> HeldOut:
    windows = model_windows(model, data)
    mine = windows.table["subject"].astype(str).to_numpy() == subject
    tested = side_of(model, windows, np.flatnonzero(mine))
    trained = side_of(model, windows, np.flatnonzero(~mine))
    sampling = Sampling(samples=bands.samples, steps=bands.steps)
    found = evaluation_input(model, data, tested, trained, sampling)
    leaks = tuple(leak._asdict() for leak in audit(found.audit))
    looked = tuple(audited(found.audit))
    return HeldOut(subject, tuple(found.conditions or ()), found.targets, looked, leaks)


def _pooled(recipe: Recipe, data: Dataset, held: Sequence[HeldOut]) -> EvaluationInput:
    subjects = [h.subject for h in held for _ in next(iter(h.targets.values())).truth]
    conditions = [c for h in held for c in h.conditions]
    made = provenance()
    return EvaluationInput(
        targets={name: _joined(recipe, held, name, subjects) for name in recipe.data.want},
        subjects=subjects,
        model=recipe.method,
        conditions=conditions if len(conditions) == len(subjects) else None,
        provenance=Provenance(made.unisono, made.commit, made.command, data.digest),
    )


def _joined(
    recipe: Recipe, held: Sequence[HeldOut], name: str, subjects: Sequence[str]
) -> TargetInput:
    """One target of all subjects, with bands calibrated across subjects."""
    parts = [h.targets[name] for h in held]
    first = parts[0]
    raw = [p.bands for p in parts if p.bands is not None]
    bands = join_bands(raw)
    truth = np.concatenate([p.truth for p in parts])
    valid = np.concatenate([p.valid for p in parts])
    samples = [p.samples for p in parts if p.samples is not None]
    banded = set.intersection(*(set(p.baseline_bands) for p in parts))
    joined = replace(
        first,
        truth=truth,
        valid=valid,
        # one normaliser for all folds, so that figures of subjects can be compared
        spread=np.mean([p.spread for p in parts], axis=0),
        predictions=_all([p.predictions for p in parts]),
        controls=_all([p.controls for p in parts]),
        bands=None,
        samples=np.concatenate(samples, axis=1) if len(samples) == len(parts) else None,
        step=None if first.step is None else np.concatenate([p.steps for p in parts]),
        baseline_bands={
            name: join_bands([p.baseline_bands[name] for p in parts]) for name in sorted(banded)
        },
        physics=None,
        force=None,
    )
    return replace(joined, bands=_calibrated(recipe, joined, bands, subjects))


def _all(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _calibrated(
    recipe: Recipe, target: TargetInput, bands: Bands, subjects: Sequence[str]
) -> Bands:
    """Each subject's bands, calibrated on the held-out predictions of the others."""
    names = np.asarray(subjects)
    lower, upper = bands.lower.copy(), bands.upper.copy()
    options = band_options(recipe)
    for subject in dict.fromkeys(subjects):
        mine = names == subject
        others = _rows(bands, ~mine)
        table = fit_bands(
            others,
            target.truth[~mine],
            target.valid[~mine],
            subjects=names[~mine].tolist(),
            channels=target.channels,
            options=options,
        )
        moved = table.apply(_rows(bands, mine))
        lower[:, mine], upper[:, mine] = moved.lower, moved.upper
    return bands._replace(lower=lower, upper=upper)


def _rows(bands: Bands, rows: np.ndarray) -> Bands:
    return Bands(bands.levels, bands.centre[rows], bands.lower[:, rows], bands.upper[:, rows])


def _written(
    recipe: Recipe, inputs: EvaluationInput, report: Report, out: Path
) -> ExperimentResult:
    extras = ReportExtras(
        title=f"{recipe.method}, one subject left out at a time",
        trained={
            "given": ", ".join(recipe.data.given),
            "generated": ", ".join(recipe.data.want),
            "people": recipe.data.about,
            "data licence": recipe.data.licence,
        },
        curves={name: choose_panels(inputs, name) for name in inputs.targets},
    )
    files = write_report(report, extras, out)
    return ExperimentResult("leave-one-out", report.data, text_table(report), files.page)
