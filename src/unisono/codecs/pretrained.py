r"""Codecs that come trained: ours from a folder, and image autoencoders of others behind adapters.

A folder of ours holds ``codec.toml`` (which codec, for what, on which grid) and
``codec.safetensors``; nothing in it is unpickled. :class:`PretrainedImageCodec` puts the KL
autoencoder of a latent image model (``kl_autoencoder.py``) between two small trainable resamplers,
so that its latents meet the token grid; the autoencoder itself stays as it is. :class:`KeptCodec`
holds one of ours as it came: neither its weights nor its normaliser are fitted again.

:func:`read_card` says what a folder of either kind holds, and :func:`build` makes it from that card
alone, so that a sealed model which holds the weights needs the folder no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from unisono.codecs.autoencoder import Autoencoder
from unisono.codecs.convolutions import flat, folded
from unisono.codecs.image import ImageCodec
from unisono.codecs.kl_autoencoder import KlAutoencoder, KlSettings, load_kl_autoencoder
from unisono.codecs.streams import StreamCodec
from unisono.codecs.token_grid import TokenGrid, places
from unisono.codecs.views import ViewsCodec
from unisono.codecs.voxels import VoxelCodec
from unisono.core.config import from_mapping, read_toml, to_toml
from unisono.core.contracts import Latents, Loss
from unisono.core.errors import ConfigError, ModelError, ShapeError, UnisonoError
from unisono.core.files import atomic_folder
from unisono.core.freezing import freeze

__all__ = [
    "CODECS",
    "CodecCard",
    "KeptCodec",
    "PretrainedCard",
    "PretrainedImageCodec",
    "build",
    "load_codec",
    "open_pretrained",
    "read_card",
    "save_codec",
]

CODECS: Mapping[str, type[Autoencoder]] = {
    "image": ImageCodec,
    "voxels": VoxelCodec,
    "streams": StreamCodec,
    "views": ViewsCodec,
}
"""Codecs that are kept as folders, by name."""


@dataclass(frozen=True)
class CodecCard:
    """What ``codec.toml`` says.

    Args:
        kind: Name in ``CODECS``.
        shape: Shape of one item.
        hidden: Channels of the finest level.
        grid: Token grid.
        ordered: Whether views are ordered; for views only.
        format: Version of the folder.
    """

    kind: str
    shape: tuple[int, ...]
    hidden: int
    grid: TokenGrid
    ordered: bool | None = None
    format: int = 1


@dataclass(frozen=True)
class PretrainedCard:
    """What a folder of a pretrained codec holds; one of the two.

    Args:
        ours: A codec that :func:`save_codec` wrote.
        kl: The KL autoencoder of a latent image model.
    """

    ours: CodecCard | None = None
    kl: KlSettings | None = None


def save_codec(codec: Autoencoder, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a trained codec as a folder, atomically.

    Raises:
        OutputError: If the folder exists and may not be replaced, or cannot be written.
        UnisonoError: If it is none of ``CODECS``.
    """
    kind = next((name for name, made in CODECS.items() if type(codec) is made), None)
    if kind is None:
        raise UnisonoError(f"{type(codec).__name__} is not kept as a folder; seal it in a model.")
    ordered = codec.ordered if isinstance(codec, ViewsCodec) else None
    card = CodecCard(kind, codec.shape, codec.hidden, codec.grid, ordered)
    with atomic_folder(folder, overwrite=overwrite) as part:
        (part / "codec.toml").write_text(to_toml(card), encoding="utf-8")
        weights = {k: v.detach().cpu().contiguous() for k, v in codec.state_dict().items()}
        save_file(weights, part / "codec.safetensors")
    return Path(folder)


def load_codec(folder: str | Path) -> Autoencoder:
    """Read what :func:`save_codec` wrote, in evaluation mode.

    Raises:
        ConfigError: If ``codec.toml`` is missing or not understood.
        ModelError: If the weights are missing, damaged or of another shape.
    """
    folder = Path(folder)
    codec = _made(_card_of(folder))
    try:
        codec.load_state_dict(load_file(folder / "codec.safetensors"))
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: the weights do not fit codec.toml ({reason}).") from error
    return codec.eval()


def _card_of(folder: Path) -> CodecCard:
    card = from_mapping(CodecCard, read_toml(folder / "codec.toml"), where=str(folder))
    if card.format != 1 or card.kind not in CODECS:
        raise ModelError(
            f"{folder}: codec {card.kind!r} of format {card.format} is not known; it was written "
            "by a newer version."
        )
    return card


def _made(card: CodecCard) -> Autoencoder:
    extra = {} if card.ordered is None else {"ordered": card.ordered}
    make: type = CODECS[card.kind]
    codec: Autoencoder = make(card.shape, card.grid, hidden=card.hidden, **extra)
    return codec


def read_card(folder: str | Path) -> PretrainedCard:
    """What a folder holds: a codec of ours, or the KL autoencoder of a latent image model.

    Raises:
        ConfigError: If there is no such folder, or it holds neither.
        ModelError: If what it holds is damaged or not known.
    """
    folder = Path(folder)
    if (folder / "codec.toml").is_file():
        return PretrainedCard(ours=_card_of(folder))
    if (folder / "config.json").is_file():
        return PretrainedCard(kl=load_kl_autoencoder(folder).settings)
    raise ConfigError(
        f"{folder} holds no codec: neither codec.toml (unisono.codecs.pretrained.save_codec) nor "
        "config.json (the KL autoencoder of an image model)."
    )


