"""Mirrors src/unisono/alignment/token_contrast.py."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from unisono.alignment.token_contrast import latent_contrast
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError, UnisonoError


def latents(generator: torch.Generator, size: int = 5) -> Latents:
    return Latents(
        torch.randn(size, 3, 4, generator=generator), torch.ones(size, 3, dtype=torch.bool)
    )


def cross_entropy(scores: Tensor) -> Tensor:
    return F.cross_entropy(scores, torch.arange(len(scores)))


def test_flat_is_the_cross_entropy_of_cosines(generator: torch.Generator) -> None:
    u, v = latents(generator), latents(generator)
    scores = F.cosine_similarity(u.z.flatten(1)[:, None], v.z.flatten(1)[None], dim=-1) / 0.2
    there, back = cross_entropy(scores), cross_entropy(scores.T)
    one_way = latent_contrast(u, v, temperature=0.2, direction="one_way")
    torch.testing.assert_close(one_way, there)
    torch.testing.assert_close(latent_contrast(u, v, temperature=0.2), (there + back) / 2)


def test_tokens_is_the_mean_over_places(generator: torch.Generator) -> None:
    u, v = latents(generator), latents(generator)
    slow = torch.stack(
        [
            cross_entropy(F.cosine_similarity(u.z[:, None, n], v.z[None, :, n], dim=-1) / 0.3)
            for n in range(3)
        ]
    ).mean()
    found = latent_contrast(u, v, temperature=0.3, grain="tokens", direction="one_way")
    torch.testing.assert_close(found, slow)


@pytest.mark.parametrize("grain", ["flat", "tokens"])
def test_masked_tokens_do_not_matter(grain: str, generator: torch.Generator) -> None:
    u, v = latents(generator), latents(generator)
    u.mask[:, 2] = False
    loud = Latents(torch.where(u.mask[..., None], u.z, 1e3), u.mask)
    kinds = {"temperature": 0.2, "grain": grain}
    torch.testing.assert_close(latent_contrast(u, v, **kinds), latent_contrast(loud, v, **kinds))


def test_place_alone_tells_nothing() -> None:
    """Tokens that say only where they lie are at chance token by token."""
    place = torch.eye(3, 4).expand(6, 3, 4)
    z = Latents(place, torch.ones(6, 3, dtype=torch.bool))
    found = latent_contrast(z, z, temperature=0.1, grain="tokens")
    assert found.item() == pytest.approx(math.log(6))


def test_bad_input_is_refused(generator: torch.Generator) -> None:
    one = latents(generator, 1)
    with pytest.raises(UnisonoError, match="nothing to tell a single pair from"):
        latent_contrast(one, one, temperature=0.1)
    u = latents(generator)
    other = Latents(torch.zeros(5, 2, 4), torch.ones(5, 2, dtype=torch.bool))
    with pytest.raises(ShapeError, match="token"):
        latent_contrast(u, other, temperature=0.1)
    with pytest.raises(UnisonoError, match="grain must be one of"):
        latent_contrast(u, u, temperature=0.1, grain="token")
