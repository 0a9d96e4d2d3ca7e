"""Captions of a script: every part that is not as usual is said, in changing words."""

from collections.abc import Mapping

import numpy as np

from unisono.recordings.motion.captions import worded
from unisono.simulators.captioned.script import Script

__all__ = ["captions_for"]

_DOING: Mapping[str, tuple[str, ...]] = {
    "walk": ("walks", "walks forward", "is walking", "goes straight ahead", "strolls"),
    "run": ("runs", "jogs", "is running", "runs forward"),
    "walk-turn-left": ("walks and turns left", "turns left while walking", "walks to the left"),
    "walk-turn-right": (
        "walks and turns right",
        "turns right while walking",
        "walks to the right",
    ),
    "walk-stop": ("walks and stops", "walks forward, then stands still", "comes to a stop"),
    "walk-back": ("walks backwards", "steps back", "walks in reverse", "goes backwards"),
    "wave-left-hand": ("waves the left hand", "waves with the left arm", "is waving left-handed"),
    "wave-right-hand": (
        "waves the right hand",
        "waves with the right arm",
        "is waving right-handed",
    ),
    "wave-both-hands": ("waves both hands", "waves with both arms", "is waving both arms"),
    "bow": ("bows", "takes a bow", "bends forward to greet"),
    "jump": ("jumps", "hops up", "leaps into the air"),
    "squat": ("squats", "does a squat", "bends the knees and stands up"),
}
_PACE: Mapping[str, tuple[str, ...]] = {
    "slow": ("slowly", "at a slow pace", "without haste"),
    "fast": ("quickly", "fast", "at a quick pace"),
}
_SIZE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "walk": {"small": ("slightly", "a little"), "large": ("sharply", "a lot")},
    "wave": {"small": ("with small movements", "timidly"), "large": ("widely", "with big moves")},
    "bow": {"small": ("slightly", "a little"), "large": ("deeply", "very low")},
    "jump": {"small": ("low", "a little"), "large": ("high", "very high")},
    "squat": {"small": ("slightly", "a little"), "large": ("deeply", "very low")},
}
_COUNT: Mapping[int, tuple[str, ...]] = {
    2: ("twice", "two times"),
    3: ("three times", "thrice"),
}


def captions_for(script: Script, *, count: int, generator: np.random.Generator) -> list[str]:
    """Different captions of a script.

    Args:
        script: What is shown.
        count: How many at most.
        generator: Which ones.

    Example:
        >>> captions_for(Script("jump", "happy", count=2), count=1,
        ...              generator=np.random.default_rng(0))
        ['a person who is joyful hops up two times']
    """
    family = script.content.split("-")[0]
    extras = [
        _PACE.get(script.pace, ("",)),
        _SIZE.get(family, {}).get(script.size, ("",)),
        _COUNT.get(script.count, ("",)),
    ]
    doing = list(_DOING[script.content])
    for choices in extras:
        doing = [f"{words} {extra}".strip() for words in doing for extra in choices]
    return worded(doing, script.style, count=count, generator=generator)
