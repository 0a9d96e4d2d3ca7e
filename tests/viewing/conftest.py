"""An evaluation to look at: half sines of force from made-up people, models of known error."""

from collections.abc import Callable

import numpy as np
import pytest

from unisono.evaluation.calibration import LEVELS, BandTable, point_bands, sample_bands
from unisono.evaluation.inputs import EvaluationInput, Provenance, TargetInput
from unisono.evaluation.physics import ForceLayout, PhysicsContext

PEOPLE = 8
FRAMES = 60


def vertical(t: np.ndarray) -> np.ndarray:
    """The two humps of walking, in body weights times 9.81."""
    stance = np.clip(t / 0.62, 0, 1)
    return 9.81 * (1.55 * np.sin(np.pi * stance) + 0.55 * np.sin(3 * np.pi * stance))


def make(rng: np.random.Generator) -> EvaluationInput:
    n = PEOPLE * 4
    subjects = [f"child {k + 1:02}" for k in range(PEOPLE) for _ in range(4)]
    t = np.linspace(0, 1, FRAMES)
    person = np.repeat(rng.normal(0, 1, (PEOPLE, 1, 1)), 4, axis=0)
    shape = np.stack(
        [
            vertical(t),
            -2.2 * np.sin(2 * np.pi * np.clip(t / 0.62, 0, 1)),
            0.5 * np.sin(np.pi * np.clip(t / 0.62, 0, 1)),
        ],
        axis=-1,
    )
    truth = shape * (1 + 0.08 * person + 0.03 * rng.normal(size=(n, 1, 1)))
    truth = truth + 0.15 * rng.normal(size=(n, 1, 1)) * np.sin(4 * np.pi * t)[:, None]
    spread = truth.std((0, 1))

    def wrong(size: float) -> np.ndarray:
        slow = rng.normal(size=(n, 5, 3))
        basis = np.stack([np.sin((k + 1) * np.pi * t) for k in range(5)])
        return truth + size * spread * np.einsum("nkd,kl->nld", slow, basis) / 2

    predictions = {
        "llma": wrong(0.10),
        "ridge": wrong(0.13),
        "knn": wrong(0.2),
        "mlp": wrong(0.17),
        "mean_curve": np.broadcast_to(shape, truth.shape).copy(),
    }
    samples = predictions["llma"] + 0.06 * spread * rng.normal(size=(24, n, 1, 3))
    table = BandTable(
        LEVELS,
        ("a", "b", "c"),
        tuple(tuple((s * spread).tolist()) for s in (0.03, 0.07, 0.1)),
        (0.0,) * 3,
        "additive",
        "jackknife",
        6,
    )
    grf = TargetInput(
        truth,
        np.ones_like(truth, bool),
        ("r_fz", "r_fx", "r_fy"),
        ("N/kg",) * 3,
        spread,
        predictions,
        samples=samples,
        bands=table.apply(sample_bands(samples, predictions["llma"])),
        baseline_bands={"ridge": table.apply(point_bands(predictions["ridge"]))},
        controls={"shuffled pairs": truth[::-1]},
        force=ForceLayout((0,), ((1, 2),)),
        physics=PhysicsContext(np.full(n, 9.81), np.zeros(n, bool)),
    )
    return EvaluationInput(
        {"grf": grf},
        subjects,
        conditions=["straight", "turn"] * (n // 2),
        provenance=Provenance(
            "0.1.0", "0123abc", "unisono evaluate model data --out report", "sha256:" + "0" * 64
        ),
    )


@pytest.fixture
def evaluation() -> EvaluationInput:
    return make(np.random.default_rng(7))


@pytest.fixture
def remake() -> Callable[[np.random.Generator], EvaluationInput]:
    return make
