"""The oracle of this room: for Gaussian data the best denoiser is known in closed form."""

from collections.abc import Callable

import pytest
from torch import Tensor

from unisono.core.contracts import Denoiser, Process
from unisono.processes.paths import expand, scale_of


def exact_denoiser(process: Process, mean: float, std: float) -> Denoiser:
    """E[target | z_t] for data N(mean, std^2) and a standard normal source."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        signal, noise = (expand(part, z) for part in scale_of(process, t))
        gain = signal * std**2 / (signal**2 * std**2 + noise**2)
        return mean + gain * (z - signal * mean)

    return denoise


@pytest.fixture(scope="session")
def gaussian() -> Callable[[Process, float, float], Denoiser]:
    return exact_denoiser
