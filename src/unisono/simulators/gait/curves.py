"""Mean joint curves of real people, as a few harmonics, and where they come from.

A curve is ``y(u) = a0 + sum_k a_k cos 2 pi k u + b_k sin 2 pi k u`` in degrees over the stride
``u``, from foot strike to foot strike, with the stance part ``stance`` at which it was taken. The
thigh is its elevation from the vertical (forward positive), the knee its flexion, the ankle its
dorsiflexion.
"""

import json
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Curve", "curve"]

Array = npt.NDArray[np.float64]


class Curve(NamedTuple):
    """Harmonics of mean curves at one speed or at ``B`` speeds.

    Attributes:
        stance: Part of the stride that is stance, ``(B,)``.
        a: Cosine terms in radians, ``(B, K + 1)``; the first is the mean.
        b: Sine terms, ``(B, K + 1)``.
    """

    stance: Array
    a: Array
    b: Array

    def at(self, u: Array, order: int = 0) -> Array:
        """Evaluate the curves or their derivative by ``u``, ``(B, ...)``."""
        waves = 2 * np.pi * np.arange(self.a.shape[-1])
        factor = (self.a - 1j * self.b) * (1j * waves) ** order
        first = np.exp(2j * np.pi * u)
        turn = np.ones_like(first)
        spread = (slice(None), *[None] * (np.ndim(u) - 1))
        out: Array = np.zeros(np.shape(u))
        for k in range(len(waves)):
            out = out + (factor[:, k][spread] * turn).real
            turn = turn * first
        return out


@cache
def _table() -> dict[str, dict[str, list[list[list[float]]]]]:
    text = resources.files(__package__).joinpath("curves.json").read_text()
    curves: dict[str, dict[str, list[list[list[float]]]]] = json.loads(text)["curves"]
    return curves


def curve(gait: str, joint: str, speed: Array) -> Curve:
    """The curves of ``"walk"`` or ``"run"`` for ``"thigh"``, ``"knee"`` or ``"ankle"``.

    Between the speeds of the table the harmonics are interpolated; beyond them the nearest counts.

    Args:
        gait: ``"walk"`` or ``"run"``.
        joint: ``"thigh"``, ``"knee"`` or ``"ankle"``.
        speed: m/s, ``(B,)``.

    Example:
        >>> knee = curve("walk", "knee", np.array([1.3]))
        >>> bool(1.0 < knee.at(np.linspace(0, 1, 101)[None]).max() < 1.3)
        True
    """
    entry = _table()[gait]
    known = np.array(entry["speed"], dtype=np.float64)
    terms = np.radians(np.array(entry[joint], dtype=np.float64))
    at = np.interp(speed, known, np.arange(len(known)))
    low = np.minimum(at.astype(np.intp), len(known) - 1)
    high = np.minimum(low + 1, len(known) - 1)
    part = (at - low)[:, None, None]
    mixed = (1 - part) * terms[low] + part * terms[high]
    stance = np.interp(speed, known, np.array(entry["stance"], dtype=np.float64))
    return Curve(stance, mixed[..., 0], mixed[..., 1])
