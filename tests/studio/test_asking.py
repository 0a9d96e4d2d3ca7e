"""Mirrors src/unisono/studio/asking.py."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from unisono.studio.asking import FORMATS, Asked, TrainAsked, WalkAsked

ASKED: TypeAdapter[Any] = TypeAdapter(Asked)


def test_the_kind_decides() -> None:
    said = {"kind": "train", "name": "m", "dataset": "d.un", "given": ["a"], "want": ["b"]}
    assert isinstance(ASKED.validate_python(said), TrainAsked)
    walk = {"kind": "walk", "model": "m", "points": [[0, 0], [1, 1]]}
    assert isinstance(ASKED.validate_python(walk), WalkAsked)
    assert "html" in FORMATS


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "format_disk"},
        {},
        {"kind": "train", "name": "../m", "dataset": "d", "given": ["a"], "want": ["b"]},
        {"kind": "train", "name": "m", "dataset": "d", "given": [], "want": ["b"]},
        {"kind": "train", "name": "m", "dataset": "d", "given": ["a"], "want": ["b"],
         "output": "/etc"},
        {"kind": "generate", "models": ["m"], "source": {"path": "/etc/passwd"}},
        {"kind": "generate", "models": ["m"], "source": {"file": "../../x"}},
        {"kind": "generate", "models": ["m"], "source": {}, "samples": 10**9},
        {"kind": "generate", "models": ["m"], "source": {}, "formats": ["pkl"]},
        {"kind": "walk", "model": "m", "points": [[float("nan"), 0], [1, 1]]},
        {"kind": "walk", "model": "m", "points": [[0, 0]]},
    ],
)  # fmt: skip
def test_what_is_no_question(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ASKED.validate_python(wrong)
