"""Mirrors src/unisono/api/motion_output.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono import api
from unisono.core.errors import OutputError
from unisono.recordings.motion.clips import motion_of
from unisono.recordings.motion.kinematics import placed


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
    with pytest.raises(OutputError, match=r"\.bvh or \.npz"):
        found.save(tmp_path / "run.c3d")
