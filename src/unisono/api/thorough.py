"""Slower measures of an evaluation: distances of distributions, and what the latents know.

They need small networks trained on the spot, minutes rather than seconds, and are taken when asked
for: Context-FID with its floor, the predictive score of TimeGAN beside that of real training
windows, and a probe of the aligned latents for the condition, each with its control.
"""

from typing import Any

import numpy as np

from unisono.api.evaluation_input import Side
from unisono.api.model import Model
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array, Mask
from unisono.evaluation.distribution import context_fid, fit_series_encoder
from unisono.evaluation.inputs import EvaluationInput
from unisono.evaluation.predictive import PredictiveOptions, predictive_score, training_range
from unisono.evaluation.probe import probe_latents

__all__ = ["thorough_measures"]


def thorough_measures(
    model: Model, inputs: EvaluationInput, tested: Side, trained: Side, *, seed: int
) -> dict[str, Any]:
    """Measure what a plain report leaves out.

    Args:
        model: The model.
        inputs: What was evaluated; one sample a window is taken as what was generated.
        tested: Windows of the test part.
        trained: Windows of the training part.
        seed: Where every draw comes from.

    Returns:
        ``distribution`` by stream and ``probe`` (None where there are no two conditions).
    """
    found: dict[str, Any] = {}
    for name, target in inputs.targets.items():
        real = trained.batch.data[name].numpy().astype(np.float64)
        valid = trained.batch.mask[name].numpy()
        samples = target.samples
        made = target.predictions[inputs.model] if samples is None else samples[0]
        found[name] = _distances(
            (real, valid), (target.truth, target.valid), made, seed=seed, stream=name
        )
    return {"distribution": found, "probe": _probe(model, inputs, tested, seed)}


def _distances(
    train: tuple[Array, Mask], test: tuple[Array, Mask], made: Array, *, seed: int, stream: str
) -> dict[str, Any]:
    encoder = fit_series_encoder(*train, generator=generator(seed, "context-fid", stream))
    try:
        fid: dict[str, Any] | None = context_fid(
            encoder, *test, made, generator=numpy_generator(seed, "halves", stream)
        )._asdict()
    except ShapeError:  # too few windows for a covariance
        fid = None
    scale = training_range(*train)
    options = PredictiveOptions(steps=1000)

    def score(learn: Array) -> float:
        draws = generator(seed, "predictive", stream)
        return predictive_score(learn, *test, scale=scale, generator=draws, options=options)

    real = np.where(train[1], train[0], np.nan)
    return {
        "context_fid": fid,
        "predictive_score": score(np.where(test[1], made, np.nan)),
        "predictive_score_of_real": score(real),
    }


def _probe(model: Model, inputs: EvaluationInput, tested: Side, seed: int) -> dict[str, Any] | None:
    latents: Latents = model.method.encode(tested.batch, "given")
    try:
        found = probe_latents(
            latents.z.numpy().astype(np.float64),
            latents.mask.numpy(),
            inputs.conditions or [""] * len(inputs.subjects),
            subjects=inputs.subjects,
            generator=numpy_generator(seed, "probe"),
        )
    except ShapeError:  # fewer than two conditions or subjects: nothing to tell apart
        return None
    plain = found._asdict()
    return {k: v._asdict() if hasattr(v, "_asdict") else v for k, v in plain.items()}
