"""Mirrors src/unisono/viewing/skeleton.py."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.image import imread

from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.formats.registry import read_file
from unisono.recordings.schema import make_recording, make_stream
from unisono.viewing.drawing import to_png
from unisono.viewing.skeleton import save_skeleton_strip, skeleton_strip, walker_of
from unisono.viewing.sticks import Line

NAMES = ("head", "c7", "r_asis", "r_knee", "r_ankle", "l_knee")
HEIGHTS = (1.7, 1.5, 1.0, 0.5, 0.1, 0.5)


def recording(*, way: tuple[float, float] = (1.0, 0.0), **frame: str) -> xr.DataTree:
    """A person gliding ``way`` metres a second over a plate, marked in mm."""
    t = np.arange(50) / 50
    rows = [[1000 * (way[0] * s), 1000 * (way[1] * s), 1000 * h] for s in t for h in HEIGHTS]
    data = np.array(rows).reshape(50, -1)
    markers = make_stream(
        data,
        time=t,
        channels=[f"{n}_{a}" for n in NAMES for a in "xyz"],
        units="mm",
        kind="position",
        frame={"up": "z"} | frame,
    )
    fine = np.arange(500) / 500
    zero = np.zeros_like(fine)
    force = np.stack([zero, zero, zero + 700, 1000 * way[0] * fine, 1000 * way[1] * fine], axis=1)
    force[:250, 3:] = np.nan
    plates = make_stream(
        force,
        time=fine,
        channels=["p1_fx", "p1_fy", "p1_fz", "p1_copx", "p1_copy"],
        units=["N"] * 3 + ["mm"] * 2,
        kind="force",
        frame={"up": "z"},
    )
    return make_recording(
        {"markers": markers, "plates": plates}, recording="r", subject="s", mass_kg=700 / 9.80665
    )


@pytest.mark.parametrize("way", [(1.0, 0.0), (-1.0, 0.0), (0.6, -0.8)])
def test_the_view_is_along_the_way_in_metres(way: tuple[float, float]) -> None:
    walker = walker_of(recording(way=way))
    head = walker.points[:, walker.markers.index("head")]
    np.testing.assert_allclose(head[:, 1], 1.7)
    np.testing.assert_allclose(head[:, 0] - head[0, 0], walker.time, atol=1e-9)
    (arrow,) = walker.arrows
    np.testing.assert_allclose(arrow.force, np.tile([0.0, 1.0], (50, 1)), atol=1e-9)
    assert np.isnan(arrow.place[:25, 0]).all()
    np.testing.assert_allclose(arrow.place[26:, 0], walker.time[26:], atol=0.003)
    assert ("r_knee", "r_ankle", "right") in walker.lines


def test_a_treadmill_is_seen_along_its_frame() -> None:
    walker = walker_of(recording(way=(0.0, 0.1), forward="-x"))
    np.testing.assert_allclose(walker.points[..., 0], 0.0, atol=1e-9)


def test_the_strip_holds_frames_lines_and_arrows(tmp_path: Path) -> None:
    walker = walker_of(recording())
    axes = skeleton_strip(walker, frames=5).axes[0]
    assert len(axes.lines) == 1 + 5 * len(walker.lines)
    times = [t.get_text() for t in axes.texts if t.get_text().endswith(" s")]
    assert times[0] == "0.00 s"
    assert times[-1] == "0.98 s"
    picture = imread(io.BytesIO(to_png(skeleton_strip(walker), dots_per_inch=40)))
    assert (picture[..., :3].min(axis=2) < 0.9).mean() > 0.005
    saved = save_skeleton_strip(walker, tmp_path / "new" / "strip.png", frames=3)
    assert saved.read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_says_why() -> None:
    tree = recording()
    with pytest.raises(SchemaError, match="no stream 'points'"):
        walker_of(tree, markers="points")
    with pytest.raises(SchemaError, match="vertical of 'markers' is not known"):
        walker_of(recording(up="unknown"))
    with pytest.raises(SchemaError, match="no marker 'nose'"):
        walker_of(tree, lines=[Line("nose", "head", "")])
    with pytest.raises(SchemaError, match="no known marker set"):
        walker_of(tree, markers="plates")
    with pytest.raises(SchemaError, match="no stream 'force'"):
        walker_of(tree, forces="force")
    with pytest.raises(UnisonoError, match="frames"):
        skeleton_strip(walker_of(tree), frames=0)
    hidden = walker_of(tree)
    hidden.points[:] = np.nan
    with pytest.raises(SchemaError, match="half of the markers"):
        skeleton_strip(hidden)


def test_without_a_mass_the_largest_force_is_drawn_as_1_2_weights() -> None:
    tree = recording()
    del tree.attrs["mass_kg"]
    assert np.isclose(np.nanmax(walker_of(tree).arrows[0].force), 1.2)


def test_a_child_walks_over_two_plates(shared_data: Callable[[str], Path]) -> None:
    file = shared_data("biomechzoo") / "HC002D" / "Straight" / "HC002D06.c3d"
    walker = walker_of(read_file(file))
    assert len(walker.arrows) == 2
    assert 1.0 < np.nanmax(walker.points[..., 1]) < 1.8
    assert 0.8 < np.nanmax(walker.arrows[0].force[:, 1]) < 1.6
    # The centre of pressure is under the person.
    middle = np.nanmedian(walker.points[..., 0], axis=1)
    for arrow in walker.arrows:
        loaded = arrow.force[:, 1] > 0.3
        assert np.nanmax(np.abs(arrow.place[loaded, 0] - middle[loaded])) < 0.6
    assert len(skeleton_strip(walker).axes[0].lines) > 9 * 10
