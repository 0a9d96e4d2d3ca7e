r"""The convolutional KL autoencoder of latent image models, in the layout of its weight files.

Architecture of the first stage of Rombach et al. (2112.10752): residual blocks with group norm and
SiLU, halved between levels, one attention in the middle, posterior :math:`N(\mu, \sigma^2)` of each
latent number. Names of modules are those of the weight files that the ``AutoencoderKL`` of the
library diffusers writes (``config.json`` beside ``diffusion_pytorch_model.safetensors``), so that
such a folder loads without that library.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from unisono.core.errors import ModelError

__all__ = ["KlAutoencoder", "KlSettings", "load_kl_autoencoder"]

_OLD_NAMES = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


@dataclass(frozen=True)
class KlSettings:
    """What ``config.json`` says of the architecture; names and defaults as there."""

    in_channels: int = 3
    out_channels: int = 3
    latent_channels: int = 4
    block_out_channels: tuple[int, ...] = (64,)
    layers_per_block: int = 1
    norm_num_groups: int = 32
    scaling_factor: float = 0.18215
    shift_factor: float | None = None
    mid_block_add_attention: bool = True
    use_quant_conv: bool = True
    use_post_quant_conv: bool = True


class _Residual(nn.Module):
    def __init__(self, width_in: int, width_out: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, width_in, eps=1e-6)
        self.conv1 = nn.Conv2d(width_in, width_out, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, width_out, eps=1e-6)
        self.conv2 = nn.Conv2d(width_out, width_out, 3, padding=1)
        if width_in != width_out:
            self.conv_shortcut = nn.Conv2d(width_in, width_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        out: Tensor = (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x) + inner
        return out


class _Attention(nn.Module):
    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, width, eps=1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        rows = self.group_norm(x).flatten(2).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(self.to_q(rows), self.to_k(rows), self.to_v(rows))
        back: Tensor = self.to_out[0](mixed).transpose(1, 2).reshape(x.shape)
        return x + back


class _Middle(nn.Module):
    def __init__(self, width: int, settings: KlSettings) -> None:
        super().__init__()
        groups = settings.norm_num_groups
        self.resnets = nn.ModuleList(_Residual(width, width, groups) for _ in range(2))
        some = settings.mid_block_add_attention
        self.attentions = nn.ModuleList([_Attention(width, groups)] if some else [])

    def forward(self, x: Tensor) -> Tensor:
        x = self.resnets[0](x)
        for attention in self.attentions:
            x = attention(x)
        out: Tensor = self.resnets[1](x)
        return out


class _Step(nn.Module):
    """Half or double the size; only its convolution has weights."""

    def __init__(self, width: int, *, down: bool) -> None:
        super().__init__()
        self.down = down
        self.conv = nn.Conv2d(width, width, 3, stride=2 if down else 1, padding=0 if down else 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, 1, 0, 1)) if self.down else F.interpolate(x, scale_factor=2.0)
        out: Tensor = self.conv(x)
        return out


class _Level(nn.Module):
    def __init__(self, widths: tuple[int, int], layers: int, groups: int, step: str) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            _Residual(widths[0] if k == 0 else widths[1], widths[1], groups) for k in range(layers)
        )
        if step:
            steps = nn.ModuleList([_Step(widths[1], down=step == "downsamplers")])
            self.add_module(step, steps)
        self.step = step

    def forward(self, x: Tensor) -> Tensor:
        for block in self.resnets:
            x = block(x)
        if not self.step:
            return x
        out: Tensor = self.get_submodule(f"{self.step}.0")(x)
        return out


class _Half(nn.Module):
    """Encoder or decoder."""

    def __init__(self, settings: KlSettings, *, encodes: bool) -> None:
        super().__init__()
        widths, groups = list(settings.block_out_channels), settings.norm_num_groups
        first = settings.in_channels if encodes else settings.latent_channels
        last = 2 * settings.latent_channels if encodes else settings.out_channels
        widths = widths if encodes else widths[::-1]
        self.conv_in = nn.Conv2d(first, widths[0], 3, padding=1)
        layers = settings.layers_per_block + (0 if encodes else 1)
        step = "downsamplers" if encodes else "upsamplers"
        levels = nn.ModuleList(
            _Level((a, b), layers, groups, step if k < len(widths) - 1 else "")
            for k, (a, b) in enumerate(zip([widths[0], *widths], widths, strict=False))
        )
        self.encodes = encodes
        self.add_module("down_blocks" if encodes else "up_blocks", levels)
        middle = widths[-1] if encodes else widths[0]
        self.mid_block = _Middle(middle, settings)
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], last, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        blocks: Any = self.get_submodule("down_blocks" if self.encodes else "up_blocks")
        for block in [*blocks, self.mid_block] if self.encodes else [self.mid_block, *blocks]:
            x = block(x)
        out: Tensor = self.conv_out(F.silu(self.conv_norm_out(x)))
        return out


class KlAutoencoder(nn.Module):
    """Images in [-1, 1] to scaled latents and back.

    Args:
        settings: Architecture.
    """

    def __init__(self, settings: KlSettings) -> None:
        super().__init__()
        self.settings = settings
        c = settings.latent_channels
        self.encoder, self.decoder = _Half(settings, encodes=True), _Half(settings, encodes=False)
        self.quant_conv: nn.Module = nn.Conv2d(2 * c, 2 * c, 1)
        self.post_quant_conv: nn.Module = nn.Conv2d(c, c, 1)
        if not settings.use_quant_conv:
            self.quant_conv = nn.Identity()
        if not settings.use_post_quant_conv:
            self.post_quant_conv = nn.Identity()

    @property
    def times(self) -> int:
        """How many pixels one latent place covers, each way."""
        return int(2 ** (len(self.settings.block_out_channels) - 1))

    def encode(self, images: Tensor) -> Tensor:
        """Posterior means of ``(B, C, H, W)``, shifted and scaled; ``(B, c, H/q, W/q)``."""
        mean: Tensor = self.quant_conv(self.encoder(images)).chunk(2, dim=1)[0]
        return (mean - (self.settings.shift_factor or 0.0)) * self.settings.scaling_factor

    def decode(self, latents: Tensor) -> Tensor:
        """Images ``(B, C, H, W)`` of scaled latents."""
        z = latents / self.settings.scaling_factor + (self.settings.shift_factor or 0.0)
        out: Tensor = self.decoder(self.post_quant_conv(z))
        return out


def load_kl_autoencoder(folder: str | Path) -> KlAutoencoder:
    """Load a folder with ``config.json`` and ``diffusion_pytorch_model.safetensors``.

    Raises:
        ModelError: If a file is missing or damaged, the architecture is another one, or a weight
            is missing, too many or of another shape.
    """
    folder = Path(folder)
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "diffusion_pytorch_model.safetensors")
    except Exception as error:
        raise ModelError(
            f"{folder} is no folder of a KL autoencoder ({error}); it needs config.json and "
            "diffusion_pytorch_model.safetensors (pickled .bin weights are never opened)."
        ) from error
    blocks = {*told.get("down_block_types", []), *told.get("up_block_types", [])}
    other = blocks - {"DownEncoderBlock2D", "UpDecoderBlock2D"}
    if other or told.get("act_fn", "silu") != "silu":
        raise ModelError(f"{folder}: blocks {sorted(other)} are not those of a KL autoencoder.")
    known = {k: v for k, v in told.items() if k in KlSettings.__dataclass_fields__}
    known["block_out_channels"] = tuple(known.get("block_out_channels", (64,)))
    network = KlAutoencoder(KlSettings(**known))
    try:
        network.load_state_dict({_modern(k): v for k, v in weights.items()})
    except RuntimeError as error:
        raise ModelError(f"{folder}: {' '.join(str(error).split())[:300]}.") from error
    return network


def _modern(name: str) -> str:
    """Names of attention weights before and after a renaming in the library that writes them."""
    words = name.split(".")
    if "attentions" not in words:
        return name
    return ".".join(_OLD_NAMES.get(word, word) for word in words)
