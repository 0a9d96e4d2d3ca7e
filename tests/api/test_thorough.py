"""Mirrors src/unisono/api/thorough.py."""

import json
import math
from functools import partial
from pathlib import Path

import pytest

from unisono import api
from unisono.api import thorough
from unisono.evaluation.distribution import EncoderOptions, fit_series_encoder
from unisono.evaluation.predictive import PredictiveOptions


def test_slower_measures_join_the_report(
    tiny_model: api.Model, walks: api.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = partial(fit_series_encoder, options=EncoderOptions(width=4, steps=5))
    monkeypatch.setattr(thorough, "fit_series_encoder", quick)
    monkeypatch.setattr(thorough, "PredictiveOptions", lambda steps: PredictiveOptions(steps=5))
    options = api.Evaluation(sampling=api.Sampling(samples=4), part="all", thorough=True)
    result = api.evaluate(tiny_model, walks, out=tmp_path, options=options)
    found = json.loads(result.numbers.read_text())
    grf = found["distribution"]["grf"]
    assert grf["context_fid"]["value"] >= 0
    assert grf["context_fid"]["windows"] >= 8
    for score in (grf["predictive_score"], grf["predictive_score_of_real"]):
        assert math.isfinite(score) and score > 0
    assert found["probe"] is None or found["probe"]["classes"] == 2


def test_a_plain_report_does_without(
    tiny_model: api.Model, walks: api.Dataset, tmp_path: Path
) -> None:
    options = api.Evaluation(sampling=api.Sampling(samples=4))
    result = api.evaluate(tiny_model, walks, out=tmp_path, options=options)
    assert "distribution" not in result.content
