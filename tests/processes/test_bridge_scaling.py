"""Mirrors src/unisono/processes/bridge_scaling.py."""

import pytest
import torch
from torch import Tensor

from unisono.core.errors import ShapeError
from unisono.processes.bridge import Bridge
from unisono.processes.bridge_base import BrownBase, VEBase, VPBase
from unisono.processes.bridge_scaling import CONSTANT, BridgeDenoiser, Ends, RunningEnds, scalings

# native time: c_in, c_skip, c_out, 1/c_out^2, c_noise; spreads 0.5, covariance 0
VE80 = {
    0.1: (1.96116, 0.96154, 0.0980581, 104.0, -575.646),
    1.0: (0.894511, 0.200006, 0.447221, 4.99984, 0.0),
    10.0: (0.100667, 0.00249386, 0.499386, 4.00984, 575.646),
    40.0: (0.0288656, 1.5623e-4, 0.499971, 4.00047, 922.220),
    79.0: (0.0802475, 4.0e-5, 0.500000, 4.00000, 1092.36),
}
# native time: c_in, c_skip, c_out
VP = {
    0.05: (1.985261, 0.977940, 0.085703), 0.3: (1.816687, 0.727607, 0.299315),
    0.5: (1.673467, 0.497408, 0.402061), 0.7: (1.613256, 0.307562, 0.462227),
    0.95: (1.837616, 0.074867, 0.498337),
}  # fmt: skip
BRIDGES = [Bridge(VEBase(80.0)), Bridge(VEBase(3.0)), Bridge(VPBase()), Bridge(BrownBase())]


def at(bridge: Bridge, tau: float, ends: Ends = CONSTANT) -> list[float]:
    t = torch.tensor(tau / bridge.base.end, dtype=torch.float64)
    return [x.item() for x in scalings(bridge, t, ends)]


def test_golden_ve() -> None:
    for tau, (inside, skip, out, weight, noise) in VE80.items():
        found = at(Bridge(VEBase(80.0)), tau)
        assert found == pytest.approx([inside, skip, out, noise], rel=4e-4, abs=1e-9)
        assert 1 / found[2] ** 2 == pytest.approx(weight, rel=1e-4)


def test_golden_vp() -> None:
    for tau, golden in VP.items():
        assert at(Bridge(VPBase()), tau)[:3] == pytest.approx(golden, rel=5e-5)


def test_a_target_half_known_is_skipped_by_half() -> None:
    """With covariance sd^2/2 the skip at the source is 1/2."""
    assert at(Bridge(VEBase(80.0)), 80.0, Ends(0.5, 0.5, 0.125))[1] == pytest.approx(0.5)


def pair(generator: torch.Generator, size: int = 200_000) -> tuple[Tensor, Tensor, Ends]:
    """Two correlated ends that are not centred."""
    x, y = torch.randn(2, size, generator=generator, dtype=torch.float64)
    target, source = 0.7 * x + 0.3, 1.3 * (0.6 * x + 0.8 * y) - 1.0
    return target, source, Ends(0.7, 1.3, 0.7 * 1.3 * 0.6)


@pytest.mark.parametrize("bridge", BRIDGES, ids=repr)
@pytest.mark.parametrize("t", [0.01, 0.3, 0.8])
def test_input_and_target_have_spread_one(
    bridge: Bridge, t: float, generator: torch.Generator
) -> None:
    target, source, ends = pair(generator)
    when = torch.full((1,), t, dtype=torch.float64)
    a, b, s = bridge.weights(when)
    noise = torch.randn(target.shape, generator=generator, dtype=torch.float64)
    z = a * target + b * source + s * noise
    inside, skip, out, _ = scalings(bridge, when, ends)
    assert (inside * z).std().item() == pytest.approx(1, abs=0.02)
    wanted = (target - skip * z) / out
    assert wanted.std().item() == pytest.approx(1, abs=0.02)
    assert torch.corrcoef(torch.stack([z, wanted]))[0, 1].abs() < 0.01


def test_running_moments_are_those_of_the_data(generator: torch.Generator) -> None:
    target, source, truth = pair(generator, 120_000)
    running = RunningEnds(0.9)
    for i in range(30):
        part = slice(4000 * i, 4000 * (i + 1))
        x, y = target[part].view(100, 20, 2), source[part].view(100, 20, 2)
        mask = torch.ones(100, 20, dtype=torch.bool)
        mask[:, 15:] = False
        x = torch.where(mask[..., None], x, torch.full_like(x, 1e6))  # must not count
        running.update(x, y, mask)
    assert [float(m) for m in running.ends()] == pytest.approx(list(truth), rel=0.03)


def test_the_first_batch_counts_whole() -> None:
    running = RunningEnds(0.999)
    x = torch.tensor([[[1.0], [-1.0]]])
    running.update(x, 2 * x, torch.ones(1, 2, dtype=torch.bool))
    assert [float(m) for m in running.ends()] == pytest.approx([1.0, 2.0, 2.0])


def test_ends_before_any_batch_are_plain() -> None:
    assert [float(m) for m in RunningEnds().ends()] == [1.0, 1.0, 0.0]


def test_equal_ends_need_no_noise_and_no_negative_root() -> None:
    found = scalings(Bridge(), torch.tensor([0.0, 1.0]), Ends(1.0, 1.0, 1.0))
    assert found.out.tolist() == [0.0, 0.0]
    assert all(torch.isfinite(factor).all() for factor in found)


@pytest.mark.parametrize("bridge", BRIDGES, ids=repr)
def test_where_walks_start_at_one_point_the_network_still_answers(bridge: Bridge) -> None:
    """The factors of the source are the limit of those before it."""
    ends = Ends(0.7, 0.0, 0.0)
    last, before = (at(bridge, bridge.base.end * share, ends) for share in (1.0, 1 - 1e-9))
    assert last[2] == pytest.approx(0.7)
    assert last[2] == pytest.approx(before[2], rel=1e-6)
    answer = BridgeDenoiser(lambda z, noise: z + 0.5, bridge, ends)
    assert answer(torch.zeros(1, 1), torch.ones(1)).item() == pytest.approx(0.35)


def test_moments_are_sealed_with_the_weights() -> None:
    assert set(RunningEnds().state_dict()) == {"moments", "count"}


def test_a_denoiser_of_zero_output_is_the_best_linear_estimate(
    generator: torch.Generator,
) -> None:
    target, source, ends = pair(generator)
    target, source = target - 0.3, source + 1.0
    bridge = Bridge(VEBase(3.0))
    t = torch.full((len(target),), 0.4)
    z = bridge.draw(target, t, source=source, generator=generator).z
    estimate = BridgeDenoiser(lambda z, noise: torch.zeros_like(z), bridge, ends)(z, t)
    slope = (z * target).sum() / (z * z).sum()
    assert (estimate / z).mean().item() == pytest.approx(slope.item(), rel=0.02)


def test_mismatched_axes_are_refused() -> None:
    mask = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ShapeError, match="source has token=4"):
        RunningEnds().update(torch.zeros(2, 3, 1), torch.zeros(2, 4, 1), mask)
