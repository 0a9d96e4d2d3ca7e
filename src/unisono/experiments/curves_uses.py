"""Guides that are late or poor, and sides whose bond is broken: what a trained model makes of them.

The lag of a person is estimated on the first half of that person's windows, where both sides are
measured, and used on the other half. A guide that is late by ``k`` frames and brought forward by
the estimate is off by the difference; errors at whole offsets come from one scan, those between by
linear interpolation.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from unisono.alignment.agreement import shuffled_p
from unisono.alignment.lag import best_lag
from unisono.api.model import Model
from unisono.api.predicting import Drawing
from unisono.api.synchrony_scores import HOWS, Question, batch_scores, lag_scores
from unisono.core.contracts import Batch
from unisono.core.random import numpy_generator
from unisono.evaluation.arrays import Array
from unisono.experiments.curves_data import break_bond, margin_batch
from unisono.experiments.measuring import by_unit, scores_of, window_figures
from unisono.experiments.parts import Sides, Units
from unisono.experiments.plan import Plan
from unisono.experiments.sets import PairedSet
from unisono.experiments.uses import dropped, hidden, noisy

__all__ = [
    "BROKEN",
    "GUIDES",
    "LATE",
    "Rows",
    "Scan",
    "bond_figures",
    "guide_figures",
    "lag_errors",
    "lag_figures",
]

LATE = (0, 5, 10, 20, 30, 40, 50)
"""Frames by which a guide is late, 10 ms each."""

GUIDES = {
    "noise": (0.1, 0.25, 0.5, 1.0, 2.0),
    "frames": (0.1, 0.25, 0.5, 0.75),
    "channels": (0.1, 0.25, 0.5, 0.75),
}
"""White noise in spreads of the channel; shares of frames and of channels that are missing."""

BROKEN = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the target's variance that an independent source drives, at use alone."""

_SEARCHED = 60
"""Lags that are tried, in frames both ways."""

_EVERY = 2
"""Frames between lags that are tried; the parabola finds what lies between."""

_BONDS = 4
"""Windows whose bond is scored, for each that is generated: scores cost no samples."""

Rows = Mapping[str, Mapping[str, float]]
"""Figures by name and person."""


def guide_figures(model: Model, data: PairedSet, sides: Sides, drawing: Drawing) -> Rows:
    """Error and bands on poor guides, ``noise=0.5.mse`` and so on."""
    batch, trained = sides.tested.batch, sides.trained.batch
    figures: dict[str, dict[str, float]] = {}
    for kind, sizes in GUIDES.items():
        for size in sizes:
            rng = numpy_generator(0, "experiment guide", kind, str(size))
            if kind == "noise":
                poor = noisy(batch, data.given, trained, size=size, rng=rng)
            elif kind == "frames":
                poor = dropped(batch, data.given, share=size, rng=rng)
            else:
                poor = hidden(batch, data.given, share=size, rng=rng)
            found, truth = window_figures(model, poor, data.want, trained, drawing)
            scores = scores_of(found, truth, sides.units)
            kept = ("mse", "cover90", "width90")
            figures |= {f"{kind}={size}.{name}": scores[name] for name in kept}
    return figures


class Scan(NamedTuple):
    """Scores of windows at every offset of the guide.

    Attributes:
        offsets: Frames that the guide is taken too late, ``(K,)``.
        scores: ``(K, n)``; minus the mean square error, or the agreement of latents.
        error: Mean square error of the prediction, ``(K, n)``.
        units: Person of each window.
    """

    offsets: Array
    scores: Array
    error: Array
    units: Units


