import dataclasses
import errno
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from training_toys import ToyMethod, same, weights

from unisono.core.contracts import StreamInfo
from unisono.core.errors import ModelError, OutputError
from unisono.training import sealed
from unisono.training.card import Card
from unisono.training.sealed import SealedModel, hash_subject, open_sealed, seal


def model() -> SealedModel:
    method = ToyMethod()
    frame = {"up": "z", "forward": "x", "handedness": "right"}
    return SealedModel(
        method="toy",
        config={"width": 8, "dropout": 0.1, "betas": [0.9, 0.999], "training": {"seed": 7}},
        streams=(
            StreamInfo(
                "angles", ("a", "b", "c"), ("deg",) * 3, "angle", 100.0, frame, {"order": 4}
            ),
            StreamInfo("grf", ("x", "z"), ("N/kg",) * 2, "force", 100.0, frame),
        ),
        state=weights(method),
        seed=7,
        normalisers={"angles": {"mean": [0.1, 1e-17, -3.0], "spread": [1.0, 2.0, float("inf")]}},
        cut={"by": ["foot_strike", "foot_off"], "points": 100},
        split={"digest": "d", "subjects": {"train": [hash_subject("S01", salt="d")]}},
        calibration={"grf": {"0.9": [[0.1, 0.2], [0.3, 0.4]]}},
        metrics={"grf": {"rmse": {"mean": 0.5, "low": 0.4, "high": 0.6}}},
        card=Card("toy", limits=("A toy.",)),
        extra={"note": 'quotes " and \u00fc and\nlines'},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return seal(tmp_path / "toy", model())


def test_what_is_sealed_is_read_back(folder: Path) -> None:
    back, sent = open_sealed(folder), model()
    assert same(back.state, sent.state)
    assert back.made["unisono"] and back.made["versions"]["torch"] and back.made["commit"]
    plain = {"state": {}, "made": {}}
    assert dataclasses.replace(back, **plain) == dataclasses.replace(sent, **plain)
    method = ToyMethod()
    with torch.no_grad():
        method.balance.add_(1)
    method.load_state_dict(back.state)
    assert same(weights(method), sent.state)


def test_the_weights_file_holds_weights_only(folder: Path) -> None:
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        assert not file.metadata() and set(file.keys()) == set(model().state)
    assert "A toy." in (folder / "card.md").read_text()
    assert sorted(p.name for p in folder.iterdir()) == [
        "card.md",
        "model.safetensors",
        "model.toml",
        "seal.json",
    ]


def test_sealing_again_what_was_opened_changes_nothing(folder: Path) -> None:
    again = seal(folder.parent / "again", open_sealed(folder))
    for file in folder.iterdir():
        assert file.read_bytes() == (again / file.name).read_bytes()


@pytest.mark.parametrize("name", ["model.safetensors", "model.toml", "card.md", "seal.json"])
def test_a_changed_byte_is_found_wherever_it_is(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    for place in {*range(0, len(content), 11), len(content) - 1}:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(ModelError) as caught:
            open_sealed(folder)
        assert "\n" not in str(caught.value)
    for changed in (content[:-1], content + b" ", b""):
        path.write_bytes(changed)
        with pytest.raises(ModelError):
            open_sealed(folder)
    path.unlink()
    with pytest.raises(ModelError, match="is missing|not a model folder"):
        open_sealed(folder)


def test_a_changed_byte_says_so(folder: Path) -> None:
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 64
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"safetensors is damaged or was changed after sealing"):
        open_sealed(folder)


def test_a_newer_format_asks_for_an_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "FORMAT", 2)
    newer = seal(tmp_path / "newer", model())
    monkeypatch.undo()
    with pytest.raises(ModelError, match="format 2, newer than 1, .*upgrade unisono"):
        open_sealed(newer)


def test_a_pickle_beside_the_weights_is_refused(folder: Path) -> None:
    torch.save({"w": torch.zeros(1)}, folder / "weights.pt")
    with pytest.raises(ModelError, match="weights.pt is a pickle, which may run code"):
        open_sealed(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "x", "files": {}}'])
def test_a_folder_that_is_no_model(tmp_path: Path, content: str) -> None:
    with pytest.raises(ModelError, match="is not a model folder"):
        open_sealed(tmp_path)
    (tmp_path / "seal.json").write_text(content)
    with pytest.raises(ModelError, match="seal.json is damaged"):
        open_sealed(tmp_path)


def test_a_seal_that_vouches_for_nonsense(folder: Path) -> None:
    path = folder / "model.toml"
    path.write_text(path.read_text().replace("seed = 7\n", "sed = 7\n", 1))
    said = json.loads((folder / "seal.json").read_text())
    said["files"]["model.toml"] = sealed._digest(path.read_bytes())
    (folder / "seal.json").write_bytes(sealed._seal_text(1, said["files"]))
    with pytest.raises(ModelError, match="was not sealed by unisono: .*sed"):
        open_sealed(folder)


def test_a_folder_that_exists_is_kept_unless_it_is_a_model_and_may_go(folder: Path) -> None:
    with pytest.raises(OutputError, match="exists"):
        seal(folder, model())
    changed = dataclasses.replace(model(), seed=8)
    assert open_sealed(seal(folder, changed, overwrite=True)).seed == 8
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"holds 'thesis.tex'; choose"):
        seal(folder, model(), overwrite=True)
    empty = folder.parent / "empty"
    empty.mkdir()
    with pytest.raises(OutputError, match="not a model folder; choose"):
        seal(empty, model(), overwrite=True)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full; free space"):
        seal(tmp_path / "toy", model())
    assert list(tmp_path.iterdir()) == []
