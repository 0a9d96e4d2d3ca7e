"""What a clip shows, before it is moved or worded: content, style, pace, size and count."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from unisono.core.checks import check_choice, check_range

__all__ = ["CONTENTS", "STYLES", "Script", "Style", "draw_script"]


class Style(NamedTuple):
    """How a style differs from the usual.

    Attributes:
        tempo: Factor of rates.
        reach: Factor of stride, arm swing excluded.
        lean: Trunk forward, degrees.
        head: Head down, degrees.
        crouch: Hips lower, share of their height.
        swing: Factor of the arms' swing.
        abduct: Arms away from the trunk, degrees.
        elbow: Bend of the elbows, degrees.
        bounce: Hips up and down, metres.
        width: Factor of the distance between the feet.
        sway: Trunk from side to side, degrees.
    """

    tempo: float
    reach: float
    lean: float
    head: float
    crouch: float
    swing: float
    abduct: float
    elbow: float
    bounce: float
    width: float
    sway: float


STYLES: dict[str, Style] = {
    "normal": Style(1.0, 1.0, 3.0, 0.0, 0.0, 1.0, 8.0, 18.0, 0.006, 1.0, 1.5),
    "old": Style(0.76, 0.68, 24.0, 8.0, 0.06, 0.45, 14.0, 45.0, 0.0, 1.5, 3.0),
    "tired": Style(0.82, 0.85, 13.0, 28.0, 0.03, 0.5, 4.0, 8.0, 0.0, 1.1, 5.0),
    "happy": Style(1.12, 1.05, -3.0, -10.0, 0.0, 1.7, 18.0, 35.0, 0.03, 1.0, 4.5),
    "angry": Style(1.2, 1.12, 11.0, 6.0, 0.015, 1.3, 20.0, 60.0, 0.012, 1.25, 1.0),
    "sad": Style(0.8, 0.78, 8.0, 34.0, 0.01, 0.25, 2.0, 6.0, 0.0, 0.8, 1.0),
    "proud": Style(0.95, 1.08, -9.0, -14.0, 0.0, 1.1, 24.0, 28.0, 0.008, 1.15, 2.0),
}
"""Styles and what they change, by name."""

_MOVING = ("walk", "run", "walk-turn-left", "walk-turn-right", "walk-stop", "walk-back")
_STANDING = ("wave-left-hand", "wave-right-hand", "wave-both-hands", "bow", "jump", "squat")

CONTENTS = (*_MOVING, *_STANDING)
"""What a body can do."""

_PACES, _SIZES = ("slow", "medium", "fast"), ("small", "medium", "large")
_COUNTED = ("bow", "jump", "squat")


@dataclass(frozen=True)
class Script:
    """What a clip shows.

    Args:
        content: One of ``CONTENTS``.
        style: One of ``STYLES``.
        pace: ``slow``, ``medium`` or ``fast``; for going and waving.
        size: ``small``, ``medium`` or ``large``: of a turn, a wave, a bow, a jump, a squat.
        count: How often a bow, a jump or a squat is done, 1 to 3.
        seconds: Length of the clip.

    Raises:
        UnisonoError: If a word is not known or a number out of range.
    """

    content: str
    style: str = "normal"
    pace: str = "medium"
    size: str = "medium"
    count: int = 1
    seconds: float = 4.0

    def __post_init__(self) -> None:
        check_choice("content", self.content, CONTENTS)
        check_choice("style", self.style, STYLES)
        check_choice("pace", self.pace, _PACES)
        check_choice("size", self.size, _SIZES)
        check_range("count", self.count, 1, 3, closed=True)
        check_range("seconds", self.seconds, 0.5, 60.0, closed=True)

    @property
    def manner(self) -> Style:
        """What the style changes."""
        return STYLES[self.style]

    @property
    def factor(self) -> float:
        """Size as a factor: 0.6, 1 or 1.4."""
        return {"small": 0.6, "medium": 1.0, "large": 1.4}[self.size]

    @property
    def speed(self) -> float:
        """Pace as a factor: 0.75, 1 or 1.25."""
        return {"slow": 0.75, "medium": 1.0, "fast": 1.25}[self.pace]

    @property
    def tempo(self) -> float:
        """Factor of all rates: of the pace and of the style."""
        return self.speed * self.manner.tempo


def draw_script(content: str, style: str, *, generator: np.random.Generator) -> Script:
    """A script of this content and style, whatever else drawn.

    Half of the paces and sizes are medium, of which captions say nothing.
    """
    pace, size = (str(generator.choice(words, p=(0.25, 0.5, 0.25))) for words in (_PACES, _SIZES))
    count = int(generator.integers(1, 4)) if content in _COUNTED else 1
    seconds = float(generator.uniform(3.2, 4.8))
    if content in _COUNTED:  # each time takes about as long in any number
        slow = STYLES[style].tempo
        seconds = float(np.clip((1.0 + 1.35 * count) / slow, 2.4, 6.0))
        pace = "medium"
    elif content in ("walk", "run", "walk-back", "walk-stop"):
        size = "medium"
    script = Script(content, style, pace, size, count, seconds)
    if content == "walk-stop":  # time enough to close the feet
        return replace(script, seconds=1.5 + 2.7 / (script.speed**0.5 * script.manner.tempo))
    return script
