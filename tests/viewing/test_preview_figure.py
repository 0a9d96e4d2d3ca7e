"""Mirrors src/unisono/viewing/preview_figure.py."""

import io

import numpy as np
import pytest
from PIL import Image

from unisono.viewing.drawing import to_png
from unisono.viewing.preview_figure import PreviewPanel, preview_figure


def panel(number: int, rng: np.random.Generator) -> PreviewPanel:
    truth = rng.normal(size=9)
    truth[3] = np.nan
    return PreviewPanel(f"c{number}", "N", truth, rng.normal(size=9), rng.normal(size=(4, 9)))


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (6, 6), (15, 12)])
def test_a_panel_a_channel_with_every_curve_in_it(
    count: int, shown: int, rng: np.random.Generator
) -> None:
    panels = [panel(number, rng) for number in range(count)]
    time = np.arange(9) / 100
    figure = preview_figure(panels, time, time_label="time (s)", heading="walk")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        f"c{n} (N)" for n in range(shown)
    ]
    for axes, given in zip(figure.axes, panels, strict=False):
        *samples, mean, truth = (line.get_ydata() for line in axes.get_lines())
        np.testing.assert_array_equal(samples, given.samples)
        np.testing.assert_array_equal(mean, given.mean)
        np.testing.assert_array_equal(truth, given.truth)
        np.testing.assert_array_equal(axes.get_lines()[0].get_xdata(), time)
    assert figure.axes[-1].get_xlabel() == "time (s)"
    said = figure.get_suptitle()
    assert said == ("walk; 3 more channels" if count == 15 else "walk")


def test_it_can_be_drawn(rng: np.random.Generator) -> None:
    figure = preview_figure([panel(0, rng)], np.arange(9.0), time_label="t", heading="h")
    with Image.open(io.BytesIO(to_png(figure))) as image:
        assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 10
