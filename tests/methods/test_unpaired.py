"""Mirrors src/unisono/methods/unpaired.py."""

import pytest
import torch
from bridge_toys import batch_of, method, pairs, settings

from unisono.core.contracts import Batch
from unisono.core.distributed import World
from unisono.core.errors import UnisonoError
from unisono.methods.lddbm_settings import UnpairedSettings
from unisono.methods.unpaired import check_ranks

USED = settings(unpaired=UnpairedSettings(cycle=1.0, distribution=1.0))


def parted(size: int, paired: int) -> Batch:
    """The first ``paired`` items have both sides, the others one in turn."""
    batch = pairs(size)
    mask = {k: v.clone() for k, v in batch.mask.items()}
    mask["x"][paired::2] = False
    mask["y"][paired + 1 :: 2] = False
    data = {k: torch.where(mask[k], v, 0.0) for k, v in batch.data.items()}
    return batch_of(data, mask)


@pytest.mark.parametrize("paired", [0, 2, 8])
def test_any_share_of_pairs_teaches(paired: int, generator: torch.Generator) -> None:
    made = method(USED)
    made.prepare(pairs(32))
    found = made.loss(parted(8, paired), phase=made.phases[0], step=1, generator=generator)
    assert ("bridge" in found.parts) is (paired > 0)
    assert ("backward" in found.parts) is (paired > 0)
    assert {"cycle", "distribution"} <= set(found.parts)
    found.total.backward()
    assert made.bridge.regression.leave.weight.grad.abs().sum() > 0


def test_without_the_terms_unpaired_items_are_left_out(generator: torch.Generator) -> None:
    made = method(settings())
    assert made.backward is None
    made.prepare(pairs(32))
    more = parted(12, 4)
    fewer = batch_of(
        {k: v[:8] for k, v in more.data.items()}, {k: v[:8] for k, v in more.mask.items()}
    )
    seen = []
    for batch in (fewer, more):
        kept = torch.Generator().manual_seed(0)
        found = made.loss(batch, phase=made.phases[0], step=1, generator=kept)
        seen.append(found.parts["mean"])
    torch.testing.assert_close(*seen)


def test_the_crowd_alone_finds_the_mean_and_spread_of_the_targets(
    generator: torch.Generator,
) -> None:
    """Without a pair, answers come to lie where the targets lie."""
    made = method(USED)
    batch = parted(256, 0)
    batch.data["x"].add_(torch.tensor([3.0, 0.0]) * batch.mask["x"])
    made.prepare(batch)
    made.target.codec.mean.zero_()  # so that the targets do not lie where answers begin
    optimiser = torch.optim.Adam(made.parameters(), lr=5e-3)
    for step in range(60):
        found = made.loss(batch, phase=made.phases[0], step=step, generator=generator)
        optimiser.zero_grad()
        found.total.backward()
        optimiser.step()
    answer = made.eval().generate(pairs(64, 5), ["x"], samples=0, steps=1, generator=generator)
    middle = answer["x"].mean.mean(dim=(0, 1))
    torch.testing.assert_close(middle, torch.tensor([3.0, 0.0]), atol=0.6, rtol=0)


def test_things_without_partner_are_refused_on_several_ranks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = torch.tensor([True, False, True])
    check_ranks(alone)
    monkeypatch.setattr("unisono.methods.unpaired.world", lambda: World(1, 2))
    check_ranks(alone | True)
    with pytest.raises(UnisonoError, match="1 of 3 items have no partner"):
        check_ranks(alone)
