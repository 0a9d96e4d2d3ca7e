"""Mirrors src/unisono/api/showing.py."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.showing import overlay_of, show, trial_of


def scenes(page: str) -> list[dict[str, Any]]:
    found = re.search(r'id="scenes">(.*?)</script>', page)
    assert found is not None
    return list(json.loads(found[1]))


def test_a_recording_shows_itself(make_walk: Callable[..., xr.DataTree], tmp_path: Path) -> None:
    shown = show(make_walk("a", 1), [make_walk("b", 2)], height=400)
    assert repr(shown) == "Shown(a, b)"
    path = shown.save(tmp_path / "x.html")
    assert [s["title"] for s in scenes(path.read_text())] == ["a", "b"]
    frame = shown._repr_html_()
    assert frame.startswith('<iframe title="Timeline of a, b"') and "height:400px" in frame


@pytest.mark.slow
def test_a_result_is_shown_beside_what_was_recorded(
    tiny_model: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    walk = make_walk("w", 1)
    out = tiny_model.generate(walk, samples=8)
    (page,) = out.save(tmp_path / "w.html")
    with pytest.raises(api.UnisonoError, match="exists"):
        out.save(page)
    assert out.save(page, overwrite=True) == [page]
    (scene,) = scenes(page.read_text())
    made = [s for s in scene["streams"] if s["origin"] == "generated"]
    assert [s["name"] for s in made] == ["grf"]
    assert {c["unit"] for c in made[0]["channels"]} == {
        "N"
    }  # the recording's, not the model's N/kg
    assert [b["level"] for b in made[0]["bands"]] == [0.5, 0.8, 0.9]
    panel = next(p for p in scene["panels"] if p["title"] == "r_fz")
    assert [scene["streams"][line["stream"]]["origin"] for line in panel["lines"]] == [
        "recorded", "generated",
    ]  # fmt: skip
    overlay = overlay_of(out)
    np.testing.assert_array_equal(overlay.streams["grf"].lower, out.parts["grf"].lower)
    assert (
        dict(scene["facts"])["samples"] == "8" and scene["notes"][: len(out.doubts)] == out.doubts
    )


def test_what_is_nothing_to_show() -> None:
    with pytest.raises(api.UnisonoError, match="nothing to show"):
        show()
    with pytest.raises(api.UnisonoError, match="a dict cannot be shown"):
        trial_of({})
