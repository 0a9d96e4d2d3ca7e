"""Captions of clips that have labels only: what is done (content) and how (style).

Every label has several wordings and there are twelve ways of putting them together, so that a text
encoder sees meaning vary less than words. A style may be ``normal``, of which half of the captions
say nothing. The words are those of the labels of the Bandai-Namco-Research-Motiondataset
(Kobayashi et al., 2023; CC BY-NC 4.0); labels that are not listed are worded by themselves.

Clips are parted by the pair (content, style): a held-out pair is never trained, though both of its
halves are, in other pairs.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from unisono.core.checks import check_range
from unisono.core.errors import UnisonoError

__all__ = ["captions_of", "unseen_pairs", "worded"]

_DOING: Mapping[str, tuple[str, ...]] = {
    "bow": ("bows", "takes a bow", "bends forward to greet"),
    "bye": ("waves goodbye", "says goodbye with one hand"),
    "byebye": ("waves goodbye with both hands", "says goodbye with both arms"),
    "call": ("calls somebody over", "beckons with a hand"),
    "dash": ("dashes", "sprints forward", "rushes ahead"),
    "guide": ("shows the way", "guides somebody with an arm", "points the way"),
    "kick": ("kicks", "gives a kick"),
    "punch": ("punches", "throws a punch"),
    "respond": ("responds", "reacts to somebody"),
    "run": ("runs", "jogs", "is running"),
    "slash": ("slashes", "swings a sword"),
    "walk": ("walks", "walks forward", "strolls ahead"),
    "walk-back": ("walks backwards", "steps back", "walks in reverse"),
    "walk-left": ("walks to the left", "goes left", "steps sideways to the left"),
    "walk-right": ("walks to the right", "goes right", "steps sideways to the right"),
    "walk-turn-left": ("walks and turns left", "turns to the left while walking"),
    "walk-turn-right": ("walks and turns right", "turns to the right while walking"),
    "raise-up-both-hands": ("raises both hands", "lifts both arms", "puts both hands up"),
    "raise-up-left-hand": ("raises the left hand", "lifts the left arm", "puts the left hand up"),
    "raise-up-right-hand": ("raises the right hand", "lifts the right arm"),
    "wave-both-hands": ("waves both hands", "waves with both arms"),
    "wave-left-hand": ("waves the left hand", "waves with the left arm"),
    "wave-right-hand": ("waves the right hand", "waves with the right arm"),
}
_BEING: Mapping[str, tuple[str, ...]] = {
    "active": ("active", "lively", "energetic"),
    "angry": ("angry", "furious"),
    "childish": ("childish", "childlike"),
    "chimpira": ("cocky", "swaggering", "loutish"),
    "elderly": ("elderly", "old", "aged"),
    "exhausted": ("exhausted", "worn-out", "weary"),
    "feminine": ("feminine", "womanly"),
    "giant": ("gigantic", "giant-like", "huge and heavy"),
    "happy": ("happy", "cheerful", "joyful"),
    "masculine": ("masculine", "manly"),
    "masculinity": ("masculine", "manly"),
    "musical": ("musical", "rhythmic", "dancing"),
    "normal": ("normal", "usual", "neutral"),
    "not-confident": ("shy", "insecure", "timid"),
    "old": ("old", "elderly", "aged"),
    "proud": ("proud", "self-assured"),
    "sad": ("sad", "gloomy"),
    "tired": ("tired", "sleepy"),
    "youthful": ("youthful", "young", "sprightly"),
}
_PLAIN = (
    "a person {doing}",
    "someone {doing}",
    "the figure {doing}",
    "{doing}",
)
_STYLED = (
    "a {being} person {doing}",
    "someone {being} {doing}",
    "a person {doing} in a {being} way",
    "a {being} figure {doing}",
    "the person {doing}, looking {being}",
    "somebody {doing} in a {being} manner",
    "a person who is {being} {doing}",
    "{doing}, {being}",
)
_BEFORE_VOWEL = re.compile(r"\ba (?=[aeio])")  # "an old person", and "a usual one"
_SILENT = "normal"
_SAME = {"masculinity": "masculine", "old": "elderly"}  # two labels, one meaning


def captions_of(
    content: str, style: str, *, count: int, generator: np.random.Generator
) -> list[str]:
    """Different captions of one clip.

    Args:
        content: What is done, ``walk-turn-left``.
        style: How, ``elderly``.
        count: How many at most; there are fewer where wordings run out.
        generator: Which ones.

    Raises:
        UnisonoError: If a label is empty, or ``count`` is not 1 to 1000.

    Example:
        >>> captions_of("bow", "proud", count=2, generator=np.random.default_rng(0))
        ['a proud person bends forward to greet', 'a proud figure bows']
    """
    check_range("count", count, 1, 1000, closed=True)
    if not content.strip() or not style.strip():
        raise UnisonoError(f"a clip needs both labels; got {content!r} and {style!r}.")
    doing = _DOING.get(content, (f"does a {content.replace('-', ' ')}",))
    return worded(doing, style, count=count, generator=generator)


def worded(
    doing: Sequence[str], style: str, *, count: int, generator: np.random.Generator
) -> list[str]:
    """Different captions of who does one of these, in a style.

    Args:
        doing: Wordings of what is done, ``("walks slowly", "strolls ahead")``.
        style: How, ``elderly``.
        count: How many at most.
        generator: Which ones.
    """
    being = _BEING.get(style, (style.replace("-", " "),))
    styled = [
        _BEFORE_VOWEL.sub("an ", t.format(doing=d, being=b))
        for t in _STYLED
        for d in doing
        for b in being
    ]
    if style == _SILENT:
        plain = [t.format(doing=d) for t in _PLAIN for d in doing]
        half = min((count + 1) // 2, len(plain))
        return _some(plain, half, generator) + _some(styled, count - half, generator)
    return _some(styled, count, generator)


def unseen_pairs(
    labels: Sequence[tuple[str, str]], *, share: float, generator: np.random.Generator
) -> set[tuple[str, str]]:
    """Pairs of content and style to hold out of training.

    A pair is held out only if its content and its style are both left in other pairs. Labels with
    one meaning (``old`` and ``elderly``) are held out together.

    Args:
        labels: Content and style of each clip.
        share: Share of the pairs wanted, in (0, 1); fewer where too few can be spared.
        generator: Which ones.

    Raises:
        UnisonoError: If no pair can be spared.
    """
    check_range("share", share, 0.0, 1.0)
    pairs = sorted({(content, _SAME.get(style, style)) for content, style in labels})
    contents, styles = (Counter(pair[i] for pair in pairs) for i in (0, 1))
    held: set[tuple[str, str]] = set()
    for number in generator.permutation(len(pairs)):
        content, style = pairs[int(number)]
        if (
            len(held) < max(1, round(share * len(pairs)))
            and min(contents[content], styles[style]) > 1
        ):
            held.add((content, style))
            contents[content] -= 1
            styles[style] -= 1
    if not held:
        raise UnisonoError(
            f"none of {len(pairs)} pairs of content and style can be held out: each has a half "
            "that is in no other pair; add clips."
        )
    return {pair for pair in labels if (pair[0], _SAME.get(pair[1], pair[1])) in held}


def _some(captions: Sequence[str], count: int, generator: np.random.Generator) -> list[str]:
    distinct = list(dict.fromkeys(captions))
    chosen = generator.permutation(len(distinct))[:count]
    return [distinct[int(i)] for i in chosen]
