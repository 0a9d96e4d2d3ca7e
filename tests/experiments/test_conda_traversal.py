"""The experiment runs through, resumes, and its rivals stand in one table."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from unisono.experiments.conda_traversal import conda_traversal, traversal_cells
from unisono.experiments.field_sets import FieldSet
from unisono.experiments.plan import parse_plan

MODULE = sys.modules[conda_traversal.__module__]  # the package has a function of its name


def waves(*_: object, **__: object) -> FieldSet:
    """Travelling waves at three speeds, on 40 places."""
    place, time = np.arange(40) / 40, np.arange(120)
    frames = {}
    for k, speed in enumerate((0.9, 1.0, 1.1)):
        turn = 2 * np.pi * (place[None] - speed * time[:, None] / 37)
        frames[f"w{k}"] = (np.sin(turn) + 0.3 * np.sin(3 * turn)).astype(np.float32)
    return FieldSet(frames, {"w0": 0.9, "w1": 1.0, "w2": 1.1}, ("w0", "w1"), (40,))


def test_cells_are_all_combinations_once() -> None:
    cells = traversal_cells(parse_plan(["seeds=2"]))
    names = [cell.name for cell in cells]
    assert len(names) == len(set(names)) == (2 * 2 + 3) * 3 * 2
    assert "wake/excl/gap=5,noisy/all/s1" in names and "ks/incl/gap=11/all/s0" in names


@pytest.mark.slow
def test_the_table_holds_every_rival_and_is_not_made_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "open_fields", waves)
    words = ["tiny=true", "steps=30", "seeds=1", "data=wake", "only=wake/incl/gap=5/*"]
    result = conda_traversal(tmp_path, words)
    text = result.table()
    for rival in ("ridge", "analogue", "autoregression", "mean frame", "copy", "random encoder, 3",
                  "shuffled map, 8", "map, 3 dims + neighbours", "principal axes, 3 dims",
                  "bound: codes of the truth"):  # fmt: skip
        assert rival in text
    figures = {
        f["name"]: f["value"] for f in json.loads((tmp_path / "result.json").read_text())["figures"]
    }
    incl = {k.split(": ", 1)[1]: v for k, v in figures.items() if ", incl," in k}
    assert incl["mean frame"] < incl["line in codes"] < incl["ridge"]
    assert incl["bound: codes of the truth"] == max(v for k, v in incl.items() if "over" not in k)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a finished cell was run again")

    monkeypatch.setattr(MODULE, "removal", refuse)
    assert conda_traversal(tmp_path, words).content["figures"] == result.content["figures"]
