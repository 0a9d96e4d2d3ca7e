"""A run that begins at the weights of a sealed model, trained on simulated people, say.

What is learned moves over: every weight, which must be there under the same name and of the same
shape, for channels of the same names. What is fitted does not: normalisers, starts and tables are
those of the new run's own training part. Nobody whom the new run keeps from its own training may
have been in the other's.
"""

from collections.abc import Iterable, Mapping

import torch

from unisono.api.recipe import Recipe
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ModelError
from unisono.methods import AnyMethod
from unisono.training.sealed import SealedModel, hash_subject, open_sealed

__all__ = ["begin_at_pretrained", "check_strangers"]


def begin_at_pretrained(
    method: AnyMethod, recipe: Recipe, streams: Mapping[str, StreamInfo]
) -> None:
    """Give an untrained method the weights of the recipe's ``pretrained`` model, if it names one.

    Args:
        method: The method, changed in place.
        recipe: The run.
        streams: What the run reads and writes.

    Raises:
        ModelError: If the model is of another method, has other channels, or a weight that is not
            the same in both.
    """
    if not recipe.pretrained:
        return
    sealed = open_sealed(recipe.pretrained)
    problem = _differs(method, recipe, streams, sealed)
    if problem:
        raise ModelError(
            f"pretrained = {recipe.pretrained!r} {problem}; train both with the same method, "
            "streams, channels and sizes."
        )
    with torch.no_grad():
        for name, weight in method.named_parameters():
            weight.copy_(sealed.state[name])


def check_strangers(recipe: Recipe, subjects: Iterable[str]) -> None:
    """Refuse a ``pretrained`` model that was trained on people whom the run holds out.

    Args:
        recipe: The run.
        subjects: Whom it holds out, to test or to calibrate.

    Raises:
        ModelError: If one of them (or a namesake) was in the model's training part.
    """
    if not recipe.pretrained:
        return
    split = open_sealed(recipe.pretrained).split
    seen = set(split.get("subjects", {}).get("train", []))
    known = [s for s in subjects if hash_subject(s, salt=split.get("digest", "")) in seen]
    if known:
        raise ModelError(
            f"pretrained = {recipe.pretrained!r} was trained on {known[0]!r}, whom this run holds "
            "out; take a model that has not seen them, or tell namesakes apart when importing."
        )


def _differs(
    method: AnyMethod, recipe: Recipe, streams: Mapping[str, StreamInfo], sealed: SealedModel
) -> str:
    """The first thing that is not the same in both, or nothing."""
    if sealed.method != recipe.method:
        return f"is a model of {sealed.method}, and this run of {recipe.method}"
    theirs = {info.name: info.channels for info in sealed.streams}
    for name in (*recipe.data.given, *recipe.data.want):
        mine = streams[name].channels
        if theirs.get(name) != mine:
            other = [c for c in mine if c not in theirs.get(name, ())]
            what = f"lacks {other[0]!r}" if other else "has other channels, or another order,"
            return f"{what} in stream {name!r}"
    for name, weight in method.named_parameters():
        if name not in sealed.state:
            return f"has no weight {name!r}"
        shape = tuple(sealed.state[name].shape)
        if shape != tuple(weight.shape):
            return f"has {name!r} of shape {shape}, and this run of {tuple(weight.shape)}"
    return ""
