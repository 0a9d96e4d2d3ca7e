"""Settings of latent realignment, as frozen dataclasses: what a recipe's ``[lead]`` may say.

What is ``None`` follows ``mode``: ``paper`` is the published text (arXiv 2410.14508) on the base
that it names (MLD, arXiv 2212.04048), ``ours`` what was measured to be best here.
:func:`resolve_lead` fills them in; the filled form is what a model is sealed with.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from unisono.codecs.motion_vae import MotionVAESettings
from unisono.core.checks import check_range
from unisono.core.errors import ConfigError
from unisono.methods.settings import FewSteps
from unisono.networks.conditioning import TransformerSize
from unisono.processes.parameterisation import Kind

__all__ = [
    "DiffusionSettings",
    "LEADSettings",
    "ProjectorSettings",
    "TextSettings",
    "resolve_lead",
]


@dataclass(frozen=True)
class TextSettings:
    """The text encoder that is trained with the motions.

    Args:
        steps: Optimiser steps of its phase; 0 leaves it as it came.
        width: Width of its codes ``c``.
        layers: Blocks.
        heads: Attention heads.
        temperature: Of InfoNCE between texts and motions.
        alike: Two clips whose captions are more alike than this (cosine of bags of words, rare
            words weighing more) are no negatives.
    """

    steps: int = 1000
    width: int = 64
    layers: int = 2
    heads: int = 4
    temperature: float = 0.1
    alike: float = 0.8

    def __post_init__(self) -> None:
        check_range("text.steps", self.steps, 0, 10**9, closed=True)
        check_range("text.width", self.width, 2, 8192, closed=True)
        check_range("text.layers", self.layers, 1, 64, closed=True)
        check_range("text.temperature", self.temperature, 0.0, 1e3)
        check_range("text.alike", self.alike, 0.0, 1.0)


@dataclass(frozen=True)
class DiffusionSettings:
    """The latent diffusion.

    Args:
        steps: Optimiser steps of its phase; 0 leaves it as it came.
        kind: ``"diffusion"``; or ``"regression"``, the same network trained to answer at once from
            nothing but the text: the control that samples must beat.
        space: ``"latent"``: what is diffused are latents of the VAE; ``"projected"``: their codes
            in the space of texts, and the projector is trained first.
        schedule: By mode ``"scaled_linear"`` (paper) or ``"cosine"`` (ours).
        predict: By mode ``"eps"`` (paper) or ``"v"`` (ours).
        layers: Blocks of the network, odd.
        enter: Where the text enters; by mode ``"pooled"`` (paper) or ``"sequence"`` (ours).
        length: Whether the network is told the length; by mode no (paper) or yes (ours).
        scaled: Whether latents are brought to mean 0 and spread 1 first; by mode no or yes.
        drop: Probability that a text is dropped in training.
        guidance: Weight of classifier-free guidance; by mode 7.5 (paper) or 2.5 (ours).
        walk: Solver steps; 50 (paper) or 20 (ours).
    """

    steps: int = 3000
    kind: Literal["diffusion", "regression"] = "diffusion"
    space: Literal["latent", "projected"] = "latent"
    schedule: Literal["linear", "scaled_linear", "cosine"] | None = None
    predict: Kind | None = None
    layers: int = 5
    enter: Literal["pooled", "sequence"] | None = None
    length: bool | None = None
    scaled: bool | None = None
    drop: float = 0.1
    guidance: float | None = None
    walk: int | None = None

    def __post_init__(self) -> None:
        check_range("diffusion.steps", self.steps, 0, 10**9, closed=True)
        check_range("diffusion.drop", self.drop, 0.0, 0.99, closed=True)
        if self.guidance is not None:
            check_range("diffusion.guidance", self.guidance, 0.0, 100.0, closed=True)
        if self.walk is not None:
            check_range("diffusion.walk", self.walk, 1, 1000, closed=True)
        if self.predict == "velocity":
            raise ConfigError("diffusion.predict is x0, eps or v; velocity is of flows.")
        if self.predict == "eps" and self.schedule == "cosine":
            raise ConfigError("eps says nothing of the target at the cosine schedule's last level.")


@dataclass(frozen=True)
class ProjectorSettings:
    """The projector between latents and the space of texts.

    Args:
        kind: ``"transformer"``, ``"mlp"``, or ``"none"``: plain latent diffusion.
        steps: Optimiser steps of its phase.
        layers: Blocks each way.
        free: Numbers of a code that no text pulls on; by mode 0 (paper) or as many as a latent has
            (ours), so that the code can hold what a text does not say.
        align: Weight of alignment of codes with texts.
        objective: ``"cosine"`` (paper), or ``"info_nce"``, which also pushes apart.
        temperature: Of InfoNCE.
        reconstruct: Weight of coming back.
        variance: Weight of the divergence between the latents' moments before and after.
        sampled: Share of a batch that is drawn from the diffusion; these come back too, and are not
            aligned.
        shuffled: Control: codes are aligned with the texts of other clips.
    """

    kind: Literal["transformer", "mlp", "none"] = "transformer"
    steps: int = 1000
    layers: int = 2
    free: int | None = None
    align: float = 1.0
    objective: Literal["cosine", "info_nce"] = "cosine"
    temperature: float = 0.1
    reconstruct: float = 1.0
    variance: float = 0.1
    sampled: float = 0.0
    shuffled: bool = False

    def __post_init__(self) -> None:
        check_range("projector.steps", self.steps, 1, 10**9, closed=True)
        for name in ("align", "reconstruct", "variance"):
            check_range(f"projector.{name}", getattr(self, name), 0.0, 1e4, closed=True)
        check_range("projector.temperature", self.temperature, 0.0, 1e3)
        check_range("projector.sampled", self.sampled, 0.0, 0.9, closed=True)
        if self.kind != "none" and not (self.align or self.reconstruct or self.variance):
            raise ConfigError("the projector has no loss: align, reconstruct and variance are 0.")


@dataclass(frozen=True)
class LEADSettings:
    """Latent realignment for human motion diffusion (arXiv 2410.14508).

    Args:
        mode: Fills in what is left ``None``.
        size: Width, heads, feed-forward, dropout of the networks.
        text: The text encoder.
        vae: The motion VAE.
        vae_steps: Optimiser steps of its phase; 0 leaves it as it came.
        diffusion: The latent diffusion.
        projector: The projector.
        few_steps: A student that walks in few steps, taught after the diffusion.
    """

    mode: Literal["paper", "ours"] = "ours"
    size: TransformerSize = field(default_factory=lambda: TransformerSize(96, 4, 192, 0.0))
    text: TextSettings = field(default_factory=TextSettings)
    vae: MotionVAESettings = field(default_factory=MotionVAESettings)
    vae_steps: int = 3000
    diffusion: DiffusionSettings = field(default_factory=DiffusionSettings)
    projector: ProjectorSettings = field(default_factory=ProjectorSettings)
    few_steps: FewSteps = field(default_factory=lambda: FewSteps(teacher=20))

    def __post_init__(self) -> None:
        check_range("vae_steps", self.vae_steps, 0, 10**9, closed=True)
        projected = self.diffusion.space == "projected"
        if projected and self.projector.kind == "none":
            raise ConfigError("diffusion.space = 'projected' needs a projector.")
        if projected and self.projector.sampled:
            raise ConfigError("projector.sampled needs diffusion.space = 'latent'.")
        if self.few_steps.most and self.diffusion.kind == "regression":
            raise ConfigError("a regression walks no process: leave few_steps.most = 0.")


def resolve_lead(settings: LEADSettings) -> LEADSettings:
    """Fill in what the mode decides.

    Example:
        >>> resolve_lead(LEADSettings(mode="paper")).diffusion.predict
        'eps'
        >>> resolve_lead(LEADSettings()).diffusion.enter
        'sequence'
    """
    ours = settings.mode == "ours"
    diffusion = _filled(
        settings.diffusion,
        schedule="cosine" if ours and settings.diffusion.predict != "eps" else "scaled_linear",
        predict="v" if ours else "eps",
        enter="sequence" if ours else "pooled",
        length=ours,
        scaled=ours,
        guidance=2.5 if ours else 7.5,
        walk=20 if ours else 50,
    )
    if diffusion.predict == "eps" and diffusion.schedule == "cosine":
        raise ConfigError("eps says nothing of the target at the cosine schedule's last level.")
    free = settings.vae.tokens * settings.vae.width if ours else 0
    return replace(settings, diffusion=diffusion, projector=_filled(settings.projector, free=free))


def _filled(settings: Any, **by_mode: Any) -> Any:  # noqa: ANN401 - any settings dataclass
    missing = {k: v for k, v in by_mode.items() if getattr(settings, k) is None}
    return replace(settings, **missing)
