"""Forecasts of wakes 1, 5 and 20 frames ahead: on a map, in the latent, and without either.

    python benchmarks/map_forecast.py

The frames of the solver are the truth. Six wakes are fitted on, up to their 400th of 600 frames;
forecasts begin in the last 200 frames of the same wakes (seen) and of two wakes nobody fitted
(unseen), from contexts of twenty frames. Figures are PSNR of the field in dB (range: largest minus
smallest value of the fitted frames), with intervals over wakes and beginnings of their means.

On the map (3 and 8 dimensions), each forecast is brought back by five neighbours and moved so that
its start is the last frame itself, ``z + lift(c') - lift(c)``: polynomials (TEX-1, TEX-2, least
squares over ten frames), a linear autoregression and analogues; ``regime`` is the latent's
autoregression corrected by the frames that lie near on the map, with the penalty that forecasts
each fitted wake best from the others. In the latent (64 principal axes):
the same autoregression and analogues, an LSTM (two layers of 128), and a copy.

Bands are conformal: half-widths are the 90 % quantiles of the errors by horizon and code over
beginnings in the 300th to 400th frames of a second fit that ends there; they are asked to cover
later frames.
"""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from _maps import Array, place, table_of, train, wakes
from _record import figure, record
from torch import nn

from unisono.core.random import numpy_generator
from unisono.editing.forecasting import Analogues, AutoRegression, RegimeAutoRegression, taylor
from unisono.editing.lift import NeighbourLift
from unisono.experiments.field_sets import FieldSet
from unisono.experiments.gap_rivals import psnr
from unisono.methods.conda import ConDA

UNSEEN = ("re90", "re110")
FITTED, CALIBRATED, CONTEXT = 400, 300, 20
HORIZONS = (1, 5, 20)
LOCAL = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
BEGINS = tuple(range(FITTED + CONTEXT, 580, 8))
SEEDS = (0, 1, 2)

Forecast = Callable[[Array, Array, int], Array]
"""From the context's codes and points and a number of steps to codes ``(steps, w)``."""


class Fitted(NamedTuple):
    """A map, with the codes and points of every wake.

    Attributes:
        method: The map.
        codes: By wake, ``(600, 64)``.
        points: By wake, ``(600, dims)``.
    """

    method: ConDA
    codes: dict[str, Array]
    points: dict[str, Array]


def fitted(data: FieldSet, until: int, dims: int, seed: int, steps: int) -> Fitted:
    """Train a map on the seen wakes up to a frame, and place every wake on it."""
    parts = [
        (name, frames[:until], {"reynolds": data.conditions[name]})
        for name, frames in data.frames.items()
        if name not in UNSEEN
    ]
    words = [f"steps={steps}", "begin=axes", "offset=2", "codes=64", f"seed={seed}"]
    method = train(table_of(parts), data.info, ["time", "reynolds"], words, dims=dims)
    codes, points = {}, {}
    for name, frames in data.frames.items():
        placed = place(method, table_of([(name, frames, {"reynolds": data.conditions[name]})]))
        codes[name], points[name] = placed.codes, placed.points
    return Fitted(method, codes, points)


def map_forecasts(fit: Fitted, until: int) -> dict[str, Forecast]:
    """Forecasts on the map."""
    bank = fit.method.bank()
    lift = NeighbourLift(bank, k=5)
    names = [n for n in fit.codes if n not in UNSEEN]
    system = AutoRegression.fit([fit.points[n][:until] for n in names], lags=4)
    alike = Analogues([fit.points[n][:until] for n in names], [fit.codes[n][:until] for n in names])

    regime = regime_of(
        [fit.points[n][:until] for n in names], [fit.codes[n][:until] for n in names]
    )

    def moved(codes: Array, points: Array, ahead: Array) -> Array:
        lifted = lift.lift(np.r_[points[-1:], ahead]).codes
        return np.asarray(codes[-1] + lifted[1:] - lifted[0])

    def along(order: int, window: int | None) -> Forecast:
        return lambda z, c, n: moved(z, c, taylor(c, n, order=order, window=window))

    return {
        "TEX-1": along(1, None),
        "TEX-2": along(2, None),
        "least squares": along(2, 10),
        "autoregression": lambda z, c, n: moved(z, c, system.forecast(c, n)),
        "analogues": lambda z, c, n: z[-1] + alike.displacement(c, n),
        "regime": lambda z, c, n: regime.forecast(c, z, n),
    }


