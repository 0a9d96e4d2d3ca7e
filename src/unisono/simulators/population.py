r"""A population of neurons driven by a known latent: the truth of a map is known.

Latents, ``(time, 2 or 3)``, in units of their own spread:

- ``lorenz``: Lorenz's chaotic flow (J. Atmos. Sci. 20, 1963),
  :math:`\dot x = 10 (y - x),\; \dot y = x (28 - z) - y,\; \dot z = x y - \tfrac83 z`, slowed so
  that one turn takes about 0.7 s; centred and divided by 8.
- ``reach``: from the centre to one of eight targets and back by minimum jerk (Flash & Hogan,
  J. Neurosci. 5, 1985), :math:`s(u) = 10u^3 - 15u^4 + 6u^5`, one reach a second; with position.
- ``arena``: an animal that roams a square of half width 1, its velocity an Ornstein-Uhlenbeck
  process of spread 1 a second and memory 0.5 s (Phys. Rev. 36, 1930), its walls reflecting.

Neurons of the first two are tuned log-linearly, :math:`\lambda_i = \exp(b_i + w_i \cdot x)`; those
of the arena are place cells, :math:`\lambda_i = b + p\,e^{-\lVert x - m_i \rVert^2 / 2w^2}`
(O'Keefe & Burgess, Nature 381, 1996), of which no linear map of the rates gives the place back.
Each fires as a Poisson process, and is seen as counts (``spikes``) and through an indicator
(``calcium``):
:math:`c_t = \gamma c_{t-1} + n_t`, :math:`\gamma = e^{-\Delta/\tau}`, plus white noise. All
recordings of one seed have the same neurons.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.signal import lfilter

from unisono.core.checks import check_choice, check_range
from unisono.core.random import numpy_generator
from unisono.recordings.schema import make_recording, make_stream

__all__ = [
    "LATENTS",
    "Neurons",
    "PlaceCells",
    "arena",
    "calcium",
    "lorenz",
    "population_recordings",
    "reaches",
]

Array = npt.NDArray[np.float64]

LATENTS = ("lorenz", "reach", "arena")
"""What can drive a population."""

_SLOW = 1.0  # Lorenz times a second: a turn lasts about 0.7 of them
_TARGETS = 8
_SETTLE = 20.0  # Lorenz times before a recording begins
_MEMORY = 0.5  # seconds after which an animal's velocity is forgotten by 1/e


def lorenz(count: int, step: float, *, rng: np.random.Generator) -> Array:
    """Integrate Lorenz's flow from a random start on its attractor, ``(count, 3)``.

    Args:
        count: Number of samples.
        step: Lorenz times between samples; integrated by Runge-Kutta steps of at most 0.005.
        rng: Where the start comes from.
    """
    check_range("step", step, 0, 1)
    inner = max(int(np.ceil(step / 0.005)), 1)
    state = rng.normal(size=3) + np.array([0.0, 0.0, 25.0])
    state = _walk_lorenz(state, int(_SETTLE / 0.005), 0.005)
    out = np.empty((count, 3))
    for k in range(count):
        out[k] = state
        state = _walk_lorenz(state, inner, step / inner)
    return (out - [0.0, 0.0, 24.0]) / 8.0


def _walk_lorenz(state: Array, steps: int, h: float) -> Array:
    def flow(p: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = p
        return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z

    def ahead(
        p: tuple[float, float, float], d: tuple[float, float, float], share: float
    ) -> tuple[float, float, float]:
        return p[0] + share * d[0], p[1] + share * d[1], p[2] + share * d[2]

    p = (float(state[0]), float(state[1]), float(state[2]))
    for _ in range(steps):
        a = flow(p)
        b = flow(ahead(p, a, h / 2))
        c = flow(ahead(p, b, h / 2))
        d = flow(ahead(p, c, h))
        for rate, weight in ((a, 1), (b, 2), (c, 2), (d, 1)):
            p = ahead(p, rate, h * weight / 6)
    return np.array(p)


def reaches(count: int, step: float, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Out and back to random targets: positions ``(count, 2)`` and target numbers ``(count,)``.

    Args:
        count: Number of samples.
        step: Reaches between samples, below 1.
        rng: Where the targets come from.
    """
    check_range("step", step, 0, 1)
    phase = np.arange(count) * step
    target = rng.integers(_TARGETS, size=int(phase[-1]) + 1)[phase.astype(int)]
    u = 1 - np.abs(2 * (phase % 1) - 1)
    out = 10 * u**3 - 15 * u**4 + 6 * u**5
    angle = 2 * np.pi * target / _TARGETS
    return 1.5 * out[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), target


def arena(count: int, step: float, *, rng: np.random.Generator) -> Array:
    """Roam a square of half width 1: places ``(count, 2)``.

    Args:
        count: Number of samples.
        step: Seconds between samples, at most 0.1.
        rng: Where the start and the pushes come from.
    """
    check_range("step", step, 0, 0.1)
    place, velocity = rng.uniform(-1, 1, size=2), rng.normal(size=2)
    kept = np.exp(-step / _MEMORY)
    out = np.empty((count, 2))
    for k in range(count):
        out[k] = place
        velocity = kept * velocity + np.sqrt(1 - kept**2) * rng.normal(size=2)
        place = place + velocity * step
        beyond = np.abs(place) > 1
        place = np.where(beyond, 2 * np.sign(place) - place, place)
        velocity = np.where(beyond, -velocity, velocity)
    return out


