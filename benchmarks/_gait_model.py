"""A small model of simulated gait (angles to forces) that several benchmarks share.

It is made once, under ``runs/benchmarks/``, and trained on from where it stood when stopped. The
people of :func:`strangers` come from another seed: nothing of them was ever seen.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from unisono import api
from unisono.core.config import from_mapping
from unisono.core.random import numpy_generator
from unisono.simulators.gait import random_recordings, random_subject, simulate

RUNS = Path(__file__).parents[1] / "runs" / "benchmarks"
PEOPLE, STEPS = 60, 1200
STRANGERS_SEED = 7001

__all__ = ["gait_model", "recipe_tables", "strangers"]


def recipe_tables(output: Path) -> dict[str, Any]:
    return {
        "method": "llma",
        "output": str(output),
        "data": {"path": str(RUNS / "walkers.un"), "given": ["angles"], "want": ["grf"]},
        "windows": {
            "rate_hz": 50.0,
            "length": 64,
            "stride": 32,
            "channels": {"grf": ["r_f?", "l_f?"]},
            "units": {"grf": "N/kg"},
        },
        "split": {"test": 0.0, "calibration": 0.25},
        "llma": {
            "steps": STEPS,
            "drop_stream": 0.0,
            "drop_channel": 0.02,
            "known": ["mass_kg", "height_m"],
            "size": {"width": 64, "heads": 4, "feedforward": 128, "dropout": 0.0},
            "layers": {"own": 1, "condition": 2, "decoder": 1, "mean": 1},
            "directions": "forward",  # of no use here is the way back, and half the time
            "losses": {"align": 0.0},
        },
        "training": {
            "batch_size": 32,
            "learning_rate": 3e-3,
            "warmup_steps": 100,
            "ema_decay": 0.995,
            "device": "cpu",
        },
        "bands": {"samples": 40, "steps": 5},
    }


def gait_model(name: str = "gait", **llma: Any) -> api.Model:  # noqa: ANN401 - settings
    """The trained model; settings of llma make a variant, which needs a name of its own."""
    RUNS.mkdir(parents=True, exist_ok=True)
    if not (RUNS / "walkers.un").exists():
        api.Dataset.create(RUNS / "walkers.un", random_recordings(PEOPLE, trials=2, seed=0))
    tables = recipe_tables(RUNS / name)
    tables["llma"] |= llma
    recipe = from_mapping(api.Recipe, tables)
    began = (RUNS / f"{name}.run").exists()
    if (RUNS / name).exists():
        return api.load(RUNS / name)
    return api.run_recipe(recipe, resume=began)


def strangers(count: int, *, seconds: float) -> Iterator[xr.DataTree]:
    """People nobody was trained on, each walking for this long, at 100 frames a second."""
    number = 0
    for _ in range(count):
        while True:
            rng = numpy_generator(STRANGERS_SEED, "stranger", number)
            person = random_subject(rng, name=f"stranger{number:03d}")
            number += 1
            speed = float(rng.uniform(0.9, 1.6))
            try:
                yield simulate(person, speed=speed, strides=round(seconds / 1.05) + 3, rng=rng)
                break
            except api.UnisonoError:  # no attempt of this person passes the simulator's judge
                continue