def regime_of(points: list[Array], codes: list[Array]) -> RegimeAutoRegression:
    """With the penalty that forecasts each fitted wake best from the others."""
    found = []
    for local in LOCAL:
        wrong = []
        for out in range(len(codes)):
            rest = [i for i in range(len(codes)) if i != out]
            made = RegimeAutoRegression(
                [points[i] for i in rest], [codes[i] for i in rest], local=local
            )
            for begin in range(CONTEXT, len(codes[out]) - max(HORIZONS), 40):
                past = slice(begin - CONTEXT, begin)
                ahead = made.forecast(points[out][past], codes[out][past], max(HORIZONS))
                left = ahead - codes[out][begin : begin + max(HORIZONS)]
                wrong.append(np.log((left**2).mean()))
        found.append(np.mean(wrong))
    return RegimeAutoRegression(points, codes, local=LOCAL[int(np.argmin(found))])


def latent_forecasts(fit: Fitted, until: int, steps: int) -> dict[str, Forecast]:
    """Forecasts in the latent; they know nothing of a map."""
    lines = [codes[:until] for name, codes in fit.codes.items() if name not in UNSEEN]
    system, alike = AutoRegression.fit(lines, lags=4, ridge=1e-4), Analogues(lines)
    network = Recurrent(lines, steps)
    return {
        "copy": lambda z, c, n: np.tile(z[-1], (n, 1)),
        "autoregression": lambda z, c, n: system.forecast(z, n),
        "analogues": lambda z, c, n: alike.forecast(z, n),
        "LSTM": lambda z, c, n: network.forecast(z, n),
    }


class Recurrent:
    """An LSTM that predicts the next step of the codes from twenty, rolled out."""

    def __init__(self, lines: list[Array], steps: int) -> None:
        whole = np.concatenate(lines)
        self.mean, self.level = whole.mean(axis=0), float(whole.std())
        draws = torch.Generator().manual_seed(0)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.core = nn.LSTM(whole.shape[1], 128, num_layers=2, batch_first=True)
            self.head = nn.Linear(128, whole.shape[1])
        scaled = [torch.from_numpy((z - self.mean) / self.level).float() for z in lines]
        windows = torch.cat([z.unfold(0, CONTEXT + 1, 1).transpose(1, 2) for z in scaled])
        weights = [*self.core.parameters(), *self.head.parameters()]
        optimiser = torch.optim.Adam(weights, lr=1e-3)
        for _ in range(steps):
            batch = windows[torch.randint(len(windows), (32,), generator=draws)]
            out = batch[:, :-1] + self.head(self.core(batch[:, :-1])[0])
            loss = (out - batch[:, 1:]).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    @torch.no_grad()
    def forecast(self, codes: Array, steps: int) -> Array:
        """Roll out."""
        values = torch.from_numpy((codes[-CONTEXT:] - self.mean) / self.level).float()[None]
        out, state = self.core(values)
        last, found = values[:, -1:] + self.head(out[:, -1:]), []
        for _ in range(steps):
            found.append(last[0, 0].double().numpy())
            out, state = self.core(last, state)
            last = last + self.head(out)
        return np.array(found) * self.level + self.mean


def errors(fit: Fitted, forecast: Forecast, name: str, begins: tuple[int, ...]) -> Array:
    """Errors of the codes, ``(begin, horizon, w)``."""
    codes, points = fit.codes[name], fit.points[name]
    out = []
    for begin in begins:
        past = slice(begin - CONTEXT, begin)
        ahead = forecast(codes[past], points[past], max(HORIZONS))
        out.append([ahead[h - 1] - codes[begin + h - 1] for h in HORIZONS])
    return np.array(out)


