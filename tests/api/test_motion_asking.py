"""Mirrors src/unisono/api/motion_asking.py; files are asked for at the command line's tests."""

from pathlib import Path
from typing import Any

import pytest

from unisono import api
from unisono.core.errors import UnisonoError


def test_wishes_that_do_not_go_together(motion_model: Any, walk_npz: Path) -> None:  # noqa: ANN401
    def ask(*texts: str, **wishes: Any) -> None:  # noqa: ANN401
        api.make_motion(motion_model, api.MotionAsk(texts, **wishes))

    with pytest.raises(UnisonoError, match="name its file"):
        ask("walks", keep_frames="0:3")
    with pytest.raises(UnisonoError, match="one text"):
        ask("walks", "runs", path=Path("x.csv"))
    with pytest.raises(UnisonoError, match="leave the clip out"):
        ask("walks", clip=walk_npz, path=Path("x.csv"))
    with pytest.raises(UnisonoError, match="(?i)no such file|cannot be read|not found|absent"):
        ask("walks", path=Path("x.csv"))


@pytest.fixture
def walk_npz(make_walk: Any, tmp_path: Path) -> Path:  # noqa: ANN401
    from unisono.recordings.formats.registry import write

    file = tmp_path / "new.npz"
    write(make_walk("new", 1), file)
    return file
