"""Mirrors src/unisono/codecs/autoencoder.py, and holds every trained codec to one contract."""

from collections.abc import Callable

import pytest
import torch

from unisono.codecs.autoencoder import Autoencoder, latent_stats
from unisono.codecs.image import ImageCodec
from unisono.codecs.streams import StreamCodec
from unisono.codecs.token_grid import BOTTLENECKS, TokenGrid
from unisono.codecs.views import ViewsCodec
from unisono.codecs.voxels import VoxelCodec
from unisono.core.contracts import Latents, TrainedCodec
from unisono.core.errors import ShapeError, UnisonoError

CODECS: dict[str, Callable[[TokenGrid], Autoencoder]] = {
    "image": lambda grid: ImageCodec((2, 9, 12), grid, hidden=4),
    "voxels": lambda grid: VoxelCodec((8, 8, 6), grid, hidden=2),
    "streams": lambda grid: StreamCodec((21, 3), grid, hidden=4),
    "views": lambda grid: ViewsCodec((3, 1, 8, 8), grid, hidden=4),
    "views_as_a_set": lambda grid: ViewsCodec((3, 1, 8, 8), grid, hidden=4, ordered=False),
}


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("tokens", [6, 16])
def test_every_modality_meets_on_the_grid_that_is_asked_for(
    name: str, tokens: int, generator: torch.Generator
) -> None:
    codec = CODECS[name](TokenGrid(tokens, 10))
    assert isinstance(codec, TrainedCodec)
    data = torch.rand(4, *codec.shape, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    codec.fit(data, mask)
    latents = codec.encode(data, mask)
    assert latents.z.shape == (4, tokens, 10) and latents.mask.shape == (4, tokens)
    assert latents.mask.all()
    assert codec.decode(latents).shape == data.shape


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("bottleneck", BOTTLENECKS)
def test_loss_reaches_every_parameter_and_states_its_parts(
    name: str, bottleneck: str, generator: torch.Generator
) -> None:
    codec = CODECS[name](TokenGrid(6, 10, bottleneck))
    data = torch.rand(4, *codec.shape, generator=generator)
    loss = codec.loss(data, torch.ones_like(data, dtype=torch.bool), generator=generator)
    loss.total.backward()
    silent = [n for n, p in codec.named_parameters() if p.grad is None]
    absent = ["absent"] if name == "views" else []  # every view is there
    assert [n for n in silent if n not in absent] == []
    kl = codec.grid.kl_weight * loss.parts["kl"]
    torch.testing.assert_close(loss.total.detach(), loss.parts["reconstruction"] + kl)
    assert (bottleneck == "kl") == (loss.parts["kl"].item() > 0)


@pytest.mark.parametrize("name", CODECS)
def test_what_is_not_valid_is_not_read(name: str, generator: torch.Generator) -> None:
    codec = CODECS[name](TokenGrid(6, 10))
    data = torch.rand(4, *codec.shape, generator=generator)
    mask = torch.rand(data.shape, generator=generator) > 0.3
    if name.startswith("views"):
        mask = torch.ones_like(mask)
        mask[:, 1] = False
    spoiled = torch.where(mask, data, torch.nan)
    codec.fit(spoiled, mask)
    one = codec.encode(torch.where(mask, data, 0.5), mask)
    two = codec.encode(spoiled, mask)
    assert torch.equal(one.z, two.z) and bool(torch.isfinite(two.z).all())
    same = codec.loss(spoiled, mask, generator=torch.Generator().manual_seed(3)).total
    again = codec.loss(data, mask, generator=torch.Generator().manual_seed(3)).total
    torch.testing.assert_close(same, again)
    assert not torch.isnan(codec.distance(codec.decode(one), spoiled, mask))


@pytest.mark.parametrize("name", CODECS)
def test_distance_is_the_loss_s_own(name: str, generator: torch.Generator) -> None:
    codec = CODECS[name](TokenGrid(6, 10))
    data = torch.rand(4, *codec.shape, generator=generator)
    if name == "voxels":
        data = (data > 0.5).float()
    mask = torch.ones_like(data, dtype=torch.bool)
    codec.fit(data, mask)
    expected = codec.loss(data, mask, generator=generator).parts["reconstruction"]
    found = codec.distance(codec.decode(codec.encode(data, mask)), data, mask)
    torch.testing.assert_close(found.detach(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", CODECS)
def test_all_that_was_fitted_is_sealed_with_the_weights(
    name: str, generator: torch.Generator
) -> None:
    one, two = CODECS[name](TokenGrid(6, 10)), CODECS[name](TokenGrid(6, 10))
    data = torch.rand(4, *one.shape, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    one.fit(data, mask)
    two.load_state_dict(one.state_dict())
    assert torch.equal(two.decode(two.encode(data, mask)), one.decode(one.encode(data, mask)))


@pytest.mark.parametrize("name", CODECS)
def test_other_shapes_are_refused_in_one_line(name: str) -> None:
    codec = CODECS[name](TokenGrid(6, 10))
    wrong = torch.zeros(2, *[s + 1 for s in codec.shape])
    with pytest.raises(ShapeError, match=r"data should be \(batch, "):
        codec.encode(wrong, wrong > 0)
    data = torch.zeros(2, *codec.shape)
    with pytest.raises(ShapeError, match="mask should be"):
        codec.encode(data, torch.ones(2, 1, dtype=torch.bool))
    with pytest.raises(ShapeError, match="latents should be .* one token grid"):
        codec.decode(Latents(torch.zeros(2, 7, 10), torch.ones(2, 7, dtype=torch.bool)))


def test_nan_in_the_training_part_is_refused() -> None:
    data = torch.full((2, 2, 9, 12), torch.nan)
    with pytest.raises(UnisonoError, match="NaN or infinity"):
        CODECS["image"](TokenGrid(6, 10)).fit(data, torch.ones_like(data, dtype=torch.bool))
    with pytest.raises(UnisonoError, match="no value is valid"):
        CODECS["image"](TokenGrid(6, 10)).fit(data, torch.zeros_like(data, dtype=torch.bool))


def test_latent_stats_of_a_known_cloud(generator: torch.Generator) -> None:
    flat = torch.randn(4000, 5, 6, generator=generator) * torch.tensor([2.0, 2, 2, 0, 0, 0]) + 3
    stats = latent_stats(Latents(flat, torch.ones(4000, 5, dtype=torch.bool)))
    assert stats.std == pytest.approx(2**0.5, rel=0.02)  # half of the numbers vary, spread 2
    assert stats.rank == pytest.approx(3.0, rel=0.01)
    torch.testing.assert_close(stats.mean, torch.full((5, 6), 3.0), atol=0.15, rtol=0)
    still = latent_stats(Latents(torch.ones(3, 5, 6), torch.ones(3, 5, dtype=torch.bool)))
    assert still.std == 0 and still.rank == 0
    with pytest.raises(UnisonoError, match="no token of the latents is real"):
        latent_stats(Latents(flat, torch.zeros(4000, 5, dtype=torch.bool)))
