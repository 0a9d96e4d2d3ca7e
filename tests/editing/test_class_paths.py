"""Densities against SciPy; peaks where they are; a path flips the class and keeps the identity."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from unisono.core.errors import UnisonoError
from unisono.editing.class_paths import ClassDensity, ClassPath, class_path


def test_density_is_that_of_scipy(rng: np.random.Generator) -> None:
    points = rng.normal(size=(150, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 0.3]])
    asked = rng.normal(size=(20, 3))
    want = gaussian_kde(points.T)(asked.T)
    np.testing.assert_allclose(ClassDensity(points).density(asked), want, rtol=1e-6)


def test_mean_shift_climbs_and_finds_both_peaks(rng: np.random.Generator) -> None:
    points = np.concatenate([0.3 * rng.normal(size=(150, 2)) + c for c in ([0, 0], [4, 0])])
    density = ClassDensity(points)
    moved = density.shift(points)
    assert (density.density(moved) >= density.density(points) - 1e-12).all()
    peaks = density.peaks()
    assert len(peaks) == 2
    np.testing.assert_allclose(np.sort(peaks[:, 0]), [0, 4], atol=0.35)


def test_a_path_changes_class_and_keeps_what_is_its_own(rng: np.random.Generator) -> None:
    """The class is the first coordinate; the second, a nuisance, stays within 20 %."""
    size = rng.uniform(0.5, 1.5, size=400)
    label = np.repeat([0, 1], 200)
    points = np.stack([4 * label + 0.3 * rng.normal(size=400), size], axis=1)
    source, target = ClassDensity(points[label == 0]), ClassDensity(points[label == 1])
    for row in range(0, 200, 20):
        path = class_path(points[row], source, target, np.linspace(0, 1, 11), ClassPath(pull=0.1))
        np.testing.assert_array_equal(path[0], points[row])
        assert (path[0, 0] < 2) and (path[-1, 0] > 2)
        assert abs(path[-1, 1] / points[row, 1] - 1) < 0.2


@pytest.mark.parametrize("between", ["means", "peaks"])
def test_without_a_pull_the_sample_is_carried_along(between: str, rng: np.random.Generator) -> None:
    one = ClassDensity(0.2 * rng.normal(size=(200, 2)))
    other = ClassDensity(0.2 * rng.normal(size=(200, 2)) + [3, 1])
    how = ClassPath(steps=0, between=between)
    kept = class_path([0.5, -0.5], one, other, [0, 0.5, 1.0], how)
    np.testing.assert_allclose(kept, [[0.5, -0.5], [2, 0], [3.5, 0.5]], atol=0.3)
    np.testing.assert_allclose(kept[1] * 2, kept[0] + kept[2])
    strong = class_path([0.5, -0.5], one, other, [1.0], ClassPath(steps=50, pull=0.5))
    assert other.density(strong)[0] > other.density(kept[2:])[0]


def test_small_classes_and_shares_out_of_range_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(UnisonoError, match="a class has 3 points on a map of 2 dimensions"):
        ClassDensity(rng.normal(size=(3, 2)))
    one = ClassDensity(rng.normal(size=(30, 2)))
    with pytest.raises(UnisonoError, match="shares"):
        class_path([0.0, 0.0], one, one, [1.5])
