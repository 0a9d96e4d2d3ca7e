r"""What things without their partner teach a bridge: over and back again, and the same crowd.

With the regression ``m`` from source to target and a second one ``w`` the other way,

.. math:: L_\mathrm{cycle} = |w(m(z_T)) - z_T|^2 + |m(w(z_0)) - z_0|^2, \qquad
          L_\mathrm{dist} = W^2\bigl(m(z_T) + \sigma_u \varepsilon,\; z_0\bigr)

(cycle consistency of Zhu et al., 1703.10593; ``W`` the sliced Wasserstein distance of whole
latents). Pairs, where there are any, train ``w`` directly.
"""

from torch import Generator, Tensor, nn, randn

from unisono.alignment.distribution_match import sliced_wasserstein
from unisono.core.contracts import Latents
from unisono.core.distributed import masked_mean, world
from unisono.core.errors import UnisonoError
from unisono.methods.latent_bridge import LatentBridge
from unisono.methods.lddbm_settings import LDDBMSettings, UnpairedSettings
from unisono.networks.bridge_network import BridgeNetwork, Tokens

__all__ = ["Backward", "check_ranks", "unpaired_terms"]

Whole = tuple[Latents, Tensor]
"""Latents, and which items are there, ``(B,)``."""


def check_ranks(paired: Tensor) -> None:
    """Refuse things without partner where several processes train: their batches would differ.

    Args:
        paired: Which items of the training part have both sides, ``(n,)`` bool.

    Raises:
        UnisonoError: If one has not, and there is more than one process.
    """
    alone = int((~paired).sum())
    if alone and world().size > 1:
        raise UnisonoError(
            f"{alone} of {len(paired)} items have no partner: with such, a bridge trains in one "
            f"process, and here are {world().size}; start one, or leave them out."
        )


class Backward(nn.Module):
    """A regression from target latents to source latents.

    Args:
        tokens: The two latents, turned round.
        settings: Sizes.
    """

    def __init__(self, tokens: Tokens, settings: LDDBMSettings) -> None:
        super().__init__()
        self.net = BridgeNetwork(tokens, settings.size, settings.shape)
        self.width = tokens.width

    def forward(self, target: Latents, mask: Tensor) -> Tensor:
        """Return source latents ``(B, K, d)`` for target latents."""
        blank = target.z.new_zeros(*mask.shape, self.width)
        out: Tensor = self.net(
            blank, target.z.new_zeros(len(blank)), mask, self.net.prepare(target)
        )
        return out


def unpaired_terms(
    bridge: LatentBridge,
    backward: Backward,
    target: Whole,
    source: Whole,
    *,
    settings: UnpairedSettings,
    generator: Generator,
) -> dict[str, tuple[float, Tensor]]:
    """Weights and values of the terms, by name.

    Latents themselves are not moved by these terms: they would agree by shrinking.

    Args:
        bridge: The bridge, with a regression.
        backward: The regression the other way.
        target: All targets of the batch, paired or not.
        source: All sources of the batch.
        settings: Weights.
        generator: Where noise and directions come from.
    """
    (z0, x_there), (zT, y_there) = target, source
    z0, zT = Latents(z0.z.detach(), z0.mask), Latents(zT.z.detach(), zT.mask)
    pairs = x_there & y_there
    terms: dict[str, tuple[float, Tensor]] = {}
    if bool(pairs.any()):
        back = backward(_of(z0, pairs), zT.mask[pairs])
        terms["backward"] = (1.0, _apart(back, _of(zT, pairs)))
    there, here = _of(zT, y_there), _of(z0, x_there)
    if not len(there.z) or not len(here.z):
        return terms
    # which tokens an unpaired answer has is not known: all of them
    whole = z0.mask.new_ones(len(there.z), z0.mask.shape[1])
    over = bridge.mean(there, whole)
    if over is None:
        return terms
    if settings.cycle:
        again = backward(Latents(over, whole), there.mask)
        back = backward(here, zT.mask.new_ones(len(here.z), zT.mask.shape[1]))
        forth = bridge.mean(Latents(back, zT.mask.new_ones(back.shape[:2])), here.mask)
        value = _apart(again, there)
        value = value + _apart(forth, here) if forth is not None else value
        terms["cycle"] = (settings.cycle, value)
    if settings.distribution:
        noise = randn(over.shape, generator=generator, device=generator.device).to(over.device)
        likely = over + bridge.spread() * noise
        value = sliced_wasserstein(
            likely.flatten(1).float(), here.z.flatten(1).float(), generator=generator
        )
        terms["distribution"] = (settings.distribution, value)
    return terms


def _of(latents: Latents, keep: Tensor) -> Latents:
    return Latents(latents.z[keep], latents.mask[keep])


def _apart(found: Tensor, truth: Latents) -> Tensor:
    gap = (found.float() - truth.z).square()
    return masked_mean(gap, truth.mask[..., None].expand_as(gap))
