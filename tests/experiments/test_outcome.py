"""Mirrors src/unisono/experiments/outcome.py."""

import json
import math
from pathlib import Path

from unisono.experiments.cells import Cell, CellResult
from unisono.experiments.collected import Collected
from unisono.experiments.outcome import Outcome, figure_of, write_outcome
from unisono.experiments.pairing import Estimate
from unisono.experiments.pictures import ratios_figure
from unisono.experiments.tables import Table

FOUND = Collected([CellResult(Cell("gait", "ours", "none", seed=4), {}, 90.0, "abc")])
ONE = Estimate(0.9, 0.8, 1.0, 5, 8)


def test_a_result_has_the_one_shape_and_the_pages_show_it(tmp_path: Path) -> None:
    nothing = Estimate(math.nan, math.nan, math.nan, 0, 0)
    outcome = Outcome(
        "llma-x",
        "Less is more.",
        False,
        [figure_of("ratio", ONE), figure_of("absent", nothing)],
        [Table("T", ["a"], [["1"]])],
        {"x.png": ratios_figure([("gait", {"both": ONE})], title="t")},
        ["Nothing was found."],
    )
    result = write_outcome(outcome, FOUND, tmp_path)
    content = json.loads((tmp_path / "result.json").read_text())
    assert content == result.content
    assert list(content) == [
        "claim", "holds", "figures", "command", "commit", "seeds", "machine", "seconds", "date",
    ]  # fmt: skip
    assert content["figures"] == [
        {"name": "ratio", "value": 0.9, "low": 0.8, "high": 1.0, "unit": ""}
    ]
    assert (content["seeds"], content["seconds"], content["commit"]) == ([4], 90.0, "abc")
    page = (tmp_path / "table.md").read_text()
    assert "It does not hold" in page and "| 1 |" in page and "x.png" in page
    assert "Nothing was found." in page
    assert (tmp_path / "x.png").read_bytes()[:4] == b"\x89PNG"
    assert "DOES NOT HOLD" in result.table()


def test_a_figure_without_an_interval_has_its_value_at_both_ends() -> None:
    alone = figure_of("x", Estimate(2.0, math.nan, math.nan, 1, 1), "ms")
    assert (alone["low"], alone["high"], alone["unit"]) == (2.0, 2.0, "ms")
