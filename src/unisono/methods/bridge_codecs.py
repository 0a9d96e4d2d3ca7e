"""The codecs of a bridge's two ends, made for things of given shapes.

The ends must meet: latents of one width, and (where the walk starts at the source's latent) of one
number of tokens. A codec without parameters (``identity``) is its own latent.
"""

import math
from dataclasses import replace
from typing import Any, NamedTuple, cast

from torch import Generator, Tensor, nn

from unisono.codecs.identity import IdentityCodec
from unisono.codecs.image import ImageCodec
from unisono.codecs.pretrained import build, open_pretrained, read_card
from unisono.codecs.streams import StreamCodec
from unisono.codecs.token_grid import TokenGrid, grid_sizes
from unisono.codecs.views import ViewsCodec
from unisono.codecs.voxels import VoxelCodec
from unisono.core.contracts import Loss, TrainedCodec
from unisono.core.errors import ConfigError, ShapeError
from unisono.methods.lddbm_settings import EndSettings, LDDBMSettings

__all__ = ["End", "PlainCodec", "kind_of", "make_end", "sealable"]

_MOST_COLOURS = 4
"""Things of three axes with a first one longer than this are voxels."""

_AXES = {"streams": 1, "image": 2, "voxels": 3, "views": 2, "identity": 1}


class PlainCodec(IdentityCodec):
    """Standardised channels as latents, with the face of a trained codec: ``(L, D)`` tokens.

    Args:
        shape: ``(L, D)``.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            raise ConfigError(f"codec 'identity' is for sequences (frames, channels); got {shape}.")
        super().__init__(shape[1])
        self.shape = shape

    @property
    def tokens(self) -> int:
        """Frames."""
        return self.shape[0]

    @property
    def width(self) -> int:
        """Channels."""
        return self.shape[1]

    def distance(self, predicted: Tensor, data: Tensor, mask: Tensor) -> Tensor:
        """Mean square over the valid values, in standard units squared."""
        gap = ((predicted - data) / self.std).square()
        return (gap * mask).sum() / mask.sum().clamp_min(1)

    def loss(self, data: Tensor, mask: Tensor, *, generator: Generator) -> Loss:
        """Nothing to learn: 0."""
        return Loss(data.new_zeros(()), {"reconstruction": data.new_zeros(())})


class End(NamedTuple):
    """A codec and the sizes of its token grid."""

    codec: TrainedCodec
    sizes: tuple[int, ...]

    @property
    def module(self) -> nn.Module:
        """The codec as the module that it is."""
        return cast(nn.Module, self.codec)


def kind_of(shape: tuple[int, ...], said: str) -> str:
    """Name of the codec for things of a shape, ``said`` unless that leaves it to the shape.

    Example:
        >>> kind_of((100, 6), "auto"), kind_of((1, 28, 28), "auto"), kind_of((16, 16, 16), "auto")
        ('streams', 'image', 'voxels')
    """
    if said not in ("auto", "pretrained"):
        return said
    kinds = {2: "streams", 3: "image" if shape[0] <= _MOST_COLOURS else "voxels", 4: "views"}
    if len(shape) not in kinds:
        raise ConfigError(
            f"no codec is for things of shape {shape}; sequences are (frames, channels), images "
            "(channels, rows, columns), voxels (x, y, z), views (views, channels, rows, columns)."
        )
    return kinds[len(shape)]


def make_end(shape: tuple[int, ...], settings: EndSettings, grid: TokenGrid) -> End:
    """Make the codec of one end.

    Args:
        shape: Shape of one thing.
        settings: Which codec.
        grid: Tokens, width and bottleneck that are asked for; ``identity`` has its own.

    Raises:
        ConfigError: If no codec is for this shape.
    """
    kind = kind_of(shape, settings.codec)
    if kind == "identity":
        return End(PlainCodec(shape), (shape[0],))
    if settings.codec == "pretrained":
        return _end(_pretrained(shape, settings, grid), kind, grid)
    made: Any = {
        "streams": StreamCodec,
        "image": ImageCodec,
        "voxels": VoxelCodec,
        "views": ViewsCodec,
    }[kind]
    try:
        codec = made(shape, grid, hidden=settings.hidden)
    except ShapeError as error:
        raise ConfigError(f"codec {kind!r}: {error}") from error
    return _end(codec, kind, grid)


def _end(codec: Any, kind: str, grid: TokenGrid) -> End:  # noqa: ANN401 - any codec
    cells = getattr(codec, "cells", ())
    matched = kind != "views" and cells and math.prod(cells) == grid.tokens
    sizes = tuple(cells) if matched else grid_sizes(grid.tokens, _AXES[kind])
    return End(codec, sizes)


def _pretrained(shape: tuple[int, ...], settings: EndSettings, grid: TokenGrid) -> TrainedCodec:
    try:
        if settings.card is not None:
            return build(settings.card, shape, grid)
        return open_pretrained(settings.path, shape, grid)
    except ShapeError as error:
        raise ConfigError(f"codec 'pretrained': {error}") from error


def sealable(settings: LDDBMSettings) -> LDDBMSettings:
    """The same settings with the cards of pretrained codecs in place of their paths.

    A model that holds the weights is built again from these, without the folders.
    """
    ends = [
        replace(end, path="", card=read_card(end.path)) if end.path else end
        for end in (settings.source, settings.target)
    ]
    return replace(settings, source=ends[0], target=ends[1])
