"""Mirrors src/unisono/viewing/contact_sheet.py."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from unisono.core.errors import ShapeError
from unisono.viewing.contact_sheet import Sheet, contact_sheet, faces, save_contact_sheet


@pytest.fixture
def sheet(rng: np.random.Generator) -> Sheet:
    samples = rng.random((5, 2, 1, 8, 8))
    samples[:, 0] = 0.5  # the first item is certain
    return Sheet(rng.random((2, 1, 4, 4)), samples.mean(axis=0), samples, rng.random((2, 1, 8, 8)))


def test_every_column_has_its_picture(sheet: Sheet) -> None:
    figure = contact_sheet(sheet, shown=3, labels=("one", "two"))
    assert len(figure.axes) == 2 * 7
    titles = [axes.get_title() for axes in figure.axes[:7]]
    assert titles[:4] == ["given", "truth", "mean", "sample 1"] and titles[6].startswith("spread")
    np.testing.assert_allclose(figure.axes[6].images[0].get_array(), sheet.spread[0])
    assert not sheet.spread[0].any() and sheet.spread[1].min() > 0


def test_truth_is_drawn_on_the_stated_scale(sheet: Sheet) -> None:
    wide = Sheet(sheet.source, sheet.mean, sheet.samples, sheet.truth, low=-1.0, high=3.0)
    drawn = contact_sheet(wide).axes[1].images[0].get_array()
    assert sheet.truth is not None
    np.testing.assert_allclose(drawn[..., 0], (sheet.truth[0, 0] + 1) / 4)


def test_saved_as_png(sheet: Sheet, tmp_path: Path) -> None:
    path = save_contact_sheet(sheet, tmp_path / "deep" / "sheet.png")
    image = imread(path)
    assert image.shape[0] > 200 and image.std() > 0.05


def test_faces_are_the_three_projections() -> None:
    voxels = np.zeros((1, 4, 4, 4))
    voxels[0, 1, 2, 3] = 1.0
    image = faces(voxels)[0, 0]
    assert image.sum() == 3
    assert np.argwhere(image).tolist() == [[0, 2], [0, 5], [1, 9]]  # rows from the top


def test_bad_shapes_are_refused(sheet: Sheet) -> None:
    with pytest.raises(ShapeError, match="source should be"):
        Sheet(sheet.source[:1], sheet.mean, sheet.samples)
    with pytest.raises(ShapeError, match=r"samples should be \(sample, 2, 1, 8, 8\)"):
        Sheet(sheet.source, sheet.mean, sheet.samples[:, :1])
