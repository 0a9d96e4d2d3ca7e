r"""LPIPS with its own weights, where the user has them.

.. math:: d(x, y) = \sum_{l=1}^{5} \mathrm{mean}_{hw} \sum_c w_{lc}
          \bigl(\hat f_{lc}(x) - \hat f_{lc}(y)\bigr)^2

with unit-normalised VGG-16 features after relu 1_2, 2_2, 3_3, 4_3 and 5_3 and learned weights
:math:`w` (Zhang et al., 1801.03924). The weights are not shipped: a folder must hold
``vgg16.safetensors`` (names as in torchvision, ``features.0.weight`` ...) and
``lpips.safetensors`` (``lin0.model.1.weight`` ... ``lin4.model.1.weight``). Images lie in [-1, 1].
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from unisono.core.errors import ModelError, ShapeError
from unisono.evaluation.arrays import Array

__all__ = ["Lpips"]

_BLOCKS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Numbers of the convolutions of VGG-16, block by block; a block ends where LPIPS looks."""

_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)


class Lpips:
    """The distance with given weights.

    Args:
        folder: Where ``vgg16.safetensors`` and ``lpips.safetensors`` lie.

    Raises:
        ModelError: If a file or a weight is missing or of another shape.
    """

    def __init__(self, folder: str | Path) -> None:
        weights: dict[str, Tensor] = {}
        for name in ("vgg16.safetensors", "lpips.safetensors"):
            file = Path(folder) / name
            try:
                weights |= load_file(file)
            except Exception as error:
                raise ModelError(
                    f"{file} cannot be read ({error}); LPIPS needs its own weights, or use the "
                    "feature distance, which is trained on your images."
                ) from error
        wanted = [f"features.{k}.{p}" for b in _BLOCKS for k in b for p in ("weight", "bias")]
        wanted += [f"lin{k}.model.1.weight" for k in range(len(_BLOCKS))]
        absent = [name for name in wanted if name not in weights]
        if absent:
            raise ModelError(f"{folder} lacks the weight {absent[0]!r}; export the files again.")
        self._weights = {name: weights[name].float() for name in wanted}
        widths = [self._weights[f"features.{b[-1]}.weight"].shape[0] for b in _BLOCKS]
        for k, width in enumerate(widths):
            found = tuple(self._weights[f"lin{k}.model.1.weight"].shape)
            if found != (1, width, 1, 1):
                raise ModelError(
                    f"{folder}: lin{k}.model.1.weight should be (1, {width}, 1, 1); got {found}."
                )

    def _features(self, images: Tensor) -> list[Tensor]:
        x = (images - torch.tensor(_SHIFT)[:, None, None]) / torch.tensor(_SCALE)[:, None, None]
        found = []
        for number, block in enumerate(_BLOCKS):
            x = F.max_pool2d(x, 2) if number else x
            for k in block:
                weight, bias = (self._weights[f"features.{k}.{p}"] for p in ("weight", "bias"))
                x = F.relu(F.conv2d(x, weight, bias, padding=1))
            found.append(x)
        return found

    @torch.no_grad()
    def __call__(self, predicted: Array, truth: Array) -> Array:
        """LPIPS of each image, ``(n,)``.

        Args:
            predicted: ``(n, 3, H, W)`` in [-1, 1], at least 16 pixels an edge; grey images may
                have one channel, which is then repeated.
            truth: The same shape.

        Raises:
            ShapeError: If the shapes differ or do not fit.
        """
        if (
            predicted.shape != truth.shape
            or truth.ndim != 4
            or truth.shape[1] not in (1, 3)
            or min(truth.shape[2:]) < 16
        ):
            raise ShapeError(
                "LPIPS needs two (image, 1 or 3, height, width) of 16 pixels at least; got "
                f"{predicted.shape} and {truth.shape}."
            )
        sides = []
        for images in (predicted, truth):
            x = torch.as_tensor(np.ascontiguousarray(images), dtype=torch.float32)
            sides.append(self._features(x.expand(-1, 3, -1, -1)))
        total = torch.zeros(len(truth))
        for k, (a, b) in enumerate(zip(*sides, strict=True)):
            gap = (_unit(a) - _unit(b)).square()
            weighted = F.conv2d(gap, self._weights[f"lin{k}.model.1.weight"])
            total += weighted.mean(dim=(1, 2, 3))
        return total.double().numpy()


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
