"""Options that several commands share, as dataclasses that the parser flattens."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from unisono.api import ReadOptions, Sampling, WordOptions

__all__ = [
    "Asked",
    "Drawn",
    "Json",
    "Spoken",
    "Stated",
    "Taught",
    "Words",
    "refuse_existing",
    "refuse_idle",
]

Json = Annotated[bool, Parameter(name="--json", negative="")]
Words = Annotated[list[str] | None, Parameter(negative="")]


def refuse_existing(*paths: Path | None) -> None:
    """Refuse files that exist, before anything is computed that they would be replaced by.

    Raises:
        OutputError: Naming the first.
    """
    from unisono.core.errors import OutputError

    for path in paths:
        if path is not None and path.exists():
            raise OutputError(f"{path} exists; choose another name, or remove it.")


def refuse_idle(said: Any, why: str, names: Iterable[str] = ()) -> None:  # noqa: ANN401 - options
    """Refuse options that would be passed over.

    Args:
        said: One of these dataclasses.
        why: What makes them idle, as ``"without --model"``.
        names: Fields that are looked at; by default all.

    Raises:
        UnisonoError: Naming the first that is not as it is by default.
    """
    from unisono.core.errors import UnisonoError

    plain = type(said)()
    for name in tuple(names) or tuple(one.name for one in fields(said)):
        if getattr(said, name) != getattr(plain, name):
            option = name.replace("_", "-")
            raise UnisonoError(f"--{option} says nothing {why}; leave it out.")


@Parameter(name="*")
@dataclass(frozen=True)
class Stated:
    """What you know of the files and they do not say.

    Parameters
    ----------
    unit
        STREAM=UNIT or CHANNEL=UNIT: what a file's unit really is, e.g. grf=N/kg. Repeatable.
    column
        For tables without a header: names in order, or STREAM=0,1. Repeatable.
    rate_hz
        Frames a second.
    subject
        Who was recorded.
    mass_kg
        Body mass, kg.
    height_m
        Body height, m.
    up
        Vertical axis of the laboratory, x, y or z, where the files do not say.
    reverse
        Stream of forces that act on the plate and not on the body. Repeatable.
    swap
        Stream whose channels name the wrong side of the body. Repeatable.
    """

    unit: Words = None
    column: Words = None
    rate_hz: float | None = None
    subject: str | None = None
    mass_kg: float | None = None
    height_m: float | None = None
    up: str = ""
    reverse: Words = None
    swap: Words = None

    def options(self) -> "ReadOptions":
        """The same as options of the readers."""
        from unisono import api

        return api.ReadOptions(
            rate_hz=self.rate_hz,
            units=api.parse_units(self.unit or []),
            columns=api.parse_columns(self.column or []),
            subject=self.subject,
            mass_kg=self.mass_kg,
            height_m=self.height_m,
            up=self.up,
            reverse=tuple(self.reverse or ()),
            swap=tuple(self.swap or ()),
        )


@Parameter(name="*")
@dataclass(frozen=True)
class Asked:
    """What is generated, and from what.

    Parameters
    ----------
    want
        Streams to generate; by default all that the model generates, or, for a model of any part,
        all that is not given.
    given
        For a model of any part: streams to generate from; by default all others that are there.
    """

    want: Words = None
    given: Words = None


@Parameter(name="*")
@dataclass(frozen=True)
class Spoken(Asked):
    """What is generated, from what, and what a model of text to motion is asked.

    Parameters
    ----------
    want
        Streams to generate; by default all that the model generates, or, for a model of any part,
        all that is not given.
    given
        For a model of any part: streams to generate from; by default all others that are there.
    text
        What is done, "an old person walks". Repeated texts follow one another, blended.
    seconds
        Length of each text's part.
    word
        A file of a learned word (unisono learn-word), which texts may use. Repeatable.
    guidance
        Weight of the text; by default the model's own.
    path
        A CSV file (time,x,z) of a path that the root follows.
    keyframes
        A CSV file (time,joint,x,y,z) of places that joints go through.
    keep_frames
        With a BVH file: frames of it that stay as they are, 0:20,60:80.
    keep_joints
        With a BVH file: joints that stay as they are, Hips,LeftUpLeg.
    hold_feet
        Make feet stand where the model says that they do.
    """

    text: Words = None
    seconds: float = 4.0
    word: Annotated[list[Path] | None, Parameter(negative="")] = None
    guidance: float | None = None
    path: Path | None = None
    keyframes: Path | None = None
    keep_frames: str = ""
    keep_joints: str = ""
    hold_feet: bool = True


@Parameter(name="*")
@dataclass(frozen=True)
class Drawn:
    """How a model is sampled.

    Parameters
    ----------
    samples
        Samples a window, by default 32; motions made from words, by default 1.
    steps
        Solver steps; by default those the bands were calibrated with.
    seed
        Where the noise comes from.
    physics
        none, floor (no floor pulls) or balance (also Newton's balance, as far as mass, markers and
        events tell).
    """

    samples: int | None = None
    steps: int | None = None
    seed: int = 0
    physics: Literal["none", "floor", "balance"] = "floor"

    def options(self) -> "Sampling":
        """The same as options of the library."""
        from unisono import api

        samples = 32 if self.samples is None else self.samples
        return api.Sampling(samples=samples, steps=self.steps, seed=self.seed, physics=self.physics)


@Parameter(name="*")
@dataclass(frozen=True)
class Taught:
    """How a word is learned.

    Parameters
    ----------
    space
        Where motions are compared: realigned, latent (the autoencoder's) or noise (as for images).
    tokens
        Embeddings of the word.
    start
        A word the model knows to begin from.
    warm
        Steps of comparing text and motion directly, in the realigned space.
    steps
        Steps through the diffusion.
    seed
        Where every draw comes from.
    """

    space: Literal["realigned", "latent", "noise"] = "realigned"
    tokens: int = 1
    start: str = ""
    warm: int = 100
    steps: int = 300
    seed: int = 0

    def options(self) -> "WordOptions":
        """The same as options of the library."""
        from unisono import api

        settings = api.WordSettings(
            tokens=self.tokens,
            space=self.space,
            warm=self.warm,
            steps=self.steps,
            start=self.start,
        )
        return api.WordOptions(settings=settings, seed=self.seed)
