"""Mirrors src/unisono/experiments/measuring.py."""

import numpy as np
import pytest
from experiment_world import World

from unisono.api.model import Model
from unisono.api.predicting import Drawing
from unisono.evaluation.calibration import sample_bands
from unisono.experiments.measuring import (
    LEVELS,
    Measured,
    Truth,
    alignment_figures,
    distribution_figures,
    generate_truth,
    probe_figure,
    scores_of,
    window_figures,
)
from unisono.experiments.parts import open_sides


def gaussian(rng: np.random.Generator, *, wide: float) -> tuple[Measured, Truth]:
    """Truths and samples of the same normal distribution, or of a wider one."""
    scale = np.array([1.0, 100.0])
    mean = rng.normal(size=(60, 10, 2)) * scale
    truth = mean + rng.normal(size=mean.shape) * scale
    samples = mean + wide * rng.normal(size=(40, *mean.shape)) * scale
    bands = sample_bands(samples, mean, LEVELS)
    values = Truth(truth, np.ones(truth.shape, dtype=bool), scale)
    return Measured(mean, samples, bands.lower, bands.upper), values


def test_scores_of_a_perfect_sampler_are_those_of_theory(rng: np.random.Generator) -> None:
    units = np.array(["a", "b", "c"] * 20)
    scores = scores_of(*gaussian(rng, wide=1.0), units)
    means = {name: np.mean(list(by.values())) for name, by in scores.items()}
    assert set(scores["mse"]) == {"a", "b", "c"}
    assert means["mse"] == pytest.approx(1.0, rel=0.1)  # in spread units, whatever the scale
    assert means["crps"] == pytest.approx(1 / np.sqrt(np.pi), rel=0.05)
    for level in LEVELS:  # the quantiles of 40 samples lie nearer together than the true ones
        covered = level * (40 - 1) / (40 + 1)
        assert means[f"cover{round(100 * level)}"] == pytest.approx(covered, abs=0.03)
    assert means["width90"] == pytest.approx(2 * 1.645, rel=0.08)


def test_narrow_samples_cover_less_and_score_worse(rng: np.random.Generator) -> None:
    units = np.array(["a"] * 60)
    honest, narrow = (scores_of(*gaussian(rng, wide=w), units) for w in (1.0, 0.3))
    assert narrow["cover90"]["a"] < 0.5 < honest["cover90"]["a"]
    assert narrow["crps"]["a"] > honest["crps"]["a"]


def test_a_model_is_measured_both_ways(world: World, cell_model: Model) -> None:
    sides = open_sides(cell_model, world.data, world.plan)
    drawing = Drawing(4, 1, 0, LEVELS, keep=4)
    for streams in (world.data.want, world.data.given):
        found, truth = window_figures(
            cell_model, sides.tested.batch, streams, sides.trained.batch, drawing
        )
        assert found.samples.shape == (4, *truth.values.shape)
        by_hand = (((found.mean - truth.values) / truth.spread) ** 2).mean(axis=(1, 2))
        scores = scores_of(found, truth, sides.units)
        for unit, value in scores["mse"].items():
            assert value == pytest.approx(by_hand[sides.units == unit].mean())


@pytest.mark.slow
def test_real_windows_are_nearer_than_noise(
    world: World, cell_model: Model, rng: np.random.Generator
) -> None:
    sides = open_sides(cell_model, world.data, world.plan)
    real = generate_truth(world.data.want, sides.trained.batch, sides.trained.batch)
    truth = generate_truth(world.data.want, sides.tested.batch, sides.trained.batch)

    def measured(values: np.ndarray) -> dict[str, float]:
        found = Measured(values, values[None], values[None], values[None])
        figures = distribution_figures(found, truth, real, key="gait", steps=30)
        return {name: by["all"] for name, by in figures.items()}

    same = measured(truth.values)
    noise = measured(truth.values + 3 * truth.spread * rng.normal(size=truth.values.shape))
    assert same["fid"] == pytest.approx(0.0, abs=1e-6)
    assert same["fid"] < noise["fid"]
    assert same["predictive"] < noise["predictive"]


def test_latents_are_probed_and_retrieved(world: World, cell_model: Model) -> None:
    sides = open_sides(cell_model, world.data, world.plan)
    figures = alignment_figures(cell_model, sides.tested.batch, 8)
    count = world.plan.windows * (cell_model.cut.frames // 8)
    assert figures["retrieval_chance"]["all"] == pytest.approx(1 / count)
    assert 0 <= figures["retrieval"]["all"] <= 1
    probe = probe_figure(cell_model, sides.all_tested, "style", "subject", folds=2)
    assert 0 <= probe["probe"]["all"] <= 1 and set(probe) >= {"probe_chance", "probe_shuffled"}
