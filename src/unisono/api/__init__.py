"""The front door: read, describe, import, fit, load, generate, evaluate, cite."""

from unisono.api.citing import cite
from unisono.api.demo import demo
from unisono.api.evaluating import Evaluation, EvaluationResult, evaluate
from unisono.api.fitting import fit, run_recipe
from unisono.api.fitting import train_recipe as train
from unisono.api.generated import Generated
from unisono.api.model import Model, load
from unisono.api.reading import (
    ImportOptions,
    ReadOptions,
    describe,
    import_files,
    list_files,
    parse_columns,
    parse_units,
    read,
    read_one,
)
from unisono.api.recipe import Recipe, Sampling, load_recipe
from unisono.api.row_results import save_rows
from unisono.core.errors import UnisonoError
from unisono.recordings.dataset import Dataset

__all__ = [
    "Dataset",
    "Evaluation",
    "EvaluationResult",
    "Generated",
    "ImportOptions",
    "Model",
    "ReadOptions",
    "Recipe",
    "Sampling",
    "UnisonoError",
    "cite",
    "demo",
    "describe",
    "evaluate",
    "fit",
    "import_files",
    "list_files",
    "load",
    "load_recipe",
    "parse_columns",
    "parse_units",
    "read",
    "read_one",
    "run_recipe",
    "save_rows",
    "train",
]
