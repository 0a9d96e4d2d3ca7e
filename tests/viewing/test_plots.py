"""Mirrors src/unisono/viewing/plots.py: what is drawn is what was given."""

import numpy as np
import pytest

from unisono.evaluation.inputs import EvaluationInput
from unisono.evaluation.report import Report, evaluate_predictions
from unisono.viewing.palette import COLOURS, colour_of
from unisono.viewing.panels import choose_panels
from unisono.viewing.plots import calibration_figure, curve_figure, method_figure, phase_figure


@pytest.fixture
def report(evaluation: EvaluationInput) -> Report:
    return evaluate_predictions(evaluation, generator=np.random.default_rng(0))


def test_curves_are_the_panels(evaluation: EvaluationInput) -> None:
    panel = choose_panels(evaluation, "grf")[0]
    panel.valid[:5] = False
    axes = curve_figure(panel, model="llma").axes[0]
    by_colour = {line.get_color(): line for line in axes.lines}
    np.testing.assert_array_equal(by_colour[colour_of("llma")].get_ydata(), panel.mean)
    truth = np.asarray(by_colour[COLOURS["ink"].light].get_ydata())
    assert np.isnan(truth[:5]).all()
    np.testing.assert_array_equal(truth[5:], panel.truth[5:])
    assert len(axes.collections) == 3
    assert axes.get_title(loc="left") == "r_fz (N/kg)"


def test_methods_show_mean_interval_and_every_subject(report: Report) -> None:
    methods = report.data["targets"]["grf"]["methods"]
    figure = method_figure(methods, {"llma": [0.1, 0.2, None]}, model="llma")
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()][-1] == "llma"
    blue = [line for line in axes.lines if line.get_color() == colour_of("llma")]
    assert [len(line.get_xdata()) for line in blue] == [2, 2, 1]
    assert blue[2].get_xdata()[0] == methods["llma"]["nrmse"]["mean"]


def test_calibration_shows_the_coverage(report: Report) -> None:
    target = report.data["targets"]["grf"]
    figure = calibration_figure(target["bands"], target["baseline_bands"], model="llma")
    axes = figure.axes[0]
    line = next(line for line in axes.lines if line.get_label() == "llma")
    np.testing.assert_allclose(line.get_ydata(), list(target["coverage"].values()))
    for drawn in axes.lines:
        assert min(drawn.get_ydata()) >= axes.get_ylim()[0] or len(drawn.get_xdata()) == 2


def test_phase_shows_every_method_and_gaps(report: Report) -> None:
    phase = dict(report.data["targets"]["grf"]["phase"]) | {"llma": [None, 0.5, 1.0]}
    axes = phase_figure(phase, model="llma").axes[0]
    assert {line.get_label() for line in axes.lines} == {
        "llma",
        "ridge",
        "knn",
        "mlp",
        "mean curve",
    }
    assert axes.get_ylim()[0] == 0


def test_nulls_are_left_out() -> None:
    nothing = {"mean": None, "low": None, "high": None}
    axes = method_figure({"llma": {"nrmse": nothing}}, {}, model="llma").axes[0]
    assert all(len(line.get_xdata()) == 0 for line in axes.lines)
    bands = {"0.9": {"coverage": {"mean": 0.88, "low": None, "high": None}}}
    assert len(calibration_figure(bands, {}, model="llma").axes[0].lines) == 2
