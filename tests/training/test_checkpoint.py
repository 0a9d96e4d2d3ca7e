import errno
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from unisono.core.errors import OutputError
from unisono.training import checkpoint as module
from unisono.training.checkpoint import Checkpoint, CheckpointFolder
from unisono.training.errors import TrainingError


def at(step: int) -> Checkpoint:
    return Checkpoint(
        step, {"model/w": torch.full((3, 2), float(step))}, {"means": {"a": [0.1, 2]}}
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    store = CheckpointFolder(tmp_path / "new")
    assert store.latest() is None
    path = store.write(at(5))
    back = store.latest()
    assert back is not None and back.step == 5 and back.header["means"] == {"a": [0.1, 2]}
    assert torch.equal(back.tensors["model/w"], at(5).tensors["model/w"])
    assert load_file(path).keys() == {"model/w"}  # any reader of safetensors opens it
    assert store.write(at(5)) == path and len(store.paths()) == 1


def test_special_numbers_and_types_survive(tmp_path: Path) -> None:
    tensors = {
        "a": torch.tensor([float("nan"), float("-inf"), -0.0]),
        "b": torch.tensor(3, dtype=torch.int64),
        "c": torch.tensor([True, False]),
        "d": torch.zeros(0, 3, dtype=torch.bfloat16),
    }
    tensors["tied"] = tensors["a"]
    tensors["turned"] = torch.arange(6).reshape(2, 3).T
    store = CheckpointFolder(tmp_path)
    store.write(Checkpoint(1, tensors, {}))
    back = store.latest()
    assert back is not None
    for name, tensor in tensors.items():
        torch.testing.assert_close(back.tensors[name], tensor, rtol=0, atol=0, equal_nan=True)


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    store = CheckpointFolder(tmp_path)
    for step in (1, 2, 3, 10):
        store.write(at(step))
    assert [path.name[:14] for path in store.paths()] == ["step-000000010", "step-000000003"]


def test_any_byte_flipped_is_noticed_and_the_one_before_is_taken(tmp_path: Path) -> None:
    store = CheckpointFolder(tmp_path)
    store.write(at(1))
    path = store.write(at(2))
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.warns(RuntimeWarning, match="is damaged"):
            found = store.latest()
        assert found is not None and found.step == 1
    for length in (0, 5, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.warns(RuntimeWarning, match="is damaged"):
            found = store.latest()
        assert found is not None and found.step == 1


def test_a_damaged_one_is_not_one_of_the_last_two(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    for step in (10, 20):
        folder.write(Checkpoint(step, {"w": torch.full((3,), float(step))}, {}))
    damaged = folder.paths()[0]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    folder.write(Checkpoint(15, {"w": torch.zeros(3)}, {}))  # gone on from step 10
    assert [path.name[:14] for path in folder.paths()] == ["step-000000015", "step-000000010"]


def test_all_damaged(tmp_path: Path) -> None:
    store = CheckpointFolder(tmp_path)
    store.write(at(1)).write_bytes(b"")
    with (
        pytest.warns(RuntimeWarning, match="is damaged"),
        pytest.raises(TrainingError, match="every checkpoint is damaged; start"),
    ):
        store.latest()


def test_newer_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointFolder(tmp_path)
    monkeypatch.setattr(module, "CHECKPOINT_FORMAT", 2)
    store.write(at(1))
    monkeypatch.undo()
    with pytest.raises(TrainingError, match="format 2, newer than 1; upgrade"):
        store.latest()


def test_a_full_disk_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointFolder(tmp_path)
    store.write(at(1))

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full"):
        store.write(at(2))
    monkeypatch.undo()
    found = store.latest()
    assert found is not None and found.step == 1
    assert [file.name for file in tmp_path.iterdir()] == [store.paths()[0].name]


def test_sweep_removes_half_written_files_only(tmp_path: Path) -> None:
    store = CheckpointFolder(tmp_path)
    store.write(at(1))
    (tmp_path / ".step-000000002-aaaa.x1.part.safetensors").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    store.sweep()
    assert len(list(tmp_path.iterdir())) == 2 and (tmp_path / "notes.txt").exists()
