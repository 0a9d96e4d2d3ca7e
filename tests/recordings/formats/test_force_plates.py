"""Force plates against slow formulas, a physical construction, and ezc3d."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from unisono.core.errors import ShapeError, UnisonoError
from unisono.recordings.formats.force_plates import ForcePlate, plate_wrench

Writer = Callable[..., Path]
Maker = Callable[..., dict[tuple[str, str], Any]]

CORNERS = np.array([[600.0, 0, 0], [0, 0, 0], [0, 400, 0], [600, 400, 0]])


def tilted_corners(rng: np.random.Generator) -> np.ndarray:
    """A plate anywhere: the flat one, turned by a random rotation and moved."""
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.linalg.det(q))
    return CORNERS @ q.T + rng.normal(size=3) * 500


def body_wrench(
    rng: np.random.Generator, plate: ForcePlate, n: int = 20
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Laboratory force, point on the surface and free moment along the plate's normal."""
    force_plate = rng.normal(size=(n, 3)) * [50, 50, 100] + [0, 0, -700]
    point_plate = np.c_[rng.uniform(-250, 250, n), rng.uniform(-150, 150, n), np.zeros(n)]
    free_plate = np.c_[np.zeros((n, 2)), rng.normal(size=n) * 3000]
    r = plate.rotation
    return force_plate @ r.T, point_plate @ r.T + plate.centre, free_plate @ r.T


