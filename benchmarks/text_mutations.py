"""Damage to text files that keeps them text: words, numbers, lines and separators.

Random bytes rarely get past the first line of a text format; these edits reach the rest.
"""

import re
from typing import Any

__all__ = ["text_mutations"]

_WORDS = (
    *("nan", "inf", "-inf", "1e308", "-1e-320", "1e999", "0", "-1", "1", "99999999999", "1_0"),
    *("0x10", "٣", "½", "1,5", "", " ", "abc", "a" * 300, "1" * 400, '"', '""', "#", "[", "[N]"),
    *("[foo]", "time", "endheader", "JOINT", "{", "}", "End", "Xrotation", "CHANNELS", "é", "=="),
    *("kg/(", "N**9", "True", "None", "\u2028", "\x0b", "\r", "[[", "inDegrees=maybe", "nRows=-3"),
)
_TOKEN = re.compile(r"[^\s,;=]+")


def text_mutations(seeds: list[bytes]) -> Any:  # noqa: ANN401 - a hypothesis strategy of bytes
    """Strategy for damaged copies of text files."""
    from hypothesis import strategies as st

    kinds = ["word", "word", "word", "drop", "double", "swap", "join", "glue", "end", "separator"]
    place = st.floats(0, 1, exclude_max=True)
    edit = st.tuples(st.sampled_from(kinds), place, place, st.sampled_from(_WORDS))
    return st.tuples(st.sampled_from(seeds), st.lists(edit, min_size=1, max_size=4)).map(_apply)


def _apply(drawn: tuple[bytes, list[tuple[str, float, float, str]]]) -> bytes:
    text = drawn[0].decode()
    for kind, where, other, word in drawn[1]:
        text = _edit(text, kind, (where, other), word)
    return text.encode()


def _edit(text: str, kind: str, place: tuple[float, float], word: str) -> str:
    if kind == "word":
        found = list(_TOKEN.finditer(text))
        if not found:
            return word
        hit = found[int(place[0] * len(found))]
        return text[: hit.start()] + word + text[hit.end() :]
    if kind == "end":
        return text[: int(place[0] * len(text))]
    if kind == "glue":
        at = int(place[0] * len(text))
        return text[:at] + word + text[at:]
    if kind == "separator":
        pair = ("\t", ",", ";", " ", "\n")
        return text.replace(pair[int(place[0] * 5)], pair[int(place[1] * 5)])
    lines = text.split("\n")
    first, second = (int(p * len(lines)) for p in place)
    if kind == "drop":
        del lines[first]
    elif kind == "double":
        lines.insert(second, lines[first])
    elif kind == "swap":
        lines[first], lines[second] = lines[second], lines[first]
    else:
        lines[first : first + 2] = ["".join(lines[first : first + 2])]
    return "\n".join(lines)
