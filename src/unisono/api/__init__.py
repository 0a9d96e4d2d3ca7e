"""The front door: read, describe, import, fit, load, generate, evaluate, cite."""

from unisono.api import plot
from unisono.api.citing import cite
from unisono.api.demo import demo
from unisono.api.evaluating import Evaluation, EvaluationResult, evaluate
from unisono.api.fitting import fit, run_recipe
from unisono.api.generated import Generated
from unisono.api.live_inputs import LiveSource
from unisono.api.live_text import csv_header, csv_rows, json_row, replay, stream_lines
from unisono.api.loading import load
from unisono.api.map_edit import Edit, Edited, edit
from unisono.api.map_picture import draw_map, map_settings
from unisono.api.map_rendering import RenderedWalk, render_walk
from unisono.api.mapping import Map, MapModel, MapRequest, fit_map, load_map
from unisono.api.model import Model, load_model
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
from unisono.api.running import train
from unisono.api.showing import Shown, show
from unisono.api.streaming import Live, LiveStream
from unisono.api.translated import Translated, Translation
from unisono.api.translated_recording import RecordingTranslation
from unisono.api.translating import Translator, fit_translation, load_translator
from unisono.api.translation_recipe import TranslationRecipe, load_translation_recipe
from unisono.core.errors import UnisonoError
from unisono.recordings.dataset import Dataset
from unisono.training.errors import TrainingStopped

__all__ = [
    "Dataset",
    "Edit",
    "Edited",
    "Evaluation",
    "EvaluationResult",
    "Generated",
    "ImportOptions",
    "Live",
    "LiveSource",
    "LiveStream",
    "Map",
    "MapModel",
    "MapRequest",
    "Model",
    "ReadOptions",
    "Recipe",
    "RecordingTranslation",
    "RenderedWalk",
    "Sampling",
    "Shown",
    "TrainingStopped",
    "Translated",
    "Translation",
    "TranslationRecipe",
    "Translator",
    "UnisonoError",
    "cite",
    "csv_header",
    "csv_rows",
    "demo",
    "describe",
    "draw_map",
    "edit",
    "evaluate",
    "fit",
    "fit_map",
    "fit_translation",
    "import_files",
    "json_row",
    "list_files",
    "load",
    "load_map",
    "load_model",
    "load_recipe",
    "load_translation_recipe",
    "load_translator",
    "map_settings",
    "parse_columns",
    "parse_units",
    "plot",
    "read",
    "read_one",
    "render_walk",
    "replay",
    "run_recipe",
    "save_rows",
    "show",
    "stream_lines",
    "train",
]
