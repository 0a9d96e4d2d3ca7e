"""Evaluating a model on people it has never met, beside baselines, with a leak audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unisono.api.evaluation_input import (
    Rows,
    Side,
    evaluation_input,
    model_windows,
    side_of,
)
from unisono.api.model import Model, load_model
from unisono.api.recipe import Sampling
from unisono.api.report_trials import TRIALS, ReportTrials, report_trials
from unisono.api.thorough import thorough_measures
from unisono.core.checks import check_choice, check_range
from unisono.core.errors import ConfigError, UnisonoError
from unisono.core.random import numpy_generator
from unisono.evaluation.inputs import EvaluationInput
from unisono.evaluation.report import Report, evaluate_predictions
from unisono.recordings.dataset import Dataset
from unisono.recordings.splits import split_keys
from unisono.training.sealed import hash_subject
from unisono.viewing.panels import choose_panels
from unisono.viewing.report_page import Picture, ReportExtras, write_report
from unisono.viewing.text_table import text_table

__all__ = [
    "Evaluation",
    "EvaluationResult",
    "check_no_report",
    "evaluate",
    "part_rows",
    "test_recordings",
]


@dataclass(frozen=True)
class Evaluation:
    """What is evaluated, and how.

    Args:
        part: ``"test"``, ``"all"``, or ``"auto"``: the test part where the dataset is the model's
            own, else everything.
        training: The dataset the model was trained on, where it has moved; baselines are fitted
            on its training part.
        sampling: How the model is sampled.
        pictures: Further pictures for the page.
        timeline: How many tested recordings the page plays, 0 to 3: the best, the worst and the
            median person's. Their recordings then lie in the page as numbers; 0 leaves them out.
        thorough: Whether slower measures are taken too (``api.thorough``).
    """

    part: str = "auto"
    training: Path | None = None
    sampling: Sampling = field(default_factory=Sampling)
    pictures: Sequence[Picture] = ()
    timeline: int = TRIALS
    thorough: bool = False

    def __post_init__(self) -> None:
        check_choice("part", self.part, ("auto", "test", "all"))
        check_range("timeline", self.timeline, 0, TRIALS, closed=True)


@dataclass(frozen=True)
class EvaluationResult:
    """A written report.

    Args:
        content: What stands in report.json.
        text: The same as a table for a terminal.
        page: report.html.
        numbers: report.json.
    """

    content: Mapping[str, Any]
    text: str
    page: Path
    numbers: Path

    def table(self) -> str:
        """Methods against metrics, target by target, what the bands hold, leaks and doubts."""
        return self.text


def evaluate(
    model: Model | str | Path,
    dataset: Dataset | str | Path,
    *,
    out: str | Path = "report",
    options: Evaluation = Evaluation(),  # noqa: B008 - frozen
    overwrite: bool = False,
) -> EvaluationResult:
    """Evaluate a model and write ``report.html`` and ``report.json``.

    Args:
        model: The model, or its folder.
        dataset: The dataset the model was trained on (then its test part is used), or another.
        out: Folder of the report.
        options: Which part, and how.
        overwrite: Whether a report in ``out`` may be replaced.

    Raises:
        ModelError: If the dataset lacks what the model needs.
        ConfigError: If the part is empty, or the training data cannot be found.
        UnisonoError: If there is a report in ``out`` and it may not be replaced.
    """
    check_no_report(out, overwrite=overwrite)
    model = model if isinstance(model, Model) else load_model(model)
    if set(model.given) & set(model.want):
        raise ConfigError(
            "say what this model is to be given: model.asking(given=[...]), or --given."
        )
    data = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    tested = _test_side(model, data, options)
    trained = _train_side(model, data, options)
    inputs = evaluation_input(model, data, tested, trained, options.sampling)
    report = evaluate_predictions(
        inputs, generator=numpy_generator(options.sampling.seed, "report")
    )
    if options.thorough:
        seed = options.sampling.seed
        more = thorough_measures(model, inputs, tested, trained, seed=seed)
        report = Report({**report.data, **more})
    trials = report_trials(model, data, tested, inputs, options.sampling, options.timeline)
    return _write(model, inputs, report, trials, out, options)


def check_no_report(out: str | Path, *, overwrite: bool = False) -> None:
    """Refuse to evaluate into a folder with a report, before anything is loaded.

    Raises:
        UnisonoError: If there is one and it may not be replaced.
    """
    for file in (Path(out) / "report.html", Path(out) / "report.json"):
        if file.exists() and not overwrite:
            raise UnisonoError(
                f"{file} exists; choose another folder (out, --out), or allow to replace it "
                "(overwrite=True, --overwrite)."
            )


def _write(
    model: Model,
    inputs: EvaluationInput,
    report: Report,
    trials: ReportTrials,
    out: str | Path,
    options: Evaluation,
) -> EvaluationResult:
    extras = ReportExtras(
        title=f"{model.recipe.method}: {', '.join(model.given)} to {', '.join(model.want)}",
        trained=_facts(model),
        curves={name: choose_panels(inputs, name) for name in inputs.targets},
        pictures=options.pictures,
        timeline=trials.timeline,
        doubts=trials.doubts,
    )
    files = write_report(report, extras, out)
    return EvaluationResult(report.data, text_table(report), files.page, files.numbers)


def _facts(model: Model) -> dict[str, Any]:
    people = dict(model.sealed.extra.get("people", {}))
    cut = model.cut
    window = (
        f"{cut.by[0]} to {cut.by[1]}, {cut.points} points"
        if cut.by
        else (f"{cut.length} frames at {cut.rate_hz:g} Hz")
    )
    facts: dict[str, Any] = {
        "method": f"{model.recipe.method} ({model.method.settings.mode})",
        "given": ", ".join(model.given),
        "generated": ", ".join(model.want),
        "windows": window,
        "subjects trained on": people.get("train_subjects", "unknown"),
    }
    for key, label in (("mass_kg", "body mass, kg"), ("height_m", "height, m")):
        if key in people:
            facts[label] = " to ".join(f"{x:.4g}" for x in people[key])
    facts["training windows"] = model.sealed.extra.get("windows", {}).get("train", "unknown")
    facts["parameters"] = sum(p.numel() for p in model.method.parameters())
    facts["bands"] = f"{model.recipe.bands.method} conformal, by subject"
    facts["data licence"] = model.recipe.data.licence
    return facts


def _test_side(model: Model, data: Dataset, options: Evaluation) -> Side:
    windows = model_windows(model, data)
    own = data.digest == model.sealed.extra.get("data_digest")
    part = ("test" if own else "all") if options.part == "auto" else options.part
    rows = np.arange(len(windows))
    if part == "test":
        rows = part_rows(model, windows.table, "test")
    if not len(rows):
        raise ConfigError(f"the {part} part of {data.path} has no windows; choose --part all.")
    return side_of(model, windows, rows)


def part_rows(model: Model, table: pd.DataFrame, part: str) -> Rows:
    """Rows of a part of the model's own split, by the hashes that were sealed."""
    split = model.sealed.split
    hashes = set(split.get("keys", {}).get(part, []))
    keys = split_keys(table, str(split.get("by", "subject")))
    inside = keys.map(lambda key: hash_subject(str(key), salt=split["digest"]) in hashes)
    return np.flatnonzero(inside.to_numpy()).astype(np.int64)


def test_recordings(model: Model, data: Dataset) -> list[str]:
    """Names of a dataset's recordings that belong to the test part of the model's split."""
    table = data.table
    return [str(table["recording"].iloc[row]) for row in part_rows(model, table, "test")]


def _train_side(model: Model, data: Dataset, options: Evaluation) -> Side:
    digest = model.sealed.extra.get("data_digest")
    candidates = [options.training, data.path, Path(model.recipe.data.path)]
    for path in candidates:
        if path is None or not (Path(path) / "dataset.toml").exists():
            continue
        found = data if Path(path) == data.path else Dataset.open(path)
        if found.digest == digest:
            windows = model_windows(model, found)
            return side_of(model, windows, part_rows(model, windows.table, "train"))
    raise ConfigError(
        f"baselines are fitted on the model's own training data, which are not at "
        f"{model.recipe.data.path} (or were changed); say where with --training."
    )
