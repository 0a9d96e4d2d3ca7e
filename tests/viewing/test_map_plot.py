"""What stands on the picture is what was given."""

import numpy as np
import pytest

from unisono.viewing.map_plot import MapWalk, leading_axes, map_figure


def test_wide_maps_are_shown_along_their_principal_axes(rng: np.random.Generator) -> None:
    points = rng.normal(size=(200, 6)) * [9, 1, 5, 0.1, 3, 0.2] + 4
    centre, axes = leading_axes(points)
    shown = (points - centre) @ axes
    np.testing.assert_allclose(np.abs(axes[[0, 2, 4], [0, 1, 2]]), 1, atol=0.1)
    assert (np.diff(shown.std(axis=0)) < 0).all()
    np.testing.assert_array_equal(leading_axes(points[:, :3])[1], np.eye(3))


@pytest.mark.parametrize(("dims", "kind"), [(2, "number"), (3, "word"), (5, "none")])
def test_places_walks_and_warnings_are_drawn(
    dims: int, kind: str, rng: np.random.Generator
) -> None:
    points = rng.normal(size=(60, dims))
    label = {
        "number": np.arange(60.0),
        "word": np.array([f"w{i % 10}" for i in range(60)]),
        "none": None,
    }[kind]
    walk = MapWalk(
        rng.normal(size=(9, dims)),
        np.linspace(1, 0.01, 9),
        rng.normal(size=(5, dims)),
        [rng.normal(size=(4, 6)) for _ in range(5)],
    )
    figure = map_figure(points, label, name="speed", walk=walk)
    plane = figure.axes[0]
    assert plane.name == ("rectilinear" if dims == 2 else "3d")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert "Confidence along the walk" in titles
    pictures = [axes for axes in figure.axes if axes.images]
    assert len(pictures) == 3
    np.testing.assert_array_equal(pictures[0].images[0].get_array(), walk.frames[0])
    assert any(t.get_text() == "off the data" for t in plane.get_legend().get_texts())


def test_a_walk_off_the_data_keeps_the_name_of_the_label(rng: np.random.Generator) -> None:
    label = np.array(["_slow", "fast"] * 10)
    walk = MapWalk(rng.normal(size=(4, 2)), np.array([1.0, 0.5, 0.01, 0.01]))
    figure = map_figure(rng.normal(size=(20, 2)), label, name="speed", walk=walk)
    legend = figure.axes[0].get_legend()
    assert legend is not None and legend.get_title().get_text() == "speed"
    shown = [text.get_text().strip() for text in legend.get_texts()]
    assert shown == ["_slow", "fast", "off the data"]
