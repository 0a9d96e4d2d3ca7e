r"""Periodic calculus: exact derivatives, the bounded solution of the pendulum, and resampling.

Symbols: a signal ``x`` has its last axis along ``N`` equal steps of one period; ``t`` is counted in
periods unless a ``period`` in seconds is given; ``w`` is the stiffness of the inverted pendulum in
1/s^2. The horizontal centre of mass of a walker obeys

.. math:: -\ddot x + w(t)\, x = r(t), \qquad w = F_z / (m z) \ge 0,

whose solutions grow or decay exponentially; exactly one is periodic, hence bounded. The operator is
symmetric and positive definite, so conjugate gradients with the constant-``w`` operator (diagonal
in frequency) as preconditioner find it in a few transforms.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

__all__ = ["Series", "antiderivative", "bounded_solution", "derivative", "low_pass", "sample"]

Array = npt.NDArray[np.float64]


class Series(NamedTuple):
    """A signal and its first two time derivatives at the same times."""

    value: Array
    rate: Array
    acceleration: Array


def _wave_numbers(count: int) -> Array:
    return 2 * np.pi * np.arange(count // 2 + 1, dtype=np.float64)


@lru_cache(maxsize=64)
def _factor(count: int, order: int) -> npt.NDArray[np.complex128]:
    """What each frequency is multiplied by to differentiate ``order`` times; read-only."""
    factor = ((1j * _wave_numbers(count)) ** order).astype(np.complex128)
    if order % 2 and count % 2 == 0:
        factor[-1] = 0
    factor.flags.writeable = False
    return factor


def derivative(x: Array, order: int = 1) -> Array:
    """Differentiate a periodic signal with respect to ``t`` in periods.

    Args:
        x: ``(..., N)``.
        order: 1 or more. The Nyquist term is dropped for odd orders, where it is undefined.

    Example:
        >>> t = np.arange(16) / 16
        >>> bool(np.allclose(derivative(np.sin(2 * np.pi * t)), 2 * np.pi * np.cos(2 * np.pi * t)))
        True
    """
    count = x.shape[-1]
    out: Array = fft.irfft(fft.rfft(x) * _factor(count, order), n=count)
    return out


def antiderivative(x: Array, order: int = 1) -> Array:
    """Integrate ``order`` times with respect to ``t`` in periods; mean and constants are zero."""
    count = x.shape[-1]
    factor = np.zeros(count // 2 + 1, dtype=complex)
    factor[1:] = (1j * _wave_numbers(count)[1:]) ** -order
    if order % 2 and count % 2 == 0:
        factor[-1] = 0
    out: Array = fft.irfft(fft.rfft(x) * factor, n=count)
    return out


def low_pass(x: Array, period: Array, cutoff: float) -> Array:
    """Smooth without phase shift: each frequency ``f`` is scaled by ``exp(-ln 2 (f / cutoff)^4)``.

    Args:
        x: ``(..., B, N)``.
        period: Seconds, ``(B,)``.
        cutoff: Frequency that is halved, Hz.
    """
    count = x.shape[-1]
    hertz = np.arange(count // 2 + 1) / period[:, None]
    out: Array = fft.irfft(fft.rfft(x) * np.exp2(-((hertz / cutoff) ** 4)), n=count)
    return out


def bounded_solution(w: Array, r: Array, period: Array, start: Array, tolerance: float) -> Array:
    """Solve ``-x'' + w x = r`` for the periodic ``x``, derivatives in seconds.

    Args:
        w: Stiffness, ``(B, N)``, at least 0 and not 0 everywhere.
        r: Right sides, ``(M, B, N)``.
        period: Seconds, ``(B,)``.
        start: A first guess, ``(M, B, N)``.
        tolerance: Stop when the residual is below this part of ``r`` in every signal.

    Returns:
        ``x``, ``(M, B, N)``.
    """
    count = w.shape[-1]
    stiffness = (_wave_numbers(count) / period[:, None]) ** 2
    precondition = 1.0 / (stiffness + w.mean(-1, keepdims=True))

    def apply(x: Array) -> Array:
        out: Array = fft.irfft(fft.rfft(x) * stiffness, n=count) + w * x
        return out

    def dot(a: Array, b: Array) -> Array:
        out: Array = np.einsum("mbn,mbn->mb", a, b)[..., None]
        return out

    x = start.copy()
    residual = r - apply(x)
    goal = tolerance**2 * np.maximum(dot(r, r), 1e-300)
    z = fft.irfft(fft.rfft(residual) * precondition, n=count)
    direction = z
    rho = dot(residual, z)
    for _ in range(80):
        if np.all(dot(residual, residual) <= goal):
            break
        moved = apply(direction)
        step = rho / np.maximum(dot(direction, moved), 1e-300)
        x += step * direction
        residual -= step * moved
        z = fft.irfft(fft.rfft(residual) * precondition, n=count)
        before, rho = rho, dot(residual, z)
        direction = z + rho / np.maximum(before, 1e-300) * direction
    return x


def sample(x: Array, count: int, period: Array) -> Series:
    """Evaluate the trigonometric interpolant and its derivatives at ``count`` equal steps.

    The values are those of the interpolant itself, at any rate: terms above half the new rate are
    folded, not dropped, so that nothing is filtered.

    Args:
        x: ``(..., B, N)``.
        count: Number of times in a period.
        period: Seconds, ``(B,)``.

    Returns:
        Values and derivatives in seconds, each ``(..., B, count)``.
    """
    size = x.shape[-1]
    terms = fft.rfft(x) * (2.0 / size)
    terms[..., 0] /= 2
    if size % 2 == 0:
        terms[..., -1] /= 2
    rate = 1j * _wave_numbers(size) / period[:, None]
    parts = np.stack([terms, terms * rate, terms * rate**2])
    short = -(-parts.shape[-1] // count) * count - parts.shape[-1]
    padded = np.concatenate([parts, np.zeros((*parts.shape[:-1], short))], axis=-1)
    folded = padded.reshape(*parts.shape[:-1], -1, count).sum(axis=-2)
    values = fft.ifft(folded).real * count
    return Series(values[0], values[1], values[2])
