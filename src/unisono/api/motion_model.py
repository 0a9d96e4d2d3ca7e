"""A trained model of text to motion: open it, and ask for motions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unisono.api.cards import motion_card
from unisono.api.motion_output import GeneratedMotion, held_rows
from unisono.api.motion_recipe import MotionRecipe
from unisono.api.motion_sequence import Spell, spoken_rows
from unisono.api.opening import Face, open_kind, restored
from unisono.core.checks import check_range, nearest
from unisono.core.config import from_mapping
from unisono.core.errors import ModelError, UnisonoError
from unisono.core.random import generator
from unisono.methods import TEXT_METHODS
from unisono.methods.lead import LEAD
from unisono.methods.lead_sampling import Asking
from unisono.networks.pretrained_text import PretrainedText, load_pretrained_text
from unisono.networks.text_encoder import TextEncoder
from unisono.networks.text_tokens import words_of
from unisono.recordings.motion.features import Layout
from unisono.recordings.motion.rig import Rig
from unisono.training.sealed import SealedModel

__all__ = ["MotionModel", "MotionSampling", "load_motion_model"]


@dataclass(frozen=True)
class MotionSampling:
    """How motions are sampled.

    Args:
        seconds: Length of each text's part.
        samples: Motions.
        steps: Solver steps; the model's own where None.
        guidance: Weight of the texts; the model's own where None.
        seed: Where the noise comes from.
        blend_seconds: How long one part runs into the next.
        project: Whether latents go through the projector (where there is one).
        hold_feet: Whether feet are made to stand where the model says that they do.
    """

    seconds: float = 4.0
    samples: int = 1
    steps: int | None = None
    guidance: float | None = None
    seed: int = 0
    blend_seconds: float = 0.4
    project: bool = True
    hold_feet: bool = True

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1, 100_000, closed=True)
        check_range("seconds", self.seconds, 0.0, 3600.0, closed=True)
        check_range("blend_seconds", self.blend_seconds, 0.0, 10.0)
        if self.steps is not None:
            check_range("steps", self.steps, 1, 1000, closed=True)
        if self.guidance is not None:
            check_range("guidance", self.guidance, 0.0, 100.0, closed=True)


@dataclass(frozen=True)
class MotionModel(Face):
    """A trained model.

    Args:
        folder: Where it is sealed.
        recipe: The whole configuration.
        method: The trained method, frozen.
        layout: What a row of features holds.
        rig: Whose motions it makes.
        sealed: Everything that was sealed.
    """

    folder: Path
    recipe: MotionRecipe
    method: LEAD
    layout: Layout
    rig: Rig
    sealed: SealedModel

    def __repr__(self) -> str:
        joints = len(self.rig.names)
        return f"MotionModel({self.recipe.method}: text -> {joints} joints, {self.folder})"

    def _repr_html_(self) -> str:
        return motion_card(self)

    @property
    def encoder(self) -> TextEncoder | PretrainedText:
        """Its text encoder, which also holds learned words."""
        text = self.method.text
        if not isinstance(text, TextEncoder | PretrainedText):
            raise ModelError(f"a {type(text).__name__} does not turn texts into tokens.")
        return text

    def check_text(self, text: str) -> list[str]:
        """Words of a text that the model does not know.

        Raises:
            UnisonoError: If the text is empty, or no word of it is known.
        """
        if not text.strip():
            raise UnisonoError("the text is empty; say what should be done, 'a person walks'.")
        unknown = self.encoder.unknown(text)
        if len(unknown) >= len(words_of(text)):
            known = getattr(getattr(self.encoder, "tokens", None), "words", [])
            hint = nearest(unknown[0], known) if unknown else ""
            raise UnisonoError(
                f"the model knows no word of {text!r}; use words of its captions.{hint}"
            )
        return unknown

    def asking(self, options: MotionSampling) -> Asking:
        """How the method is sampled for these options."""
        steps = options.steps or self.method.settings.diffusion.walk or 20
        return Asking(steps=steps, guidance=options.guidance, project=options.project, polish=30)

    def generate(
        self,
        texts: Sequence[str] | str,
        *,
        options: MotionSampling = MotionSampling(),  # noqa: B008 - frozen
    ) -> GeneratedMotion:
        """Make motions from words; several texts follow one another, blended.

        Args:
            texts: What is done, one after the other.
            options: Length, samples, steps, guidance, seed.

        Raises:
            UnisonoError: If a text is empty, none of its words is known, or no two frames long.
        """
        texts = [texts] if isinstance(texts, str) else list(texts)
        if not texts:
            raise UnisonoError("there is no text; say what should be done.")
        unknown = {word: None for text in texts for word in self.check_text(text)}
        rate = self.layout.rate_hz
        frames = round(options.seconds * rate)
        if frames < 2:
            raise UnisonoError(
                f"{options.seconds:g} s are {frames} frame(s) at {rate:g} Hz; a motion needs "
                f"two or more: ask for at least {2 / rate:g} s."
            )
        tokens = [self.encoder.tokenise([text]) for text in texts]
        spells = [Spell(ids, mask, frames) for ids, mask in tokens]
        blend = max(2, round(options.blend_seconds * rate))
        rows = spoken_rows(
            self.method,
            spells,
            self.asking(options),
            samples=options.samples,
            blend=blend,
            generator=generator(options.seed, "motion"),
        )
        doubts = (f"words not known: {', '.join(unknown)}",) if unknown else ()
        found = np.asarray(rows.double().numpy())
        if options.hold_feet:
            found = held_rows(found, self.layout, self.rig)
        return GeneratedMotion(found, self.layout, self.rig, tuple(texts), doubts)


def load_motion_model(folder: str | Path) -> MotionModel:
    """Open a sealed model of text to motion.

    Raises:
        ModelError: If it is none, is damaged, of a newer format, or holds a pickle.
    """
    folder = Path(folder)
    sealed = open_kind(folder, TEXT_METHODS)
    recipe = from_mapping(MotionRecipe, sealed.config)
    layout = Layout(**json.loads(sealed.extra["layout"]))
    rig = Rig.from_dict(json.loads(sealed.extra["rig"]))
    config = sealed.extra.get("text")
    text = (
        TextEncoder.from_config(json.loads(config))
        if config
        else load_pretrained_text(recipe.data.pretrained)
    )
    method = TEXT_METHODS[sealed.method](recipe.lead, layout, text, frames=recipe.data.frames)
    if not config:
        own = {f"text.{name}": value for name, value in text.state_dict().items()}
        sealed = replace(sealed, state={**sealed.state, **own})
    return MotionModel(folder, recipe, restored(method, sealed, folder), layout, rig, sealed)
