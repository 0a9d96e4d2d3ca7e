"""Mirrors src/unisono/api/motion_editing.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from unisono import api
from unisono.api.motion_editing import _goals
from unisono.core.errors import UnisonoError
from unisono.recordings.formats.registry import write
from unisono.recordings.motion.clips import motion_of, recording_of, resampled
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.recordings.motion.features import Start, from_features, to_features
from unisono.recordings.motion.kinematics import placed


@pytest.fixture(scope="module")
def clip(motion_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 20 frames that begins somewhere, facing somewhere."""
    corpus = MotionCorpus.load(motion_corpus)
    rows = next(c.rows for c in corpus.clips if "runs" in c.captions[0] and len(c) >= 20)[:20]
    start = Start(0.7, 1.0, -2.0)
    motion = from_features(rows.astype(np.float64), corpus.layout, corpus.rig, start)
    file = tmp_path_factory.mktemp("clips") / "mine.bvh"
    write(recording_of(motion, name="mine"), file)
    return file


def values(tree: xr.DataTree) -> dict[str, np.ndarray]:
    """Samples of each channel of the skeleton."""
    found = {}
    for stream in ("angles", "root_position"):
        node = tree[stream].to_dataset()
        found |= dict(zip(node["channel"].values.tolist(), node["data"].values.T, strict=True))
    return found


def test_kept_frames_come_back_to_the_last_bit(
    motion_model: Any,  # noqa: ANN401
    clip: Path,
    tmp_path: Path,
) -> None:
    kept = api.parse_frames("0:6,14:20", 20)
    options = api.MotionSampling(samples=2)
    made = api.edit_motion(
        motion_model, clip, "a tall person runs", api.Kept(kept), options=options
    )
    source = values(api.read(clip))
    for path in made.save(tmp_path / "made.bvh"):
        found = values(api.read(path))
        assert set(found) == set(source)
        for channel, data in source.items():
            assert np.array_equal(found[channel][kept], data[kept]), channel
        assert any(np.abs(found[c][~kept] - source[c][~kept]).max() > 0.1 for c in source)
    motion, truth = (
        motion_of(api.read(f), motion_model.rig) for f in (tmp_path / "made_000.bvh", clip)
    )
    steps = np.linalg.norm(np.diff(placed(motion).positions, axis=0), axis=-1).max(axis=1)
    own = np.linalg.norm(np.diff(placed(truth).positions, axis=0), axis=-1).max()
    assert steps[[5, 13]].max() < 3 * max(own, np.median(steps))  # no leap at the borders
    assert made.missed_cm > 0 and "cm off" in made.summary()


def test_kept_joints_come_back_to_the_last_bit(motion_model: Any, clip: Path) -> None:  # noqa: ANN401
    joints = ("Hips", "LeftUpLeg", "RightUpLeg")
    made = api.edit_motion(motion_model, clip, "runs", api.Kept(joints=joints))
    source, found = values(api.read(clip)), values(made.recordings[0])
    for channel, data in source.items():
        same = np.array_equal(found[channel], data)
        assert same or channel.rsplit("_", 1)[0] not in joints
    assert np.abs(found["LeftArm_Xrotation"] - source["LeftArm_Xrotation"]).max() > 1e-3


def test_what_is_pulled_toward_is_the_clip_itself(motion_model: Any, clip: Path) -> None:  # noqa: ANN401
    motion = motion_of(api.read(clip), motion_model.rig)
    rows = torch.from_numpy(to_features(motion, motion_model.layout)).float()[None]
    cells = np.zeros((20, 22), dtype=bool)
    cells[:5], cells[:, 3] = True, True
    for goal in _goals(motion_model, motion, cells):
        assert goal.energy(rows).item() < 1e-6
        assert goal.energy(rows + 1.0).item() > 1e-3


def test_masks_and_clips_that_cannot_be(motion_model: Any, clip: Path) -> None:  # noqa: ANN401
    def ask(kept: api.Kept, tree: Any = clip) -> None:  # noqa: ANN401
        api.edit_motion(motion_model, tree, "runs", kept)

    with pytest.raises(UnisonoError, match="keeps nothing"):
        ask(api.Kept())
    with pytest.raises(UnisonoError, match="keeps everything"):
        ask(api.Kept(np.ones(20, dtype=bool)))
    with pytest.raises(UnisonoError, match="Did you mean 'LeftArm'"):
        ask(api.Kept(joints=("LeftArn",)))
    with pytest.raises(UnisonoError, match="mask has 3 frames"):
        ask(api.Kept(np.ones(3, dtype=bool)))
    fast = recording_of(resampled(motion_of(api.read(clip)), 30.0), name="fast")
    with pytest.raises(UnisonoError, match="30 Hz"):
        ask(api.Kept(joints=("Hips",)), fast)
    for text in ("5", "3:2", "0:99", "a:b"):
        with pytest.raises(UnisonoError, match="frames"):
            api.parse_frames(text, 20)
