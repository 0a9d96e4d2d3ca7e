r"""Positives of a map of the dynamics, drawn for a whole batch at once.

A table of frames has ``n`` rows in the order of sequences and time; a rule draws one positive row
for each anchor row, with tensor operations alone. With labels :math:`y` ``(n, q)``, in units of
their spread:

==================  ==============================================================================
rule                positive of row ``i``
==================  ==============================================================================
``NearInTime``      a row at most ``k`` frames away in the same sequence, or exactly ``k`` later
``NearLabel``       the row whose label is nearest to :math:`y_i + \delta\,\varepsilon`
``LabelStep``       the row whose label is nearest to :math:`y_i + (y_{j+k} - y_j)`, ``j`` drawn
                    so that ``j`` and ``j + k`` lie in one sequence
``SameClass``       any other row of the class
``Mixed``           one of several rules, drawn for each anchor
``Shuffled``        control: a fixed random row in place of the positive
==================  ==============================================================================

The first three and the class rule are CEBRA's ``time``, ``delta``, ``time_delta`` and ``discrete``
(Schneider, Lee & Mathis, Nature 617, 2023), but none crosses the border of a sequence. With classes
given as well, ``NearLabel`` and ``LabelStep`` look within the anchor's class (CEBRA's mixed).
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import UnisonoError

__all__ = [
    "FrameRows",
    "LabelStep",
    "Mixed",
    "NearInTime",
    "NearLabel",
    "PositiveRule",
    "SameClass",
    "Shuffled",
]

_APART = 1e3  # label units between classes, so that the nearest label is always of the own class


class FrameRows(NamedTuple):
    """What rules know of the rows.

    Attributes:
        sequence: Number of each row's sequence, ``(n,)`` int64, never falling; rows of one number
            follow one another in time without a gap.
        labels: ``(n, q)`` float, in units of their spread; None where there are none.
        classes: ``(n,)`` int64; None where there are none.
    """

    sequence: Tensor
    labels: Tensor | None = None
    classes: Tensor | None = None

    @property
    def spans(self) -> tuple[Tensor, Tensor]:
        """First row of each row's sequence, and the row after its last, each ``(n,)``."""
        change = torch.ones_like(self.sequence, dtype=torch.bool)
        change[1:] = self.sequence[1:] != self.sequence[:-1]
        starts = change.nonzero().squeeze(1)
        number = change.cumsum(0) - 1
        stops = torch.cat([starts[1:], starts.new_tensor([len(change)])])
        return starts[number], stops[number]


class PositiveRule(Protocol):
    """A rule."""

    def draw(self, anchor: Tensor, *, generator: Generator) -> Tensor:
        """Return one positive row for each anchor row, ``(B,)`` int64."""
        ...


def _below(high: Tensor, generator: Generator) -> Tensor:
    """Integers below each of ``high``, uniform."""
    share = torch.rand(high.shape, generator=generator, device=high.device, dtype=torch.float64)
    return torch.minimum((share * high).long(), high - 1)


class NearInTime:
    """A neighbour in time, within the sequence.

    Args:
        rows: The table.
        offset: ``k``, frames.
        exact: Exactly ``k`` later, as released; at the end of a sequence, as late as there is.

    Raises:
        UnisonoError: If a sequence has a single frame.
    """

    def __init__(self, rows: FrameRows, offset: int = 2, *, exact: bool = False) -> None:
        check_range("offset", offset, 1, 1_000_000, closed=True)
        start, stop = rows.spans
        if int((stop - start).min()) < 2:
            raise UnisonoError(
                "a sequence has a single frame, which has no neighbour in time; leave it out."
            )
        row = torch.arange(len(start), device=start.device)
        self.low = torch.maximum(row - offset, start)
        self.high = torch.minimum(row + offset, stop - 1)
        self.exact = exact

    def draw(self, anchor: Tensor, *, generator: Generator) -> Tensor:
        """See :meth:`PositiveRule.draw`."""
        low, high = self.low[anchor], self.high[anchor]
        if self.exact:
            return torch.where(high > anchor, high, low)
        drawn = low + _below(high - low, generator)
        return drawn + (drawn >= anchor).long()  # never the anchor itself


