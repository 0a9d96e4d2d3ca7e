"""Mirrors src/unisono/processes/bridge_solvers.py.

The oracle: a Gaussian target whose best estimate, given state and source, is known exactly.
"""

import pytest
import torch
from torch import Tensor

from unisono.core.contracts import Denoiser
from unisono.core.errors import UnisonoError
from unisono.processes.bridge import Bridge
from unisono.processes.bridge_base import BrownBase, VEBase, VPBase
from unisono.processes.bridge_solvers import (
    BRIDGE_SOLVERS,
    DBIM,
    BridgeHeun,
    OneStep,
    bridge_solver,
    noise_like,
)
from unisono.processes.paths import expand
from unisono.processes.solvers import solve

MEAN, STD, START = 0.2, 0.3, 0.7
VE80 = Bridge(VEBase(80.0))


def exact(bridge: Bridge, source: Tensor) -> Denoiser:
    """E[z_0 | z_t, z_T] for z_0 ~ N(MEAN, STD^2), whatever the source."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        a, b, s = (expand(w, z) for w in bridge.weights(t.to(torch.float64)))
        spread = a**2 * STD**2 + s**2
        gain = torch.where(spread > 0, a * STD**2 / spread.clamp_min(1e-300), 0.0)
        return MEAN + gain * (z - a * MEAN - b * source)

    return denoise


def ends(solver: BridgeHeun | DBIM | OneStep, size: int = 20_000) -> Tensor:
    source = torch.full((size, 1), START, dtype=torch.float64)
    g = torch.Generator().manual_seed(3)
    return solve(solver, exact(solver.process, source), source, generator=g).z


@pytest.mark.parametrize(
    ("solver", "spread"),
    [
        (BridgeHeun(VE80, 10, churn=0.0), 0.0), (BridgeHeun(VE80, 40, churn=0.0), 0.0),
        (BridgeHeun(VE80, 10), 0.375), (BridgeHeun(VE80, 20), 0.330),
        (BridgeHeun(VE80, 40), 0.313), (BridgeHeun(VE80, 80), 0.307),
        (BridgeHeun(VE80, 20, churn=0.1), 0.376), (BridgeHeun(VE80, 40, churn=0.1), 0.357),
        (DBIM(VE80, 10, eta=0.0), 0.213), (DBIM(VE80, 20, eta=0.0), 0.255),
        (DBIM(VE80, 40, eta=0.0), 0.277), (DBIM(VE80, 100, eta=0.0), 0.290),
        (DBIM(VE80, 10), 0.173), (DBIM(VE80, 20), 0.223),
        (DBIM(VE80, 40), 0.256), (DBIM(VE80, 100), 0.281),
    ],
    ids=repr,
)  # fmt: skip
def test_the_spread_that_is_kept(solver: BridgeHeun | DBIM, spread: float) -> None:
    """Figures published with the derivation of these samplers, of a true 0.300."""
    z = ends(solver)
    assert z.std().item() == pytest.approx(spread, abs=0.006)
    assert z.mean().item() == pytest.approx(MEAN, abs=0.01)


@pytest.mark.parametrize("base", [VEBase(3.0), VPBase(), BrownBase()], ids=repr)
@pytest.mark.parametrize("name", BRIDGE_SOLVERS)
def test_every_solver_on_every_base(base: VEBase | VPBase | BrownBase, name: str) -> None:
    """Those with noise keep the spread within a tenth; those without return about the mean.

    Off by up to a tenth of the spread: the ordinary equation is singular where it starts.
    """
    z = ends(bridge_solver(name, Bridge(base), 40), 10_000)
    assert z.mean().item() == pytest.approx(MEAN, abs=0.1 * STD + 0.001)
    if name in ("mean", "one_step"):
        assert z.std().item() < 1e-6
    else:
        assert z.std().item() == pytest.approx(STD, rel=0.1)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("dbim", 0.828), ("dbim_implicit", 0.884), ("dbim_high_order", 0.987), ("heun", 1.107)],
)
def test_the_spread_kept_by_the_default_bridge(name: str, kept: float) -> None:
    """Noise up to 3 spreads, 16 steps, a residual of spread 1 that starts at 0: why order two."""
    bridge = Bridge(VEBase(3.0), rho=7.0 if name == "heun" else 5.0)

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        a, _, s = (expand(w, z) for w in bridge.weights(t.to(torch.float64)))
        spread = (a**2 + s**2).clamp_min(1e-300)
        return torch.where(a > 0, a / spread, 0.0) * z

    g = torch.Generator().manual_seed(3)
    start = torch.zeros(20_000, 1, dtype=torch.float64)
    z = solve(bridge_solver(name, bridge, 16), denoise, start, generator=g).z
    assert z.std().item() == pytest.approx(kept, abs=0.02)


@pytest.mark.parametrize("name", ["dbim", "dbim_implicit", "dbim_high_order", "heun"])
def test_balanced_walks_are_drawn_alike_and_their_mean_does_not_err(name: str) -> None:
    """A linear denoiser bends nothing: the mean of four balanced walks is the answer itself."""
    bridge, sources = Bridge(VEBase(3.0), rho=5.0), 4000

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        a, _, s = (expand(w, z) for w in bridge.weights(t.to(torch.float64)))
        return torch.where(a > 0, a / (a**2 + s**2).clamp_min(1e-300), 0.0) * z

    start = torch.zeros(4 * sources, 1, dtype=torch.float64)
    free, tied = (
        solve(
            bridge_solver(name, bridge, 8, balanced=blocks), denoise, start,
            generator=torch.Generator().manual_seed(5),
        ).z.view(4, sources)
        for blocks in (1, 4)
    )  # fmt: skip
    for one, other in zip(tied, free, strict=True):
        assert one.std().item() == pytest.approx(other.std().item(), rel=0.06)
    assert tied.mean(dim=0).abs().max() < 1e-9
    assert free.mean(dim=0).std().item() == pytest.approx(free.std().item() / 2, rel=0.06)


def test_noise_that_cannot_balance_is_refused(generator: torch.Generator) -> None:
    with pytest.raises(UnisonoError, match="7 cannot be cut into 2 equal blocks"):
        noise_like(torch.zeros(7, 2), generator=generator, balanced=2)


def test_order_two_comes_closer() -> None:
    errors = [
        abs(ends(DBIM(VE80, 100, eta=0.0, order=order)).std().item() - STD) for order in (1, 2)
    ]
    assert errors[1] < 0.5 * errors[0]


def test_eta_one_is_the_bridge_walked_backwards(generator: torch.Generator) -> None:
    """For VE: z_u = (u/t)^2 z + (1 - (u/t)^2) D + u sqrt(1 - (u/t)^2) noise."""
    z, source, d = torch.randn(3, 5, 2, generator=generator, dtype=torch.float64)
    from unisono.processes.solvers import State

    solver = DBIM(VE80, 10)
    state = State(z, 0.5, source, d, 0.6)
    seed = torch.Generator().manual_seed(9)
    found = solver.step(lambda z, t: d, state, 0.2, generator=seed).z
    noise = torch.randn(5, 2, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    share = (0.2 / 0.5) ** 2
    wanted = share * z + (1 - share) * d + 16.0 * (1 - share) ** 0.5 * noise
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize(
    ("solver", "evaluations"),
    [
        (BridgeHeun(VE80, 10, churn=0.0), 19), (BridgeHeun(VE80, 10), 29),
        (DBIM(VE80, 10), 11), (OneStep(VE80), 1), (DBIM(VE80, 1), 2), (BridgeHeun(VE80, 1), 2),
    ],
    ids=repr,
)  # fmt: skip
def test_cost(solver: BridgeHeun | DBIM | OneStep, evaluations: int) -> None:
    g = torch.Generator().manual_seed(0)
    start = torch.zeros(2, 3, 1)
    solution = solve(solver, lambda z, t: z, start, generator=g)
    assert solution.evaluations == evaluations
    assert solution.z.dtype == torch.float32


@pytest.mark.parametrize("name", BRIDGE_SOLVERS)
def test_a_known_target_is_found(name: str, generator: torch.Generator) -> None:
    point, start = torch.randn(2, 2, 3, 4, generator=generator, dtype=torch.float64)
    z = solve(bridge_solver(name, Bridge(), 20), lambda z, t: point, start, generator=generator).z
    torch.testing.assert_close(z, point, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", BRIDGE_SOLVERS)
def test_a_solver_knows_its_name(name: str) -> None:
    assert bridge_solver(name, Bridge(), 4).name == name  # type: ignore[attr-defined]


def test_the_same_seed_gives_the_same_bits() -> None:
    first, second = (ends(DBIM(VE80, 4), 10) for _ in range(2))
    assert torch.equal(first, second)


def test_gradients_flow_through_a_walk(generator: torch.Generator) -> None:
    gain = torch.tensor(0.5, requires_grad=True)
    solve(DBIM(Bridge(), 3), lambda z, t: gain * z, torch.ones(2, 3), generator=generator).z.sum()
    z = solve(DBIM(Bridge(), 3), lambda z, t: gain * z, torch.ones(2, 3), generator=generator).z
    z.sum().backward()
    assert gain.grad is not None
    assert gain.grad.abs() > 0


def test_bad_settings_are_refused() -> None:
    with pytest.raises(UnisonoError, match="steps must lie in"):
        bridge_solver("dbim", Bridge(), 0)
    with pytest.raises(UnisonoError, match="sampler must be one of"):
        bridge_solver("dbin", Bridge(), 3)
    with pytest.raises(UnisonoError, match="its name is mean"):
        bridge_solver("heun", Bridge(), 3, churn=0.0)
    with pytest.raises(UnisonoError, match="order 2 adds no noise"):
        DBIM(Bridge(), eta=0.5, order=2)
    with pytest.raises(UnisonoError, match="churn"):
        BridgeHeun(Bridge(), churn=1.0)
