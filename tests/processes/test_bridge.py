"""Mirrors src/unisono/processes/bridge.py. Golden values computed apart, with NumPy."""

import math

import pytest
import torch

from unisono.core.contracts import Process
from unisono.core.errors import UnisonoError
from unisono.processes.bridge import Bridge
from unisono.processes.bridge_base import BrownBase, VEBase, VPBase
from unisono.processes.paths import Path

BRIDGES = [
    Bridge(VEBase(80.0)), Bridge(VEBase(3.0)), Bridge(VPBase()), Bridge(BrownBase()),
    Bridge(BrownBase(peak=6.0)),
]  # fmt: skip
each = pytest.mark.parametrize("bridge", BRIDGES, ids=repr)

# native time: weights of source, target and noise
VE80 = {
    0.1: (1.5625e-6, 0.999998, 0.0999999), 1.0: (1.5625e-4, 0.999844, 0.999922),
    10.0: (0.015625, 0.984375, 9.92157), 40.0: (0.25, 0.75, 34.6410),
    79.0: (0.975156, 0.0248438, 12.4519),
}  # fmt: skip
VP = {
    0.05: (0.006486, 0.992515, 0.086278), 0.3: (0.103841, 0.881853, 0.325401),
    0.5: (0.260422, 0.710458, 0.462534), 0.7: (0.490655, 0.472700, 0.517866),
    0.95: (0.898875, 0.088683, 0.303603),
}  # fmt: skip


def double(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("bridge", "golden", "tolerance"),
    [(Bridge(VEBase(80.0)), VE80, 5e-6), (Bridge(VPBase()), VP, 1e-4)],
)
def test_golden_weights(
    bridge: Bridge, golden: dict[float, tuple[float, float, float]], tolerance: float
) -> None:
    for tau, (source, target, noise) in golden.items():
        found = bridge.weights(double(tau / bridge.base.end))
        assert found.source.item() == pytest.approx(source, rel=tolerance)
        assert found.target.item() == pytest.approx(target, rel=tolerance)
        assert found.noise.item() == pytest.approx(noise, rel=tolerance)


def test_the_karras_grid() -> None:
    """Five points from 80 to 0.002, then 0."""
    grid = Bridge(VEBase(80.0)).grid(5, gap=0.0) * 80
    torch.testing.assert_close(
        grid, double(80, 17.527832, 2.515219, 0.169753, 0.002, 0), rtol=3e-6, atol=1e-9
    )


@each
class TestEveryBridge:
    def test_is_a_process_and_a_path(self, bridge: Bridge) -> None:
        assert isinstance(bridge, Process)
        assert isinstance(bridge, Path)

    def test_both_ends_are_pinned(self, bridge: Bridge) -> None:
        found = [w.tolist() for w in bridge.weights(double(0.0, 1.0))]
        assert found == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]

    def test_weights_are_those_of_two_gaussians_multiplied(self, bridge: Bridge) -> None:
        """q(z_t | z_0, z_T) is proportional to q(z_t | z_0) q(z_T | z_t)."""
        t = torch.linspace(0.02, 0.98, 30, dtype=torch.float64)
        base, tau, end = bridge.base, bridge.native(t), double(bridge.base.end)
        signal, signal_end = base.log_signal(tau).exp(), base.log_signal(end).exp()
        forward = 1 / (signal**2 * base.ratio(tau))
        pull = signal_end / signal
        backward = pull**2 / (signal_end**2 * (base.ratio(end) - base.ratio(tau)))
        variance = 1 / (forward + backward)
        a, b, s = bridge.weights(t)
        torch.testing.assert_close(s**2, variance)
        torch.testing.assert_close(a, variance * forward * signal)
        torch.testing.assert_close(b, variance * backward / pull)

    def test_the_scores_add_up(self, bridge: Bridge) -> None:
        z, estimate, source = double(0.4, -2.0), double(1.0, 0.5), double(-1.0, 3.0)
        for t in (0.05, 0.5, 0.95):
            at = bridge.at(t)
            mean = at.target * estimate + at.source * source
            whole = -(z - mean) / at.noise**2
            parts = bridge.data_score(at, z, estimate) + bridge.end_score(at, z, source)
            torch.testing.assert_close(whole, parts, rtol=1e-6, atol=1e-8)

    def test_times_outside_are_refused(self, bridge: Bridge) -> None:
        for t in (-0.1, 1.001, math.nan):
            with pytest.raises(UnisonoError, match=r"t must lie in \[0, 1\]"):
                bridge.weights(torch.tensor([0.5, t]))

    def test_training_times_by_both_laws(self, bridge: Bridge, generator: torch.Generator) -> None:
        low = bridge.base.first / bridge.base.end
        t = bridge.sample_t(20_000, generator=generator)
        assert t.dtype == torch.float32
        assert t.min() >= low * 0.999
        assert t.max() <= 1
        assert t.mean().item() == pytest.approx((1 + low) / 2, abs=0.01)
        logs = Bridge(bridge.base, "log_uniform").sample_t(20_000, generator=generator).log()
        assert logs.mean().item() == pytest.approx(math.log(low) / 2, rel=0.02)
        assert logs.std().item() == pytest.approx(-math.log(low) / math.sqrt(12), rel=0.02)

    def test_grid_falls_to_the_data(self, bridge: Bridge) -> None:
        for steps in (1, 2, 9):
            grid = bridge.grid(steps)
            assert grid.shape == (steps + 1,)
            assert grid.dtype == torch.float64
            assert 1 - 2e-6 <= grid[0] < 1
            assert grid[-1] == 0
            assert (grid.diff() < 0).all()

    def test_a_draw_has_the_mean_and_spread_of_the_bridge(
        self, bridge: Bridge, generator: torch.Generator
    ) -> None:
        target = torch.full((40_000, 1), 2.0, dtype=torch.float64)
        t = torch.full((40_000,), 0.6)
        z = bridge.draw(target, t, source=-target, generator=generator).z
        at = bridge.at(t[0].item())
        assert z.mean().item() == pytest.approx(2 * (at.target - at.source), abs=4 * at.noise / 200)
        assert z.std().item() == pytest.approx(at.noise, rel=0.02)


def test_ve_specialisation() -> None:
    """h = (z_T - z)/(T^2 - t^2) and g_0 = (D - z)/t^2."""
    at = Bridge(VEBase(5.0)).at(0.4)
    z, other = double(0.3), double(1.1)
    torch.testing.assert_close(Bridge.end_score(at, z, other), (other - z) / (25 - 4))
    torch.testing.assert_close(Bridge.data_score(at, z, other), (other - z) / 4)
    assert (at.drift, at.diffusion) == (0, 4)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(UnisonoError, match="times must be one of"):
        Bridge(VEBase(), "log")  # type: ignore[arg-type]
    with pytest.raises(UnisonoError, match="steps must lie in"):
        Bridge().grid(0)
