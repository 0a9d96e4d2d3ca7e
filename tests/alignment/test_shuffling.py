"""Mirrors src/unisono/alignment/shuffling.py."""

import pytest
import torch

from unisono.alignment.shuffling import cycle, partners
from unisono.core.errors import UnisonoError


@pytest.mark.parametrize("size", [2, 3, 10, 101])
def test_a_cycle_moves_everyone_and_loses_no_one(size: int, generator: torch.Generator) -> None:
    permutation = cycle(size, generator=generator)
    assert sorted(permutation.tolist()) == list(range(size))
    assert (permutation != torch.arange(size)).all()
    seen, place = set(), 0
    while place not in seen:
        seen.add(place)
        place = int(permutation[place])
    assert len(seen) == size


def test_a_single_item_stays(generator: torch.Generator) -> None:
    assert cycle(1, generator=generator).tolist() == [0]
    assert cycle(0, generator=generator).tolist() == []


def test_none_is_the_identity(generator: torch.Generator) -> None:
    before = generator.get_state()
    valid = torch.ones(3, 4, dtype=torch.bool)
    assert partners(valid, "none", generator=generator).tolist() == list(range(12))
    assert torch.equal(before, generator.get_state())


def test_batch_keeps_the_window_and_changes_the_sequence(generator: torch.Generator) -> None:
    valid = torch.ones(5, 4, dtype=torch.bool)
    partner = partners(valid, "batch", generator=generator)
    place = torch.arange(20)
    assert sorted(partner.tolist()) == place.tolist()
    assert (partner % 4 == place % 4).all()
    assert (partner // 4 != place // 4).all()


def test_full_moves_valid_windows_among_themselves(generator: torch.Generator) -> None:
    valid = torch.rand(5, 4, generator=generator) > 0.4
    partner = partners(valid, "full", generator=generator)
    flat = valid.flatten()
    place = torch.arange(20)
    assert sorted(partner.tolist()) == place.tolist()
    assert (partner[flat] != place[flat]).all()
    assert flat[partner[flat]].all()
    assert (partner[~flat] == place[~flat]).all()


def test_unknown_words_are_refused(generator: torch.Generator) -> None:
    with pytest.raises(UnisonoError, match="shuffle must be one of"):
        partners(torch.ones(1, 1, dtype=torch.bool), "all", generator=generator)  # type: ignore[arg-type]
