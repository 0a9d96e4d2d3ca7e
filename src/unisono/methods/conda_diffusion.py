r"""The conditional latent diffusion under a map (Sandilya et al., arXiv:2510.14190).

An item ``x`` (a field, an image, a window of streams) has latents ``z_0 = E(x)`` ``(N, d)``; a
network is trained to denoise them under a condition ``y`` ``(q,)``,

.. math:: z_t = \sqrt{A_t}\, z_0 + \sqrt{1 - A_t}\, \varepsilon, \qquad
          L = \lVert v_\theta(z_t, t, y) - v \rVert^2, \qquad
          v = \sqrt{A_t}\, \varepsilon - \sqrt{1 - A_t}\, z_0 ,

one consistent variance-preserving process for training, inversion and sampling. Walked upwards it
turns an item into noise :math:`z_T` (:class:`~unisono.processes.inversion.DDIMInversion`), walked
back down it returns the item; in between, :math:`z_T` or ``y`` may be edited.

Codecs: ``principal`` (whitened axes, one token), ``image`` (a trained autoencoder on a grid of
tokens whose mean is 0 and spread 1), ``none`` (standardised windows of streams, a token a frame).
The condition is embedded and joined to every token along the channels.

With ``align`` above 0 (a trained codec only) the autoencoder also minimises that many times the
contrast of a map on its clean latents while the diffusion is trained. The diffusion's own loss does
not reach the autoencoder: it would make latents that are easy to denoise by being empty (Leng et
al., arXiv:2504.10483).

Batches are those of :class:`~unisono.methods.conda.ConDA`: ``data["frames"]`` and ``known``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor, nn

from unisono.alignment.fused_contrast import distance_info_nce
from unisono.alignment.positives import FrameRows, NearInTime
from unisono.codecs.identity import IdentityCodec
from unisono.codecs.image import ImageCodec
from unisono.codecs.principal import PrincipalAxes
from unisono.codecs.token_grid import TokenGrid, grid_sizes
from unisono.core.checks import check_axes, check_choice, check_range
from unisono.core.contracts import Batch, Draws, Latents, Loss, Phase
from unisono.core.errors import ConfigError, ModelError, UnisonoError
from unisono.core.random import generator as seeded
from unisono.methods.conda import on_cpu
from unisono.networks.bridge_network import BridgeShape, Tokens
from unisono.networks.code_denoiser import CodeDenoiser
from unisono.networks.conditioning import TransformerSize
from unisono.networks.dit import DiT
from unisono.networks.map_encoder import MapEncoder
from unisono.networks.unet import UNet
from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import VP
from unisono.processes.inversion import DDIMInversion
from unisono.processes.parameterisation import NetworkDenoiser, target
from unisono.processes.paths import scale_of
from unisono.processes.solvers import solve

__all__ = ["CODECS", "NETWORKS", "ConDADiffusion", "DiffusionSettings", "ItemShape"]

CODECS = ("principal", "image", "none")
"""Where the diffusion lives."""

NETWORKS = ("auto", "perceptron", "dit", "unet")
"""What denoises: a perceptron (one token), a transformer over tokens, convolutions over their grid;
``auto``: the perceptron for principal codes, convolutions for the rest."""

Network = CodeDenoiser | DiT | UNet

_CLOCK = 1000.0  # process time to the units of the networks' sinusoids
_FLOOR = 1e-3  # spread below which an axis is not whitened further, over the largest


@dataclass(frozen=True)
class DiffusionSettings:
    """Settings.

    Args:
        codec: One of :data:`CODECS`.
        network: One of :data:`NETWORKS`.
        codes: Axes of the principal codec.
        tokens: Tokens of the image codec.
        token_width: Width of each.
        hidden: Channels of the image codec's finest level.
        width: Width of the network.
        blocks: Blocks (of a U-Net: a level).
        levels: Noise levels ``T``.
        codec_steps: Steps of the image codec alone.
        steps: Steps of the diffusion.
        align: Weight of a map's contrast on clean latents; 0 for none.
        dims: Dimensions of that map.
        offset: Frames within which neighbours in time are its positives.
        negatives: Its negatives a step.
        seed: Where first weights come from.
    """

    codec: str = "principal"
    network: str = "auto"
    codes: int = 64
    tokens: int = 64
    token_width: int = 8
    hidden: int = 8
    width: int = 128
    blocks: int = 3
    levels: int = 1000
    codec_steps: int = 1000
    steps: int = 2000
    align: float = 0.0
    dims: int = 8
    offset: int = 2
    negatives: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        try:
            check_choice("codec", self.codec, CODECS)
            check_choice("network", self.network, NETWORKS)
            check_range("align", self.align, 0, math.inf, closed=True)
            check_range("dims", self.dims, 2, 64, closed=True)
            sizes = ("codes", "tokens", "token_width", "hidden", "width", "blocks", "levels")
            for name in (*sizes, "steps", "codec_steps", "offset", "negatives"):
                check_range(name, getattr(self, name), 1, 10_000_000, closed=True)
        except UnisonoError as error:
            raise ConfigError(str(error)) from None
        if self.align and self.codec != "image":
            raise ConfigError(
                "align needs a codec that is trained: take codec = 'image', or fit a map after."
            )


@dataclass(frozen=True)
class ItemShape:
    """Sizes of the data.

    Args:
        item: ``(D,)`` for the principal codec, ``(C, H, W)`` for images, ``(L, D)`` for windows.
        conditions: Names of the ``q`` numbers of the condition, in order.
    """

    item: tuple[int, ...]
    conditions: tuple[str, ...] = ()


class ConDADiffusion(nn.Module):
    """The diffusion with its codec.

    Args:
        settings: The settings.
        shape: Sizes of the data.
        places: Training frames; fewer than ``codes`` narrow the principal codec.

    Raises:
        ConfigError: If the item's shape is not one of the codec's.
    """

    spread: Tensor

    def __init__(self, settings: DiffusionSettings, shape: ItemShape, *, places: int) -> None:
        super().__init__()
        axes = {"principal": 1, "image": 3, "none": 2}[settings.codec]
        if len(shape.item) != axes:
            raise ConfigError(
                f"codec {settings.codec!r} takes items of {axes} axes; got {shape.item}."
            )
        codes = min(settings.codes, math.prod(shape.item), max(places - 1, 1))
        settings = replace(settings, codes=codes)
        self.settings, self.shape = settings, shape
        self.process = VP("scaled_linear", settings.levels)
        made_codec, grid, width = _codec(settings, shape)
        self.codec: PrincipalAxes | ImageCodec | IdentityCodec = made_codec
        self.register_buffer("spread", torch.ones(width))
        draws = seeded(settings.seed, "conda diffusion", "weights")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**62, (1,), generator=draws)))
            made = _network(settings)
            size = TransformerSize(settings.width, 4, 2 * settings.width, 0.0)
            self.network: Network = made(
                Tokens(width, grid, grid), size, BridgeShape(0, settings.blocks, zero_output=True)
            )
            inner = max(len(shape.conditions), 1)
            self.condition = nn.Sequential(nn.Linear(inner, 32), nn.SiLU(), nn.Linear(32, width))
        count = math.prod(grid) * width
        self.encoder = MapEncoder(count, settings.dims, generator=draws) if settings.align else None
        self._frames: Tensor | None = None
        self._rule: NearInTime | None = None

    @property
    def phases(self) -> Sequence[Phase]:
        """The codec alone where it is trained, then the diffusion (and what is aligned)."""
        how = self.settings
        first = [Phase("codec", how.codec_steps, ("codec",), ("reconstruction",))]
        groups = ("network", "codec", "map") if how.align else ("network",)
        losses = ("diffusion", "reconstruction", "contrast") if how.align else ("diffusion",)
        last = Phase("diffusion", how.steps, groups, losses)
        return [*(first if how.codec == "image" else []), last]

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """``codec``, ``network`` with the condition's embedding, and the ``map``."""
        found = {"network": [*self.network.parameters(), *self.condition.parameters()]}
        if self.settings.codec == "image":
            found["codec"] = list(self.codec.parameters())
        if self.encoder is not None:
            found["map"] = list(self.encoder.parameters())
        return found

    def prepare(self, windows: Batch) -> None:
        """Fit the codec's scales on the training part only."""
        items = self._items(windows)
        self._known(windows)
        if isinstance(self.codec, PrincipalAxes):
            draws = seeded(self.settings.seed, "conda diffusion", "data")
            self.codec.fit(items, torch.ones(items.shape[1]), generator=draws)
            spread = self.codec.encode(items).std(dim=0)
            self.spread.copy_(spread.clamp(min=_FLOOR * float(spread.max())))
        else:
            self.codec.fit(items, torch.ones_like(items, dtype=torch.bool))
        if self.encoder is not None:
            self._frames = items
            self._rule = NearInTime(FrameRows(windows.subject), self.settings.offset)

    def _items(self, batch: Batch) -> Tensor:
        return batch.data["frames"].reshape(-1, *self.shape.item)

    def _known(self, batch: Batch) -> Tensor:
        """Conditions of a batch, ``(B, q)``, in units of their spread."""
        missing = [name for name in self.shape.conditions if name not in batch.known]
        if missing:
            raise ModelError(f"the diffusion is conditioned on {missing[0]!r}, which is not given.")
        first = batch.data["frames"]
        if not self.shape.conditions:
            return first.new_zeros(len(first), 0)
        return torch.stack([batch.known[name] for name in self.shape.conditions], dim=1)

    def encode(self, items: Tensor) -> Tensor:
        """Clean latents ``(B, N, d)`` of items ``(B, ...)`` in the model's units."""
        if isinstance(self.codec, PrincipalAxes):
            return (self.codec.encode(items) / self.spread)[:, None]
        z: Tensor = self.codec.encode(items, torch.ones_like(items, dtype=torch.bool)).z
        return z

    def decode(self, latents: Tensor) -> Tensor:
        """Items of latents."""
        if isinstance(self.codec, PrincipalAxes):
            return self.codec.decode(latents[:, 0] * self.spread)
        mask = torch.ones(latents.shape[:2], dtype=torch.bool, device=latents.device)
        items: Tensor = self.codec.decode(Latents(latents, mask))
        return items

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """The codec's own loss, or the diffusion's (with the map's contrast)."""
        items = self._items(batch)
        if phase.name == "codec":
            return self._rebuilt(items, generator)
        z0 = self.encode(items)
        t = self.process.sample_t(len(z0), generator=generator)
        drawn = self.process.draw(z0.detach(), t, generator=generator)
        wanted = target("v", z0.detach(), drawn.noise, scale_of(self.process, t))
        said = self._predict(drawn.z, t, self._known(batch))
        total = diffusion = (said - wanted).square().mean()
        parts = {"diffusion": diffusion.detach()}
        if self.encoder is not None:
            rebuilt, contrast = self._rebuilt(items, generator), self._contrast(batch, generator)
            total = diffusion + rebuilt.total + self.settings.align * contrast
            parts |= {"contrast": contrast.detach(), **rebuilt.parts}
        return Loss(total, parts)

    def _rebuilt(self, items: Tensor, generator: Generator) -> Loss:
        if not isinstance(self.codec, ImageCodec):
            raise ModelError(f"codec {self.settings.codec!r} is fitted, not trained.")
        mask = torch.ones_like(items, dtype=torch.bool)
        return self.codec.loss(items, mask, generator=generator)

    def _contrast(self, batch: Batch, generator: Generator) -> Tensor:
        """The map's contrast on clean latents, with gradient to the codec."""
        if self._frames is None or self._rule is None or self.encoder is None:
            raise ModelError("the diffusion was not prepared; train it with the training loop.")
        device, draws = self._frames.device, on_cpu(generator)  # the training part is not moved
        anchor = batch.index.to(device)
        positive = self._rule.draw(anchor, generator=draws)
        count = (self.settings.negatives,)
        negative = torch.randint(len(self._frames), count, generator=draws, device=device)
        items = self._frames[torch.cat([anchor, positive, negative])].to(batch.index.device)
        points = self.encoder(self.encode(items).flatten(1)[:, None])
        return distance_info_nce(points, len(batch.index), temperature=1.0)

    def _predict(self, z: Tensor, t: Tensor, known: Tensor) -> Tensor:
        mask = torch.ones(z.shape[:2], dtype=torch.bool, device=z.device)
        given = known if known.shape[1] else known.new_zeros(len(known), 1)
        token = self.condition(given.to(z.dtype))[:, None].expand(-1, z.shape[1], -1)
        memory = self.network.prepare(Latents(token, mask))
        out: Tensor = self.network(z, (t * _CLOCK).to(z.dtype), mask, memory)
        return out

    def denoiser(self, known: Tensor) -> NetworkDenoiser:
        """The estimate of clean latents under conditions ``(B, q)``: what solvers consume."""
        check_axes(known=(known, "item condition"))
        if known.shape[1] != len(self.shape.conditions):
            raise ModelError(
                f"the diffusion takes {len(self.shape.conditions)} conditions; got "
                f"{known.shape[1]}."
            )
        return NetworkDenoiser(lambda z, t: self._predict(z, t, known), self.process, "v")

    @torch.no_grad()
    def invert(
        self, latents: Tensor, known: Tensor, *, steps: int = 50, iterations: int = 20
    ) -> Tensor:
        """Noise ``(B, N, d)`` from which :meth:`sample` returns the latents.

        Args:
            latents: Clean latents.
            known: Conditions, ``(B, q)``.
            steps: Steps of the walk; those of the way back.
            iterations: Fixed-point iterations a step; 0 for the naive inversion.
        """
        solver = DDIMInversion(self.process, steps, iterations)
        return solve(solver, self.denoiser(known), latents, generator=torch.Generator()).z

    @torch.no_grad()
    def sample(self, noise: Tensor, known: Tensor, *, steps: int = 50) -> Tensor:
        """Clean latents from noise, by deterministic steps on the grid of the inversion."""
        solver = DDIM(self.process, steps, spacing="linspace")
        return solve(solver, self.denoiser(known), noise, generator=torch.Generator()).z

    @torch.no_grad()
    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        """Draw items of the batch's conditions.

        Raises:
            ModelError: If anything else than ``frames`` is wanted.
        """
        if tuple(want) != ("frames",):
            raise ModelError(f"this diffusion makes frames alone, not {', '.join(want)}.")
        known, clean = self._known(batch), self.encode(self._items(batch))
        drawn = []
        for _ in range(samples):
            noise = torch.randn(clean.shape, generator=generator, device=clean.device)
            frames = self.decode(self.sample(noise, known, steps=steps))
            drawn.append(frames.reshape(batch.data["frames"].shape))
        stacked = torch.stack(drawn)
        return {"frames": Draws(stacked, stacked.mean(dim=0), clean)}


def _network(settings: DiffusionSettings) -> type[CodeDenoiser] | type[DiT] | type[UNet]:
    """The network's class."""
    name = settings.network
    if name == "auto":
        name = "perceptron" if settings.codec == "principal" else "unet"
    known: dict[str, type[CodeDenoiser] | type[DiT] | type[UNet]] = {
        "perceptron": CodeDenoiser,
        "dit": DiT,
        "unet": UNet,
    }
    return known[name]


def _codec(
    settings: DiffusionSettings, shape: ItemShape
) -> tuple[PrincipalAxes | ImageCodec | IdentityCodec, tuple[int, ...], int]:
    """The codec, the sizes of its token grid, and the width of a token."""
    if settings.codec == "principal":
        return PrincipalAxes(shape.item[0], settings.codes), (1,), settings.codes
    if settings.codec == "none":
        length, channels = shape.item
        return IdentityCodec(channels), (length,), channels
    c, h, w = shape.item
    grid = TokenGrid(settings.tokens, settings.token_width, "norm")
    codec = ImageCodec((c, h, w), grid, settings.hidden)
    return codec, grid_sizes(settings.tokens, 2), settings.token_width
