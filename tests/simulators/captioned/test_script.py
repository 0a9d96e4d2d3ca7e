"""Mirrors src/unisono/simulators/captioned/script.py."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.captioned.script import CONTENTS, STYLES, Script, draw_script


def test_what_is_left_open_is_drawn(rng: np.random.Generator) -> None:
    jumps = [draw_script("jump", "happy", generator=rng) for _ in range(60)]
    assert {s.count for s in jumps} == {1, 2, 3} and {s.pace for s in jumps} == {"medium"}
    assert {s.size for s in jumps} == {"small", "medium", "large"}
    walks = [draw_script("walk", "old", generator=rng) for _ in range(60)]
    assert {s.pace for s in walks} == {"slow", "medium", "fast"}
    assert {s.count for s in walks} == {1} and {s.size for s in walks} == {"medium"}
    assert len(CONTENTS) * len(STYLES) == 84


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(UnisonoError, match="Did you mean 'walk'"):
        Script("wal")
    with pytest.raises(UnisonoError, match="style"):
        Script("walk", "sleepy")
    with pytest.raises(UnisonoError, match="count"):
        Script("jump", count=9)
