"""Mirrors src/unisono/api/motion_output.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono import api
from unisono.api.motion_output import held_rows
from unisono.core.errors import OutputError
from unisono.evaluation.motion import foot_skate
from unisono.recordings.motion.clips import motion_of
from unisono.recordings.motion.features import Layout, from_features, to_features
from unisono.recordings.motion.kinematics import placed
from unisono.simulators.captioned import Script, captioned_motion


def test_files_hold_what_was_made(motion_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    found = motion_model.generate("runs", options=api.MotionSampling(seconds=1.0, samples=2))
    written = found.save(tmp_path / "run.bvh")
    assert [path.name for path in written] == ["run_000.bvh", "run_001.bvh"]
    for number, path in enumerate(written):
        motion = motion_of(api.read(path), motion_model.rig)
        truth = placed(found.motion(number)).positions
        np.testing.assert_allclose(placed(motion).positions, truth, atol=1e-4)
    with pytest.raises(OutputError, match="exists"):
        found.save(tmp_path / "run.bvh")
    with pytest.raises(OutputError, match=r"\.bvh, \.npz or \.html"):
        found.save(tmp_path / "run.c3d")
    page = tmp_path / "run.html"
    assert found.save(page) == [page]
    assert "generated_0" in page.read_text() and "generated_1" in page.read_text()
    with pytest.raises(OutputError, match="exists"):
        found.save(page)


def test_feet_of_rows_are_held() -> None:
    motion = captioned_motion(Script("walk", seconds=3.0), generator=np.random.default_rng(0))
    layout, rig = Layout.of(motion), motion.rig
    rows = to_features(motion, layout)
    rows[:, layout.part("travel")] *= 0.5  # the body goes half as far as its steps
    held = held_rows(rows[None], layout, rig)
    assert held.shape == (1, *rows.shape)

    def slides(found: np.ndarray) -> float:
        feet = placed(from_features(found, layout, rig)).positions[:, list(rig.feet)[1::2]]
        return foot_skate(feet, rate_hz=layout.rate_hz).share

    assert slides(held[0]) < 0.1 < 0.6 < slides(rows), (slides(held[0]), slides(rows))
    known = Layout(layout.joints, layout.feet, layout.rate_hz, "humanml3d")
    other = np.zeros((1, 5, known.size))
    assert held_rows(other, known, rig) is other
