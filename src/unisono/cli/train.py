"""``unisono train RECIPE.toml``: a complete run, from dataset to sealed model."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Json

__all__ = ["run"]


def run(
    recipe: Path,
    *,
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    resume: bool = False,
    json_: Json = False,
) -> int:
    """Train, calibrate and seal a model; Ctrl-C writes a checkpoint.

    Parameters
    ----------
    recipe
        The run as TOML; see the folder recipes.
    set_
        KEY.PATH=VALUE overrides the recipe, e.g. training.seed=1. May be repeated.
    resume
        Continue a run that was stopped, bit for bit.
    json_
        The result as one JSON object.
    """
    from unisono import api
    from unisono.cli.progress import progress

    with progress("train", quiet=json_) as tell:
        model = api.train(recipe, settings=set_ or [], resume=resume, progress=tell)
    if json_:
        print(json.dumps({"model": str(model.folder), "card": str(model.folder / "card.md")}))
    else:
        print(f"model: {model.folder}")
    return 0
