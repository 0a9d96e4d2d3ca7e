"""Mirrors src/unisono/experiments/pictures.py."""

import math

import pytest

from unisono.experiments.pairing import Estimate
from unisono.experiments.pictures import curves_figure, ratios_figure
from unisono.viewing.drawing import to_png

ONE = Estimate(0.9, 0.8, 1.0, 5, 8)


def test_every_interval_is_drawn_at_its_values() -> None:
    alone = Estimate(1.2, math.nan, math.nan, 1, 1)
    figure = ratios_figure([("gait", {"both": ONE}), ("b", {"both": alone})], title="t", goal=0.95)
    lines = [[float(x) for x in line.get_xdata()] for line in figure.axes[0].lines]  # type: ignore[union-attr]
    assert [0.8, 1.0] in lines and [0.9] in lines and [1.2] in lines
    assert to_png(figure)[:4] == b"\x89PNG"


def test_lines_run_through_known_points_in_order() -> None:
    nothing = Estimate(math.nan, math.nan, math.nan, 0, 0)
    figure = curves_figure(
        {"mse": {"both": {20.0: ONE, 5.0: ONE, 10.0: nothing}}}, across="frames", up="ratio"
    )
    line = figure.axes[0].lines[0]
    assert list(line.get_xdata()) == [5.0, 20.0]  # type: ignore[arg-type]
    assert list(line.get_ydata()) == pytest.approx([0.9, 0.9])  # type: ignore[arg-type]
