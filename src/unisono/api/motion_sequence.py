r"""Texts one after the other as one motion of any length.

Each spell is sampled with its first frames pulled toward the last ones of the spell before it, and
the two are faded into one another. Rows of features know neither place nor compass, so that a fade
of rows is a smooth motion: places and headings are sums of what was faded.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from unisono.core.errors import UnisonoError
from unisono.methods.lead import LEAD
from unisono.methods.lead_sampling import Asking, RowGoal, sampled

__all__ = ["Spell", "spoken_rows"]


class Spell(NamedTuple):
    """A text and how long it lasts.

    Attributes:
        ids: Tokens, ``(1, T)``.
        mask: ``(1, T)``.
        frames: Frames.
    """

    ids: Tensor
    mask: Tensor
    frames: int


def spoken_rows(
    method: LEAD,
    spells: Sequence[Spell],
    asking: Asking,
    *,
    samples: int,
    blend: int,
    generator: Generator,
) -> Tensor:
    """Rows ``(samples, L, F)`` of a sequence of spells.

    A spell longer than what the method was trained for is made in pieces.

    Args:
        method: The trained method.
        spells: What is said, in order.
        asking: How it is sampled; goals are added for the joints between spells.
        samples: Motions.
        blend: Frames over which one piece runs into the next.
        generator: Where the noise comes from.

    Raises:
        UnisonoError: If a blend leaves nothing of a piece.
    """
    pieces = [piece for spell in spells for piece in _pieces(spell, method.frames - blend)]
    if blend >= method.frames // 2 or (len(pieces) > 1 and min(p.frames for p in pieces) < blend):
        raise UnisonoError(
            f"parts that run into one another over {blend} frames must be longer than that, and "
            f"{method.frames} frames at most are made at once; ask for longer parts or a shorter "
            "blend."
        )
    whole: Tensor | None = None
    for piece in pieces:
        length = piece.frames + (0 if whole is None else blend)
        wanted = asking if whole is None else _following(method, asking, whole[:, -blend:], length)
        rows = _sampled(method, piece, length, wanted, samples=samples, generator=generator)
        whole = rows if whole is None else _faded(whole, rows, blend)
    if whole is None:
        raise UnisonoError("there is nothing to say.")
    return whole


def _pieces(spell: Spell, most: int) -> list[Spell]:
    count = math.ceil(spell.frames / most)
    ends = [round(spell.frames * i / count) for i in range(count + 1)]
    return [Spell(spell.ids, spell.mask, b - a) for a, b in zip(ends, ends[1:], strict=False)]


def _sampled(
    method: LEAD,
    piece: Spell,
    length: int,
    asking: Asking,
    *,
    samples: int,
    generator: Generator,
) -> Tensor:
    mask = torch.ones(samples, length, dtype=torch.bool)
    with torch.no_grad():
        said = method.said(piece.ids, piece.mask, torch.tensor([length])).repeated(samples)
    return sampled(method, said, mask, asking, generator=generator).rows


def _following(method: LEAD, asking: Asking, last: Tensor, length: int) -> Asking:
    """The same asking, with the first frames pulled toward these."""
    blend = last.shape[1]
    rows = last.new_zeros(len(last), length, last.shape[2])
    rows[:, :blend] = last
    weight = torch.zeros(length, last.shape[2])
    weight[:blend] = 1.0
    weight[:, method.layout.part("contacts")] = 0.0
    goal = RowGoal(rows, weight, method.vae.row_std)
    return replace(asking, goals=(*asking.goals, goal))


def _faded(before: Tensor, after: Tensor, blend: int) -> Tensor:
    """Two stretches as one, the last ``blend`` frames of the first over the second's first."""
    share = torch.linspace(0, 1, blend + 2)[1:-1, None]
    both = (1 - share) * before[:, -blend:] + share * after[:, :blend]
    return torch.cat([before[:, :-blend], both, after[:, blend:]], dim=1)
