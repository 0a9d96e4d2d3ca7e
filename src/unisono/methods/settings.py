"""Settings of the methods, as frozen dataclasses: what a recipe may say.

Where a paper is silent or contested, a setting is ``None`` and follows ``mode``: ``paper`` is the
literal reading, ``release`` what released code does (there is none for llma: the same as
``paper``), ``ours`` what we measured to be best. :func:`resolve` fills them in; the filled form is
what a model is sealed with.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from unisono.alignment.window_alignment import WindowAlignment
from unisono.core.checks import check_range
from unisono.core.errors import ConfigError
from unisono.methods.lever_names import Levers
from unisono.networks.conditioning import TransformerSize
from unisono.processes.parameterisation import Kind

__all__ = [
    "MODES",
    "FewSteps",
    "LLMASettings",
    "Layers",
    "Losses",
    "Mode",
    "ProcessSettings",
    "resolve",
]

Mode = Literal["paper", "release", "ours"]
MODES: tuple[Mode, ...] = ("paper", "release", "ours")


@dataclass(frozen=True)
class Layers:
    """Transformer blocks of each part.

    Args:
        own: Encoder of the noisy target.
        condition: Encoder of what is given.
        decoder: Decoder.
        mean: Mean head, above the condition encoder.
        stem: Frames that a token of the condition sees of the given streams, odd; by mode 1 (paper)
            or 9 (ours).
    """

    own: int = 2
    condition: int = 2
    decoder: int = 2
    mean: int = 1
    stem: int | None = None

    def __post_init__(self) -> None:
        if self.stem is not None and not self.stem % 2:
            raise ConfigError(f"stem must be odd, to be centred; got {self.stem}.")
        for name in ("own", "condition", "mean"):
            check_range(name, getattr(self, name), 0, 64, closed=True)
        check_range("decoder", self.decoder, 1, 64, closed=True)


@dataclass(frozen=True)
class ProcessSettings:
    """The process and what the network predicts.

    Args:
        name: ``"vp"`` (diffusion) or ``"flow"``; by mode the first (paper) or the second (ours:
            a flow whose network is still zero returns exactly its noise, where few DDIM steps of
            the diffusion shrink it, to 0.94 of its spread in 20 steps).
        schedule: Noise schedule of ``"vp"``; another than cosine, like ``eta`` above 0, is refused
            where the process is a flow.
        levels: Noise levels of ``"vp"``.
        predict: ``"x0"``, ``"eps"`` or ``"v"``; a flow always predicts its velocity.
        sampler: ``"ddim"`` or ``"ddpm"`` for ``"vp"``; a flow is walked by the midpoint rule.
        eta: Noise of DDIM.
    """

    name: Literal["vp", "flow"] | None = None
    schedule: Literal["linear", "scaled_linear", "cosine"] = "cosine"
    levels: int = 1000
    predict: Kind | None = None
    sampler: Literal["ddim", "ddpm"] = "ddim"
    eta: float = 0.0

    def __post_init__(self) -> None:
        check_range("levels", self.levels, 1, 100_000, closed=True)
        check_range("eta", self.eta, 0.0, 1.0, closed=True)
        if self.name == "flow" and self.predict not in (None, "velocity"):
            raise ConfigError(f"a flow predicts velocity; got predict = {self.predict!r}.")
        if self.name == "vp" and self.predict == "velocity":
            raise ConfigError("vp predicts x0, eps or v; velocity is of flows.")
        if self.predict == "eps" and self.schedule == "cosine":
            raise ConfigError("eps says nothing of the target at the cosine schedule's last level.")


@dataclass(frozen=True)
class Losses:
    """Weights of the loss terms.

    Args:
        align: Weight of contrast plus covariance; with ``learn_align`` its starting value.
        learn_align: Whether the weight is learned as ``exp(-a) L + a``.
        align_on: ``"hidden"`` aligns the latents of the noisy signals (the paper), ``"memory"``
            the encoded clean signals.
        by_noise: Whether a sequence counts by its signal's share at its noise level; of use with
            ``align_on = "hidden"``.
        reconstruct: Weight of recovering what is hidden of a given side from its memory. It needs
            one side only, so that recordings without the other train the encoders too.
        energy: Weight of the energy term; by mode 1 (paper) or 0 (ours: a conditional mean must
            hold less energy than the signal).
        energy_of: ``"square"`` or ``"spectral"``.
    """

    align: float = 0.1
    learn_align: bool = False
    align_on: Literal["hidden", "memory"] | None = None
    by_noise: bool = False
    reconstruct: float = 0.0
    energy: float | None = None
    energy_of: Literal["square", "spectral"] = "square"

    def __post_init__(self) -> None:
        check_range("align", self.align, 0.0, 1e3, closed=True)
        check_range("reconstruct", self.reconstruct, 0.0, 1e3, closed=True)
        if self.energy is not None:
            check_range("energy", self.energy, 0.0, 1e3, closed=True)


@dataclass(frozen=True)
class FewSteps:
    """A student that generates in few steps, taught after the rest is trained.

    Args:
        most: Largest number of steps it walks, one evaluation each; 0 trains no student. Whoever
            asks for no more steps than this gets the student, for more the teacher.
        train: Optimiser steps of its phase.
        teacher: Solver steps of the teacher's whole walk.
    """

    most: int = 0
    train: int = 1000
    teacher: int = 10

    def __post_init__(self) -> None:
        check_range("few_steps.most", self.most, 0, 100, closed=True)
        check_range("few_steps.train", self.train, 1, 10**9, closed=True)
        check_range("few_steps.teacher", self.teacher, 1, 10_000, closed=True)


@dataclass(frozen=True)
class LLMASettings:
    """Local Latent Manifold Alignment (arXiv 2503.12214).

    Args:
        mode: Fills in what is left ``None``.
        steps: Optimiser steps.
        size: Width, heads, feed-forward, dropout.
        layers: Depth of each part.
        process: The process.
        losses: Weights of the terms.
        alignment: Windows, negatives, temperature, controls.
        framewise: Whether the condition enters frame by frame besides cross-attention.
        mean: Whether a deterministic mean carries the answer and the process only its residual.
        residual: ``"process"``, or ``"gaussian"``: independent noise of the fitted spread (the
            control that samples must beat).
        start: ``"none"``; ``"ridge"``: the mean starts at a ridge regression; ``"kernel"``: at a
            kernel ridge regression on curves, their rates and the known numbers, which keeps the
            given curves of the training windows in the model; ``"levers"``: at kernels that are
            asked for force and moments at many points and know the arms between them, which needs
            positions among what is given and keeps the training windows in the model.
        levers: Names of these points.
        correct: Whether the mean head corrects the start. Where people are few it may learn them
            by heart: with False the mean is the start's, and the head fits the spread alone.
        directions: ``"both"`` trains want from given and given from want, ``"forward"`` the first.
        drop_stream: Probability that a given stream is hidden from a training window; with
            ``guidance`` other than 1, and of several streams, also that all are hidden at once.
        drop_channel: Probability that a given channel is hidden.
        known: Numbers of a window used as conditions: ``mass_kg``, ``height_m``, ``speed``, ...
        guidance: Weight of classifier-free guidance at sampling; 1 is none. Others need
            ``drop_stream`` above 0, which is where nothing given is learned.
        few_steps: A student for few steps.
        pretrain: Optimiser steps that train the encoders alone before the rest, by the alignment of
            their memories and by reconstruction.
        share_encoder: Whether both directions encode with the same blocks.
    """

    mode: Mode = "ours"
    steps: int = 3000
    size: TransformerSize = field(default_factory=TransformerSize)
    layers: Layers = field(default_factory=Layers)
    process: ProcessSettings = field(default_factory=ProcessSettings)
    losses: Losses = field(default_factory=Losses)
    alignment: WindowAlignment = field(default_factory=WindowAlignment)
    framewise: bool | None = None
    mean: bool | None = None
    residual: Literal["process", "gaussian"] = "process"
    start: Literal["none", "ridge", "kernel", "levers"] = "none"
    levers: Levers = field(default_factory=Levers)
    correct: bool = True
    directions: Literal["both", "forward"] = "both"
    drop_stream: float | None = None
    drop_channel: float | None = None
    known: tuple[str, ...] = ()
    guidance: float = 1.0
    few_steps: FewSteps = field(default_factory=FewSteps)
    pretrain: int = 0
    share_encoder: bool = False

    def __post_init__(self) -> None:
        check_range("steps", self.steps, 1, 10**9, closed=True)
        check_range("pretrain", self.pretrain, 0, 10**9, closed=True)
        check_range("guidance", self.guidance, 0.0, 100.0, closed=True)
        for name in ("drop_stream", "drop_channel"):
            value = getattr(self, name)
            if value is not None:
                check_range(name, value, 0.0, 0.99, closed=True)
        if self.mean is False and (self.start != "none" or self.residual == "gaussian"):
            raise ConfigError(f"start = {self.start!r}, residual = 'gaussian' need mean = true.")
        if self.guidance != 1 and self.drop_stream == 0:
            raise ConfigError(
                f"guidance = {self.guidance:g} needs a model that has seen nothing given: set "
                "drop_stream above 0."
            )
        _check_flow(self)
        if not self.correct and self.start == "none":
            raise ConfigError("correct = false needs a start that stands for the mean.")
        if self.few_steps.most and self.residual == "gaussian":
            raise ConfigError("residual = 'gaussian' walks no process: leave few_steps.most = 0.")
        if self.directions == "forward" and (self.pretrain or self.share_encoder):
            raise ConfigError("pretrain and share_encoder need directions = 'both'.")
        if self.directions == "forward" and self.losses.align > 0:
            raise ConfigError(
                "directions = 'forward' leaves nothing to align with; set losses.align = 0."
            )


_OF_VP = {"schedule": "cosine", "eta": 0.0, "sampler": "ddim"}
"""What a flow does not look at, and what it is where nobody says it."""


def _process_name(settings: LLMASettings) -> Literal["vp", "flow"]:
    """The process that the settings mean."""
    process = settings.process
    # whoever names a prediction of diffusions, or a sampler of theirs, means a diffusion
    named = process.predict in ("x0", "eps", "v") or process.sampler == "ddpm"
    return process.name or ("flow" if settings.mode == "ours" and not named else "vp")


def _check_flow(settings: LLMASettings) -> None:
    """Refuse what a flow would pass over in silence; sealed settings, all filled in, stay as is."""
    process = settings.process
    if _process_name(settings) == "vp" or (process.name and process.predict):
        return
    odd = [name for name, usual in _OF_VP.items() if getattr(process, name) != usual]
    if odd:
        raise ConfigError(
            f"process.{odd[0]} is of diffusions, and this process is a flow: leave it out, or set "
            "process.name = 'vp'."
        )


def resolve(settings: LLMASettings) -> LLMASettings:
    """Fill in what the mode decides.

    Example:
        >>> resolve(LLMASettings(mode="paper")).process.predict
        'x0'
        >>> resolve(LLMASettings()).mean
        True
    """
    ours = settings.mode == "ours"
    losses = settings.losses
    process = replace(settings.process, name=_process_name(settings))
    predict: Kind = "velocity" if process.name == "flow" else ("v" if ours else "x0")
    mean = ours if settings.mean is None else settings.mean
    return replace(
        settings,
        layers=replace(settings.layers, stem=settings.layers.stem or (9 if ours else 1)),
        process=replace(process, predict=process.predict or predict),
        losses=replace(
            losses,
            align_on=losses.align_on or ("memory" if ours else "hidden"),
            energy=(0.0 if ours else 1.0) if losses.energy is None else losses.energy,
        ),
        framewise=ours if settings.framewise is None else settings.framewise,
        mean=mean,
        drop_stream=(0.1 if ours else 0.0)
        if settings.drop_stream is None
        else settings.drop_stream,
        drop_channel=(0.1 if ours else 0.0)
        if settings.drop_channel is None
        else settings.drop_channel,
    )
