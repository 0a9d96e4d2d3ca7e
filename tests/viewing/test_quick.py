"""Mirrors src/unisono/viewing/quick.py."""

import numpy as np
import pytest

from unisono.core.errors import ConfigError
from unisono.viewing.drawing import to_png
from unisono.viewing.quick import QuickCurve, QuickLine, curves_figure

TIME = np.linspace(0, 1, 20)


def test_panels_hold_the_numbers_they_were_given() -> None:
    gap = np.sin(TIME)
    gap[5] = np.nan
    lines = [QuickLine("generated", np.cos(TIME), TIME), QuickLine("recorded", gap, TIME, "ink")]
    bands = [(np.cos(TIME) - 2, np.cos(TIME) + 2), (np.cos(TIME) - 1, np.cos(TIME) + 1)]
    figure = curves_figure([QuickCurve("knee", "deg", lines, bands)] * 4)
    assert len(figure.axes) == 4
    axes = figure.axes[0]
    np.testing.assert_array_equal(np.asarray(axes.lines[1].get_ydata()), gap)
    assert axes.get_title(loc="left") == "knee (deg)"
    spans = [np.ptp(c.get_paths()[0].vertices[:, 1]) for c in axes.collections]
    assert spans[0] > spans[1]  # the widest band lies below
    texts = axes.get_legend().get_texts()
    assert [t.get_text() for t in texts] == ["generated", "recorded"]
    assert [a.get_xlabel() for a in figure.axes] == ["", "time (s)", "time (s)", "time (s)"]
    assert to_png(figure)[:4] == b"\x89PNG"


def test_one_named_line_needs_no_key() -> None:
    figure = curves_figure([QuickCurve("a", "V", [QuickLine("", TIME, TIME)])])
    assert figure.axes[0].get_legend() is None
    with pytest.raises(ConfigError):
        curves_figure([])