class _Firing(ABC):
    @abstractmethod
    def rates(self, latent: Array) -> Array:
        """Rates in 1/s, ``(time, neuron)``."""

    def spikes(self, latent: Array, step: float, *, rng: np.random.Generator) -> Array:
        """Counts in bins of ``step`` seconds, ``(time, neuron)``."""
        return rng.poisson(self.rates(latent) * step).astype(np.float64)


@dataclass(frozen=True)
class Neurons(_Firing):
    """A population tuned log-linearly.

    Args:
        weights: Tuning, ``(neuron, latent)``, in log rate a unit of the latent.
        base: Log rate at the latent's origin, ``(neuron,)``, rates in 1/s.
    """

    weights: Array
    base: Array

    @classmethod
    def draw(cls, count: int, latent: int, *, rng: np.random.Generator) -> "Neurons":
        """Draw neurons: about 10 spikes a second at rest, tuned by a factor of 2 a unit."""
        weights = rng.normal(size=(count, latent)) * np.log(2)
        return cls(weights, np.log(10) + 0.3 * rng.normal(size=count))

    def rates(self, latent: Array) -> Array:
        """Rates in 1/s, ``(time, neuron)``, at most 200."""
        return np.minimum(np.exp(latent @ self.weights.T + self.base), 200.0)


@dataclass(frozen=True)
class PlaceCells(_Firing):
    """A population of which each neuron fires around a place of its own.

    Args:
        places: Middles of the fields, ``(neuron, latent)``.
        width: Width of a field, in the latent's units.
        peak: Rate in 1/s in the middle of a field, above the base.
        base: Rate in 1/s far away.
    """

    places: Array
    width: float = 0.35
    peak: float = 20.0
    base: float = 0.5

    @classmethod
    def draw(cls, count: int, *, rng: np.random.Generator, width: float = 0.35) -> "PlaceCells":
        """Draw neurons whose fields lie anywhere in the arena, or a little outside."""
        return cls(rng.uniform(-1.1, 1.1, size=(count, 2)), width)

    def rates(self, latent: Array) -> Array:
        """Rates in 1/s, ``(time, neuron)``."""
        far = ((latent[:, None, :] - self.places) ** 2).sum(axis=-1)
        return np.asarray(self.base + self.peak * np.exp(-far / (2 * self.width**2)))


def calcium(spikes: Array, step: float, tau: float) -> Array:
    """Indicator of each neuron without noise: ``c_t = exp(-step/tau) c_(t-1) + n_t``."""
    decay = np.exp(-step / tau)
    return np.asarray(lfilter([1.0], [1.0, -decay], spikes, axis=0))


def population_recordings(
    count: int,
    *,
    seed: int,
    latent: str = "lorenz",
    neurons: int = 60,
    seconds: float = 20.0,
    rate_hz: float = 50.0,
) -> Iterator[xr.DataTree]:
    """Sessions of one population, with the streams ``spikes``, ``calcium`` and ``latent``.

    Sessions of ``reach`` also have the stream ``target``.

    Args:
        count: Number of recordings.
        seed: Seed of the neurons and of everything that happens.
        latent: One of :data:`LATENTS`.
        neurons: Size of the population.
        seconds: Duration of a recording.
        rate_hz: Bins a second.

    Example:
        >>> tree = next(population_recordings(1, seed=0, neurons=5, seconds=2))
        >>> tree["spikes"]["data"].shape, tree["latent"]["data"].shape
        ((100, 5), (100, 3))
    """
    check_choice("latent", latent, LATENTS)
    check_range("rate_hz", rate_hz, 1, 10_000, closed=True)
    samples, step = max(round(seconds * rate_hz), 2), 1 / rate_hz
    tuned = _population(latent, neurons, rng=numpy_generator(seed, "population", latent))
    time = np.arange(samples) * step
    for number in range(count):
        rng = numpy_generator(seed, "population", latent, number)
        extra: dict[str, Array] = {}
        if latent == "lorenz":
            truth = lorenz(samples, _SLOW * step, rng=rng)
        elif latent == "arena":
            truth = arena(samples, step, rng=rng)
        else:
            truth, target = reaches(samples, step, rng=rng)
            extra = {"target": target[:, None].astype(np.float64)}
        spikes = tuned.spikes(truth, step, rng=rng)
        seen = calcium(spikes, step, 0.5) + 0.5 * rng.normal(size=spikes.shape)
        values = {"spikes": spikes, "calcium": seen, "latent": truth, **extra}
        name = f"{latent}{number:02d}"
        parts = {
            key: make_stream(
                value,
                time=time,
                channels=[f"{key}{i:03d}" for i in range(value.shape[1])],
                units="1",
                kind="feature",
                rate_hz=rate_hz,
                history=["simulated by unisono population"],
            )
            for key, value in values.items()
        }
        yield make_recording(parts, recording=name, subject=name, labels={"latent": latent})


def _population(latent: str, count: int, *, rng: np.random.Generator) -> Neurons | PlaceCells:
    if latent == "arena":
        return PlaceCells.draw(count, rng=rng)
    return Neurons.draw(count, 3 if latent == "lorenz" else 2, rng=rng)