class _Nearest:
    """Finds the row whose label is nearest to a query, within the query's class."""

    def __init__(self, rows: FrameRows) -> None:
        if rows.labels is None:
            raise UnisonoError("positives by label need labels; name one, or map by time.")
        check_axes(labels=(rows.labels, "row label"), sequence=(rows.sequence, "row"))
        if not bool(torch.isfinite(rows.labels).all()):
            raise UnisonoError("a label is missing or not finite; leave its recording out.")
        keys = rows.labels.double()
        if rows.classes is not None:
            keys = torch.cat([keys, _APART * rows.classes.double()[:, None]], dim=1)
        self.labels, self.keys = rows.labels.double(), keys
        self.line: Tensor | None = None
        if self.labels.shape[1] == 1:  # on a line: by bisection
            self.line, self.order = torch.sort(keys.sum(dim=1), stable=True)
            return
        # labels that a whole recording shares are one place, of which each row is as near
        self.places, place = torch.unique(keys, dim=0, return_inverse=True)
        self.order = torch.argsort(place, stable=True)
        self.count = torch.bincount(place)
        self.first = self.count.cumsum(0) - self.count

    def find(self, query: Tensor, anchor: Tensor, generator: Generator) -> Tensor:
        """Return the nearest row of each query, ``(B,)``; ties are broken at random."""
        if self.keys.shape[1] > query.shape[1]:
            query = torch.cat([query, self.keys[anchor, query.shape[1] :]], dim=1)
        if self.line is None:
            near = torch.cdist(query, self.places).argmin(dim=1)
            return self.order[self.first[near] + _below(self.count[near], generator)]
        value = query.sum(dim=1)
        right = torch.searchsorted(self.line, value).clamp(max=len(self.line) - 1)
        left = (right - 1).clamp(min=0)
        closer = (value - self.line[left]).abs() <= (self.line[right] - value).abs()
        best = self.line[torch.where(closer, left, right)]
        first = torch.searchsorted(self.line, best)
        count = torch.searchsorted(self.line, best, right=True) - first
        return self.order[first + _below(count, generator)]


class NearLabel:
    """A neighbour in the labels.

    Args:
        rows: The table.
        delta: Standard deviation of the step in the labels, in units of their spread.
    """

    def __init__(self, rows: FrameRows, delta: float = 0.1) -> None:
        check_range("delta", delta, 0, float("inf"))
        self.nearest, self.delta = _Nearest(rows), delta

    def draw(self, anchor: Tensor, *, generator: Generator) -> Tensor:
        """See :meth:`PositiveRule.draw`."""
        here = self.nearest.labels[anchor]
        noise = torch.randn(
            here.shape, generator=generator, device=here.device, dtype=torch.float64
        )
        return self.nearest.find(here + self.delta * noise, anchor, generator)


class LabelStep:
    """A row whose label differs as labels do ``k`` frames apart.

    Args:
        rows: The table.
        offset: ``k``, frames.

    Raises:
        UnisonoError: If no sequence is longer than ``k``.
    """

    def __init__(self, rows: FrameRows, offset: int = 2) -> None:
        check_range("offset", offset, 1, 1_000_000, closed=True)
        self.nearest, self.offset = _Nearest(rows), offset
        row = torch.arange(len(rows.sequence), device=rows.sequence.device)
        self.able = row[row + offset < rows.spans[1]]
        if not len(self.able):
            raise UnisonoError(
                f"no sequence is longer than {offset} frames; take a smaller offset."
            )

    def draw(self, anchor: Tensor, *, generator: Generator) -> Tensor:
        """See :meth:`PositiveRule.draw`."""
        pick = torch.randint(
            len(self.able), anchor.shape, generator=generator, device=anchor.device
        )
        first = self.able[pick]
        step = self.nearest.labels[first + self.offset] - self.nearest.labels[first]
        return self.nearest.find(self.nearest.labels[anchor] + step, anchor, generator)


class SameClass:
    """Any other row of the class.

    Raises:
        UnisonoError: If there are no classes, or one has a single row.
    """

    def __init__(self, rows: FrameRows) -> None:
        if rows.classes is None:
            raise UnisonoError("positives by class need a label of words; name one.")
        self.order = torch.sort(rows.classes, stable=True).indices
        line = rows.classes[self.order]
        self.first = torch.searchsorted(line, rows.classes)
        self.count = torch.searchsorted(line, rows.classes, right=True) - self.first
        if int(self.count.min()) < 2:
            raise UnisonoError("a class has a single frame; leave it out.")
        self.place = torch.empty_like(self.order)
        self.place[self.order] = torch.arange(len(line), device=line.device)

    def draw(self, anchor: Tensor, *, generator: Generator) -> Tensor:
        """See :meth:`PositiveRule.draw`."""
        drawn = self.first[anchor] + _below(self.count[anchor] - 1, generator)
        return self.order[drawn + (drawn >= self.place[anchor]).long()]


class Mixed:
    """One of several rules for each anchor, equally often.

    Args:
        rules: The rules.
    """

    def __init__(self, rules: Sequence[PositiveRule]) -> None:
        if not rules:
            raise UnisonoError("a map needs something to be made by: time or labels.")
        self.rules = tuple(rules)

    def draw(self, anchor: Tensor, *, generator: Generator) -> Tensor:
        """See :meth:`PositiveRule.draw`."""
        each = torch.stack([rule.draw(anchor, generator=generator) for rule in self.rules])
        pick = torch.randint(
            len(self.rules), anchor.shape, generator=generator, device=anchor.device
        )
        return each.gather(0, pick[None]).squeeze(0)


class Shuffled:
    """A control: each positive is replaced by a row that has nothing to do with it.

    Args:
        rule: The rule.
        count: Number of rows of the table.
        generator: Where the one permutation comes from.
    """

    def __init__(self, rule: PositiveRule, count: int, *, generator: Generator) -> None:
        self.rule = rule
        self.other = torch.randperm(count, generator=generator, device=generator.device)

    def draw(self, anchor: Tensor, *, generator: Generator) -> Tensor:
        """See :meth:`PositiveRule.draw`."""
        return self.other[self.rule.draw(anchor, generator=generator)]
