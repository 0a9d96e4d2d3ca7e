"""Mirrors src/unisono/core/random.py."""

import torch

from unisono.core.random import derive_seed, generator, numpy_generator


def test_same_seed_and_purpose_give_the_same_stream() -> None:
    first, second = (torch.randn(4, generator=generator(3, "train", 7)) for _ in range(2))
    assert torch.equal(first, second)
    assert (numpy_generator(3, "a").random(4) == numpy_generator(3, "a").random(4)).all()


def test_purposes_differ_and_do_not_run_together() -> None:
    seeds = {derive_seed(0, "ab", "c"), derive_seed(0, "a", "bc"), derive_seed(1, "ab", "c")}
    assert len(seeds) == 3


def test_the_derivation_is_frozen() -> None:
    """Changing it would change every split and every training run: do it on purpose only."""
    assert derive_seed(0, "split") == 6812300375708456965
