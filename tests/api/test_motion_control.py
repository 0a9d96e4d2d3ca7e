"""Mirrors src/unisono/api/motion_control.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono import api
from unisono.core.errors import FileFormatError, UnisonoError
from unisono.recordings.motion.features import recovered_positions


def test_a_path_pulls_the_root_and_the_miss_is_said(motion_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    file = tmp_path / "path.csv"
    file.write_text("time,x,z\n0,0,0\n1.0,0.0,0.5\n")
    places = api.read_path(file, motion_model, 20)
    np.testing.assert_allclose(places.metres[10, 0], [0.0, np.nan, 0.25])
    assert np.isnan(places.metres[:, 1:]).all()
    found = api.reach(motion_model, "walks", places, options=api.MotionSampling(samples=2))
    rows = motion_model.generate("walks", options=api.MotionSampling(seconds=1.0, samples=2)).rows

    def missed(rows: np.ndarray) -> np.ndarray:
        where = np.stack([recovered_positions(r, motion_model.layout)[:, 0] for r in rows])
        return 100 * np.linalg.norm((where - places.metres[:, 0])[..., [0, 2]], axis=-1).mean(
            axis=1
        )

    np.testing.assert_allclose(found.missed_cm, missed(found.rows), rtol=1e-6)
    assert np.mean(found.missed_cm) < missed(rows).mean()
    assert "missed by" in found.summary() and "% of the height" in found.summary()


def test_keyframes_are_read_and_may_be_free(motion_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    file = tmp_path / "keys.csv"
    file.write_text("time,joint,x,y,z\n0.5,LeftHand,,1.4,\n0.95,Head,0,1.6,0.1\n")
    places = api.read_keyframes(file, motion_model, 20)
    names = motion_model.rig.names
    assert np.isfinite(places.metres).sum() == 4
    assert places.metres[10, names.index("LeftHand"), 1] == 1.4
    np.testing.assert_allclose(places.metres[19, names.index("Head")], [0, 1.6, 0.1])


def test_rows_of_one_joint_and_time_add_up(motion_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    file = tmp_path / "keys.csv"
    file.write_text("time,joint,x,y,z\n0.5,Head,0.2,,\n0.5,Head,,1.6,\n0.5,Head,0.2,,,\n")
    places = api.read_keyframes(file, motion_model, 20)
    head = places.metres[10, motion_model.rig.names.index("Head")]
    np.testing.assert_array_equal(head, [0.2, 1.6, np.nan])
    file.write_text("time,joint,x,y,z\n0.5,Head,0.2,,\n0.5,Head,0.3,1.6,\n")
    with pytest.raises(FileFormatError, match="line 3: Head is in two places at 0.5 s"):
        api.read_keyframes(file, motion_model, 20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,joint,x,y\n", "no column 'z'"),
        ("time,joint,x,y,z\n", "no rows"),
        ("time,joint,x,y,z\n0,Tail,0,0,0\n", "no joint 'Tail'"),
        ("time,joint,x,y,z\n9,Head,0,0,0\n", "outside of the motion"),
        ("time,joint,x,y,z\n0,Head,a,0,0\n", "is no number"),
        ("time,joint,x,y,z\nnan,Head,0,0,0\n", "is no number"),
        ("time,joint,x,y,z\n0,Head,0,0,0,5\n", "line 2: 6 values under 5 columns"),
        (f"time,joint,x,y,z\n0,Head,0,0,{'1' * 140_000}\n", "field larger than field limit"),
    ],
)
def test_files_that_cannot_be_read(motion_model: Any, tmp_path: Path, text: str, said: str) -> None:  # noqa: ANN401
    file = tmp_path / "keys.csv"
    file.write_text(text)
    with pytest.raises(FileFormatError, match=said):
        api.read_keyframes(file, motion_model, 20)


@pytest.mark.parametrize(
    "content",
    [
        "\ufefftime,x,z\n0,0,0\n1.0,0.0,0.5\n".encode(),
        "\ufefftime;x;z\r\n0;0;0\r\n1,0;0,0;0,5\r\n".encode(),
        "time\tx\tz\n0\t0\t0\n1.0\t0.0\t0.5\n".encode("utf-16"),
    ],
)
def test_a_path_from_a_spreadsheet(motion_model: Any, tmp_path: Path, content: bytes) -> None:  # noqa: ANN401
    (tmp_path / "path.csv").write_bytes(content)
    places = api.read_path(tmp_path / "path.csv", motion_model, 20)
    np.testing.assert_allclose(places.metres[10, 0], [0.0, np.nan, 0.25])


def test_a_joint_nearly_named_is_asked_after(motion_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "keys.csv").write_text("time,joint,x,y,z\n0,Haed,0,0,0\n")
    with pytest.raises(FileFormatError, match=r"own\. Did you mean 'Head'\?$"):
        api.read_keyframes(tmp_path / "keys.csv", motion_model, 20)


def test_wishes_that_cannot_be(motion_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    with pytest.raises(UnisonoError, match="no place is wanted"):
        api.Places(np.full((4, 22, 3), np.nan))
    with pytest.raises(UnisonoError, match="makes 2 to 24"):
        api.reach(motion_model, "walks", api.Places(np.zeros((40, 22, 3))))
    file = tmp_path / "path.csv"
    file.write_text("time,x,z\n1,0,0\n0,0,0\n")
    with pytest.raises(FileFormatError, match="do not rise"):
        api.read_path(file, motion_model, 20)
