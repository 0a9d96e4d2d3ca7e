"""Mirrors src/unisono/processes/schedules.py."""

import pytest
import torch

from unisono.core.errors import UnisonoError
from unisono.processes.schedules import (
    SCHEDULES,
    Cosine,
    Linear,
    ScaledLinear,
    Schedule,
    log_signal_power,
    named_schedule,
)

CPU = torch.device("cpu")


def power(schedule: Schedule, index: int) -> float:
    return log_signal_power(schedule, 1000, CPU)[index].exp().item()


@pytest.mark.parametrize(
    ("index", "expected", "psi"),
    [
        (1, 0.999150, 0.02917),
        (100, 0.895463, 0.34167),
        (250, 0.675432, 0.69320),
        (500, 0.277670, 1.61289),
        (750, 0.056623, 4.08173),
        (1000, 0.004660, 14.61464),
    ],
)
def test_scaled_linear_golden_values(index: int, expected: float, psi: float) -> None:
    got = power(ScaledLinear(), index)
    assert got == pytest.approx(expected, abs=5e-7)
    assert ((1 - got) / got) ** 0.5 == pytest.approx(psi, abs=5e-6)


@pytest.mark.parametrize(
    ("u", "expected"),
    [(0.1, 0.972093), (0.25, 0.847012), (0.5, 0.493844), (0.75, 0.144272), (0.9, 0.024092)],
)
def test_cosine_golden_values(u: float, expected: float) -> None:
    assert power(Cosine(), round(u * 1000)) == pytest.approx(expected, abs=5e-7)


def test_linear_ends() -> None:
    betas = Linear().betas(1000)
    assert (betas[0].item(), betas[-1].item()) == pytest.approx((1e-4, 2e-2))


def test_cosine_last_beta_is_cut() -> None:
    assert Cosine().betas(1000)[-1].item() == 0.999


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("steps", [1, 5, 10, 100, 1000, 4000])
def test_tables_fall_from_one_and_stay_finite(schedule: Schedule, steps: int) -> None:
    table = log_signal_power(schedule, steps, CPU)
    assert table.shape == (steps + 1,)
    assert table[0] == 0
    assert (table.diff() < 0).all()
    assert torch.isfinite(table).all()


@pytest.mark.parametrize("schedule", [Linear(), ScaledLinear()], ids=repr)
def test_another_number_of_steps_ends_at_about_the_same_level(schedule: Schedule) -> None:
    long, short = (log_signal_power(schedule, steps, CPU)[-1].item() for steps in (1000, 100))
    assert short == pytest.approx(long, rel=0.1)


@pytest.mark.parametrize("name", SCHEDULES)
def test_agrees_with_diffusers(name: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    ends = {"linear": (1e-4, 2e-2), "scaled_linear": (8.5e-4, 1.2e-2), "cosine": (1e-4, 2e-2)}
    theirs = diffusers.DDPMScheduler(
        beta_start=ends[name][0],
        beta_end=ends[name][1],
        beta_schedule="squaredcos_cap_v2" if name == "cosine" else name,
    ).alphas_cumprod
    ours = log_signal_power(SCHEDULES[name], 1000, CPU)[1:].exp().float()
    torch.testing.assert_close(ours, theirs, rtol=2e-5, atol=1e-8)


def test_names_and_schedules_both_pass() -> None:
    assert named_schedule("cosine") == Cosine()
    assert named_schedule(Cosine(0.01)) == Cosine(0.01)
    with pytest.raises(UnisonoError, match="Did you mean 'cosine'"):
        named_schedule("cosin")


def test_bad_ends_are_refused() -> None:
    with pytest.raises(UnisonoError, match="first must lie in"):
        Linear(first=0.0)
    with pytest.raises(UnisonoError, match="last must lie in"):
        ScaledLinear(first=0.02, last=0.01)
    with pytest.raises(UnisonoError, match="shift must lie in"):
        Cosine(shift=-1.0)
