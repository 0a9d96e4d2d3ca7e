"""Answers to doubts: what a person says of a file, and what the page offers to say in one click.

A doubt names its remedy as an option of the command line (``--unit grf=N/kg``); the same option is
read here as an answer, so that the page and the command line offer one thing.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from unisono.api import ReadOptions

__all__ = ["Answers", "Offer", "asked_on_page", "offers_of", "read_options"]

_UNIT = re.compile(r"--unit '?([^\s=']+)=([^\s';,)]+)'?")
_UP = re.compile(r"--up ([xyz])\b")
_REVERSE = re.compile(r"--reverse (\w+)")
_SWAP = re.compile(r"--swap (\w+)")
_MASS = re.compile(r"--mass-kg\b")
_RATE = re.compile(r"\brate_hz \(--rate-hz [\d.]+\)")


class Answers(BaseModel):
    """What a person says of a file; what is absent is as the file says.

    Attributes:
        units: True unit by stream or channel.
        up: Vertical axis of the laboratory.
        reverse: Streams of forces that act on the plate and not on the body.
        swap: Streams whose channels name the wrong side of the body.
        rate_hz: Frames a second, for files without a clock.
        subject: Who was recorded.
        mass_kg: Body mass.
        height_m: Body height.
    """

    model_config = ConfigDict(extra="forbid")

    units: dict[str, str] = Field(default_factory=dict, max_length=200)
    up: str = Field(default="", pattern="^[xyz]?$")
    reverse: list[str] = Field(default_factory=list, max_length=50)
    swap: list[str] = Field(default_factory=list, max_length=50)
    rate_hz: float | None = Field(default=None, gt=0, le=1e7)
    subject: str | None = Field(default=None, min_length=1, max_length=100)
    mass_kg: float | None = Field(default=None, ge=1, le=500)
    height_m: float | None = Field(default=None, ge=0.3, le=2.8)


class Offer(BaseModel):
    """An answer that one click gives.

    Attributes:
        label: What the button says.
        answer: What it adds to the answers; empty where the page has to ask for a number.
        ask: The answer that the page has to ask for, or ``""``.
    """

    label: str
    answer: dict[str, Any] = Field(default_factory=dict)
    ask: str = ""


def offers_of(doubt: Mapping[str, Any]) -> list[Offer]:
    """Answers that a doubt suggests; the first is what it thinks likely.

    Args:
        doubt: As :class:`unisono.recordings.doubt.Doubt` says itself in plain values.

    Example:
        >>> offers_of({"stream": "grf", "remedy": "if so, say --unit grf=N/kg"})[0].answer
        {'units': {'grf': 'N/kg'}}
        >>> [offer.label for offer in offers_of({"stream": "m", "remedy": "state --up y"})]
        ['y is up', 'z is up', 'x is up']
    """
    said = str(doubt.get("remedy", ""))
    found: list[Offer] = []
    for name, unit in _UNIT.findall(said):
        found.append(Offer(label=f"{name} in {unit}", answer={"units": {name: unit}}))
    for axis in _UP.findall(said)[:1]:
        axes = [axis, *(other for other in "zyx" if other != axis)]
        found += [Offer(label=f"{one} is up", answer={"up": one}) for one in axes]
    for name in _REVERSE.findall(said):
        found.append(Offer(label=f"{name} acts on the plate", answer={"reverse": [name]}))
    for name in _SWAP.findall(said):
        found.append(Offer(label=f"left and right of {name} are swapped", answer={"swap": [name]}))
    if _MASS.search(said):
        found.append(Offer(label="Give the body mass", ask="mass_kg"))
    return found


def asked_on_page(error: str) -> str:
    """Why a file cannot be read, with the field of the page in place of the command line's option.

    Example:
        >>> asked_on_page("w.csv: no time; state rate_hz (--rate-hz 100), or name a column 'time'")
        "w.csv: no time; state the frames a second (rate_hz), or name a column 'time'"
    """
    return _RATE.sub("the frames a second (rate_hz)", error)


def read_options(answers: Mapping[str, Any]) -> "ReadOptions":
    """Answers as options of the readers.

    Raises:
        UnisonoError: If a unit is unknown.
    """
    from unisono import api

    said = Answers.model_validate(dict(answers))
    return api.ReadOptions(
        rate_hz=said.rate_hz,
        units=said.units,
        subject=said.subject,
        mass_kg=said.mass_kg,
        height_m=said.height_m,
        up=said.up,
        reverse=tuple(said.reverse),
        swap=tuple(said.swap),
    )
