import torch

from unisono.training.randomness import seeded

CPU = torch.device("cpu")


def draw(seed: int, step: int, rank: int = 0) -> tuple[float, float]:
    with seeded(seed, "train", step, device=CPU, rank=rank) as generator:
        return torch.rand(1).item(), torch.rand(1, generator=generator).item()


def test_numbers_are_functions_of_seed_and_purpose() -> None:
    assert draw(1, 2) == draw(1, 2)
    both = {draw(1, 2), draw(1, 3), draw(2, 2)}
    assert len(both) == 3 and len({a for a, _ in both}) == 3 and len({b for _, b in both}) == 3


def test_ranks_share_the_generator_and_not_the_dropout() -> None:
    (drop0, noise0), (drop1, noise1) = draw(1, 2, 0), draw(1, 2, 1)
    assert noise0 == noise1 and drop0 != drop1


def test_the_global_generator_is_as_it_was() -> None:
    before = torch.get_rng_state()
    draw(1, 2)
    assert torch.equal(before, torch.get_rng_state())


def test_nothing_piles_up_for_an_accelerator_that_is_not_there() -> None:
    waiting = len(torch.cuda._queued_calls)
    draw(1, 2)
    assert len(torch.cuda._queued_calls) == waiting
