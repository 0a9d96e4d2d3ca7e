"""Experiments: a table of a paper, or a question of ours, on any dataset; resumable."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from unisono.core.checks import check_choice
from unisono.experiments.ablation import llma_ablation
from unisono.experiments.any_subset import any_subset
from unisono.experiments.conda_traversal import conda_traversal
from unisono.experiments.curves import llma_curves
from unisono.experiments.leave_one_out import leave_one_out
from unisono.experiments.result import ExperimentResult
from unisono.experiments.where import llma_where

__all__ = ["EXPERIMENTS", "ExperimentResult", "listed", "run"]

EXPERIMENTS: Mapping[str, tuple[str, Callable[[Path, Sequence[str]], ExperimentResult]]] = {
    "any-subset": (
        "one model of seven streams of simulated gait, any of which are given and any wanted: "
        "error and width of bands against what is given",
        any_subset,
    ),
    "conda-traversal": (
        "removed frames of wakes and chaotic fields: a map of the dynamics beside every rival "
        "(--set data=wake --set seeds=5 --set jobs=2)",
        conda_traversal,
    ),
    "leave-one-out": (
        "train a recipe once a subject, always without that subject, beside the baselines "
        "(--set recipe=recipes/llma-children.toml --set data.path=children.un)",
        leave_one_out,
    ),
    "llma-ablation": (
        "does alignment help, and more than its shuffled controls do? Simulated gait, a runner's "
        "accelerometer, acted motion (--set jobs=2 --set data=gait)",
        llma_ablation,
    ),
    "llma-curves": (
        "what alignment rests on: window length, both directions, one clock, a shared source; "
        "lags found and broken bonds told (--set jobs=2)",
        llma_curves,
    ),
    "llma-where": (
        "where alignment pays: few pairs, poor guides, another laboratory, other forms of "
        "alignment, each beside its shuffled controls (--set jobs=2)",
        llma_where,
    ),
}
"""What each experiment does, and the function that runs it."""


def listed() -> dict[str, str]:
    """Names of the experiments and what they do."""
    return {name: text for name, (text, _) in EXPERIMENTS.items()}


def run(name: str, out: str | Path, *, settings: Sequence[str] = ()) -> ExperimentResult:
    """Run an experiment, or go on with one that was stopped.

    Args:
        name: One of :func:`listed`.
        out: Folder of its state and results.
        settings: ``key=value`` settings.

    Raises:
        UnisonoError: If the name is unknown or the settings are wrong.
    """
    check_choice("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name][1](Path(out), settings)
