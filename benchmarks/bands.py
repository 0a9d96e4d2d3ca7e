"""Do bands hold what they promise, in every part of a movement, and what do samples add to them?"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from _bands_sets import LEVELS, SETS, STAGES, Held, held_out
from _record import figure, record

from unisono.core.files import atomic_file
from unisono.core.random import numpy_generator
from unisono.evaluation.arrays import Array, group_mean, groups_of, mask_out, masked_mean
from unisono.evaluation.calibration import Bands
from unisono.evaluation.intervals import bootstrap_interval
from unisono.evaluation.ranks import rank_histogram
from unisono.evaluation.reliability import Reliability, reliability
from unisono.evaluation.scores import band_scores, crps, energy_score, variogram_score
from unisono.evaluation.whole_curves import curve_coverage, decoupled, gaussian_like
from unisono.experiments.pairing import Estimate
from unisono.experiments.pictures import curves_figure
from unisono.viewing.drawing import to_png

CLAIM = (
    "Bands of 50, 80 and 90 % cover within 0.03 of that on units nobody trained on (people; "
    "conditions or trials where a set has one person), on the whole, by channel and by fifth of "
    "the stride, in every data set."
)
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "bands.png"
MISS = 0.03


def scores(held: Held, name: str) -> dict[str, dict[str, Array]]:
    """CRPS, energy and variogram score of each window by whose samples they are."""
    rng = numpy_generator(0, "bands", name)
    half = (held.ridge.upper[-1] - held.ridge.lower[-1]) / 2
    noise = rng.normal(size=held.samples.shape) * half / 1.6449
    kinds = {
        "model": held.samples,
        "model, correlation removed": decoupled(held.samples, generator=rng),
        "model, as independent Gaussians": gaussian_like(held.samples, generator=rng),
        "ridge with a Gaussian residual": held.ridge.centre + noise,
    }
    keep = held.valid & (held.spread > 0)
    scale = np.where(held.spread > 0, held.spread, 1.0)
    truth = mask_out(held.truth, held.valid)
    found: dict[str, dict[str, Array]] = {}
    for kind, samples in kinds.items():
        found[kind] = {
            "CRPS": masked_mean(crps(samples, truth) / scale, keep, (1, 2)),
            "energy score": energy_score(samples, truth, held.valid, spread=held.spread),
            "variogram score": variogram_score(samples, truth, held.valid, spread=held.spread),
            "whole curves in a 90 % curve band": np.nanmean(
                curve_coverage(samples, truth, held.valid, level=0.9), axis=1
            ),
        }
    return found


def by_units(values: Array, held: Held, name: str) -> tuple[float, float, float]:
    """Mean over units with its interval."""
    rng = numpy_generator(0, "bands interval", name)
    means = group_mean(values, groups_of(held.units))
    found = bootstrap_interval(means, generator=rng, draws=1000)
    low, high = (x if np.isfinite(x) else found.mean for x in (found.low, found.high))
    return found.mean, low, high


def width(bands: Bands, held: Held) -> Array:
    """Mean width of the widest band of each window, in training spreads."""
    found = band_scores(bands.lower[-1], bands.upper[-1], held.truth, held.valid, level=LEVELS[-1])
    moves = held.spread > 0
    return np.asarray(np.nanmean(found.width[:, moves] / held.spread[moves], axis=1))


def judged(name: str, held: Held) -> tuple[list[dict[str, Any]], Reliability]:
    """All figures of one stream."""
    rows, figures = {}, []
    for whose, bands in (("model", held.bands), ("ridge", held.ridge)):
        rows[whose] = reliability(
            bands, held.truth, held.valid, subjects=held.units.tolist(), stage=held.stage
        )
        for part in ("total", "channel", "stage", "cell"):
            text = f"{name}, {whose}: furthest from nominal by {part}"
            figures.append(figure(text, rows[whose].miss(part)))
            if part != "total":
                text = f"{name}, {whose}: share beyond two standard errors by {part}"
                figures.append(figure(text, rows[whose].beyond_chance(part)))
        mean, low, high = by_units(width(bands, held), held, name)
        figures.append(
            figure(f"{name}, {whose}: width of 90 %", mean, "spreads", low=low, high=high)
        )
    model = rows["model"]
    for k, level in enumerate(LEVELS):
        error = 1.96 * np.nan_to_num(model.total.error[k])
        value = model.total.value[k]
        text = f"{name}: coverage of {level:.0%}"
        figures.append(figure(text, value, low=value - error, high=value + error))
        for d, channel in enumerate(held.channels):
            figures.append(figure(f"{text}, {channel}", model.channel.value[k, d]))
        for p in range(model.stage.value.shape[1]):
            figures.append(figure(f"{text}, fifth {p + 1}", model.stage.value[k, p]))
    for kind, values in scores(held, name).items():
        for score, value in values.items():
            mean, low, high = by_units(value, held, name)
            figures.append(figure(f"{name}: {score}, {kind}", mean, low=low, high=high))
    ranks = rank_histogram(
        held.samples, mask_out(held.truth, held.valid), held.valid,
        subjects=held.units.tolist(), generator=numpy_generator(0, "bands ranks", name),
    )  # fmt: skip
    figures += [
        figure(f"{name}: rank histogram of raw samples, fifth {b + 1}", share)
        for b, share in enumerate(ranks.shares)
    ]
    if np.isfinite(ranks.p):
        figures.append(figure(f"{name}: p of uniform ranks", ranks.p))
    return figures, model


def draw(found: dict[str, Reliability]) -> None:
    """Coverage by fifth of the stride with two standard errors, a panel a stream."""
    panels = {}
    for name, one in found.items():
        error = 2 * np.nan_to_num(one.stage.error)
        panels[name] = {
            f"{level:.0%}": {
                p + 1.0: Estimate(v, v - error[k, p], v + error[k, p], 1, 2)
                for p, v in enumerate(one.stage.value[k])
            }
            for k, level in enumerate(LEVELS)
        }
    picture = curves_figure(panels, across=f"stage, 1 to {STAGES}", up="coverage")
    with atomic_file(PICTURE) as part:
        part.write_bytes(to_png(picture))


def main(names: list[str]) -> None:
    """Judge every set; those that are not on the disk yet are trained."""
    begun, figures, found = time.monotonic(), [], {}
    for name in names or list(SETS):
        for stream, held in held_out(name).items():
            title = f"{name} {stream}"
            more, found[title] = judged(title, held)
            figures += more
            print(f"{title} after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    parts = ("total", "channel", "stage")
    holds = all(one.miss(part) <= MISS for one in found.values() for part in parts)
    if not names:
        draw(found)
        record("bands", CLAIM, holds, figures, [0], time.monotonic() - begun)
        return
    for row in figures:
        print(f"{row['name']}: {row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]")


if __name__ == "__main__":
    main(sys.argv[1:])
