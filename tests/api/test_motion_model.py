"""Mirrors src/unisono/api/motion_model.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono import api
from unisono.core.errors import ModelError, UnisonoError


def test_what_is_asked_is_made_and_the_seed_decides(motion_model: Any) -> None:  # noqa: ANN401
    ask = api.MotionSampling(seconds=1.0, samples=2)
    found = motion_model.generate("a low person walks", options=ask)
    assert found.rows.shape == (2, 20, motion_model.layout.size) and len(found) == 2
    again = motion_model.generate(["a low person walks"], options=ask)
    np.testing.assert_array_equal(found.rows, again.rows)
    other = motion_model.generate(
        "a low person walks", options=api.MotionSampling(seconds=1.0, samples=2, seed=1)
    )
    assert np.abs(found.rows - other.rows).max() > 1e-3
    assert np.abs(found.rows[0] - found.rows[1]).max() > 1e-3
    assert found.motion().rig == motion_model.rig


def test_any_length_is_made_in_pieces(motion_model: Any) -> None:  # noqa: ANN401
    ask = api.MotionSampling(seconds=2.0, blend_seconds=0.2)
    found = motion_model.generate(["someone low walks", "someone tall runs"], options=ask)
    assert found.rows.shape[1] == 80
    assert "2 s" not in found.summary() and "4 s" in found.summary()


def test_bad_questions(motion_model: Any) -> None:  # noqa: ANN401
    for text, said in (("", "empty"), ("  ", "empty"), ("zorps wildly", "knows no word")):
        with pytest.raises(UnisonoError, match=said):
            motion_model.generate(text)
    for seconds in (0.0, 0.05):
        with pytest.raises(UnisonoError, match="two or more"):
            motion_model.generate("walks", options=api.MotionSampling(seconds=seconds))
    found = motion_model.generate("a person zorps", options=api.MotionSampling(seconds=0.5))
    assert found.doubts == ("words not known: zorps",)


def test_other_models_are_refused(tiny_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    with pytest.raises(ModelError, match="generates streams"):
        api.load_motion_model(tiny_model.folder)
    with pytest.raises(ModelError, match="not a model folder"):
        api.load_motion_model(tmp_path)
