import errno
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from unisono.core.errors import OutputError
from unisono.training.log import CSV_NAME, TrainingLog


def rows(folder: Path) -> list[str]:
    return (folder / CSV_NAME).read_text().splitlines()


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    board = EventAccumulator(str(folder / "tensorboard")).Reload()
    return [(event.step, round(event.value, 6)) for event in board.Scalars(tag)]


def fill(folder: Path, first: int, last: int) -> None:
    with TrainingLog(folder, step=first) as log:
        for step in range(first + 1, last + 1):
            late = {"late": 2.0 * step} if step > 4 else {}
            log.write(step, "a, b", {"loss": 1 / step, **late})
        log.flush()


def test_rows_and_columns(tmp_path: Path) -> None:
    fill(tmp_path, 0, 6)
    assert rows(tmp_path)[0] == "step,phase,loss,late"
    assert rows(tmp_path)[3] == '3,"a, b",0.33333333,'
    assert rows(tmp_path)[6] == '6,"a, b",0.16666667,12'
    assert scalars(tmp_path, "late") == [(5, 10.0), (6, 12.0)]


@pytest.mark.parametrize("step", [0, 2, 5])
def test_resumed_log_is_the_unbroken_one(tmp_path: Path, step: int) -> None:
    fill(tmp_path / "unbroken", 0, 8)
    fill(tmp_path / "killed", 0, 6)
    with (tmp_path / "killed" / CSV_NAME).open("a") as handle:
        handle.write('7,"a, b",0.1')  # a line that the kill cut short
    fill(tmp_path / "killed", step, 8)
    assert rows(tmp_path / "killed") == rows(tmp_path / "unbroken")
    assert scalars(tmp_path / "killed", "loss") == scalars(tmp_path / "unbroken", "loss")


def test_a_header_cut_short_is_a_new_log(tmp_path: Path) -> None:
    (tmp_path / CSV_NAME).write_text("step,pha")
    fill(tmp_path, 0, 1)
    assert rows(tmp_path) == ["step,phase,loss", '1,"a, b",1']


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with TrainingLog(tmp_path) as log:
        log.write(1, "a", {"loss": 1.0})
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(OutputError, match="No space left on device; free space and resume"):
            log.flush()
        monkeypatch.undo()


def test_speed_is_not_in_the_table(tmp_path: Path) -> None:
    with TrainingLog(tmp_path) as log:
        log.write(1, "a", {"loss": 1.0})
        log.speed(1, 33.0)
    assert "33" not in "".join(rows(tmp_path))
    assert scalars(tmp_path, "windows_per_second") == [(1, 33.0)]


@pytest.mark.parametrize("later", [0.0, 5.0])
def test_many_resumes_are_read_in_order_within_a_second_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: float
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    for step in range(13):  # past ten, where names in one second do not sort as numbers do
        fill(tmp_path, step, step + 2)
        now[0] += later
    assert scalars(tmp_path, "loss") == [(k, round(1 / k, 6)) for k in range(1, 15)]
