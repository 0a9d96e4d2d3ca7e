"""Figures of the report against their definitions on maps whose truth is known."""

from pathlib import Path

import numpy as np
import pytest

from unisono import api
from unisono.api.map_training import (
    MapReport,
    _accuracy,
    _alike,
    points_of,
    report_mapping,
    report_of,
)
from unisono.core.errors import UnisonoError


def test_alike_is_one_under_affine_maps_and_small_for_strangers(rng: np.random.Generator) -> None:
    train, test = rng.normal(size=(200, 3)), rng.normal(size=(100, 3))
    turn = rng.normal(size=(3, 3))
    other = train @ turn + 4, test @ turn + 4
    assert _alike((train, test), other) > 1 - 1e-9
    assert _alike((train, test), (rng.normal(size=(200, 3)), rng.normal(size=(100, 3)))) < 0.1


def test_accuracy_is_balanced() -> None:
    values = np.array(["a", "b", "b"])
    near = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 2, 1]])
    truth = np.array(["a", "a", "a", "b"])
    assert _accuracy(values, near, truth) == 1.0
    assert _accuracy(values, near, np.array(["a", "b", "b", "b"])) == pytest.approx(2 / 3)


def test_the_map_tells_its_label_on_people_it_never_saw(tiny_map: api.MapModel) -> None:
    row = tiny_map.report.rows["map"]
    assert row["speed"] > 0.7
    assert row["frames"] > 0.8
    assert set(tiny_map.report.rows) == {"map", "principal axes"}
    text = tiny_map.report.table()
    assert text.splitlines()[0].split() == ["speed", "frames"] and "chance" in text


@pytest.mark.slow
def test_controls_are_trained_and_the_shuffled_one_is_worse(
    swings: api.Dataset, tmp_path: Path
) -> None:
    settings = api.map_settings(
        dims=2, settings=["steps=300", "codes=5", "hidden=[16]", "negatives=64"]
    )
    model = api.fit_map(swings, by=["speed", "style"], output=tmp_path / "m", settings=settings)
    rows = model.report.rows
    names = ["map", "another seed", "rescaled inputs", "shuffled labels", "principal axes"]
    assert list(rows) == names
    assert rows["map"]["speed"] > rows["shuffled labels"]["speed"]
    assert rows["another seed"]["alike"] > rows["shuffled labels"]["alike"]
    assert model.report.chance == {"style": 0.5}


def test_points_are_those_of_the_map(tiny_map: api.MapModel, swings: api.Dataset) -> None:
    from unisono.api.map_data import map_data

    data = map_data(swings, by=["speed"], streams=[], rate_hz=0.0, seed=0)
    points = points_of(tiny_map.map.method, data.train)
    np.testing.assert_allclose(points, tiny_map.map.bank.coordinates, atol=1e-5)


def test_reports_go_through_plain_values() -> None:
    report = MapReport({"map": {"speed": 0.5}}, {"style": 0.5})
    assert report_of(report_mapping(report)) == report
    with pytest.raises(UnisonoError, match="holds no report"):
        report_of({})