def field_error(fit: Fitted, wrong: Array, lost: float) -> Array:
    """Mean squared error of the field; what codes do not hold is lost in every forecast."""
    scale = fit.method.codec.scale.double().numpy()
    axes = fit.method.codec.axes.double().numpy()
    return np.asarray((((wrong @ axes.T) * scale) ** 2).mean(axis=-1) + lost)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=800)
    given = parser.parse_args()
    begun, data = time.monotonic(), wakes()
    seen = [name for name in data.frames if name not in UNSEEN]
    span = max(float(data.frames[n][:FITTED].max()) for n in seen) - min(
        float(data.frames[n][:FITTED].min()) for n in seen
    )
    gathered: dict[str, list[float]] = {}
    covered: dict[str, list[float]] = {}
    for seed in SEEDS:
        for dims in (3, 8):
            fit = fitted(data, FITTED, dims, seed, given.steps)
            lost = {
                name: float(
                    ((fit.method.decode(torch.from_numpy(z).float()).numpy() - data.frames[name])[
                        FITTED:] ** 2).mean()
                )
                for name, z in fit.codes.items()
            }  # fmt: skip
            kinds = {f"map, {dims} dims": map_forecasts(fit, FITTED)}
            if seed == 0 and dims == 3:
                kinds["latent"] = latent_forecasts(fit, FITTED, given.steps)
            for kind, forecasts in kinds.items():
                for how, forecast in forecasts.items():
                    for name in fit.codes:
                        wrong = field_error(fit, errors(fit, forecast, name, BEGINS), lost[name])
                        group = "unseen" if name in UNSEEN else "seen"
                        for h, value in zip(HORIZONS, wrong.mean(axis=0), strict=True):
                            title = f"{group}, {h} frames: {kind}, {how}"
                            gathered.setdefault(title, []).append(psnr(float(value), span))
            if dims == 8:
                for title, value in coverage(data, dims, seed, given.steps).items():
                    covered.setdefault(title, []).extend(value)
    figures = [summary(name, values, "dB") for name, values in gathered.items()]
    figures += [summary(name, values, "") for name, values in covered.items()]
    known = {f["name"]: f["value"] for f in figures}
    holds = all(
        max(known[f"{g}, {h} frames: map, {d} dims, {how}"]
            for d in (3, 8) for how in ("autoregression", "analogues", "regime"))
        >= known[f"{g}, {h} frames: latent, autoregression"]
        for g in ("seen", "unseen") for h in HORIZONS
    )  # fmt: skip
    holds &= all(abs(known[name] - 0.9) < 0.05 for name in covered if ", seen wakes" in name)
    claim = (
        "Forecasts of wakes 1, 5 and 20 frames ahead by a forecaster on a map are at least equal "
        "to an autoregression in the latent, on wakes it was fitted on and on others, with bands "
        "of 90 % that cover within 0.05 of it"
    )
    record("map_forecast", claim, bool(holds), figures, SEEDS, time.monotonic() - begun)


def coverage(data: FieldSet, dims: int, seed: int, steps: int) -> dict[str, list[float]]:
    """Shares of later codes within conformal bands, by group and horizon."""
    early = fitted(data, CALIBRATED, dims, seed, steps)
    names = [name for name in data.frames if name not in UNSEEN]
    begins = tuple(range(CALIBRATED + CONTEXT, FITTED - max(HORIZONS), 3))
    forecast = map_forecasts(early, CALIBRATED)["regime"]
    wrong = np.concatenate([np.abs(errors(early, forecast, n, begins)) for n in names])
    level = min(0.9 * (1 + 1 / len(wrong)), 1.0)
    half = np.quantile(wrong, level, axis=0, method="higher")
    found: dict[str, list[float]] = {}
    for name in data.frames:
        group = "unseen wakes" if name in UNSEEN else "seen wakes"
        inside = np.abs(errors(early, forecast, name, BEGINS)) <= half
        for i, h in enumerate(HORIZONS):
            title = f"coverage of 90 % bands, {group}, {h} frames"
            found.setdefault(title, []).append(float(inside[:, i, :8].mean()))
    return found


def summary(name: str, values: list[float], unit: str) -> dict:
    """Mean over wakes and seeds, with a bootstrap interval."""
    rng = numpy_generator(0, "bootstrap", name)
    array = np.array(values)
    means = array[rng.integers(len(array), size=(1000, len(array)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return figure(name, array.mean(), unit, low=low, high=high)


if __name__ == "__main__":
    main()
