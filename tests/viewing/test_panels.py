"""Mirrors src/unisono/viewing/panels.py."""

from dataclasses import replace

import numpy as np

from unisono.evaluation.inputs import EvaluationInput
from unisono.viewing.panels import choose_panels


def test_best_median_and_worst_are_shown(evaluation: EvaluationInput) -> None:
    panels = choose_panels(evaluation, "grf")
    assert len(panels) == 9
    assert [p.title for p in panels[:3]] == ["r_fz", "r_fx", "r_fy"]
    notes = [panels[k].subtitle for k in (0, 3, 6)]
    assert [note.split(", ")[1] for note in notes] == [
        f"{word} of 8 subjects" for word in ("best", "median", "worst")
    ]
    target = evaluation.targets["grf"]
    error = ((target.predictions["llma"] - target.truth) / target.spread) ** 2
    people = np.asarray(evaluation.subjects)
    by_person = {p: np.mean(np.sqrt(error[people == p].mean((0, 1)))) for p in np.unique(people)}
    assert notes[0].startswith(min(by_person, key=by_person.__getitem__))
    assert notes[2].startswith(max(by_person, key=by_person.__getitem__))


def test_a_panel_holds_the_arrays_of_its_window(evaluation: EvaluationInput) -> None:
    panel = choose_panels(evaluation, "grf", channels=1, beside=("ridge", "knn", "nobody"))[0]
    target = evaluation.targets["grf"]
    window = np.flatnonzero((target.truth[..., 0] == panel.truth).all(axis=1)).item()
    assert np.array_equal(panel.mean, target.predictions["llma"][window, :, 0])
    assert set(panel.others) == {"ridge", "knn"}
    assert target.bands is not None
    assert np.array_equal(panel.lower, target.bands.lower[:, window, :, 0])
    assert panel.time_label == "window (%)"
    assert panel.time[-1] == 100


def test_time_is_in_seconds_where_it_is_known(evaluation: EvaluationInput) -> None:
    grf = replace(evaluation.targets["grf"], step=np.full(32, 0.02), bands=None)
    panel = choose_panels(replace(evaluation, targets={"grf": grf}), "grf")[0]
    assert panel.time_label == "time (s)"
    assert np.isclose(panel.time[-1], 59 * 0.02)
    assert panel.levels == ()


def test_few_subjects(evaluation: EvaluationInput) -> None:
    one = replace(evaluation, subjects=["a"] * 32, conditions=None)
    panels = choose_panels(one, "grf", channels=2)
    assert [p.subtitle for p in panels] == ["a, the only one of 1 subjects"] * 2
    empty = replace(evaluation.targets["grf"], valid=np.zeros_like(evaluation.targets["grf"].valid))
    assert choose_panels(replace(evaluation, targets={"grf": empty}), "grf") == []
