"""Mirrors src/unisono/simulators/captioned/wording.py."""

import numpy as np

from unisono.simulators.captioned.script import CONTENTS, STYLES, Script
from unisono.simulators.captioned.wording import _COUNT, _DOING, _PACE, _SIZE, captions_for


def test_every_script_has_eight_captions_that_say_all_of_it(rng: np.random.Generator) -> None:
    for content in CONTENTS:
        for style in STYLES:
            sizes = _SIZE.get(content.split("-")[0], {})
            script = Script(content, style, pace="fast", size="large", count=2)
            found = captions_for(script, count=8, generator=rng)
            assert len(set(found)) == 8
            for text in found:
                assert any(words in text for words in _DOING[content])
                assert any(words in text for words in _PACE["fast"])
                assert any(words in text for words in _COUNT[2])
                assert not sizes or any(words in text for words in sizes["large"])


def test_what_is_as_usual_is_not_said(rng: np.random.Generator) -> None:
    found = captions_for(Script("walk"), count=50, generator=rng)
    extras = [
        w for table in (_PACE, _SIZE["walk"], _COUNT) for words in table.values() for w in words
    ]
    assert len(found) >= 16 and not any(extra in text for text in found for extra in extras)
