r"""Oscillators as "subjects": small paired data with a known truth, for fast tests.

Each subject is a limit-cycle oscillator of its own strength ``mu``, frequency ``omega`` (rad/s) and
amplitude ``A``: van der Pol's

.. math:: \ddot s = \mu\,\omega\,(1 - (s / A)^2 \cdot 4)\,\dot s - \omega^2 s

(the 4 makes the cycle's amplitude about ``A``), or the normal form of Hopf's bifurcation

.. math:: \dot r = \mu\, r\,(1 - r^2 / A^2), \qquad \dot\varphi = \omega, \qquad s = r\cos\varphi .

Two streams see it through fixed mixtures that all subjects share: ``x`` has six channels of
``[s, s^2, sin s]`` and ``y`` four of ``[s', s^3]``, each with white noise. So ``y`` can be told
from ``x`` up to noise, but not from one sample alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_choice, check_range
from unisono.core.random import numpy_generator
from unisono.recordings.schema import make_recording, make_stream

__all__ = [
    "SYSTEMS",
    "Oscillator",
    "Path",
    "oscillator_recordings",
    "path",
    "random_oscillator",
]

Array = npt.NDArray[np.float64]

SYSTEMS = ("hopf", "van_der_pol")
"""The two oscillators."""

_FINE = 8  # integration steps a sample
_SETTLE_S = 5.0  # before a recording begins


@dataclass(frozen=True)
class Oscillator:
    """One subject.

    Args:
        name: Name in the recordings.
        system: One of ``SYSTEMS``.
        mu: Strength of the pull towards the cycle; 1/s for Hopf, without unit for van der Pol.
        omega: Angular frequency, rad/s.
        amplitude: Amplitude of the cycle.
    """

    name: str
    system: str
    mu: float
    omega: float
    amplitude: float

    def __post_init__(self) -> None:
        check_choice("system", self.system, SYSTEMS)
        check_range("mu", self.mu, 0, 20)
        check_range("omega", self.omega, 0, float("inf"))
        check_range("amplitude", self.amplitude, 0, float("inf"))


class Path(NamedTuple):
    """State ``s`` and its rate, each ``(n,)`` or ``(n, M)``, at ``time`` in seconds, ``(n,)``."""

    time: Array
    s: Array
    rate: Array


def random_oscillator(
    rng: np.random.Generator, *, system: str = "van_der_pol", name: str = ""
) -> Oscillator:
    """Draw a subject: ``mu`` 0.3 to 1.5, 0.8 to 1.6 Hz, amplitude 0.7 to 1.4.

    Example:
        >>> random_oscillator(np.random.default_rng(0), name="o1").system
        'van_der_pol'
    """
    return Oscillator(
        name or f"o{int(rng.integers(10**6)):06d}",
        system,
        mu=float(rng.uniform(0.3, 1.5)),
        omega=float(2 * np.pi * rng.uniform(0.8, 1.6)),
        amplitude=float(rng.uniform(0.7, 1.4)),
    )


def _flow(subject: Oscillator, state: Array) -> Array:
    if subject.system == "hopf":
        pull = subject.mu * (1 - (state**2).sum(axis=0) / subject.amplitude**2)
        turn = subject.omega
        return np.array([pull * state[0] - turn * state[1], pull * state[1] + turn * state[0]])
    drive = subject.mu * subject.omega * (1 - 4 * (state[0] / subject.amplitude) ** 2)
    return np.array([state[1], drive * state[1] - subject.omega**2 * state[0]])


def path(subject: Oscillator, *, seconds: float, rate_hz: float, start: Array) -> Path:
    """Integrate a subject from ``start`` by the classical Runge-Kutta method of fourth order.

    Args:
        subject: Who.
        seconds: Duration.
        rate_hz: Samples a second; eight integration steps each.
        start: ``(s, s')`` for van der Pol, ``(r cos phi, r sin phi)`` for Hopf; ``(2,)``, or
            ``(2, M)`` for ``M`` paths at once.
    """
    check_range("seconds", seconds, 0, float("inf"))
    check_range("rate_hz", rate_hz, 0, float("inf"))
    count = max(round(seconds * rate_hz), 2)
    step = 1 / rate_hz / _FINE
    state = np.asarray(start, dtype=np.float64)
    states = np.empty((count, *state.shape))
    for i in range(count):
        states[i] = state
        for _ in range(_FINE):
            one = _flow(subject, state)
            two = _flow(subject, state + step / 2 * one)
            three = _flow(subject, state + step / 2 * two)
            four = _flow(subject, state + step * three)
            state = state + step / 6 * (one + 2 * two + 2 * three + four)
    rates = np.array([_flow(subject, row)[0] for row in states])
    return Path(np.arange(count) / rate_hz, states[:, 0], rates)


def _observe(walk: Path, seed: int, noise: float, rng: np.random.Generator) -> dict[str, Array]:
    """Both streams of a path, ``(n, channel)``; the mixtures depend on the seed alone."""
    mixing = numpy_generator(seed, "oscillators", "mixture")
    first, second = mixing.normal(size=(3, 6)), mixing.normal(size=(2, 4))
    speed = walk.rate / (2 * np.pi)
    seen = {
        "x": np.stack([walk.s, walk.s**2, np.sin(walk.s)], axis=1) @ first,
        "y": np.stack([speed, walk.s**3], axis=1) @ second,
    }
    return {name: values + noise * rng.normal(size=values.shape) for name, values in seen.items()}


def oscillator_recordings(
    count_subjects: int,
    *,
    trials: int,
    seed: int,
    seconds: float = 4.0,
    rate_hz: float = 32.0,
    noise: float = 0.05,
    system: str = "van_der_pol",
) -> Iterator[xr.DataTree]:
    """Recordings of random subjects with the streams ``x`` (6 channels) and ``y`` (4).

    Args:
        count_subjects: Number of subjects.
        trials: Recordings of each, from random starts that have settled on the cycle.
        seed: Seed of the mixtures, the subjects, the starts and the noise.
        seconds: Duration of a recording.
        rate_hz: Samples a second.
        noise: Standard deviation of the noise on every channel.
        system: One of ``SYSTEMS``.

    Example:
        >>> tree = next(oscillator_recordings(1, trials=1, seed=0, seconds=2))
        >>> tree["x"]["data"].shape, tree["y"]["data"].shape
        ((64, 6), (64, 4))
    """
    for number in range(count_subjects):
        rng = numpy_generator(seed, "oscillators", number)
        subject = random_oscillator(rng, system=system, name=f"osc{number:03d}")
        begin = subject.amplitude * rng.normal(size=(2, trials))
        long = path(subject, seconds=_SETTLE_S + seconds, rate_hz=rate_hz, start=begin)
        keep = max(round(seconds * rate_hz), 2)
        for trial in range(trials):
            walk = Path(long.time[:keep], long.s[-keep:, trial], long.rate[-keep:, trial])
            parts = {
                name: make_stream(
                    values,
                    time=walk.time,
                    channels=[f"{name}{i}" for i in range(values.shape[1])],
                    units="1",
                    kind="feature",
                    rate_hz=rate_hz,
                    history=["simulated by unisono oscillators"],
                )
                for name, values in _observe(walk, seed, noise, rng).items()
            }
            yield make_recording(
                parts,
                recording=f"{subject.name}_t{trial:02d}",
                subject=subject.name,
                labels={"system": system, "mu": subject.mu, "omega": subject.omega},
            )
