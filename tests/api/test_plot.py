"""Mirrors src/unisono/api/plot.py."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

import unisono as un
from unisono.api import plot
from unisono.core.units import STANDARD_GRAVITY
from unisono.recordings.formats.registry import read_file
from unisono.viewing.palette import COLOURS


def test_curves_of_both_sides_share_a_panel(make_walk: Callable[..., xr.DataTree]) -> None:
    walk = make_walk("w", 1)
    figure = un.plot.curves(walk, "angles")
    assert [a.get_title(loc="left") for a in figure.axes] == [
        "hip_flexion (deg)", "knee_flexion (deg)", "ankle_flexion (deg)",
    ]  # fmt: skip
    right = figure.axes[1].lines[0]
    assert right.get_color() == COLOURS["blue"].light and right.get_label() == "right"
    wanted = walk["angles"]["data"].sel(channel="r_knee_flexion").values
    np.testing.assert_array_equal(np.asarray(right.get_ydata()), wanted)
    one = plot.curves(walk, "grf", ["l_fz"])
    assert len(one.axes) == 1 and len(one.axes[0].lines) == 1
    with pytest.raises(un.UnisonoError, match="no stream 'angle'"):
        plot.curves(walk, "angle")
    with pytest.raises(un.UnisonoError, match="no channel 'l_f'"):
        plot.curves(walk, "grf", ["l_f"])


@pytest.mark.slow
def test_bands_around_what_was_generated_and_the_truth_in_its_unit(
    tiny_model: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
) -> None:
    walk = make_walk("w", 1)
    out = tiny_model.generate(walk, samples=4)
    figure = plot.bands(out, "grf", ["r_fz"], samples=2)
    (axes,) = figure.axes
    generated, *samples, recorded = axes.lines
    part, i = out.parts["grf"], out.parts["grf"].channels.index("r_fz")
    np.testing.assert_array_equal(np.asarray(generated.get_ydata()), part.mean[:, i])
    assert len(samples) == 2 and len(axes.collections) == 3
    truth = walk["grf"]["data"].sel(channel="r_fz").values / walk.attrs["mass_kg"]
    np.testing.assert_allclose(np.asarray(recorded.get_ydata()), truth)
    assert abs(truth.mean() - STANDARD_GRAVITY / 2) < 2  # N/kg, as the model has it
    with pytest.raises(un.UnisonoError, match="was not generated"):
        plot.bands(out, "moments")


def test_calibration_and_strip(shared_data: Callable[[str], Path]) -> None:
    row = {"coverage": {"mean": 0.88, "low": 0.8, "high": 0.95}}
    content = {"model": "llma", "targets": {"grf": {"bands": {"0.9": row}, "baseline_bands": {}}}}
    figure = plot.calibration(SimpleNamespace(content=content))  # type: ignore[arg-type]
    model = next(line for line in figure.axes[0].lines if line.get_label() == "llma")
    assert (list(model.get_xdata()), list(model.get_ydata())) == ([0.9], [0.88])
    with pytest.raises(un.UnisonoError, match="no bands"):
        plot.calibration(SimpleNamespace(content=content), "moments")  # type: ignore[arg-type]
    file = sorted(shared_data("file_readers").glob("BMC_Gait.c3d"))[0]
    assert un.plot.skeleton_strip(read_file(file), frames=3).axes


def test_a_map_by_word_or_number_and_of_a_chart() -> None:
    places = np.random.default_rng(0).normal(size=(30, 2))
    words = ["walk", "run", "walk"] * 10
    axes = plot.map(places, words).axes[0]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["run", "walk"]
    np.testing.assert_allclose(np.asarray(axes.collections[0].get_offsets()).shape, (10, 2))

    class Bank:
        coordinates = places

        def __len__(self) -> int:
            return len(places)

    chart = SimpleNamespace(bank=Bank(), labels={"speed": np.arange(30.0)})
    coloured = plot.map(chart)  # type: ignore[arg-type]
    assert len(coloured.axes) == 2  # the map and its scale of colours
    held = SimpleNamespace(map=chart)
    with pytest.raises(un.UnisonoError, match="no label 'sped'"):
        plot.map(held, "sped")  # type: ignore[arg-type]
    with pytest.raises(un.UnisonoError, match="2 labels for 30 places"):
        plot.map(places, ["a", "b"])
