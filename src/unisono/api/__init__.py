"""The front door: read, describe, import, fit, load, generate, evaluate, cite."""

from unisono.api import plot
from unisono.api.citing import cite
from unisono.api.demo import demo
from unisono.api.evaluating import Evaluation, EvaluationResult, check_no_report, evaluate
from unisono.api.evaluating_motion import (
    MotionAnswers,
    evaluate_motion,
    fit_evaluator,
    load_evaluator,
    motion_table,
)
from unisono.api.fitting import fit, run_recipe
from unisono.api.generated import Generated
from unisono.api.live_inputs import LiveSource
from unisono.api.live_text import csv_header, csv_rows, json_row, replay, stream_lines
from unisono.api.loading import load
from unisono.api.map_chart import Map
from unisono.api.map_edit import Edit, Edited, edit
from unisono.api.map_picture import draw_map, map_settings
from unisono.api.map_rendering import RenderedWalk, render_walk
from unisono.api.mapping import MapModel, MapRequest, fit_map, load_map
from unisono.api.model import Model, load_model
from unisono.api.motion_asking import MotionAsk, make_motion
from unisono.api.motion_control import Places, ReachedMotion, reach, read_keyframes, read_path
from unisono.api.motion_corpora import part_corpus, read_corpus, simulate_corpus
from unisono.api.motion_editing import EditedMotion, Kept, edit_motion, parse_frames
from unisono.api.motion_model import MotionModel, MotionSampling, load_motion_model
from unisono.api.motion_output import GeneratedMotion
from unisono.api.motion_recipe import MotionRecipe, load_motion_recipe
from unisono.api.motion_training import fit_motion
from unisono.api.motion_words import LearnedWord, WordOptions, add_word, learn_word, load_word
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
from unisono.evaluation.text_motion import Replication
from unisono.evaluation.text_motion_fit import EvaluatorOptions
from unisono.methods.lead_words import WordSettings
from unisono.recordings.dataset import Dataset
from unisono.recordings.motion.bvh_corpus import BvhOptions
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.training.errors import TrainingStopped

__all__ = [
    "BvhOptions",
    "Dataset",
    "Edit",
    "Edited",
    "EditedMotion",
    "Evaluation",
    "EvaluationResult",
    "EvaluatorOptions",
    "Generated",
    "GeneratedMotion",
    "ImportOptions",
    "Kept",
    "LearnedWord",
    "Live",
    "LiveSource",
    "LiveStream",
    "Map",
    "MapModel",
    "MapRequest",
    "Model",
    "MotionAnswers",
    "MotionAsk",
    "MotionCorpus",
    "MotionModel",
    "MotionRecipe",
    "MotionSampling",
    "Places",
    "ReachedMotion",
    "ReadOptions",
    "Recipe",
    "RecordingTranslation",
    "RenderedWalk",
    "Replication",
    "Sampling",
    "Shown",
    "TrainingStopped",
    "Translated",
    "Translation",
    "TranslationRecipe",
    "Translator",
    "UnisonoError",
    "WordOptions",
    "WordSettings",
    "add_word",
    "check_no_report",
    "cite",
    "csv_header",
    "csv_rows",
    "demo",
    "describe",
    "draw_map",
    "edit",
    "edit_motion",
    "evaluate",
    "evaluate_motion",
    "fit",
    "fit_evaluator",
    "fit_map",
    "fit_motion",
    "fit_translation",
    "import_files",
    "json_row",
    "learn_word",
    "list_files",
    "load",
    "load_evaluator",
    "load_map",
    "load_model",
    "load_motion_model",
    "load_motion_recipe",
    "load_recipe",
    "load_translation_recipe",
    "load_translator",
    "load_word",
    "make_motion",
    "map_settings",
    "motion_table",
    "parse_columns",
    "parse_frames",
    "parse_units",
    "part_corpus",
    "plot",
    "reach",
    "read",
    "read_corpus",
    "read_keyframes",
    "read_one",
    "read_path",
    "render_walk",
    "replay",
    "run_recipe",
    "save_rows",
    "show",
    "simulate_corpus",
    "stream_lines",
    "train",
]
