"""Mirrors src/unisono/api/motion_sequence.py."""

from typing import Any

import pytest
import torch

from unisono.api.motion_sequence import Spell, _faded, spoken_rows
from unisono.core.errors import UnisonoError
from unisono.methods.lead_sampling import Asking


def test_pieces_make_up_the_whole_length(motion_model: Any) -> None:  # noqa: ANN401
    tokens = motion_model.encoder.tokenise(["a low person walks"])
    spells = [Spell(*tokens, 15), Spell(*tokens, 31)]  # the second is more than can be made at once
    rows = spoken_rows(
        motion_model.method, spells, Asking(2, polish=2), samples=2, blend=4,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert rows.shape == (2, 46, motion_model.layout.size)
    assert torch.isfinite(rows).all() and (rows.abs().sum(dim=2) > 0).all()


def test_stretches_are_faded_evenly() -> None:
    before, after = torch.zeros(1, 6, 2), torch.ones(1, 7, 2)
    rows = _faded(before, after, 3)[0, :, 0]
    truth = torch.tensor([0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1])
    torch.testing.assert_close(rows, truth)


def test_a_blend_must_leave_something(motion_model: Any) -> None:  # noqa: ANN401
    tokens = motion_model.encoder.tokenise(["a low person walks"])
    with pytest.raises(UnisonoError, match="shorter blend"):
        spoken_rows(
            motion_model.method, [Spell(*tokens, 3), Spell(*tokens, 10)], Asking(1), samples=1,
            blend=5, generator=torch.Generator(),
        )  # fmt: skip
