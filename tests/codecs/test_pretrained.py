"""Mirrors src/unisono/codecs/pretrained.py."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from unisono.codecs.autoencoder import Autoencoder
from unisono.codecs.image import ImageCodec
from unisono.codecs.kl_autoencoder import KlAutoencoder, KlSettings
from unisono.codecs.pretrained import (
    KeptCodec,
    PretrainedCard,
    PretrainedImageCodec,
    build,
    load_codec,
    open_pretrained,
    read_card,
    save_codec,
)
from unisono.codecs.streams import StreamCodec
from unisono.codecs.token_grid import TokenGrid
from unisono.codecs.views import ViewsCodec
from unisono.codecs.voxels import VoxelCodec
from unisono.core.errors import ConfigError, ModelError, OutputError, ShapeError, UnisonoError

GRID = TokenGrid(6, 8, "kl", 1e-3)


def small_kl() -> KlAutoencoder:
    return KlAutoencoder(KlSettings(block_out_channels=(4, 4), norm_num_groups=2))


@pytest.mark.parametrize(
    "codec",
    [
        ImageCodec((1, 9, 7), GRID, hidden=4),
        VoxelCodec((4, 4, 4), GRID, hidden=2),
        StreamCodec((20, 3), GRID, hidden=4),
        ViewsCodec((2, 1, 8, 8), GRID, hidden=4, ordered=False),
    ],
    ids=lambda codec: type(codec).__name__,
)
def test_a_folder_is_the_codec(
    codec: Autoencoder, tmp_path: Path, generator: torch.Generator
) -> None:
    data = torch.rand(3, *codec.shape, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    codec.fit(data, mask)
    loaded = load_codec(save_codec(codec, tmp_path / "codec"))
    assert type(loaded) is type(codec) and loaded.grid == codec.grid and not loaded.training
    latents = codec.encode(data, mask)
    assert torch.equal(loaded.encode(data, mask).z, latents.z)
    assert torch.equal(loaded.decode(latents), codec.decode(latents))
    with pytest.raises(OutputError, match="exists"):
        save_codec(codec, tmp_path / "codec")


def test_damaged_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_codec(tmp_path)
    folder = save_codec(ImageCodec((1, 8, 8), GRID, hidden=4), tmp_path / "codec")
    text = (folder / "codec.toml").read_text()
    (folder / "codec.toml").write_text(text.replace("hidden = 4", "hidden = 8"))
    with pytest.raises(ModelError, match=r"do not fit codec.toml"):
        load_codec(folder)
    (folder / "codec.toml").write_text(text.replace("format = 1", "format = 9"))
    with pytest.raises(ModelError, match="newer version"):
        load_codec(folder)


def test_adapters_are_trained_and_the_autoencoder_is_not(generator: torch.Generator) -> None:
    kl = small_kl()
    before = {k: v.clone() for k, v in kl.state_dict().items()}
    codec = PretrainedImageCodec((1, 9, 9), kl, TokenGrid(9, 8))
    data = 255 * torch.rand(4, 1, 9, 9, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    codec.fit(data, mask)
    assert codec.standard(data, mask).abs().max().item() == pytest.approx(1.0, abs=1e-5)
    codec.train()
    assert not codec.autoencoder.training
    moving = [p for p in codec.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(moving, 1e-2)
    losses = []
    for _ in range(12):
        loss = codec.loss(data, mask, generator=generator).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    for name, value in kl.state_dict().items():
        assert torch.equal(value, before[name]), name
    latents = codec.encode(data, mask)
    assert latents.z.shape == (4, 9, 8) and codec.decode(latents).shape == data.shape
    with pytest.raises(UnisonoError, match="not kept as a folder"):
        save_codec(codec, "unused")


def test_other_channels_are_refused() -> None:
    with pytest.raises(ShapeError, match="takes 3 channels or 1; got 2"):
        PretrainedImageCodec((2, 8, 8), small_kl())


def test_a_kept_codec_is_as_it_came(tmp_path: Path, generator: torch.Generator) -> None:
    codec = ImageCodec((1, 8, 8), GRID, hidden=4)
    data = 5 + torch.rand(3, 1, 8, 8, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    codec.fit(data, mask)
    folder = save_codec(codec.eval(), tmp_path / "codec")
    kept = open_pretrained(folder, (1, 8, 8), GRID)
    assert isinstance(kept, KeptCodec)
    kept.train()
    kept.fit(100 * data, mask)  # its normaliser is part of what it learned
    latents = codec.encode(data, mask)
    torch.testing.assert_close(kept.encode(data, mask).z, latents.z)
    torch.testing.assert_close(kept.decode(latents), codec.decode(latents))
    assert kept.distance(data, data, mask) == 0
    assert not any(p.requires_grad for p in kept.parameters()) and not kept.inner.training
    total = kept.loss(data, mask, generator=generator).parts["reconstruction"]
    assert float(total) > 0


def test_a_card_alone_builds_it_again(tmp_path: Path) -> None:
    folder = save_codec(ImageCodec((1, 8, 8), GRID, hidden=4), tmp_path / "codec")
    card = read_card(folder)
    made = build(card, (1, 8, 8), GRID)
    opened = open_pretrained(folder, (1, 8, 8), GRID)
    assert {k: v.shape for k, v in made.state_dict().items()} == {
        k: v.shape for k, v in opened.state_dict().items()
    }
    with pytest.raises(ConfigError, match=r"things of shape \(1, 8, 8\); these have \(1, 9, 8\)"):
        build(card, (1, 9, 8), GRID)
    with pytest.raises(ConfigError, match=r"set latents.tokens = 6 and latents.width = 8"):
        build(card, (1, 8, 8), TokenGrid(4, 8))
    with pytest.raises(ConfigError, match="needs a path"):
        build(PretrainedCard(), (1, 8, 8), GRID)
    with pytest.raises(ConfigError, match="holds no codec"):
        read_card(tmp_path)


def test_a_folder_of_an_image_model_is_opened_between_resamplers(
    tmp_path: Path, generator: torch.Generator
) -> None:
    kl = small_kl()
    (tmp_path / "config.json").write_text(json.dumps(asdict(kl.settings)))
    save_file(dict(kl.state_dict()), tmp_path / "diffusion_pytorch_model.safetensors")
    card = read_card(tmp_path)
    assert card == PretrainedCard(kl=kl.settings)
    opened = open_pretrained(tmp_path, (1, 8, 8), GRID)
    assert isinstance(opened, PretrainedImageCodec)
    data = torch.rand(3, 1, 8, 8, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    opened.fit(data, mask)
    for name, value in kl.state_dict().items():
        assert torch.equal(opened.autoencoder.state_dict()[name], value), name
    again = build(card, (1, 8, 8), GRID)
    again.load_state_dict(opened.state_dict())
    torch.testing.assert_close(again.encode(data, mask).z, opened.encode(data, mask).z)
