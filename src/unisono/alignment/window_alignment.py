r"""Local Latent Manifold Alignment: two latent sequences agree window by window.

For windows of ``C`` frames, cut from the latents after a layer norm without parameters,

.. math:: s(n, n') = \cos(z^X_n, z^Y_{n'})/\tau, \qquad
          L_\mathrm{con} = \tfrac12\big[\mathrm{CE}(s) + \mathrm{CE}(s^\top)\big], \qquad
          L_\mathrm{cov} = \frac{1}{N d^2} \sum_n \lVert S^X_n - S^Y_n \rVert_F^2

over all valid windows ``n = (sequence, window)``: the same window of the other signal is pulled,
windows of the same sequence and of other sequences are pushed (2503.12214; where that paper is
silent, on temperature, window vector and false negatives, the choices are ours and are fields).
With equal scores ``L_con`` is ``ln`` of the number of windows.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional

from unisono.alignment.false_negatives import correlated, most_alike, same_phase
from unisono.alignment.monitors import Monitors, effective_rank, retrieval, sphere, spread
from unisono.alignment.objectives import symmetric_cross_entropy, weighted_mean
from unisono.alignment.pairs import Items, WindowTime
from unisono.alignment.periods import estimate_period
from unisono.alignment.second_order import covariance_mismatch
from unisono.alignment.shuffling import SHUFFLES, Shuffle, partners
from unisono.alignment.similarity import cosine_scores
from unisono.alignment.windows import POOLINGS, Pooling, Windows, cut, vectors
from unisono.core.checks import check_axes, check_choice, check_range
from unisono.core.contracts import Latents
from unisono.core.errors import ConfigError, ShapeError

__all__ = ["Signals", "WindowAlignment", "WindowAlignmentResult", "align_windows"]


class Signals(NamedTuple):
    """The signals behind two latent sequences, to recognise false negatives.

    Attributes:
        x: ``(B, L, Dx)``, normalised per channel; read where the latents of x are valid.
        y: ``(B, L, Dy)``, likewise.
    """

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class WindowAlignment:
    """What is aligned, and how.

    Args:
        length: ``C``, frames a window (the whole sequence makes the alignment global).
        stride: Frames between windows; None for ``length``.
        temperature: ``tau`` of the contrast, without unit.
        neg_within: Push windows of the same sequence.
        neg_batch: Push windows of other sequences.
        pooling: A window's vector: ``"flatten"`` keeps the order of frames, ``"mean"`` does not.
        period_mask: Do not push windows that are probably the same phase of a periodic motion:
            within half a window of a whole number of periods in their own sequence, or alike
            (correlation above 0.95) in both signals. Needs ``signals``.
        contrast: Use ``L_con``.
        covariance: Use ``L_cov``.
        shuffle: A control: ``"batch"`` or ``"full"`` breaks the pairs.
        more_lengths: Further lengths of windows; both terms are means over all lengths.
        hard: Share of the negatives of other sequences that is kept: those whose first signal is
            most alike (in gait, the same phase of other people); 1 for all. Needs ``signals``.
    """

    length: int = 20
    stride: int | None = None
    temperature: float = 0.1
    neg_within: bool = True
    neg_batch: bool = True
    pooling: Pooling = "flatten"
    period_mask: bool = True
    contrast: bool = True
    covariance: bool = True
    shuffle: Shuffle = "none"
    more_lengths: tuple[int, ...] = ()
    hard: float = 1.0

    def __post_init__(self) -> None:
        check_range("length", self.length, 1, 1_000_000, closed=True)
        if self.stride is not None:
            check_range("stride", self.stride, 1, 1_000_000, closed=True)
        check_range("temperature", self.temperature, 0.0, torch.inf)
        check_range("hard", self.hard, 0.0, 1.0 + 1e-9)
        for length in self.more_lengths:
            check_range("more_lengths", length, 2, 1_000_000, closed=True)
        check_choice("pooling", self.pooling, POOLINGS)
        check_choice("shuffle", self.shuffle, SHUFFLES)
        if self.contrast and not (self.neg_within or self.neg_batch):
            raise ConfigError(
                "contrast=true needs negatives, but neg_within and neg_batch are both false; "
                "switch one on, or contrast off."
            )
        if self.covariance and self.length < 2:
            raise ConfigError(
                f"covariance=true needs windows of at least 2 frames; got length={self.length}."
            )


class WindowAlignmentResult(NamedTuple):
    """The two terms and what shows a collapse.

    Attributes:
        contrast: ``L_con`` in nats, a scalar; 0 if switched off.
        covariance: ``L_cov``, a scalar without unit; 0 if switched off.
        windows: Number of pairs of windows compared, a scalar.
        monitors: None if not asked for.
    """

    contrast: Tensor
    covariance: Tensor
    windows: Tensor
    monitors: Monitors | None

    @property
    def total(self) -> Tensor:
        """Sum of the two terms, to be weighted."""
        return self.contrast + self.covariance


class _Masks(NamedTuple):
    x: Tensor
    y: Tensor


class _Pairs(NamedTuple):
    """Windows of both sides, paired by row; ``N = B M`` rows, sequence by sequence."""

    x: Tensor  # (N, C, d)
    y: Tensor  # (N, C, d)
    items: Items
    partner: Tensor  # (N,): which window of y stands in each row

    def vectors(self, pooling: Pooling) -> "_Vectors":
        return _Vectors(vectors(self.x, pooling), vectors(self.y, pooling))


class _Vectors(NamedTuple):
    x: Tensor
    y: Tensor


def align_windows(
    config: WindowAlignment,
    x: Latents,
    y: Latents,
    *,
    generator: Generator,
    signals: Signals | None = None,
    weight: Tensor | None = None,
    monitor: bool = True,
) -> WindowAlignmentResult:
    """Compare two batches of latent sequences of the same recordings, on one clock.

    Frames that are not valid change nothing, in value or gradient. With nothing valid both terms
    are 0 with gradient 0.

    Args:
        config: What to align.
        x: Latents of the first signal, ``z (B, L, d)`` and ``mask (B, L)``.
        y: Latents of the second, the same shapes.
        generator: Where the shuffles of the controls come from.
        signals: The signals themselves, for ``period_mask``; without them nothing is masked.
        weight: Weight of each sequence, ``(B,)`` (the signal's share at its noise level, say).
        monitor: Compute the monitors.

    Raises:
        ShapeError: If the two sides differ in shape, or are shorter than a window.
    """
    if config.more_lengths:
        return _over_lengths(config, x, y, generator, signals, weight, monitor=monitor)
    _check_sides(x, y, weight)
    # Half precision would cost the scores their second digit at tau = 0.1.
    with torch.autocast(x.z.device.type, enabled=False):
        x, y = (Latents(_at_least_float32(side.z), side.mask) for side in (x, y))
        pairs = _pair(config, x, y, generator)
        valid = pairs.items.valid
        windows = valid.numel() // max(len(x.z), 1)
        rows = None if weight is None else weight.repeat_interleave(windows)
        negatives = _negatives(config, _Masks(x.mask, y.mask), pairs, signals)
        scores = _scores(config, pairs)
        contrast = covariance = x.z.new_zeros(())
        if config.contrast:
            contrast = symmetric_cross_entropy(
                scores, negatives=negatives, valid=valid, weight=rows
            )
        if config.covariance:
            covariance = covariance_mismatch(pairs.x, pairs.y, valid=valid, weight=rows)
        found = None
        if monitor:
            chance = weighted_mean(negatives.sum(dim=1).to(scores.dtype).log1p(), valid)
            found = _monitors(x, y, pairs.vectors(config.pooling), _Scored(scores, valid, chance))
        return WindowAlignmentResult(contrast, covariance, valid.sum(), found)


def _over_lengths(
    config: WindowAlignment,
    x: Latents,
    y: Latents,
    generator: Generator,
    signals: Signals | None,
    weight: Tensor | None,
    *,
    monitor: bool,
) -> WindowAlignmentResult:
    """Both terms as means over all lengths; windows and monitors are those of the first."""
    parts = []
    for number, length in enumerate((config.length, *config.more_lengths)):
        alone = replace(config, length=length, stride=None, more_lengths=())
        watch = monitor and number == 0
        parts.append(
            align_windows(
                alone, x, y, generator=generator, signals=signals, weight=weight, monitor=watch
            )
        )
    return parts[0]._replace(
        contrast=torch.stack([p.contrast for p in parts]).mean(),
        covariance=torch.stack([p.covariance for p in parts]).mean(),
    )


def _check_sides(x: Latents, y: Latents, weight: Tensor | None) -> None:
    if x.z.shape != y.z.shape:
        raise ShapeError(
            f"x.z has shape {tuple(x.z.shape)}, but y.z has {tuple(y.z.shape)}; window alignment "
            "needs one clock and one latent width: resample or project one of them."
        )
    axes = {"x.z": (x.z, "batch frame latent"), "x.mask": (x.mask, "batch frame")}
    axes["y.mask"] = (y.mask, "batch frame")
    if weight is not None:
        axes["weight"] = (weight, "batch")
    check_axes(**axes)


def _at_least_float32(z: Tensor) -> Tensor:
    return z if z.dtype == torch.float64 else z.float()


def _pair(config: WindowAlignment, x: Latents, y: Latents, generator: Generator) -> _Pairs:
    left, right = (_windows(side, config) for side in (x, y))
    partner = partners(left.valid & right.valid, config.shuffle, generator=generator)
    batch, count = left.valid.shape
    items = Items(
        sequence=torch.arange(batch, device=partner.device).repeat_interleave(count),
        frame=left.start.repeat(batch),
        valid=left.valid.flatten() & right.valid.flatten()[partner],
    )
    return _Pairs(left.values.flatten(0, 1), right.values.flatten(0, 1)[partner], items, partner)


def _windows(side: Latents, config: WindowAlignment) -> Windows:
    # Zero what is not valid BEFORE the norm: a NaN there would come back through its gradient.
    z = torch.where(side.mask[..., None], side.z, torch.zeros_like(side.z))
    normed = functional.layer_norm(z, (z.shape[-1],))
    return cut(normed, side.mask, length=config.length, stride=config.stride)


def _scores(config: WindowAlignment, pairs: _Pairs) -> Tensor:
    """Scores of all windows of x with all of y, ``(N, N)``; only watched if contrast is off."""
    with torch.set_grad_enabled(torch.is_grad_enabled() and config.contrast):
        return cosine_scores(*pairs.vectors(config.pooling), temperature=config.temperature)


@torch.no_grad()
def _negatives(
    config: WindowAlignment, masks: _Masks, pairs: _Pairs, signals: Signals | None
) -> Tensor:
    """Which pairs of rows are pushed apart, ``(N, N)`` bool; symmetric."""
    found = WindowTime(config.neg_within, config.neg_batch).masks(pairs.items)
    if signals is None:
        return found.negative
    x, y = (
        vectors(cut(signal, mask, length=config.length, stride=config.stride).values).flatten(0, 1)
        for signal, mask in zip(signals, masks, strict=True)
    )
    if config.period_mask:
        period = estimate_period(signals.x, masks.x)
        if not bool(torch.isfinite(period).all()):
            other = estimate_period(signals.y, masks.y)
            period = torch.where(torch.isfinite(period), period, other)
        repeated = same_phase(pairs.items, period, tolerance=config.length / 2)
        found = found.without(repeated | correlated(x, y[pairs.partner]))
    if config.hard < 1:
        others = pairs.items.sequence[:, None] != pairs.items.sequence[None, :]
        across = found.negative & others
        easy = across & ~most_alike(x, across, share=config.hard)
        found = found.without(easy)
    return found.negative


class _Scored(NamedTuple):
    scores: Tensor
    valid: Tensor
    chance_loss: Tensor


@torch.no_grad()
def _monitors(x: Latents, y: Latents, paired: _Vectors, scored: _Scored) -> Monitors:
    """Monitors on raw latents (a norm would hide that they shrink) and on paired windows."""
    flat = [(side.z.flatten(0, 1), side.mask.flatten()) for side in (x, y)]
    ball = sphere(paired.x, paired.y, scored.valid)
    there, back = (retrieval(s, scored.valid) for s in (scored.scores, scored.scores.T))
    return Monitors(
        std_x=spread(*flat[0]),
        std_y=spread(*flat[1]),
        rank_x=effective_rank(*flat[0]),
        rank_y=effective_rank(*flat[1]),
        alignment=ball.alignment,
        uniformity=ball.uniformity,
        retrieval=(there + back) / 2,
        chance=1 / scored.valid.sum().clamp(min=1).to(there.dtype),
        chance_loss=scored.chance_loss,
    )
