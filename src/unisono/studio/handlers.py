"""What does each kind of job: a call or two of the front door, with plain values in and out."""

from collections.abc import Mapping

from unisono.studio.data_jobs import describe_file, import_dataset, view_source
from unisono.studio.map_jobs import edit_recording, make_map, place_map, walk_map
from unisono.studio.model_jobs import (
    evaluate_model,
    generate_signals,
    take_in_model,
    train_model,
    translate_source,
)
from unisono.studio.word_jobs import learn_word, speak_motion
from unisono.studio.worker import Handler, Limit

__all__ = ["HANDLERS", "LIMITS", "QUICK"]

HANDLERS: Mapping[str, Handler] = {
    "describe": describe_file,
    "edit": edit_recording,
    "evaluate": evaluate_model,
    "generate": generate_signals,
    "import": import_dataset,
    "learn": learn_word,
    "map": make_map,
    "place": place_map,
    "speak": speak_motion,
    "train": train_model,
    "translate": translate_source,
    "verify": take_in_model,
    "view": view_source,
    "walk": walk_map,
}
"""What does each kind of job."""

QUICK = ("describe", "place", "view", "walk")
"""Kinds that a person waits for; they never wait for a training."""

LIMITS: Mapping[str, Limit] = {
    "describe": Limit(seconds=120, megabytes=4000),
    "import": Limit(seconds=6 * 3600, megabytes=8000),
    "verify": Limit(seconds=600, megabytes=8000),
    "view": Limit(seconds=300, megabytes=6000),
}
"""Limits of the kinds that read what came from outside."""
