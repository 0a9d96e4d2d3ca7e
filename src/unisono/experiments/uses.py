"""How a model is used: with parts of the guide missing, corrupted, late, or of another laboratory.

Each use changes the GIVEN streams of test windows and nothing else. Sizes are in spreads of the
channel over the training part, so that one use means the same for every set.

==============  ==================================================================================
use             what happens to the given side
==============  ==================================================================================
``missing``     half of the channels are missing, drawn for every window
``noise``       white noise of half a spread
``dropped``     three stretches of a tenth of the frames are missing
``late``        it lags behind by an eighth of the window (the first frames are missing)
``laboratory``  another laboratory: every unit (person) has its own offset of half a spread a
                channel (markers placed otherwise), gains differ by a tenth, noise of a tenth
==============  ==================================================================================
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unisono.core.contracts import Batch
from unisono.core.random import numpy_generator
from unisono.evaluation.arrays import masked_spread

__all__ = ["USES", "delayed", "dropped", "hidden", "laboratory", "noisy", "used"]

Units = npt.NDArray[np.str_]
Rng = np.random.Generator


def _changed(
    batch: Batch, streams: Sequence[str], change: Callable[[str, Tensor, Tensor], list[Tensor]]
) -> Batch:
    data, mask = dict(batch.data), dict(batch.mask)
    for name in streams:
        data[name], mask[name] = change(name, batch.data[name], batch.mask[name])
        data[name] = data[name] * mask[name]
    return replace(batch, data=data, mask=mask)


def _spread(trained: Batch, name: str) -> Tensor:
    values = trained.data[name].numpy().astype(np.float64)
    spread = np.nan_to_num(masked_spread(values, trained.mask[name].numpy()))
    return torch.from_numpy(spread.astype(np.float32))


def hidden(batch: Batch, streams: Sequence[str], *, share: float, rng: Rng) -> Batch:
    """Hide a share of the channels of each window, at least leaving one."""

    def change(_: str, data: Tensor, mask: Tensor) -> list[Tensor]:
        size, width = data.shape[0], data.shape[2]
        count = min(round(share * width), width - 1)
        order = np.argsort(rng.random((size, width)), axis=1)
        keep = torch.from_numpy(order >= count)
        return [data, mask & keep[:, None, :]]

    return _changed(batch, streams, change)


def noisy(batch: Batch, streams: Sequence[str], trained: Batch, *, size: float, rng: Rng) -> Batch:
    """Add white noise of ``size`` spreads."""

    def change(name: str, data: Tensor, mask: Tensor) -> list[Tensor]:
        noise = torch.from_numpy(rng.normal(size=tuple(data.shape)).astype(np.float32))
        return [data + size * noise * _spread(trained, name), mask]

    return _changed(batch, streams, change)


def dropped(
    batch: Batch, streams: Sequence[str], *, share: float, rng: Rng, stretches: int = 3
) -> Batch:
    """Hide stretches of frames that together take about ``share`` of the window."""

    def change(_: str, data: Tensor, mask: Tensor) -> list[Tensor]:
        size, frames = data.shape[:2]
        length = round(share * frames / stretches)
        keep = np.ones((size, frames), dtype=bool)
        for row, starts in zip(
            keep, rng.integers(0, frames - length + 1, size=(size, stretches)), strict=True
        ):
            for start in starts:
                row[start : start + length] = False
        return [data, mask & torch.from_numpy(keep)[..., None]]

    return _changed(batch, streams, change)


def delayed(batch: Batch, streams: Sequence[str], *, frames: int) -> Batch:
    """Let the given side lag by some frames; what would come from before the window is missing."""

    def change(_: str, data: Tensor, mask: Tensor) -> list[Tensor]:
        moved, there = torch.roll(data, frames, dims=1), torch.roll(mask, frames, dims=1)
        there[:, : max(frames, 0)] = False
        there[:, len(there[0]) + min(frames, 0) :] = False
        return [moved, there]

    return _changed(batch, streams, change)


def laboratory(
    batch: Batch, streams: Sequence[str], trained: Batch, units: Units, *, size: float, rng: Rng
) -> Batch:
    """Offsets of each unit's channels by ``size`` spreads, gains and noise of a fifth of that."""
    names = sorted(set(units.tolist()))
    place = np.array([names.index(str(unit)) for unit in units])

    def change(name: str, data: Tensor, mask: Tensor) -> list[Tensor]:
        width = data.shape[-1]
        offset = size * rng.normal(size=(len(names), width))[place][:, None]
        gain = 1 + size / 5 * rng.normal(size=(len(names), width))[place][:, None]
        noise = size / 5 * rng.normal(size=tuple(data.shape))
        spread = _spread(trained, name)
        moved = torch.from_numpy((offset + noise).astype(np.float32)) * spread
        return [data * torch.from_numpy(gain.astype(np.float32)) + moved, mask]

    return _changed(batch, streams, change)


def used(use: str, batch: Batch, streams: Sequence[str], trained: Batch, units: Units) -> Batch:
    """The batch as one of ``USES`` sees it; the same draws for every model.

    Args:
        use: One of ``USES``.
        batch: Test windows.
        streams: The given streams.
        trained: Training windows, for spreads.
        units: Unit of each test window.
    """
    rng = numpy_generator(0, "experiment use", use)
    return USES[use](batch, streams, trained, units, rng)


USES: Mapping[str, Callable[[Batch, Sequence[str], Batch, Units, Rng], Batch]] = {
    "missing": lambda b, s, t, u, rng: hidden(b, s, share=0.5, rng=rng),  # noqa: ARG005
    "noise": lambda b, s, t, u, rng: noisy(b, s, t, size=0.5, rng=rng),  # noqa: ARG005
    "dropped": lambda b, s, t, u, rng: dropped(b, s, share=0.3, rng=rng),  # noqa: ARG005
    "late": lambda b, s, t, u, rng: delayed(  # noqa: ARG005
        b, s, frames=b.data[s[0]].shape[1] // 8
    ),
    "laboratory": lambda b, s, t, u, rng: laboratory(b, s, t, u, size=0.5, rng=rng),
}
"""Uses by name."""
