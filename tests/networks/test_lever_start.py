"""Mirrors src/unisono/networks/lever_start.py, on a leg whose moments follow from its arms."""

import sys
from pathlib import Path

import pytest
import torch

from unisono.core.errors import ShapeError
from unisono.networks.kernel import KernelData, KernelStart
from unisono.networks.lever_geometry import Limb
from unisono.networks.lever_start import LeverData, LeverStart

sys.path.insert(0, str(Path(__file__).parent))
from lever_world import World, landmarks, world  # noqa: E402 - found by the line above

Fitted = tuple[LeverStart, World, LeverData]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    made = world(torch.Generator().manual_seed(0), people=10, each=3)
    start = LeverStart(16, made.x.shape[-1], landmarks(), 1)
    data = LeverData(made.x, torch.zeros(len(made.x), 1), made.seconds)
    start.fit(data, made.y, torch.ones_like(made.y) > 0, made.subject)
    return start, made, data


def rows(data: LeverData, index: torch.Tensor) -> LeverData:
    return LeverData(data.x[index], data.numbers[index], data.seconds[index])


def test_arms_beat_a_kernel_that_does_not_know_them(fitted: Fitted) -> None:
    start, made, data = fitted
    new = world(torch.Generator().manual_seed(1), people=10, each=2)
    found = start(LeverData(new.x, torch.zeros(len(new.x), 1), new.seconds))
    plain = KernelStart(16, made.x.shape[-1], (3, 6), 1)
    scale = made.x.std(dim=(0, 1)) + 1e-6
    known = KernelData(made.x / scale, data.numbers, made.seconds)
    mean, spread = made.y.mean(dim=(0, 1)), made.y.std(dim=(0, 1)) + 1e-6
    plain.fit(known, (made.y - mean) / spread, torch.ones_like(made.y) > 0, made.subject)
    other = plain(KernelData(new.x / scale, torch.zeros(len(new.x), 1), new.seconds))
    error = ((found - new.y) / spread)[..., 3:].square().mean()
    rival = ((other * spread + mean - new.y) / spread)[..., 3:].square().mean()
    assert error < 0.8 * rival
    assert error < 0.05


def test_training_people_are_answered_by_fits_without_them(fitted: Fitted) -> None:
    start, made, data = fitted
    held = start(data, made.subject)
    assert not torch.allclose(held, start(data), atol=1e-3)
    others = made.subject != 4
    alone = LeverStart(16, made.x.shape[-1], landmarks(), 1)
    alone.fit(rows(data, others), made.y[others], made.y[others].abs() >= 0, made.subject[others])
    mine = made.subject == 4
    # penalties, scales of features and the bank's median are of all, the rest is without them
    gap = (alone(rows(data, mine)) - held[mine]).square().mean()
    assert gap < 0.05 * made.y[mine].var()


def test_what_is_sealed_answers_alike(fitted: Fitted) -> None:
    start, made, data = fitted
    again = LeverStart(16, made.x.shape[-1], landmarks(), 1)
    again.load_state_dict(start.state_dict())
    torch.testing.assert_close(again(data), start(data), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(again(data, made.subject), start(data), atol=1e-4, rtol=1e-3)


def test_people_stay_left_out_where_a_run_is_resumed(fitted: Fitted) -> None:
    """Which fits on the same windows first, and then loads what it had."""
    start, made, data = fitted
    again = LeverStart(16, made.x.shape[-1], landmarks(), 1)
    again.fit(data, made.y, torch.ones_like(made.y) > 0, made.subject)
    again.load_state_dict(start.state_dict())
    assert torch.equal(again(data, made.subject), start(data, made.subject))
    other = world(torch.Generator().manual_seed(7), people=10, each=3)
    again.fit(data._replace(x=other.x), other.y, torch.ones_like(other.y) > 0, other.subject)
    again.load_state_dict(start.state_dict())  # which was fitted on other windows
    torch.testing.assert_close(again(data, made.subject), start(data), atol=1e-4, rtol=1e-3)


def test_samples_that_are_not_valid_do_not_count(fitted: Fitted) -> None:
    start, made, data = fitted
    y, valid = made.y.clone(), torch.ones_like(made.y) > 0
    valid[:, -1, :3] = False
    y[:, -1, :3] = 0.0
    y[0], valid[0] = 1e6, False
    spoiled = LeverStart(16, made.x.shape[-1], landmarks(), 1)
    spoiled.fit(data, y, valid, made.subject)
    found = spoiled(rows(data, torch.arange(1, 30)))
    gap = (found - start(rows(data, torch.arange(1, 30))))[:, :-2].square().mean()
    assert gap < 0.05 * made.y.var()
    with pytest.raises(ShapeError, match="built for windows"):
        start(LeverData(data.x[:, :5], data.numbers, data.seconds))


def test_one_person_is_enough_to_answer() -> None:
    made = world(torch.Generator().manual_seed(2), people=1, each=5)
    start = LeverStart(16, made.x.shape[-1], landmarks(), 0)
    data = LeverData(made.x, torch.zeros(5, 0), made.seconds)
    start.fit(data, made.y, torch.ones_like(made.y) > 0, made.subject)
    assert torch.isfinite(start(data, made.subject)).all()


def test_a_force_that_is_newtons_is_found_without_having_been_seen() -> None:
    """A bounce faster and higher than any in training: a kernel alone goes back to its mean."""
    frames, seconds = 24, torch.full((24,), 0.5)

    def bounce(size: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        made = world(torch.Generator().manual_seed(3), people=8, each=3, frames=frames)
        time = torch.linspace(0, 0.5, frames)
        up = size[:, None] * torch.sin(12 * time)
        x, y = made.x.clone(), made.y.clone()
        mass = 1 + 3 * 6
        x[..., mass + 2] = 1 + up
        y[..., 0] = y[..., 1] = 0.0
        y[..., 2] = 9.80665 - 144 * up
        x[..., mass] = x[..., mass + 1] = 0.0
        return x, y

    few, more = (torch.rand(24, generator=torch.Generator().manual_seed(k)) for k in (4, 5))
    x, y = bounce(0.01 * few)
    start = LeverStart(frames, x.shape[-1], landmarks(), 0)
    subject = torch.arange(24) // 3
    start.fit(LeverData(x, torch.zeros(24, 0), seconds), y, torch.ones_like(y) > 0, subject)
    new_x, new_y = bounce(0.03 + 0.01 * more)
    found = start(LeverData(new_x, torch.zeros(24, 0), seconds))[:, 3:-3, 2]
    error = (found - new_y[:, 3:-3, 2]).square().mean()
    assert error < 0.1 * (new_y[:, 3:-3, 2] - y[:, 3:-3, 2].mean()).square().mean()


def test_limbs_are_asked_about_and_sealed() -> None:
    made = world(torch.Generator().manual_seed(6), people=4, each=3)
    data = LeverData(made.x, torch.zeros(12, 1), made.seconds)
    at = landmarks()._replace(limbs=(Limb(1, 4, 0.1, 0.433), Limb(4, 7, 0.06, 0.5)))
    start = LeverStart(16, made.x.shape[-1], at, 1)
    start.fit(data, made.y, torch.ones_like(made.y) > 0, made.subject)
    error = (start(data, made.subject) - made.y).square().mean()
    assert error < 0.3 * made.y.var()
    again = LeverStart(16, made.x.shape[-1], at, 1)
    again.load_state_dict(start.state_dict())
    torch.testing.assert_close(again(data), start(data), atol=1e-4, rtol=1e-3)
