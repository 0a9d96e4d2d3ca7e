"""Mirrors src/unisono/api/evaluation_input.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.evaluation_input import evaluation_input, model_windows, side_of
from unisono.api.predicting import predict


def test_windows_come_in_the_models_units_each_by_its_own_mass(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    """Newtons of people of 60 and 90 kg, radians, and another order of channels."""
    trees = []
    for subject in (0, 30):
        tree = make_walk(f"n{subject}", subject)
        node = tree["angles"].to_dataset().isel(channel=[5, 4, 3, 2, 1, 0])
        node["data"] = np.deg2rad(node["data"])
        tree["angles"] = xr.DataTree(node.assign_coords(unit=("channel", ["rad"] * 6)))
        trees.append(tree)
    data = api.Dataset.create(tmp_path / "n.un", trees)
    windows = model_windows(tiny_model, data)
    side = side_of(tiny_model, windows, np.arange(len(windows)))
    assert tiny_model.streams["grf"].units == ("N/kg",) * 6
    for subject in ("s0", "s30"):
        rows = side.subjects == subject
        # each vertical force is 5 plus waves of 2 and 1 N/kg, whatever the mass
        vertical = side.batch.data["grf"].numpy()[rows][..., 2]
        assert vertical.max() == pytest.approx(5 + 2.5, abs=0.6)
        hip = side.batch.data["angles"].numpy()[rows][..., 0]
        assert np.abs(hip).max() == pytest.approx(30, abs=1)


def test_baselines_see_what_the_model_sees(tiny_model: api.Model, walks: api.Dataset) -> None:
    windows = model_windows(tiny_model, walks)
    trained, tested = (
        side_of(tiny_model, windows, np.arange(*span)) for span in ((0, 20), (40, 50))
    )
    inputs = evaluation_input(tiny_model, walks, tested, trained, api.Sampling(samples=3))
    target = inputs.targets["grf"]
    assert set(target.predictions) == {"llma", "mean_curve", "ridge", "knn", "mlp"}
    assert all(p.shape == target.truth.shape for p in target.predictions.values())
    np.testing.assert_array_equal(target.truth, tested.batch.data["grf"].numpy())
    assert set(target.controls) == {"shuffled_pairs"}
    assert inputs.subjects == tested.subjects.tolist()
    assert inputs.conditions is not None and set(inputs.conditions) <= {"slow", "fast"}
    assert inputs.audit is not None
    np.testing.assert_allclose(
        inputs.audit.normalisers["grf"].mean, tiny_model.sealed.normalisers["grf"]["mean"]
    )
    assert target.force is not None and target.force.vertical == (2, 5)


def test_a_subject_alone_is_given_the_windows_of_those_it_was_left_out_of(
    tiny_model: api.Model, walks: api.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = model_windows(tiny_model, walks)
    who = windows.table["subject"].astype(str).to_numpy()
    tested, trained = (
        side_of(tiny_model, windows, np.flatnonzero(rows))
        for rows in (who == who[0], who != who[0])
    )
    given: list[np.ndarray] = []

    def seen(method, batch, want, drawing):  # noqa: ANN001, ANN202
        given.append(batch.data["angles"].numpy())
        return predict(method, batch, want, drawing)

    monkeypatch.setattr("unisono.api.evaluation_input.predict", seen)
    evaluation_input(tiny_model, walks, tested, trained, api.Sampling(samples=3))
    strange, everybody = given[1], trained.batch.data["angles"].numpy()
    np.testing.assert_array_equal(given[0], tested.batch.data["angles"].numpy())
    assert all((row == everybody).all(axis=(1, 2)).any() for row in strange)


def test_what_is_known_of_signs_helps_the_control_as_it_helps_the_model(
    tiny_model: api.Model, walks: api.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = model_windows(tiny_model, walks)
    trained, tested = (
        side_of(tiny_model, windows, np.arange(*span)) for span in ((0, 20), (40, 50))
    )
    monkeypatch.setattr("unisono.api.evaluation_input.run_baselines", lambda *_, **__: {})

    def lowest(signs: list[int]) -> list[float]:
        monkeypatch.setattr("unisono.api.evaluation_input.signs_known", lambda *_: signs)
        inputs = evaluation_input(tiny_model, walks, tested, trained, api.Sampling(samples=3))
        target = inputs.targets["grf"]
        both = (target.predictions["llma"], target.controls["shuffled_pairs"])
        return [float(values.min()) for values in both]

    assert max(lowest([])) < 0
    assert min(lowest([1] * 6)) == 0
