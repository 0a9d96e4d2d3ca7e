"""Unisono: generate any signal of a moving system from any other, with honest bands.

The public names are those of :mod:`unisono.api`; they are looked up when first used, so that the
command line starts without the heavy libraries.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unisono.api import (
        Dataset,
        Evaluation,
        EvaluationResult,
        Generated,
        ImportOptions,
        Live,
        LiveSource,
        LiveStream,
        Map,
        MapModel,
        MapRequest,
        Model,
        ReadOptions,
        Recipe,
        Sampling,
        Shown,
        TranslationRecipe,
        Translator,
        UnisonoError,
        cite,
        demo,
        describe,
        evaluate,
        fit,
        fit_map,
        fit_translation,
        import_files,
        load,
        load_map,
        load_model,
        load_recipe,
        load_translator,
        plot,
        read,
        run_recipe,
        show,
        train,
    )

__all__ = [
    "Dataset",
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
    "Sampling",
    "Shown",
    "TranslationRecipe",
    "Translator",
    "UnisonoError",
    "cite",
    "demo",
    "describe",
    "evaluate",
    "fit",
    "fit_map",
    "fit_translation",
    "import_files",
    "load",
    "load_map",
    "load_model",
    "load_recipe",
    "load_translator",
    "plot",
    "read",
    "run_recipe",
    "show",
    "train",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("unisono.api"), name)
    raise AttributeError(f"module 'unisono' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
