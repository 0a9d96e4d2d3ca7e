"""Mirrors src/unisono/codecs/kl_autoencoder.py, with weights made here."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from unisono.codecs.kl_autoencoder import KlAutoencoder, KlSettings, load_kl_autoencoder
from unisono.core.errors import ModelError

TINY = KlSettings(
    in_channels=3, latent_channels=2, block_out_channels=(4, 8, 8), layers_per_block=1,
    norm_num_groups=2, scaling_factor=0.5, shift_factor=0.1,
)  # fmt: skip


def write(folder: Path, network: KlAutoencoder, **told: object) -> Path:
    folder.mkdir(exist_ok=True)
    plain = asdict(network.settings) | {"_class_name": "AutoencoderKL", "act_fn": "silu"} | told
    (folder / "config.json").write_text(json.dumps(plain))
    save_file(network.state_dict(), folder / "diffusion_pytorch_model.safetensors")
    return folder


def test_a_folder_loads_as_what_was_written(tmp_path: Path, generator: torch.Generator) -> None:
    network = KlAutoencoder(TINY)
    loaded = load_kl_autoencoder(write(tmp_path / "ae", network))
    images = torch.randn(2, 3, 16, 8, generator=generator)
    latents = network.encode(images)
    assert network.times == 4 and latents.shape == (2, 2, 4, 2)
    torch.testing.assert_close(loaded.encode(images), latents)
    torch.testing.assert_close(loaded.decode(latents), network.decode(latents))
    assert network.decode(latents).shape == images.shape


@pytest.mark.slow
def test_the_library_of_the_format_agrees(tmp_path: Path, generator: torch.Generator) -> None:
    module = pytest.importorskip("diffusers.models.autoencoders.autoencoder_kl")
    theirs = module.AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=2, norm_num_groups=2, scaling_factor=0.5,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(4, 8, 8), layers_per_block=1,
    )  # fmt: skip
    theirs.save_pretrained(tmp_path / "theirs", safe_serialization=True)
    ours = load_kl_autoencoder(tmp_path / "theirs")
    images = torch.randn(2, 3, 16, 8, generator=generator)
    with torch.no_grad():
        expected = theirs.encode(images).latent_dist.mean
        torch.testing.assert_close(ours.encode(images), 0.5 * expected, atol=1e-5, rtol=1e-4)
        decoded = theirs.decode(expected).sample
        torch.testing.assert_close(ours.decode(0.5 * expected), decoded, atol=1e-5, rtol=1e-4)


def test_older_names_of_the_attention_are_read(tmp_path: Path) -> None:
    network = KlAutoencoder(TINY)
    folder = write(tmp_path / "ae", network)
    file = folder / "diffusion_pytorch_model.safetensors"
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    weights = {}
    for name, value in load_file(file).items():
        for new, was in old.items():
            name = name.replace(f".{new}.", f".{was}.") if "attentions" in name else name
        weights[name] = value
    save_file(weights, file)
    assert any(".query." in name for name in weights)
    loaded = load_kl_autoencoder(folder)
    for one, two in zip(loaded.parameters(), network.parameters(), strict=True):
        assert torch.equal(one, two)


def test_without_quantising_convolutions(tmp_path: Path) -> None:
    settings = KlSettings(
        block_out_channels=(4, 4), norm_num_groups=2, use_quant_conv=False,
        use_post_quant_conv=False, mid_block_add_attention=False,
    )  # fmt: skip
    loaded = load_kl_autoencoder(write(tmp_path / "ae", KlAutoencoder(settings)))
    assert not any("quant_conv" in n or "attentions" in n for n in loaded.state_dict())


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no folder of a KL autoencoder"):
        load_kl_autoencoder(tmp_path)
    folder = write(tmp_path / "ae", KlAutoencoder(TINY), down_block_types=["AttnDownBlock2D"])
    with pytest.raises(ModelError, match="AttnDownBlock2D"):
        load_kl_autoencoder(folder)
    folder = write(tmp_path / "b", KlAutoencoder(TINY), latent_channels=3)
    with pytest.raises(ModelError, match="size mismatch"):
        load_kl_autoencoder(folder)
