"""Mirrors src/unisono/evaluation/lpips.py, with weights made here."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from unisono.core.errors import ModelError, ShapeError
from unisono.evaluation.lpips import Lpips

WIDTHS = (2, 2, "M", 3, 3, "M", 4, 4, 4, "M", 4, 4, 4, "M", 5, 5, 5, "M")


def small_vgg() -> nn.Sequential:
    """The layout of VGG-16's features, with few channels."""
    layers: list[nn.Module] = []
    width = 3
    for size in WIDTHS:
        if isinstance(size, str):
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(width, size, 3, padding=1), nn.ReLU()]
            width = size
    return nn.Sequential(*layers)


@pytest.fixture
def folder(tmp_path: Path, generator: torch.Generator) -> Path:
    torch.manual_seed(0)
    vgg = small_vgg()
    save_file(
        {f"features.{k}": v for k, v in vgg.state_dict().items()}, tmp_path / "vgg16.safetensors"
    )
    lins = {
        f"lin{k}.model.1.weight": torch.rand(1, width, 1, 1, generator=generator)
        for k, width in enumerate((2, 3, 4, 4, 5))
    }
    save_file(lins, tmp_path / "lpips.safetensors")
    return tmp_path


def test_against_the_layers_of_torch(folder: Path, rng: np.random.Generator) -> None:
    torch.manual_seed(0)
    vgg = small_vgg()
    from safetensors.torch import load_file

    lins = load_file(folder / "lpips.safetensors")
    a, b = rng.uniform(-1, 1, (2, 2, 3, 20, 16))
    expected = np.zeros(2)
    shift = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
    looks = (3, 8, 15, 22, 29)  # relu 1_2, 2_2, 3_3, 4_3, 5_3
    with torch.no_grad():
        for k, look in enumerate(looks):
            f, g = (vgg[: look + 1]((torch.tensor(x).float() - shift) / scale) for x in (a, b))
            f, g = (x / (x.norm(dim=1, keepdim=True) + 1e-10) for x in (f, g))
            weighted = (lins[f"lin{k}.model.1.weight"] * (f - g) ** 2).sum(dim=1)
            expected += weighted.mean(dim=(1, 2)).numpy()
    np.testing.assert_allclose(Lpips(folder)(a, b), expected, rtol=1e-4)
    np.testing.assert_allclose(Lpips(folder)(a, a), 0.0)


def test_grey_images_are_repeated(folder: Path, rng: np.random.Generator) -> None:
    grey = rng.uniform(-1, 1, (2, 1, 16, 16))
    other = grey[::-1]
    found = Lpips(folder)(grey, other)
    np.testing.assert_allclose(found, Lpips(folder)(np.repeat(grey, 3, 1), np.repeat(other, 3, 1)))


def test_missing_weights_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="LPIPS needs its own weights"):
        Lpips(tmp_path / "nowhere")
    save_file({"lin0.model.1.weight": torch.zeros(1, 2, 1, 1)}, folder / "lpips.safetensors")
    with pytest.raises(ModelError, match="lacks the weight 'lin1.model.1.weight'"):
        Lpips(folder)


def test_bad_shapes_are_refused(folder: Path) -> None:
    with pytest.raises(ShapeError, match="16 pixels at least"):
        Lpips(folder)(np.zeros((1, 3, 8, 8)), np.zeros((1, 3, 8, 8)))
