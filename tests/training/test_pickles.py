import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from unisono.training.pickles import find_pickle


@pytest.mark.parametrize("name", ["a.pkl", "b.PT", "c.bin", "deep/d.pth", "e.ckpt", "f.joblib"])
def test_names_of_pickles(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"harmless")
    assert find_pickle(tmp_path) == path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_under_another_name(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "notes.txt").write_bytes(pickle.dumps({"a": 1}, protocol=protocol))
    assert find_pickle(tmp_path) == tmp_path / "notes.txt"


def test_archives_and_object_arrays(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1)}, tmp_path / "weights.dat")
    assert find_pickle(tmp_path) == tmp_path / "weights.dat"
    (tmp_path / "weights.dat").unlink()
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    assert find_pickle(tmp_path) == tmp_path / "objects.npy"
    (tmp_path / "objects.npy").unlink()
    fields = [(f"a field with a long name {i}", "f8") for i in range(9)]
    for made in (np.array([{}], dtype=object), np.zeros(1, [*fields, ("told", object)])):
        np.savez_compressed(tmp_path / "more.npz", plain=np.zeros(3), told=made)
        assert find_pickle(tmp_path) == tmp_path / "more.npz"


def test_plain_files_pass(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    np.savez(tmp_path / "b.npz", a=np.zeros(3))
    (tmp_path / "c.md").write_text("# text")
    (tmp_path / "d").write_bytes(b"\x80")
    (tmp_path / "e.zip").write_bytes(b"PK\x03\x04 but no archive")
    assert find_pickle(tmp_path) is None


@pytest.mark.parametrize("length", [640, 896, 1152, 1408])
def test_weights_whose_header_is_as_long_as_a_pickle_begins(tmp_path: Path, length: int) -> None:
    made = (save({"w": torch.zeros(1)}, {"about": "x" * more}) for more in range(length))
    head = length.to_bytes(8, "little")
    (tmp_path / "model.safetensors").write_bytes(next(d for d in made if d.startswith(head)))
    assert find_pickle(tmp_path) is None
