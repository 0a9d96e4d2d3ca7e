"""Opening a sealed model of any kind, and saying plainly what a kind of model cannot do."""

import warnings
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from unisono.core.errors import ModelError
from unisono.core.freezing import freeze
from unisono.training.sealed import SealedModel, open_sealed

__all__ = ["Face", "LacksError", "kind_of_model", "open_kind", "restored"]

M = TypeVar("M", bound=nn.Module)

_KINDS = {
    "llma": "generates streams of a recording (model.generate, unisono generate)",
    "llma-any": "generates streams of a recording (model.generate, unisono generate)",
    "lddbm": "translates things (model.translate, unisono translate)",
    "conda": "is a map (model.map, unisono edit)",
    "lead": "turns words into motion (model.generate, unisono generate --text)",
}
"""What a model of each method does and how it is asked."""

_ASKED = (
    *("generate", "stream", "lag", "alignment_score", "asking", "given", "want", "cut", "about"),
    *("translate", "translate_recording", "shapes"),
    *("map", "request", "report", "spreads"),
    *("recipe", "streams", "method", "tables", "layout", "rig"),
)
"""What people ask of one kind of model that another lacks."""


class LacksError(ModelError, AttributeError):
    """A model of this kind cannot do what was asked; ``hasattr`` is False of it."""


def kind_of_model(method: str) -> str:
    """What a model of a method does and how it is asked.

    Example:
        >>> kind_of_model("conda")
        'is a map (model.map, unisono edit)'
    """
    return _KINDS.get(method, "is of a method that this unisono does not know; upgrade it")


class Face:
    """Base of what a sealed model of one kind can do: says so where it is asked for another's.

    Attributes:
        folder: Where the model is sealed.
        sealed: Everything that was sealed.
    """

    folder: Path
    sealed: SealedModel

    if not TYPE_CHECKING:  # a type checker must not believe that a face has everything

        def __getattr__(self, name: str) -> object:
            if name in _ASKED and "sealed" in self.__dict__:
                raise LacksError(
                    f"{self.folder} has no {name}: it {kind_of_model(self.sealed.method)}."
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def open_kind(folder: Path, methods: Container[str]) -> SealedModel:
    """Open a sealed folder that must hold a model of one of some methods.

    Raises:
        ModelError: If it holds another, is no model, is damaged, of a newer format, or holds a
            pickle.
    """
    sealed = open_sealed(folder)
    if sealed.method not in methods:
        raise ModelError(f"{folder}, a model of {sealed.method!r}, {kind_of_model(sealed.method)}.")
    return sealed


def restored(method: M, sealed: SealedModel, folder: Path) -> M:
    """The method with the sealed weights, frozen.

    Args:
        method: The method, built as the sealed configuration says.
        sealed: What was sealed.
        folder: Where, for messages.

    Raises:
        ModelError: If the weights do not fit.
    """
    try:
        method.load_state_dict(dict(sealed.state))
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{folder}: the weights do not fit the configuration ({reason}); use the unisono that "
            "sealed it (see model.toml), or train it anew."
        ) from error
    made = str(sealed.made.get("versions", {}).get("torch", "")).split(".")[0]
    if made not in ("", torch.__version__.split(".")[0]):
        warnings.warn(f"{folder} was made with another major version of torch.", stacklevel=3)
    return freeze(method)
