r"""Distance between the distributions of real and generated windows.

The Frechet distance between Gaussians fitted to features ``(n, d)``,

.. math:: \lVert m_1 - m_2\rVert^2 + \mathrm{Tr}\bigl(C_1 + C_2 - 2 (C_1 C_2)^{1/2}\bigr)

(Dowson & Landau, 1982), is called Context-FID when the features are those of an encoder of whole
series (Jeha et al., *PSA-GAN*, ICLR 2022). Ours is a small GRU autoencoder fitted on the real
training part, frozen, and the same for every method that is compared. Features are scaled so that
their total variance over the training part is 1: a value of 1 is as far as all of that. Values can
be compared within one encoder only, and against the ``floor``, the distance between halves of the
real windows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.core.freezing import freeze
from unisono.evaluation.arrays import Array, Mask, mask_out, masked_mean, masked_spread
from unisono.evaluation.nets import SeriesAutoencoder, seeded

__all__ = [
    "ContextFid",
    "EncoderOptions",
    "SeriesEncoder",
    "context_fid",
    "fit_series_encoder",
    "frechet_distance",
    "frechet_gaussians",
]

_HALVINGS = 16


def frechet_gaussians(m1: Array, c1: Array, m2: Array, c2: Array) -> float:
    r"""Frechet distance (squared 2-Wasserstein) between two Gaussians.

    The trace of :math:`(C_1 C_2)^{1/2}` is taken as the sum of the singular values of
    :math:`C_1^{1/2} C_2^{1/2}`, which is real and stable where a covariance is singular.

    Args:
        m1: Mean, ``(d,)``.
        c1: Covariance, ``(d, d)``.
        m2: Mean, ``(d,)``.
        c2: Covariance, ``(d, d)``.

    Example:
        >>> frechet_gaussians(np.zeros(1), np.eye(1), np.full(1, 3.0), 4 * np.eye(1))
        10.0
    """
    check_axes(m1=(m1, "d"), c1=(c1, "d d"), m2=(m2, "d"), c2=(c2, "d d"))
    cross = np.linalg.svd(_root(c1) @ _root(c2), compute_uv=False).sum()
    distance = ((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * cross
    return float(max(distance, 0.0))


def _root(c: Array) -> Array:
    values, vectors = np.linalg.eigh((c + c.T) / 2)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def frechet_distance(a: Array, b: Array) -> float:
    """Frechet distance between Gaussians fitted to two sets of features (``ddof = 1``).

    Args:
        a: ``(n, d)``.
        b: ``(m, d)``.

    Raises:
        ShapeError: If a set has not more rows than features: its covariance would be singular and
            the distance mostly rank.
    """
    check_axes(a=(a, "n d"), b=(b, "m d"))
    least = min(len(a), len(b))
    if least <= a.shape[1]:
        raise ShapeError(
            f"a Frechet distance over {a.shape[1]} features needs more rows than that in both "
            f"sets; got {least}; use fewer features or more windows."
        )
    return frechet_gaussians(
        a.mean(axis=0),
        np.atleast_2d(np.cov(a, rowvar=False)),
        b.mean(axis=0),
        np.atleast_2d(np.cov(b, rowvar=False)),
    )


@dataclass(frozen=True)
class EncoderOptions:
    """How the encoder is trained.

    Args:
        width: Features of a window.
        steps: Optimiser steps.
        batch: Windows a step.
        rate: Learning rate of Adam.
    """

    width: int = 64
    steps: int = 400
    batch: int = 64
    rate: float = 3e-3


@dataclass(frozen=True, eq=False)
class SeriesEncoder:
    """A frozen encoder of windows, with the normaliser and principal axes of the training part.

    Attributes:
        net: The autoencoder.
        mean: Mean of each channel, ``(D,)``.
        spread: Spread of each channel, ``(D,)``.
        axes: Principal axes of the training features, ``(d, d)``, most important first, divided by
            the root of their total variance.
        loss: Mean square error of the reconstruction, in training spreads.
    """

    net: SeriesAutoencoder
    mean: Array
    spread: Array
    axes: Array
    loss: float

    def features(self, data: Array, valid: Mask) -> Array:
        """Return features ``(n, d)``, most important first."""
        check_axes(data=(data, "n L D"), valid=(valid, "n L D"), mean=(self.mean, "D"))
        values, mask = _tensors((data - self.mean) / self.spread, valid)
        with torch.no_grad():
            coded = [
                self.net.encode(values[k : k + 256], mask[k : k + 256])
                for k in range(0, len(values), 256)
            ]
        return np.asarray(torch.cat(coded).double().numpy() @ self.axes)


def _tensors(data: Array, valid: Mask) -> tuple[Tensor, Tensor]:
    return (
        torch.from_numpy(mask_out(data, valid).astype(np.float32)),
        torch.from_numpy(valid.astype(np.float32)),
    )


def fit_series_encoder(
    data: Array,
    valid: Mask,
    *,
    generator: Generator,
    options: EncoderOptions = EncoderOptions(),  # noqa: B008 - frozen
) -> SeriesEncoder:
    """Train the encoder on real windows of the TRAINING part, and freeze it.

    Args:
        data: ``(n, L, D)`` in the target's unit.
        valid: ``(n, L, D)``.
        generator: Starts the weights and draws the batches.
        options: Size and length of training.
    """
    check_axes(data=(data, "n L D"), valid=(valid, "n L D"))
    mean = np.nan_to_num(masked_mean(data, valid, (0, 1)))
    spread = masked_spread(data, valid)
    spread = np.where(spread > 0, spread, 1.0)
    values, mask = _tensors((data - mean) / spread, valid)
    net = seeded(lambda: SeriesAutoencoder(data.shape[2], options.width), generator=generator)
    optimiser = torch.optim.Adam(net.parameters(), lr=options.rate)
    loss = torch.zeros(())
    for _ in range(options.steps):
        pick = torch.randint(len(values), (options.batch,), generator=generator)
        error = (net(values[pick], mask[pick]) - values[pick]) ** 2 * mask[pick]
        loss = error.sum() / mask[pick].sum().clamp(min=1)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
    freeze(net)
    plain = SeriesEncoder(net, mean, spread, np.eye(options.width), float(loss.detach()))
    coded = plain.features(data, valid)
    # the triangle alone has these axes: an SVD of the rows would be as large as their square
    triangle = np.linalg.qr(coded - coded.mean(axis=0), mode="r")
    _, _, axes = np.linalg.svd(triangle, full_matrices=True)
    total = np.sqrt(coded.var(axis=0).sum())
    scaled = axes.T / (total if total > 0 else 1.0)
    return SeriesEncoder(net, mean, spread, scaled, float(loss.detach()))


class ContextFid(NamedTuple):
    """A Context-FID with what is needed to read it.

    Attributes:
        value: Distance between real and generated windows.
        floor: Mean distance between random halves of the real windows: what perfect generation
            would score at half the number of windows. Values near it are noise.
        features: Leading features used.
        windows: Smaller of the two numbers of windows.
    """

    value: float
    floor: float
    features: int
    windows: int


def context_fid(
    encoder: SeriesEncoder,
    real: Array,
    valid: Mask,
    generated: Array,
    *,
    generator: np.random.Generator,
) -> ContextFid:
    """Context-FID of generated against real windows of the test part.

    Few windows carry few features: at most a third of half of the fewer windows, real or generated,
    so that the floor can be taken too.

    Args:
        encoder: Fitted on the training part.
        real: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        generated: ``(m, L, D)``; all its samples count. Where ``m = n`` the mask of ``real`` is
            laid on both, so that gaps do not tell them apart.
        generator: Halves the real windows.

    Raises:
        ShapeError: If there are fewer than 8 real windows.
    """
    if min(len(real), len(generated)) < 8:
        raise ShapeError(
            f"Context-FID needs at least 8 windows of each; got {len(real)} real and "
            f"{len(generated)} generated."
        )
    used = min(encoder.axes.shape[1], max(1, min(len(real), len(generated)) // 6))
    mask = valid if len(generated) == len(real) else np.ones(generated.shape, dtype=bool)
    a = encoder.features(real, valid)[:, :used]
    b = encoder.features(generated, mask)[:, :used]
    half = len(a) // 2
    orders = [generator.permutation(len(a)) for _ in range(_HALVINGS)]
    return ContextFid(
        frechet_distance(a, b),
        float(np.mean([frechet_distance(a[o[:half]], a[o[half:]]) for o in orders])),
        used,
        min(len(a), len(b)),
    )
