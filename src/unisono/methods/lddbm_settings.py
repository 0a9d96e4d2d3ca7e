"""Settings of the latent bridge, as frozen dataclasses: what a recipe's ``[lddbm]`` may say.

What is ``None`` follows ``mode``: ``paper`` is the published text (arXiv 2510.20819), ``release``
what its released code does, ``ours`` what was measured to be best here. :func:`resolve_lddbm` fills
them in; the filled form is what a model is sealed with.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from unisono.codecs.pretrained import PretrainedCard
from unisono.core.checks import check_range
from unisono.core.errors import ConfigError
from unisono.methods.settings import FewSteps, Mode
from unisono.networks.bridge_network import BridgeShape
from unisono.networks.conditioning import TransformerSize
from unisono.processes.bridge_solvers import BRIDGE_SOLVERS

__all__ = [
    "BridgeLosses",
    "BridgeSettings",
    "EndSettings",
    "LDDBMSettings",
    "LatentSettings",
    "UnpairedSettings",
    "resolve_lddbm",
]

Kind = Literal["auto", "streams", "image", "voxels", "views", "identity", "pretrained"]


@dataclass(frozen=True)
class EndSettings:
    """The codec of one end.

    Args:
        codec: What the thing is; ``"auto"`` goes by its axes: two are a sequence (frames,
            channels), three an image (at most 4 channels, rows, columns) or else voxels, four
            views. ``"pretrained"`` is what lies in ``path``.
        hidden: Channels of the finest level.
        path: Folder of a pretrained codec: one that ``codecs.pretrained.save_codec`` wrote, which
            stays as it is, or the KL autoencoder of an image model, which is put, frozen, between
            two trainable resamplers.
        card: What ``path`` held; a sealed model says this instead, for it holds the weights.
    """

    codec: Kind = "auto"
    hidden: int = 16
    path: str = ""
    card: PretrainedCard | None = None

    def __post_init__(self) -> None:
        check_range("hidden", self.hidden, 1, 4096, closed=True)
        said = bool(self.path) or self.card is not None
        if said != (self.codec == "pretrained"):
            raise ConfigError(
                "codec = 'pretrained' and path belong together: say both, or neither."
            )


@dataclass(frozen=True)
class LatentSettings:
    """The token grid at which the ends meet.

    Args:
        tokens: Number of tokens ``N``.
        source_tokens: Tokens of the source's end where it has another number; None for ``N``.
        width: Width ``d`` of a token.
        bottleneck: ``"norm"`` (LayerNorm without parameters: latents cannot shrink), ``"kl"`` or
            ``"none"``; by mode ``"none"`` (paper, release) or ``"norm"`` (ours).
    """

    tokens: int = 16
    source_tokens: int | None = None
    width: int = 32
    bottleneck: Literal["norm", "kl", "none"] | None = None

    def __post_init__(self) -> None:
        check_range("tokens", self.tokens, 1, 65536, closed=True)
        check_range("width", self.width, 1, 65536, closed=True)
        if self.source_tokens is not None:
            check_range("source_tokens", self.source_tokens, 1, 65536, closed=True)


@dataclass(frozen=True)
class BridgeSettings:
    """The bridge and its network.

    Args:
        base: ``"ve"``, ``"vp"`` or ``"brownian"``.
        spread: Largest noise of ``"ve"``, or noise of the whole way of ``"brownian"``, in units of
            the latents; by mode 80 (paper, release) or 3 (ours).
        times: How training times are drawn.
        rho: How much steps shorten towards the data; by mode 7 (paper, release) or 5 (ours).
        ends: ``"running"`` measures the ends' moments, ``"constant"`` assumes 0.5, 0.5 and 0; by
            mode the second (paper, release) or the first (ours).
        start: Where the walk starts: ``"source"`` at the source's latent (paper, release),
            ``"mean"`` at a regression's answer (ours), so that the bridge carries the residual
            alone, ``"zero"`` at nothing, so that the source is known by the memory alone.
        residual: With ``start = "mean"``: ``"bridge"``, or ``"gaussian"``: noise of the
            residual's covariance (the control that samples must beat).
        colour: With ``start = "mean"``: whether the walk's noise has the residual's measured
            covariance, not its spread alone; by mode on (ours).
        weight: ``"none"``, or ``"karras"`` (``1/c_out^2``); by mode the first (paper, release) or
            the second (ours).
        network: ``"bridge"``, or one of its rivals ``"dit"`` and ``"unet"``.
        sampler: One of ``processes.bridge_solvers.BRIDGE_SOLVERS``; by mode ``"mean"`` (release:
            deterministic), ``"heun"`` (paper) or ``"dbim_high_order"`` (ours: of a Gaussian's
            spread it keeps .99 in 16 steps, where plain DBIM keeps .82 and Heun makes 1.11).
        churn: Of ``"heun"``, above 0 (without churn it is ``"mean"``) and below 1.
        steps: Solver steps; by mode 40 (paper, release) or 16 (ours).
        balanced: Whether the noise of an item's samples sums to zero: each sample is drawn as
            before, and their mean errs less, but they are no longer independent, which proper
            scores take them to be. The student's samples stay independent.
    """

    base: Literal["ve", "vp", "brownian"] = "ve"
    spread: float | None = None
    times: Literal["uniform", "log_uniform"] = "uniform"
    rho: float | None = None
    ends: Literal["running", "constant"] | None = None
    start: Literal["source", "mean", "zero"] | None = None
    residual: Literal["bridge", "gaussian"] = "bridge"
    colour: bool | None = None
    weight: Literal["none", "karras"] | None = None
    network: Literal["bridge", "dit", "unet"] = "bridge"
    sampler: str | None = None
    churn: float = 0.33
    steps: int | None = None
    balanced: bool = False

    def __post_init__(self) -> None:
        if self.spread is not None:
            check_range("spread", self.spread, 0.0, 1e4)
        if self.rho is not None:
            check_range("rho", self.rho, 0.0, 1e3)
        if self.steps is not None:
            check_range("steps", self.steps, 1, 100_000, closed=True)
        check_range("churn", self.churn, 0.0, 1.0 - 1e-9, closed=True)
        if self.sampler == "heun" and self.churn == 0:
            raise ConfigError("heun without churn gives one answer for a source; name it mean.")
        if self.sampler is not None and self.sampler not in BRIDGE_SOLVERS:
            raise ConfigError(
                f"sampler must be one of {', '.join(BRIDGE_SOLVERS)}; got {self.sampler!r}."
            )
        if self.residual == "gaussian" and self.start in ("source", "zero"):
            raise ConfigError("residual = 'gaussian' needs start = 'mean'.")


@dataclass(frozen=True)
class BridgeLosses:
    """Weights of the terms, and what they are.

    Args:
        bridge: Of the bridge.
        mean: Of the regression in latent space, where there is one.
        predictive: Of the decoded answer against the thing; by mode 1.
        contrast: Of InfoNCE between the two ends; by mode 1 (paper, release) or 0.1 (ours).
        reconstruction: Of the codecs' own losses; by mode 0 (paper, release: but for the codecs'
            own phase) or 1 (ours).
        direction: ``"one_way"`` (paper: each target's latent tells its source's from those of the
            batch) or ``"symmetric"`` (release, ours).
        grain: ``"flat"`` latents, or ``"tokens"``.
        temperature: By mode 0.5 (paper) or 0.07 (release, ours).
        path: What is decoded for the predictive term where the walk starts at the source:
            ``"one_step"`` the estimate at a random time, ``"at_source"`` the estimate at the
            source itself, ``"unrolled"`` a walk of ``unroll`` steps with gradient. With a
            regression it is always that one's answer.
        unroll: Steps of ``"unrolled"``.
        shuffled: Control: InfoNCE pairs every item with another one.
    """

    bridge: float = 1.0
    mean: float = 1.0
    predictive: float = 1.0
    contrast: float | None = None
    reconstruction: float | None = None
    direction: Literal["symmetric", "one_way"] | None = None
    grain: Literal["flat", "tokens"] = "flat"
    temperature: float | None = None
    path: Literal["one_step", "at_source", "unrolled"] = "one_step"
    unroll: int = 2
    shuffled: bool = False

    def __post_init__(self) -> None:
        for name in ("bridge", "mean", "predictive", "contrast", "reconstruction"):
            value = getattr(self, name)
            if value is not None:
                check_range(name, value, 0.0, 1e4, closed=True)
        if self.temperature is not None:
            check_range("temperature", self.temperature, 0.0, 1e3)
        check_range("unroll", self.unroll, 1, 64, closed=True)


@dataclass(frozen=True)
class UnpairedSettings:
    """How things that lack their partner are used.

    Args:
        cycle: Weight of going over and back again: needs a second regression, the other way.
        distribution: Weight of the distance between what unpaired sources become and what
            unpaired targets are.
    """

    cycle: float = 0.0
    distribution: float = 0.0

    def __post_init__(self) -> None:
        check_range("cycle", self.cycle, 0.0, 1e4, closed=True)
        check_range("distribution", self.distribution, 0.0, 1e4, closed=True)

    @property
    def used(self) -> bool:
        """Whether unpaired things teach anything but their codecs."""
        return self.cycle > 0 or self.distribution > 0


@dataclass(frozen=True)
class LDDBMSettings:
    """The latent bridge (arXiv 2510.20819).

    Args:
        mode: Fills in what is left ``None``.
        steps: Optimiser steps of the whole run.
        codec_share: Share of the steps that ``two_step`` gives to the codecs.
        regime: ``"two_step"`` (codecs first, then frozen but for the source's), ``"end_to_end"``,
            or ``"iterative"`` (every ``every``-th step all terms, between them the bridge alone);
            by mode the last (paper, release) or the first (ours).
        every: Period of ``"iterative"``.
        stop_gradient: Guard: the bridge's loss does not move the target's latents; by mode off
            (paper, release) or on (ours).
        source: Codec of what is given.
        target: Codec of what is wanted.
        latents: The token grid.
        bridge: The bridge.
        losses: The terms.
        unpaired: Things without partner.
        few_steps: A student that walks in few steps, taught after the rest is trained.
        size: Width, heads, feed-forward, dropout of the networks.
        shape: Layers of the networks.
    """

    mode: Mode = "ours"
    steps: int = 3000
    codec_share: float = 0.4
    regime: Literal["two_step", "end_to_end", "iterative"] | None = None
    every: int = 4
    stop_gradient: bool | None = None
    source: EndSettings = field(default_factory=EndSettings)
    target: EndSettings = field(default_factory=EndSettings)
    latents: LatentSettings = field(default_factory=LatentSettings)
    bridge: BridgeSettings = field(default_factory=BridgeSettings)
    losses: BridgeLosses = field(default_factory=BridgeLosses)
    unpaired: UnpairedSettings = field(default_factory=UnpairedSettings)
    few_steps: FewSteps = field(default_factory=lambda: FewSteps(teacher=32))
    size: TransformerSize = field(default_factory=lambda: TransformerSize(96, 4, 192, 0.0))
    shape: BridgeShape = field(default_factory=BridgeShape)

    def __post_init__(self) -> None:
        check_range("steps", self.steps, 1, 10**9, closed=True)
        check_range("every", self.every, 1, 10**6, closed=True)
        check_range("codec_share", self.codec_share, 0.0, 0.95, closed=True)


def resolve_lddbm(settings: LDDBMSettings) -> LDDBMSettings:
    """Fill in what the mode decides.

    Example:
        >>> resolve_lddbm(LDDBMSettings(mode="release")).bridge.sampler
        'mean'
        >>> resolve_lddbm(LDDBMSettings()).bridge.start
        'mean'
    """
    ours, paper = settings.mode == "ours", settings.mode == "paper"
    sampler = "dbim_high_order" if ours else ("heun" if paper else "mean")
    bridge = _filled(
        settings.bridge,
        spread=3.0 if ours else 80.0,
        rho=5.0 if ours else 7.0,
        ends="running" if ours else "constant",
        start="mean" if ours else "source",
        colour=ours,
        weight="karras" if ours else "none",
        sampler=sampler,
        steps=16 if ours else 40,
    )
    losses = _filled(
        settings.losses,
        contrast=0.1 if ours else 1.0,
        reconstruction=1.0 if ours else 0.0,
        direction="one_way" if paper else "symmetric",
        temperature=0.5 if paper else 0.07,
    )
    if settings.unpaired.used and bridge.start != "mean":
        raise ConfigError("unpaired.cycle and unpaired.distribution need bridge.start = 'mean'.")
    filled = _filled(settings, regime="two_step" if ours else "iterative", stop_gradient=ours)
    latents = _filled(settings.latents, bottleneck="norm" if ours else "none")
    resolved: LDDBMSettings = replace(filled, bridge=bridge, losses=losses, latents=latents)
    return resolved


def _filled(settings: Any, **by_mode: Any) -> Any:  # noqa: ANN401 - any settings dataclass
    missing = {k: v for k, v in by_mode.items() if getattr(settings, k) is None}
    return replace(settings, **missing)
