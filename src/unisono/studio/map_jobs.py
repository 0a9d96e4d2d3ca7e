"""Jobs on maps: making one, drawing it, walking on it, and moving a recording on it."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unisono.core.files import write_text
from unisono.studio.data_jobs import open_source, save_as, seal_time, source_stem
from unisono.studio.worker import Tell

if TYPE_CHECKING:
    from unisono.api import MapModel

__all__ = ["edit_recording", "make_map", "place_map", "walk_map"]

_SHOWN = 3000
"""Places of a map that are drawn at most."""


def make_map(request: Mapping[str, Any], tell: Tell) -> object:
    """A map of a dataset: ``dataset``, ``output`` (paths), ``name``, ``asked``."""
    from unisono import api

    asked, output = request["asked"], Path(request["output"])
    if (output / "model.toml").exists():  # it was sealed before its worker died
        model = api.load_map(output)
    else:
        how = api.MapRequest(
            by=tuple(asked["by"]),
            streams=tuple(asked["streams"]),
            rate_hz=asked["rate_hz"],
            controls=asked["controls"],
        )
        model = api.fit_map(
            api.Dataset.open(request["dataset"]),
            by=how.by,
            output=output,
            request=how,
            settings=api.map_settings(dims=asked["dims"], settings=[f"steps={asked['steps']}"]),
            progress=tell,
        )
    return {"model": request["name"], "kind": "map", "table": model.report.table()}


def place_map(request: Mapping[str, Any], tell: Tell) -> object:
    """Places of a map and their labels, as JSON: ``model`` (path), ``out``, maybe ``source``."""
    tell("loading", 0, 1)
    model = _map(request["model"], seal_time(request["model"]))
    chart = model.map
    step = max(-(-len(chart.bank) // _SHOWN), 1)
    told: dict[str, Any] = {
        "dims": chart.dims,
        "by": list(model.request.by),
        "points": _rounded(chart.bank.coordinates[::step]),
        "labels": {name: values[::step].tolist() for name, values in chart.labels.items()},
    }
    if request.get("source") is not None:
        found = chart.embed(open_source(request["source"]))
        told["way"] = {
            "points": _rounded(found.points),
            "confidence": _rounded(found.confidence),
        }
    file = write_text(Path(request["out"]) / "places.json", json.dumps(told))
    return {"written": [file.name]}


def walk_map(request: Mapping[str, Any], tell: Tell) -> object:
    """A walk and what it looks like: ``model`` (path), ``out`` (folder), ``asked``."""
    from unisono import api

    asked, out = request["asked"], Path(request["out"])
    tell("walking", 0, 2)
    model = _map(request["model"], seal_time(request["model"]))
    found = api.render_walk(model, asked["points"], count=asked["frames"], way=asked["way"])
    walked = found.walked
    told: dict[str, Any] = {
        "points": _rounded(walked.points),
        "distance": _rounded(walked.distance),
        "confidence": _rounded(walked.confidence),
        "pictures": [_picture(frames) for frames in found.fields.values()],
    }
    written = [write_text(out / "walk.json", json.dumps(told)).name]
    page = ""
    if found.recording is not None:
        tell("drawing", 1, 2)
        page = api.show(found.recording).save(out / "walk.html").name
        written.append(page)
    saved = save_as(found.save, out / "walk", asked["formats"])
    return {"written": [*written, *saved.written], "page": page, "refused": saved.refused,
            "least_confidence": float(walked.confidence.min())}  # fmt: skip


def edit_recording(request: Mapping[str, Any], tell: Tell) -> object:
    """A recording moved on a map: ``model`` (path), ``source``, ``out`` (folder), ``asked``."""
    from unisono import api

    asked, out = request["asked"], Path(request["out"])
    tell("reading", 0, 3)
    model = _map(request["model"], seal_time(request["model"]))
    before = open_source(request["source"])
    toward = None
    if asked["toward"] is not None and asked["value"] is not None:
        toward = (asked["toward"], asked["value"])
    how = api.Edit(
        toward=toward,
        to_class=asked["to_class"] or "",
        forecast=asked["forecast"],
        share=asked["share"],
    )
    tell("moving", 1, 3)
    found = api.edit(model, before, how)
    tell("writing", 2, 3)
    stem = f"{source_stem(request['source'])}_edited"
    saved = save_as(found.save, out / stem, asked["formats"])
    page = api.show([found.recording, before]).save(out / f"{stem}.html").name
    return {"written": [*saved.written, page], "page": page, "summary": found.summary(),
            "refused": saved.refused, **found.report()}  # fmt: skip


def _rounded(values: Any) -> Any:  # noqa: ANN401 - nested lists
    return np.round(np.asarray(values, np.float64), 5).tolist()


def _picture(frames: Any) -> dict[str, Any]:  # noqa: ANN401 - an array (n, h, w)
    """Frames of a field as bytes of grey, from the least value to the greatest."""
    values = np.asarray(frames, np.float64)
    low, high = float(values.min()), float(values.max())
    grey = np.round(255 * (values - low) / max(high - low, 1e-12)).astype(np.uint8)
    return {"shape": list(values.shape), "low": low, "high": high, "grey": grey.tobytes().hex()}


@lru_cache(maxsize=2)
def _map(path: str, changed: int) -> "MapModel":
    """A map, kept by its worker while its seal stays the same."""
    from unisono import api

    return api.load_map(path)
