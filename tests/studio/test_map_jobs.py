"""Mirrors src/unisono/studio/map_jobs.py."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono.studio.asking import EditAsked, WalkAsked
from unisono.studio.map_jobs import edit_recording, make_map, place_map, walk_map


def quiet(doing: str, done: int, total: int) -> None:
    assert doing


def test_places_and_a_walk_through_them(tiny_map: Any, swings: Any, tmp_path: Path) -> None:  # noqa: ANN401
    source = {"dataset": str(swings.path), "recording": "swing1"}
    request = {"model": str(tiny_map.folder), "out": str(tmp_path), "source": source}
    assert place_map(request, quiet) == {"written": ["places.json"]}
    places = json.loads((tmp_path / "places.json").read_text())
    chart = tiny_map.map
    np.testing.assert_allclose(places["points"], chart.bank.coordinates, atol=1e-5)
    assert places["dims"] == chart.dims and len(places["way"]["points"]) == 80
    assert all(len(v) == len(places["points"]) for v in places["labels"].values())
    asked = WalkAsked(
        kind="walk", model="m", points=[places["points"][0], places["points"][9]], way="line",
        frames=5, formats=["npz", "bvh"],
    )  # fmt: skip
    said: Any = walk_map({**request, "asked": asked.model_dump()}, quiet)
    assert said["written"] == ["walk.json", "walk.html", "walk.npz"]
    assert said["page"] == "walk.html" and said["refused"][0].startswith("BVH: walk.bvh")
    walk = json.loads((tmp_path / "walk.json").read_text())
    np.testing.assert_allclose(walk["points"][0], places["points"][0], atol=1e-4)
    assert len(walk["points"]) == len(walk["confidence"]) == 5 and walk["pictures"] == []


def test_moving_a_recording(tiny_map: Any, swings: Any, tmp_path: Path) -> None:  # noqa: ANN401
    label = next(iter(tiny_map.spreads))
    asked = EditAsked(
        kind="edit",
        model="m",
        source={"file": None},
        toward=label,
        value=1.4,
        formats=["csv"],  # type: ignore[arg-type]
    )
    said: Any = edit_recording(
        {
            "model": str(tiny_map.folder), "out": str(tmp_path), "asked": asked.model_dump(),
            "source": {"dataset": str(swings.path), "recording": "swing0"},
        },
        quiet,
    )  # fmt: skip
    assert "swing0_edited.csv" in said["written"] and said["page"] == "swing0_edited.html"
    assert 0 <= said["confidence_median"] <= 1


@pytest.mark.slow
def test_making_a_map(swings: Any, tmp_path: Path) -> None:  # noqa: ANN401
    asked = {"by": ["speed"], "streams": [], "rate_hz": 0.0, "controls": False, "dims": 2,
             "steps": 5}  # fmt: skip
    request = {"asked": asked, "dataset": str(swings.path), "output": str(tmp_path / "m"),
               "name": "models/m"}  # fmt: skip
    made: Any = make_map(request, quiet)
    assert made["kind"] == "map" and made["model"] == "models/m"
    assert make_map(request, quiet) == made  # it was sealed already
