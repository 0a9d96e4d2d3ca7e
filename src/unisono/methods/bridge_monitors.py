r"""What to watch in every bridge: whether latents shrink, and which way the source is used.

*Shrinkage*: spread and effective rank of both latents, and how much worse the bridge's answer is
than the codec's own reconstruction (a codec that decodes the TRUE latent badly has shrunk).

*Swap test*: answers are made with the start state of another item, with the memory of another
item, and with both. A path whose swap changes nothing is not used.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from unisono.alignment.monitors import effective_rank
from unisono.core.contracts import Batch, Latents, TrainedCodec
from unisono.core.errors import UnisonoError
from unisono.methods.bridge_codecs import End
from unisono.methods.latent_bridge import LatentBridge, Walked

__all__ = ["BridgeReport", "Bridged", "bridge_report", "latent_monitors"]


class Bridged(Protocol):
    """What the report asks of a method."""

    bridge: LatentBridge
    target: End

    def encode(self, batch: Batch, side: str) -> Latents:
        """Encode a side."""
        ...

    def decoded(self, walked: Walked, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Samples and mean of decoded walks."""
        ...


class BridgeReport(NamedTuple):
    """Distances are in the target codec's standardised units, of the mean of the samples.

    Attributes:
        answer: Distance of the answer from the truth.
        reconstruction: Distance of the decoded true latent from the truth.
        start_swapped: Distance with another item's start state.
        memory_swapped: Distance with another item's memory.
        both_swapped: Distance of another item's answer.
        target_std: Spread of the target's latents.
        source_std: Spread of the source's latents.
        target_rank: Effective rank of the target's latents.
        source_rank: Effective rank of the source's latents.
    """

    answer: float
    reconstruction: float
    start_swapped: float
    memory_swapped: float
    both_swapped: float
    target_std: float
    source_std: float
    target_rank: float
    source_rank: float

    @property
    def gap(self) -> float:
        """Answer minus reconstruction: what the bridge loses."""
        return self.answer - self.reconstruction


def latent_monitors(
    target: Latents, source: Latents, x_there: Tensor, y_there: Tensor
) -> dict[str, Tensor]:
    """Spread and effective rank of both latents, by name, for the log."""
    found: dict[str, Tensor] = {}
    for name, latents, there in (("target", target, x_there), ("source", source, y_there)):
        kept = Latents(latents.z.detach()[there], latents.mask[there])
        tokens = kept.z[kept.mask].float()
        if len(tokens) > 1:
            found[f"{name}.std"] = tokens.std(correction=0)
            everywhere = torch.ones(len(tokens), dtype=torch.bool, device=tokens.device)
            found[f"{name}.rank"] = effective_rank(tokens, everywhere)
    return found


def bridge_report(
    method: Bridged, batch: Batch, want: str, *, samples: int, steps: int, generator: Generator
) -> BridgeReport:
    """Measure a trained bridge on pairs; see the module's docstring.

    Args:
        method: The method.
        batch: Pairs, at least two.
        want: Name of what is wanted.
        samples: Samples whose mean is the answer where there is no regression.
        steps: Solver steps.
        generator: Where the noise comes from.

    Raises:
        UnisonoError: If there are fewer than two pairs to swap.
    """
    if batch.size < 2:
        raise UnisonoError("a swap needs at least two pairs; give a larger batch.")
    source, target = method.encode(batch, "given"), method.encode(batch, "want")
    other = Latents(source.z.roll(1, dims=0), source.mask.roll(1, dims=0))
    codec: TrainedCodec = method.target.codec
    data, mask = batch.data[want], batch.mask[want]

    def apart(memory: Latents, start: Latents) -> float:
        with torch.no_grad():
            walked = method.bridge.sample(
                memory, target.mask, samples=max(1, samples), steps=steps,
                generator=generator, start=start,
            )  # fmt: skip
            answer = method.decoded(Walked(walked.samples, None), target.mask)[1]
            return float(codec.distance(answer, data, mask))

    with torch.no_grad():
        rebuilt = float(codec.distance(codec.decode(target), data, mask))
    everything = torch.ones(batch.size, dtype=torch.bool)
    seen = latent_monitors(target, source, everything, everything)
    return BridgeReport(
        answer=apart(source, source),
        reconstruction=rebuilt,
        start_swapped=apart(source, other),
        memory_swapped=apart(other, source),
        both_swapped=apart(other, other),
        target_std=float(seen["target.std"]),
        source_std=float(seen["source.std"]),
        target_rank=float(seen["target.rank"]),
        source_rank=float(seen["source.rank"]),
    )
