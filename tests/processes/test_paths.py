"""Mirrors src/unisono/processes/paths.py. Every process in PROCESSES meets the same contract."""

import math

import pytest
import torch

from unisono.core.contracts import Process, Weights
from unisono.core.errors import ShapeError, UnisonoError
from unisono.processes.diffusion import VP
from unisono.processes.flow import LinearFlow
from unisono.processes.paths import Path, draw, expand, mix, scale_of

PROCESSES = [VP("linear"), VP("scaled_linear"), VP("cosine"), VP("cosine", steps=100), LinearFlow()]
DIFFUSIONS = [process for process in PROCESSES if isinstance(process, VP)]


@pytest.mark.parametrize("process", PROCESSES, ids=repr)
class TestEveryProcess:
    def test_is_a_process_and_a_path(self, process: Path) -> None:
        assert isinstance(process, Process)
        assert isinstance(process, Path)

    def test_time_zero_is_the_target(self, process: Path) -> None:
        assert [w.item() for w in process.weights(torch.zeros(()))] == [1.0, 0.0, 0.0]

    def test_time_one_is_the_source(self, process: Path) -> None:
        scale = scale_of(process, torch.ones(()))
        assert scale.signal < 0.07
        assert scale.noise > 0.99

    def test_signal_falls_and_noise_rises(self, process: Path) -> None:
        scale = scale_of(process, torch.linspace(0, 1, 777, dtype=torch.float64))
        assert (scale.signal.diff() < 0).all()
        assert (scale.noise.diff() > 0).all()

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_weights_keep_shape_and_dtype(self, process: Path, dtype: torch.dtype) -> None:
        for weight in process.weights(torch.rand(2, 3, dtype=dtype)):
            assert weight.shape == (2, 3)
            assert weight.dtype == dtype

    def test_times_outside_are_refused(self, process: Path) -> None:
        for t in (-0.1, 1.001, math.nan):
            with pytest.raises(UnisonoError, match=r"t must lie in \[0, 1\]"):
                process.weights(torch.tensor([0.5, t]))

    def test_training_times_are_uniform_inside(
        self, process: Path, generator: torch.Generator
    ) -> None:
        t = process.sample_t(20_000, generator=generator)
        assert t.shape == (20_000,)
        assert t.dtype == torch.float32
        assert (t > 0).all()
        assert (t <= 1).all()
        assert t.mean().item() == pytest.approx(0.5, abs=0.02)
        assert t.std().item() == pytest.approx(1 / math.sqrt(12), abs=0.01)

    def test_grid_falls_from_one_to_zero(self, process: Path) -> None:
        grid = process.grid(7)
        assert grid.shape == (8,)
        assert grid.dtype == torch.float64
        assert (grid[0].item(), grid[-1].item()) == (1.0, 0.0)
        assert (grid.diff() < 0).all()

    def test_draw_has_the_mean_and_spread_of_the_path(
        self, process: Path, generator: torch.Generator
    ) -> None:
        target = torch.full((40_000, 1, 1), 2.0, dtype=torch.float64)
        t = torch.full((40_000,), 0.3, dtype=torch.float64)
        scale = scale_of(process, t[0])
        z = draw(process, target, t, generator=generator).z
        assert z.mean().item() == pytest.approx(2 * scale.signal.item(), abs=0.02)
        assert z.std().item() == pytest.approx(scale.noise.item(), rel=0.02)

    def test_draw_is_the_mixture_of_its_parts(
        self, process: Path, generator: torch.Generator
    ) -> None:
        target, t = torch.randn(4, 5, 3), torch.rand(4, generator=generator)
        point = draw(process, target, t, generator=generator)
        signal, noise = (expand(part, target) for part in scale_of(process, t))
        torch.testing.assert_close(point.z, signal * target + noise * point.noise)

    def test_the_same_seed_gives_the_same_bits(self, process: Path) -> None:
        target, t = torch.zeros(2, 3, 4), torch.full((2,), 0.5)
        first, second = (
            draw(process, target, t, generator=torch.Generator().manual_seed(7)).z for _ in range(2)
        )
        assert torch.equal(first, second)


@pytest.mark.parametrize("process", DIFFUSIONS, ids=repr)
def test_diffusions_preserve_variance(process: VP) -> None:
    a, b, s = process.weights(torch.rand(50, dtype=torch.float64))
    torch.testing.assert_close(a**2 + s**2, torch.ones_like(a))
    assert (b == 0).all()


def test_a_given_source_stands_at_time_one(generator: torch.Generator) -> None:
    target, source = torch.randn(2, 3, 4, 2)
    point = draw(LinearFlow(), target, torch.ones(3), generator=generator, source=source)
    assert torch.equal(point.z, source)
    assert point.source is source


def test_mix_of_three_parts() -> None:
    weights = Weights(torch.tensor([0.5, 1.0]), torch.tensor([0.25, 0.0]), torch.tensor([2.0, 0.0]))
    parts = [torch.full((2, 1), value) for value in (8.0, 4.0, 1.0)]
    assert mix(weights, *parts).tolist() == [[7.0], [8.0]]


def test_scale_joins_source_and_noise() -> None:
    class Both:
        def weights(self, t: torch.Tensor) -> Weights:
            return Weights(1 - t, 0.6 * t, 0.8 * t)

        def sample_t(self, size: int, *, generator: torch.Generator) -> torch.Tensor:
            return torch.rand(size, generator=generator)

    assert scale_of(Both(), torch.tensor(0.5)).noise.item() == pytest.approx(0.5)


def test_a_half_precision_target_keeps_its_level(generator: torch.Generator) -> None:
    """In bfloat16 the time 0.999 would be 1 and the target would vanish."""
    target = torch.full((1000, 1), 1000.0, dtype=torch.bfloat16)
    z = draw(LinearFlow(), target, torch.full((1000,), 0.999), generator=generator).z
    assert z.dtype == torch.bfloat16
    assert z.float().mean().item() == pytest.approx(1.0, abs=0.2)


def test_mismatched_axes_are_refused(generator: torch.Generator) -> None:
    z = torch.zeros(2, 3, 4)
    with pytest.raises(ShapeError, match="t has batch=5, but target has batch=2"):
        draw(LinearFlow(), z, torch.zeros(5), generator=generator)
    with pytest.raises(ShapeError, match=r"source has shape \(2, 3, 5\)"):
        draw(LinearFlow(), z, torch.zeros(2), generator=generator, source=torch.zeros(2, 3, 5))


def test_expand_leaves_scalars_alone() -> None:
    assert expand(torch.tensor(2.0), torch.zeros(4, 3)).shape == ()