class KeptCodec(nn.Module):
    """A trained codec of ours, as it came.

    Args:
        inner: The codec; it is frozen in place.
    """

    def __init__(self, inner: Autoencoder) -> None:
        super().__init__()
        self.inner = freeze(inner)
        self.cells = getattr(inner, "cells", ())

    @property
    def tokens(self) -> int:
        """Tokens of every latent."""
        return self.inner.tokens

    @property
    def width(self) -> int:
        """Width of a token."""
        return self.inner.width

    def train(self, mode: bool = True) -> "KeptCodec":
        """Nothing in it is trained, whatever is asked."""
        super().train(mode)
        self.inner.eval()
        return self

    def fit(self, data: Tensor, mask: Tensor) -> None:
        """Check the shape; the normaliser is that which the weights were trained with."""
        self.inner.check(data, mask)

    def encode(self, data: Tensor, mask: Tensor) -> Latents:
        """Encode; see the codec itself."""
        return self.inner.encode(data, mask)

    def decode(self, latents: Latents) -> Tensor:
        """Decode; see the codec itself."""
        return self.inner.decode(latents)

    def distance(self, predicted: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Distance of what is decoded from data; see the codec itself."""
        return self.inner.distance(predicted, data, mask)

    def loss(self, data: Tensor, mask: Tensor, *, generator: Generator) -> Loss:
        """How well it still reconstructs; there is nothing to train."""
        return self.inner.loss(data, mask, generator=generator)


def build(
    card: PretrainedCard, shape: tuple[int, ...], grid: TokenGrid
) -> "KeptCodec | PretrainedImageCodec":
    """Make what a card describes, with weights that are still to come.

    Args:
        card: The card.
        shape: Shape of one thing.
        grid: Tokens and width that are asked for; an autoencoder of an image model is brought to
            it, a codec of ours must have it.

    Raises:
        ConfigError: If a codec of ours is for other things, or on another grid.
    """
    if card.kl is not None:
        return PretrainedImageCodec(tuple(shape), KlAutoencoder(card.kl), grid)  # type: ignore[arg-type]
    if card.ours is None:
        raise ConfigError("a pretrained codec needs a path, or the card of a sealed model.")
    own = card.ours.grid
    if tuple(card.ours.shape) != tuple(shape):
        raise ConfigError(
            f"the pretrained codec is for things of shape {tuple(card.ours.shape)}; these have "
            f"{tuple(shape)}."
        )
    if (own.tokens, own.width) != (grid.tokens, grid.width):
        raise ConfigError(
            f"the pretrained codec has {own.tokens} tokens of width {own.width}; set "
            f"latents.tokens = {own.tokens} and latents.width = {own.width}."
        )
    return KeptCodec(_made(card.ours))


def open_pretrained(
    folder: str | Path, shape: tuple[int, ...], grid: TokenGrid
) -> "KeptCodec | PretrainedImageCodec":
    """Make what a folder holds, with its weights; see :func:`read_card` and :func:`build`."""
    codec = build(read_card(folder), shape, grid)
    if isinstance(codec, KeptCodec):
        codec.inner.load_state_dict(load_codec(folder).state_dict())
    else:
        codec.autoencoder.load_state_dict(load_kl_autoencoder(folder).state_dict())
    return codec


class PretrainedImageCodec(Autoencoder):
    """A frozen KL autoencoder between two trainable resamplers.

    Images are brought to the range [-1, 1] by the range of the training part, enlarged (bilinear)
    to the next size that the autoencoder can halve as often as it does, and repeated or averaged
    where it has other channels.

    Args:
        shape: ``(C, H, W)``.
        autoencoder: For instance from ``load_kl_autoencoder``; it is frozen in place.
        grid: Tokens, width and bottleneck.
    """

    def __init__(
        self, shape: tuple[int, int, int], autoencoder: KlAutoencoder, grid: TokenGrid | None = None
    ) -> None:
        super().__init__(shape, grid or TokenGrid())
        if shape[0] not in (1, autoencoder.settings.in_channels):
            raise ShapeError(
                f"this autoencoder takes {autoencoder.settings.in_channels} channels or 1; "
                f"got {shape[0]}."
            )
        self.autoencoder = freeze(autoencoder)
        q = autoencoder.times
        self.cells = (-(-shape[1] // q), -(-shape[2] // q))
        self.set_grid(places(self.cells), autoencoder.settings.latent_channels)

    def train(self, mode: bool = True) -> "PretrainedImageCodec":
        """Train the resamplers only."""
        super().train(mode)
        self.autoencoder.eval()
        return self

    def fit(self, data: Tensor, mask: Tensor) -> None:
        """Fit the range of the valid values."""
        super().fit(data, mask)
        low, high = data[mask].min(), data[mask].max()
        self.offset.copy_((low + high) / 2)
        self.scale.copy_(((high - low) / 2).clamp_min(1e-8))

    def features(self, data: Tensor, mask: Tensor) -> Latents:
        """Encode ``(B, C, H, W)`` in [-1, 1]."""
        q = self.autoencoder.times
        size = (self.cells[0] * q, self.cells[1] * q)
        large = F.interpolate(data, size, mode="bilinear", align_corners=False)
        latents = self.autoencoder.encode(
            large.expand(-1, self.autoencoder.settings.in_channels, -1, -1)
        )
        real = mask.flatten(1).any(dim=1)[:, None].expand(-1, self.cells[0] * self.cells[1])
        return Latents(flat(latents), real)

    def rebuild(self, features: Tensor) -> Tensor:
        """Decode to ``(B, C, H, W)`` in [-1, 1]."""
        images = self.autoencoder.decode(folded(features, self.cells))
        if self.shape[0] == 1:
            images = images.mean(dim=1, keepdim=True)
        size = self.shape[1:]
        return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
