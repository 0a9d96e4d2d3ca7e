"""What the studio's jobs do: each is a call or two of the front door, with plain values in and out.

Places in a request are paths that the server has made from names it gave out itself; a person's own
name of a file is never one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unisono.studio.worker import Handler, Tell

__all__ = ["HANDLERS"]


def _describe(request: Mapping[str, Any], tell: Tell) -> object:
    """What was understood of a file: ``path``; maybe ``units``, ``up``, ``mass_kg``."""
    from unisono import api

    tell("reading", 0, 1)
    found = api.describe(request["path"], _stated(request))
    return [one.to_dict() for one in found]


def _view(request: Mapping[str, Any], tell: Tell) -> object:
    """The timeline page of a file: ``path``, ``out``."""
    from unisono import api

    tell("reading", 0, 2)
    found = api.read(request["path"], _stated(request))
    tell("drawing", 1, 2)
    return {"written": [api.show(found).save(request["out"]).name]}


def _train(request: Mapping[str, Any], tell: Tell) -> object:
    """A recipe's training: ``recipe`` (path), maybe ``settings``; killed, it goes on."""
    from unisono import api

    recipe = api.load_recipe(request["recipe"], request.get("settings", []))
    if Path(recipe.output, "model.toml").exists():  # it was sealed before its worker died
        return {"model": Path(recipe.output).name}
    model = api.run_recipe(recipe, resume=True, progress=tell)
    return {"model": model.folder.name, **model.about()}


def _generate(request: Mapping[str, Any], tell: Tell) -> object:
    """What a model generates: ``model``, ``path``, ``out`` (files); maybe ``samples``, ``seed``."""
    from unisono import api

    tell("loading", 0, 3)
    model = api.load(request["model"])
    recording = api.read_one(request["path"], _stated(request))
    tell("generating", 1, 3)
    options = api.Sampling(samples=request.get("samples", 32), seed=request.get("seed", 0))
    result = model.generate(recording, options=options)
    tell("writing", 2, 3)
    written = [path.name for out in request["out"] for path in result.save(out, overwrite=True)]
    return {"written": written, **result.report(), "summary": result.summary()}


def _stated(request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - api.ReadOptions, imported late
    """What a person answered to doubts, as options of the readers."""
    from unisono import api

    return api.ReadOptions(
        units=dict(request.get("units", {})),
        up=str(request.get("up", "")),
        mass_kg=request.get("mass_kg"),
    )


HANDLERS: Mapping[str, Handler] = {
    "describe": _describe,
    "generate": _generate,
    "train": _train,
    "view": _view,
}
"""What does each kind of job."""