def sensors(
    plate: ForcePlate, force: np.ndarray, point: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """What the channels of the plate read under a laboratory wrench, one sample at a time."""
    rows = []
    for f_lab, p_lab, t_lab in zip(force, point, free, strict=True):
        r = plate.rotation
        f, p, t = r.T @ f_lab, r.T @ (p_lab - plate.centre), r.T @ t_lab
        if plate.kind == 1:
            rows.append([*f, p[0], p[1], t[2]])
            continue
        # o leads from the sensor's origin to the surface's centre
        o = plate.origin if plate.origin[2] < 0 else -plate.origin
        moment = np.cross(o + p, f) + t
        if plate.kind == 2:
            rows.append([*f, *moment])
        elif plate.kind == 4:
            rows.append(np.linalg.solve(plate.calibration, np.r_[f, moment]))
        else:
            rows.append(kistler(plate, f, p, t))
    return np.array(rows)


def kistler(plate: ForcePlate, f: np.ndarray, p: np.ndarray, t: np.ndarray) -> list[float]:
    """Eight outputs that have the wanted sums, from four sensors at (+-a, +-b)."""
    a, b, depth = np.abs(plate.origin)
    mx, my, mz = np.cross(np.array([0, 0, -depth]) + p, f) + t
    # Sensors 1..4 lie at (a, b), (-a, b), (-a, -b), (a, -b): solve for their vertical loads.
    rows = [[1, 1, 1, 1], [b, b, -b, -b], [-a, a, a, -a], [1, -1, 1, -1]]
    z = np.linalg.solve(np.array(rows, float), [f[2], mx, my, 0.0])
    x12, y14 = f[0] / 2, f[1] / 2
    x34, y23 = f[0] - x12, f[1] - y14
    twist = (mz - (b * (x34 - x12) + a * (y14 - y23))) / (2 * b)
    return [x12 - twist, x34 + twist, y14, y23, *z]


def make_plate(kind: int, corners: np.ndarray, rng: np.random.Generator) -> ForcePlate:
    origin = {1: [0, 0, -30.0], 2: [1.0, 2, 40], 3: [120.0, 200, -50], 4: [-2.0, 1, -45]}[kind]
    calibration = np.eye(6) * 2 + rng.normal(size=(6, 6)) * 0.01 if kind == 4 else None
    return ForcePlate(kind, corners, np.array(origin, float), calibration)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_sensors_read_back_as_the_wrench_that_made_them(
    kind: int, rng: np.random.Generator
) -> None:
    plate = make_plate(kind, tilted_corners(rng), rng)
    force, point, free = body_wrench(rng, plate)
    found = plate_wrench(plate, sensors(plate, force, point, free))
    assert_allclose(found.force, force, atol=1e-8)
    assert_allclose(found.pressure, point, atol=1e-7)
    assert_allclose(found.free, free, atol=1e-5)
    about_centre = np.cross(point - plate.centre, force) + free
    assert_allclose(found.moment, about_centre, atol=1e-5)


def test_plate_in_the_floor_pushes_up_where_the_foot_is() -> None:
    # z of the plate is down, so that a standing person gives Fz = -700; 50 mm along plate x.
    plate = ForcePlate(2, CORNERS, np.zeros(3))
    found = plate_wrench(plate, np.array([[0, 0, -700.0, 0, 700 * 50.0, 0]]))
    assert_allclose(found.force, [[0, 0, 700]])
    assert_allclose(found.pressure, [[350, 200, 0]])


def test_pressure_is_nan_below_the_threshold_and_force_is_not() -> None:
    plate = ForcePlate(2, CORNERS, np.zeros(3))
    found = plate_wrench(plate, np.array([[1.0, 0, -19.9, 5, 5, 5], [1.0, 0, -20.1, 5, 5, 5]]))
    assert np.isnan(found.pressure[0]).all() and np.isnan(found.free[0]).all()
    assert np.isfinite(found.pressure[1]).all() and np.isfinite(found.force).all()
    unloaded = plate_wrench(plate, np.zeros((1, 6)), threshold=0.0)
    assert np.isnan(unloaded.pressure).all()


def test_positive_offset_is_turned_round() -> None:
    down = ForcePlate(2, CORNERS, np.array([1.0, 2.0, 40.0]))
    up = ForcePlate(2, CORNERS, np.array([-1.0, -2.0, -40.0]))
    channels = np.array([[30.0, -20, -700, 1000, 2000, 300]])
    assert_allclose(plate_wrench(down, channels).moment, plate_wrench(up, channels).moment)


@pytest.mark.parametrize("kind", [2, 3, 4])
def test_agrees_with_ezc3d(
    kind: int, write_c3d: Writer, plate_c3d: Maker, marker_c3d: Maker
) -> None:
    import ezc3d

    rng = np.random.default_rng(kind)
    plate = make_plate(kind, CORNERS, rng)
    force, point, free = body_wrench(rng, plate, 8)
    channels = np.float32(sensors(plate, force, point, free)).astype(float)
    known = marker_c3d(2, outputs=False) | plate_c3d(kind, channels.shape[1], plate.origin.tolist())
    if plate.calibration is not None:
        known["FORCE_PLATFORM", "CAL_MATRIX"] = plate.calibration[..., None]
    path = write_c3d(np.ones((4, 2, 3)), analog=channels, samples=2, parameters=known)
    theirs = ezc3d.c3d(str(path), extract_forceplat_data=True)["data"]["platform"][0]
    ours = plate_wrench(plate, channels)
    for key, mine in (
        ("force", ours.force), ("moment", ours.moment),
        ("center_of_pressure", ours.pressure), ("Tz", ours.free),
    ):  # fmt: skip
        assert_allclose(theirs[key].T, mine, rtol=2e-5, atol=2e-2)


@pytest.mark.parametrize(
    ("kind", "corners", "words"),
    [
        (5, CORNERS, "type 5"),
        (2, np.zeros((4, 3)), "span"),
        (2, CORNERS * np.nan, "finite"),
        (4, CORNERS, "6 x 6"),
    ],
)
def test_impossible_plates_are_refused(kind: int, corners: np.ndarray, words: str) -> None:
    with pytest.raises(UnisonoError, match=words):
        ForcePlate(kind, corners, np.zeros(3))


def test_channels_must_fit_the_type() -> None:
    with pytest.raises(ShapeError, match="channel"):
        plate_wrench(ForcePlate(3, CORNERS, np.ones(3)), np.zeros((2, 6)))
