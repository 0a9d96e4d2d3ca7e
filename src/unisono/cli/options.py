"""Options that several commands share, as dataclasses that the parser flattens."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from unisono.api import ReadOptions, Sampling

__all__ = ["Asked", "Drawn", "Json", "Stated", "Words"]

Json = Annotated[bool, Parameter(name="--json", negative="")]
Words = Annotated[list[str] | None, Parameter(negative="")]


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
        Body mass.
    height_m
        Body height.
    up
        Vertical axis of the laboratory, y or z, where the files do not say.
    reverse
        Stream of forces that act on the plate and not on the body. Repeatable.
    """

    unit: Words = None
    column: Words = None
    rate_hz: float | None = None
    subject: str | None = None
    mass_kg: float | None = None
    height_m: float | None = None
    up: str = ""
    reverse: Words = None

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
class Drawn:
    """How a model is sampled.

    Parameters
    ----------
    samples
        Samples a window.
    steps
        Solver steps; by default those the bands were calibrated with.
    seed
        Where the noise comes from.
    physics
        none, floor (no floor pulls) or balance (also Newton's balance, as far as mass, markers and
        events tell).
    """

    samples: int = 32
    steps: int | None = None
    seed: int = 0
    physics: Literal["none", "floor", "balance"] = "floor"

    def options(self) -> "Sampling":
        """The same as options of the library."""
        from unisono import api

        return api.Sampling(
            samples=self.samples, steps=self.steps, seed=self.seed, physics=self.physics
        )
