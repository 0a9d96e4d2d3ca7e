from pathlib import Path

import pytest
import torch

from unisono.core.errors import OutputError
from unisono.training.checkpoint import Checkpoint
from unisono.training.errors import TrainingError
from unisono.training.folder import checkpoints_of, opened, preview_path


def test_a_second_run_is_kept_out_until_the_first_is_gone(tmp_path: Path) -> None:
    second = opened(tmp_path, resume=True)
    with (
        opened(tmp_path, resume=True),
        pytest.raises(TrainingError, match="another process trains"),
    ):
        second.__enter__()
    with opened(tmp_path, resume=True):
        pass


def test_a_folder_with_a_run_is_not_written_over(tmp_path: Path) -> None:
    checkpoints_of(tmp_path).write(Checkpoint(1, {"w": torch.zeros(1)}, {}))
    with pytest.raises(OutputError, match="holds a run; resume it"), opened(tmp_path, resume=False):
        pass
    with opened(tmp_path, resume=True):
        pass


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(OutputError, match="cannot be used"), opened(tmp_path / "run", resume=True):
        pass


def test_previews_sort_by_step(tmp_path: Path) -> None:
    names = [preview_path(tmp_path, step).name for step in (5, 40, 300)]
    assert names == sorted(names)
