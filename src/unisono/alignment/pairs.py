r"""Which items belong together and which are pushed apart.

A pair rule is a frozen dataclass that turns what is known of ``n`` items (their sequence, first
frame, label) into two masks, ``positive[i, j]`` and ``negative[i, j]``. Objectives on score
matrices take the masks; objectives on drawn pairs take :func:`draw_pairs`.

==================  ===========================  ==========================================
rule                positive                     negative
==================  ===========================  ==========================================
``PairedBatch``     the item's own partner       every other partner (CLIP)
``WindowTime``      same window, other signal    windows of the same sequence, of the others,
                                                 or both, each switchable
``TimeOffset``      a moment later, or about     everything (CEBRA), or all that is not
                    now, in the same sequence    positive
``Discrete``        another item of the label    the same
==================  ===========================  ==========================================
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import UnisonoError

__all__ = [
    "Discrete",
    "DrawnPairs",
    "Items",
    "PairMasks",
    "PairRule",
    "PairedBatch",
    "TimeOffset",
    "WindowTime",
    "draw_pairs",
]


class Items(NamedTuple):
    """What is known of the items of a batch.

    Attributes:
        sequence: Which sequence each is from, ``(n,)`` int64.
        frame: Its first frame there, ``(n,)`` int64.
        valid: ``(n,)`` bool; items that are not valid are in no pair.
        label: ``(n,)`` int64, -1 where unknown; None where there are no labels.
    """

    sequence: Tensor
    frame: Tensor
    valid: Tensor
    label: Tensor | None = None


class PairMasks(NamedTuple):
    """Pairs of items.

    Attributes:
        positive: ``(n, n)`` bool, True where column ``j`` is pulled to anchor ``i``.
        negative: ``(n, n)`` bool, True where it is pushed.
    """

    positive: Tensor
    negative: Tensor

    def without(self, ignored: Tensor) -> "PairMasks":
        """Return the masks without negatives that are probably false, ``(n, n)`` bool."""
        check_axes(negative=(self.negative, "anchor item"), ignored=(ignored, "anchor item"))
        return PairMasks(self.positive, self.negative & ~ignored)


class PairRule(Protocol):
    """A rule for pairs."""

    def masks(self, items: Items) -> PairMasks:
        """Return which pairs of items are positive and which negative."""
        ...


def _both_valid(items: Items) -> Tensor:
    check_axes(
        sequence=(items.sequence, "item"), frame=(items.frame, "item"), valid=(items.valid, "item")
    )
    return items.valid[:, None] & items.valid[None, :]


def _itself(items: Items) -> Tensor:
    return torch.eye(len(items.valid), dtype=torch.bool, device=items.valid.device)


@dataclass(frozen=True)
class PairedBatch:
    """Item ``i`` of one side with item ``i`` of the other, against all others."""

    def masks(self, items: Items) -> PairMasks:
        """See :meth:`PairRule.masks`."""
        both, itself = _both_valid(items), _itself(items)
        return PairMasks(both & itself, both & ~itself)


@dataclass(frozen=True)
class WindowTime:
    """The same window of the other signal, against windows at other times and of other sequences.

    Args:
        neg_within: Push windows of the same sequence.
        neg_batch: Push windows of other sequences.
    """

    neg_within: bool = True
    neg_batch: bool = True

    def masks(self, items: Items) -> PairMasks:
        """See :meth:`PairRule.masks`."""
        both, itself = _both_valid(items), _itself(items)
        same = items.sequence[:, None] == items.sequence[None, :]
        pushed = torch.zeros_like(both)
        if self.neg_within:
            pushed = pushed | same
        if self.neg_batch:
            pushed = pushed | ~same
        return PairMasks(both & itself, both & ~itself & pushed)


@dataclass(frozen=True)
class TimeOffset:
    """A neighbour in time, never across sequences (CEBRA-Time).

    Args:
        offset: Frames, at least 1.
        exact: True: exactly ``offset`` frames later (as released). False: at most ``offset``
            frames before or after.
        prior: True: negatives are drawn from everything, the anchor and its positives included
            (as released). False: from all that is neither.
    """

    offset: int = 8
    exact: bool = False
    prior: bool = True

    def __post_init__(self) -> None:
        check_range("offset", self.offset, 1, 1_000_000, closed=True)

    def masks(self, items: Items) -> PairMasks:
        """See :meth:`PairRule.masks`."""
        both, itself = _both_valid(items), _itself(items)
        later = items.frame[None, :] - items.frame[:, None]
        near = later == self.offset if self.exact else later.abs() <= self.offset
        same = items.sequence[:, None] == items.sequence[None, :]
        positive = both & same & near & ~itself
        return PairMasks(positive, both if self.prior else both & ~itself & ~positive)


@dataclass(frozen=True)
class Discrete:
    """Another item of the same label (CEBRA-Behavior, discrete). Unknown labels have no positive.

    Args:
        prior: See :class:`TimeOffset`.
    """

    prior: bool = True

    def masks(self, items: Items) -> PairMasks:
        """See :meth:`PairRule.masks`.

        Raises:
            UnisonoError: If the items have no labels.
        """
        if items.label is None:
            raise UnisonoError("Discrete pairs need items with labels; got label=None.")
        both, itself = _both_valid(items), _itself(items)
        known = items.label >= 0
        same = (items.label[:, None] == items.label[None, :]) & known[:, None]
        positive = both & same & ~itself
        return PairMasks(positive, both if self.prior else both & ~itself & ~positive)


class DrawnPairs(NamedTuple):
    """Indices of drawn items.

    Attributes:
        anchor: ``(N,)`` int64.
        positive: One for each anchor, ``(N,)`` int64.
        negative: Shared by all anchors, ``(n,)`` int64.
        allowed: ``(N, n)`` bool, which negatives each anchor may see.
    """

    anchor: Tensor
    positive: Tensor
    negative: Tensor
    allowed: Tensor


def draw_pairs(
    masks: PairMasks, *, anchors: int, negatives: int, generator: Generator
) -> DrawnPairs:
    """Draw anchors that have a positive, one positive for each, and shared negatives.

    All uniform and with replacement.

    Args:
        masks: From a pair rule.
        anchors: ``N``.
        negatives: ``n``.
        generator: Where the draws come from, on the masks' device.

    Raises:
        UnisonoError: If no item has a positive, or none is a negative of any.
    """
    able = masks.positive.any(dim=1).nonzero().squeeze(1)
    pushed = masks.negative.any(dim=0).nonzero().squeeze(1)
    if not len(able) or not len(pushed):
        what = "positive" if not len(able) else "negative"
        raise UnisonoError(f"no item has a {what} partner; widen the rule or take a larger batch.")
    anchor = able[_below(len(able), anchors, generator)]
    weight = masks.positive[anchor].to(torch.float32)
    positive = torch.multinomial(weight, 1, generator=generator).squeeze(1)
    negative = pushed[_below(len(pushed), negatives, generator)]
    return DrawnPairs(anchor, positive, negative, masks.negative[anchor][:, negative])


def _below(high: int, size: int, generator: Generator) -> Tensor:
    return torch.randint(high, (size,), generator=generator, device=generator.device)