def lag_figures(model: Model, data: PairedSet, plan: Plan) -> Rows:
    """Late guides with and without bringing them forward, and the error of the estimated lag."""
    length = int(data.windows["length"])
    reach = min(max(LATE), length // 3)  # a tiny set has short windows
    searched = min(_SEARCHED, reach + _EVERY)
    margin = reach + searched
    batch, units = margin_batch(data, plan, margin)
    offsets = np.arange(-margin, searched + 1, _EVERY)
    offsets = np.union1d(offsets, [0])
    error = -lag_scores(
        model.method, batch, Question(data.given, data.want), offsets.tolist(), length=length
    )
    figures: dict[str, dict[str, float]] = {}
    for how in HOWS:
        asked = Question(data.given, data.want, how)
        scores = -error
        if how == "agreement":
            scores = lag_scores(model.method, batch, asked, offsets.tolist(), length=length)
        scan = Scan(offsets.astype(np.float64), scores, error, units)
        for late in (k for k in LATE if k <= reach):
            figures |= {
                f"late={late}.{how}.{name}": value
                for name, value in lag_errors(scan, late, searched=searched).items()
            }
    return figures


def lag_errors(scan: Scan, late: int, *, searched: int) -> dict[str, dict[str, float]]:
    """What a lag does to each person, and how well it is found.

    Args:
        scan: Scores at offsets from ``-late - searched`` to ``searched``.
        late: Frames by which the guide is late.
        searched: Largest lag that is tried.

    Returns:
        By person: ``asis`` and ``synced``, mean square errors of the second half of the windows;
        ``off``, absolute error of the lag in frames; ``single``, the same of lags from one window.
    """
    lags = scan.offsets + late
    tried = np.abs(lags) <= searched
    rows: dict[str, dict[str, float]] = {"asis": {}, "synced": {}, "off": {}, "single": {}}
    for name in np.unique(scan.units):
        mine = np.flatnonzero(scan.units == name)
        first, rest = mine[: max(len(mine) // 2, 1)], mine[len(mine) // 2 :]
        rng = numpy_generator(0, "experiment lag", str(name), str(late))
        found = best_lag(lags[tried], scan.scores[tried][:, first], generator=rng, draws=20)
        each = lags[tried][np.argmax(scan.scores[tried][:, mine], axis=0)]
        curve = scan.error[:, rest].mean(axis=1)
        rows["asis"][str(name)] = float(np.interp(-late, scan.offsets, curve))
        rows["synced"][str(name)] = float(np.interp(found.frames - late, scan.offsets, curve))
        rows["off"][str(name)] = abs(found.frames - late)
        rows["single"][str(name)] = float(np.abs(each - late).mean())
    return rows


def bond_figures(model: Model, data: PairedSet, plan: Plan) -> Rows:
    """Alignment scores of windows whose bond is broken in steps.

    ``bond=S.HOW.power`` is the share of windows whose p value is at most 0.05, which at ``S = 1``
    should be 0.05; ``uniform`` the p value of a Kolmogorov-Smirnov test of a window a person.
    """
    batch, units = margin_batch(data, replace(plan, windows=_BONDS * plan.windows), 0)
    length = model.method.settings.alignment.length
    apart = torch.from_numpy(units[:, None] != units[None, :])
    figures: dict[str, dict[str, float]] = {}
    for share in BROKEN:
        rng = numpy_generator(0, "experiment bond", str(share))
        pair = break_bond(batch, data.want, units, share, rng=rng)
        for how in HOWS:
            p = _p_values(model, pair, Question(data.given, data.want, how), length, apart)
            kept = np.isfinite(p)
            rows = np.where(kept, p <= 0.05, np.nan).astype(np.float64)
            name = f"bond={share:g}.{how}"
            figures[f"{name}.power"] = by_unit(np.nanmean(rows, axis=0), units)
            alone = [p[:, units == u][0, 0] for u in np.unique(units)]
            test = stats.kstest(np.array([x for x in alone if np.isfinite(x)]), "uniform")
            figures[f"{name}.uniform"] = {"all": float(test.pvalue)}
    return figures


def _p_values(model: Model, pair: Batch, asked: Question, length: int, apart: Tensor) -> Array:
    found = batch_scores(model.method, pair, asked, length=length)
    return np.asarray(shuffled_p(found.scores, found.valid, apart).double().numpy())
