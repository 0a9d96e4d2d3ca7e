"""Mirrors src/unisono/processes/residual_colour.py."""

import pytest
import torch
from torch import Tensor

from unisono.core.errors import ShapeError
from unisono.processes.residual_colour import ResidualColour


def fed(colour: ResidualColour, root: Tensor, generator: torch.Generator, batches: int) -> None:
    """Show it residuals ``root e`` of four tokens of three numbers each."""
    for _ in range(batches):
        noise = torch.randn(64, 12, generator=generator)
        everything = torch.ones(64, 4, dtype=torch.bool)
        colour.update((noise @ root.T).view(64, 4, 3), everything)


def test_paint_has_the_covariance_up_to_its_size(generator: torch.Generator) -> None:
    root = torch.randn(12, 12, generator=generator)
    truth = root @ root.T
    colour = ResidualColour(12)
    fed(colour, root, generator, 500)
    painted = colour.painted(torch.randn(20_000, 4, 3, generator=generator)).flatten(1)
    found = painted.T @ painted / len(painted)
    assert found.trace().item() == pytest.approx(12, rel=0.03)
    expected = truth * 12 / truth.trace()
    assert (found - expected).norm() < 0.08 * expected.norm()
    torch.testing.assert_close(colour.paint, colour.paint.T)  # the symmetric root


def test_stripping_undoes_painting_and_whitens(generator: torch.Generator) -> None:
    root = torch.randn(12, 12, generator=generator) + 2 * torch.eye(12)
    colour = ResidualColour(12)
    fed(colour, root, generator, 300)
    noise = torch.randn(5, 4, 3, generator=generator)
    torch.testing.assert_close(colour.stripped(colour.painted(noise)), noise, rtol=1e-3, atol=1e-4)
    level = (root @ root.T).trace().div(12).sqrt()
    white = colour.stripped((torch.randn(20_000, 12, generator=generator) @ root.T) / level)
    found = white.T @ white / len(white)
    # the shrinkage leaves directions that hardly vary a little below 1, and lifts none
    values = torch.linalg.eigvalsh(found)
    assert values.max() < 1.2
    assert values.median().item() == pytest.approx(1, abs=0.1)


def test_tokens_that_are_alike_share_one_covariance(generator: torch.Generator) -> None:
    colour = ResidualColour(2)
    root = torch.tensor([[2.0, 0.0], [1.0, 0.5]])
    for _ in range(200):
        here = torch.randn(16, 6, 2, generator=generator) @ root.T
        colour.update(here, torch.ones(16, 6, dtype=torch.bool))
    truth = root @ root.T
    made = colour.paint @ colour.paint
    torch.testing.assert_close(made, truth * 2 / truth.trace(), rtol=0.05, atol=0.05)


def test_nothing_is_coloured_before_enough_was_seen(generator: torch.Generator) -> None:
    colour, root = ResidualColour(12), torch.randn(12, 12, generator=generator)
    fed(colour, root, generator, 9)
    assert (colour.paint == torch.eye(12)).all()
    fed(colour, root, generator, 1)
    assert (colour.paint != torch.eye(12)).any()


def test_rows_with_a_token_that_is_not_real_are_left_out(generator: torch.Generator) -> None:
    one, other = ResidualColour(4), ResidualColour(4)
    for _ in range(20):
        here = torch.randn(8, 2, 2, generator=generator)
        mask = torch.ones(8, 2, dtype=torch.bool)
        one.update(here[:5], mask[:5])
        mask[5:, 1] = False
        spoilt = here.clone()
        spoilt[5:] = 1e6
        other.update(spoilt, mask)
    torch.testing.assert_close(one.paint, other.paint)
    mask = torch.zeros(8, 2, dtype=torch.bool)
    other.update(here, mask)
    assert other.count == 20


def test_what_is_not_finite_does_not_stay_and_half_precision_spoils_nothing(
    generator: torch.Generator,
) -> None:
    colour, root = ResidualColour(12), torch.randn(12, 12, generator=generator)
    fed(colour, root, generator, 19)
    before = colour.second.clone()
    everything = torch.ones(4, 4, dtype=torch.bool)
    colour.update(torch.full((4, 4, 3), torch.nan), everything)
    assert (colour.second == before).all()
    noise = torch.randn(5, 4, 3, generator=generator)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        painted = colour.painted(noise)
    assert (painted == colour.painted(noise)).all()


def test_constant_residuals_and_old_models_leave_the_identity() -> None:
    colour = ResidualColour(3)
    for _ in range(20):
        colour.update(torch.zeros(4, 1, 3), torch.ones(4, 1, dtype=torch.bool))
    assert (colour.paint == torch.eye(3)).all()
    colour.load_state_dict({})  # sealed before residuals were coloured
    assert (colour.strip == torch.eye(3)).all()
    with pytest.raises(ShapeError):
        colour.update(torch.zeros(4, 3), torch.ones(4, 1, dtype=torch.bool))
