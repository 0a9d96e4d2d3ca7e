"""Contexts never cross a border; the encoder is a plain network on them."""

import pytest
import torch

from unisono.core.errors import UnisonoError
from unisono.networks.map_encoder import MapEncoder, context_rows


@pytest.mark.parametrize("context", [1, 3, 5])
def test_contexts_stay_in_their_sequence_and_agree_with_a_loop(context: int) -> None:
    sequence = torch.tensor([0] * 6 + [4] * 5 + [5] * 9)
    got = context_rows(sequence, context)
    for row in range(20):
        mates = (sequence == sequence[row]).nonzero().squeeze(1)
        want = [
            min(max(row + k, int(mates[0])), int(mates[-1]))
            for k in range(-(context // 2), context // 2 + 1)
        ]
        assert got[row].tolist() == want
    assert (sequence[got] == sequence[:, None]).all()


def test_a_point_depends_on_its_context_alone(generator: torch.Generator) -> None:
    encoder = MapEncoder(4, 3, context=3, hidden=(8,), generator=generator)
    codes = torch.randn(10, 4, generator=generator)
    rows = context_rows(torch.tensor([0] * 5 + [1] * 5), 3)
    before = encoder(codes[rows])
    codes[5:] += 1.0
    after = encoder(codes[rows])
    assert torch.equal(before[:5], after[:5])
    assert not torch.equal(before[5:], after[5:])


def test_points_on_the_sphere_have_length_one(generator: torch.Generator) -> None:
    encoder = MapEncoder(4, 3, sphere=True, generator=generator)
    points = encoder(torch.randn(7, 1, 4, generator=generator))
    torch.testing.assert_close(points.norm(dim=1), torch.ones(7))


def test_bad_contexts_and_dimensions_are_one_line(generator: torch.Generator) -> None:
    with pytest.raises(UnisonoError, match="a sequence of 2 frames is shorter than the context"):
        context_rows(torch.tensor([0, 0, 0, 1, 1]), 3)
    with pytest.raises(UnisonoError, match="must be odd"):
        context_rows(torch.zeros(5, dtype=torch.long), 2)
    with pytest.raises(UnisonoError, match="dims must lie"):
        MapEncoder(4, 65, generator=generator)


def test_a_map_begins_at_principal_axes(generator: torch.Generator) -> None:
    encoder = MapEncoder(4, 2, context=3, hidden=(8,), generator=generator)
    mixed = torch.randn(500, 3, 4, generator=generator) * torch.tensor([5.0, 3.0, 1.0, 0.5])
    encoder.begin_at(mixed)
    flat = (mixed.flatten(1) - mixed.flatten(1).mean(dim=0)).double()
    left = torch.linalg.svd(flat, full_matrices=False)[0][:, :2] * len(flat) ** 0.5
    found = encoder.straight(mixed.flatten(1)).detach().double()
    found = found - found.mean(dim=0)
    across = (left.T @ found / len(flat)).abs()
    torch.testing.assert_close(across, torch.eye(2, dtype=torch.float64), atol=0.01, rtol=0)


def test_axes_along_which_nothing_varies_are_left_out(generator: torch.Generator) -> None:
    encoder = MapEncoder(2, 3, hidden=(8,), generator=generator)
    encoder.begin_at(torch.randn(50, 1, 2, generator=generator) * torch.tensor([1.0, 0.0]))
    weight = encoder.straight.weight
    assert torch.isfinite(weight).all() and (weight[1:] == 0).all() and weight[0, 0] != 0


def test_a_map_of_one_number_begins_at_it(generator: torch.Generator) -> None:
    encoder = MapEncoder(1, 2, generator=generator)
    encoder.begin_at(3 * torch.randn(400, 1, 1, generator=generator))
    found = encoder.straight(torch.tensor([[3.0]])).flatten()
    torch.testing.assert_close(found.abs(), torch.tensor([1.0, 0.0]), atol=0.1, rtol=0)


def test_weights_without_a_straight_part_are_taken(generator: torch.Generator) -> None:
    encoder = MapEncoder(4, 2, hidden=(8,), generator=generator)
    older = {k: v for k, v in encoder.state_dict().items() if not k.startswith("straight")}
    again = MapEncoder(4, 2, hidden=(8,), generator=generator)
    again.begin_at(torch.randn(20, 1, 4, generator=generator))
    again.load_state_dict(older)
    seen = torch.randn(5, 1, 4, generator=generator)
    torch.testing.assert_close(again(seen), encoder(seen))
