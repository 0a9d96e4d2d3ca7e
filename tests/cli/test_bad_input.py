"""What is wrong with files, recipes, models and disks: one clear line, exit 2, nothing lost."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ezc3d
import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.core.config import to_toml
from unisono.recordings.formats.registry import write
from unisono.recordings.schema import make_recording, make_stream

MOT = "ik\nversion=1\nnRows=3\nnColumns=3\ninDegrees=yes\nendheader\n"
ROWS = "time\thip_flexion_r\tknee_angle_r\n0.0\t1\t2\n0.1\t2\t3\n0.2\t3\t4\n"


@pytest.fixture(scope="module")
def c3d(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A C3D file with one marker on 40 frames."""
    made = ezc3d.c3d()
    made["parameters"]["POINT"]["RATE"]["value"] = [100]
    made["parameters"]["POINT"]["LABELS"]["value"] = ("HEEL",)
    made["data"]["points"] = np.ones((4, 1, 40))
    file = tmp_path_factory.mktemp("c3d") / "good.c3d"
    made.write(str(file))
    return file.read_bytes()


def test_the_good_ones_are_good(unisono: Callable[..., object], c3d: bytes, tmp_path: Path) -> None:
    (tmp_path / "good.c3d").write_bytes(c3d)
    (tmp_path / "good.mot").write_text(MOT + ROWS)
    assert unisono("describe", tmp_path).status == 0


def swapped(content: bytes) -> bytes:
    """The same file with the number of another processor in its parameters."""
    start = 512 * (content[0] - 1)
    return content[: start + 3] + bytes([86]) + content[start + 4 :]


def no_frames(content: bytes) -> bytes:
    """First frame 1, last frame 0, and nothing after the parameters."""
    return content[:6] + b"\x01\x00\x00\x00" + content[10:]


BAD: dict[str, tuple[str, Callable[[bytes], bytes] | str | bytes]] = {
    "a picture that calls itself c3d": ("a.c3d", b"\x89PNG\r\n\x1a\n" + bytes(600)),
    "a pickle": ("a.npy", b"\x80\x04\x95\x00\x00."),
    "an empty file": ("a.mot", b""),
    "an unknown suffix": ("a.docx", b"words"),
    "a c3d that is cut off": ("a.c3d", lambda good: good[: len(good) // 2]),
    "a c3d of the other byte order": ("a.c3d", swapped),
    "a c3d with no frames": ("a.c3d", no_frames),
    "a table with no rows": ("a.mot", MOT + ROWS.splitlines()[0] + "\n"),
    "a table that is cut off": ("a.mot", MOT + "\n".join(ROWS.splitlines()[:2]) + "\n"),
    "two channels of one name": ("a.mot", MOT + ROWS.replace("knee_angle_r", "hip_flexion_r")),
    "a channel without a name": ("a.csv", "time,,b\n0,1,2\n0.1,2,3\n"),
    "time that stands still": ("a.mot", MOT + ROWS.replace("0.1\t", "0.0\t")),
    "time that runs back": ("a.csv", "time,a\n0.2,1\n0.1,2\n"),
    "units that contradict one another": ("a.mot", MOT.replace("yes", "perhaps") + ROWS),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_files_that_cannot_be_read(
    unisono: Callable[..., object], c3d: bytes, what: str, tmp_path: Path, walk_file: Path
) -> None:
    name, content = BAD[what]
    if callable(content):
        content = content(c3d)
    lab = tmp_path / "lab"
    lab.mkdir()
    (lab / name).write_bytes(content.encode() if isinstance(content, str) else content)
    complaint = unisono("describe", lab / name).complaint
    assert str(lab / name) in complaint
    # beside a good file it costs nothing
    shutil.copy(walk_file, lab / "good.npz")
    run = unisono("import", lab / name, lab / "good.npz", "--out", tmp_path / "d.un", "--json")
    assert run.status == 2 and len(run.json["good"]) == 1 and len(run.json["bad"]) == 1
    assert list(api.Dataset.open(tmp_path / "d.un").recordings) == ["good"]


def test_a_channel_of_nothing_but_nan_is_read_and_said(
    unisono: Callable[..., object], tmp_path: Path
) -> None:
    rows = ROWS.replace("\t2\n", "\tnan\n").replace("\t3\n", "\tnan\n").replace("\t4\n", "\tnan\n")
    (tmp_path / "a.mot").write_text(MOT + rows)
    run = unisono("describe", tmp_path / "a.mot")
    assert run.status == 0 and "knee_angle_r" in run.out
    described = unisono("describe", tmp_path / "a.mot", "--json").out
    doubts = {d["kind"]: d["channels"] for d in json.loads(described)["doubts"]}
    assert doubts["empty"] == ["knee_angle_r"]


def test_units_that_nobody_knows(unisono: Callable[..., object], walk_file: Path) -> None:
    assert "furlongz" in unisono("describe", walk_file, "--unit", "grf=furlongz").complaint
    # a force is no angle, whatever the user says of it
    assert "angles" in unisono("describe", walk_file, "--unit", "angles=N").complaint


def test_files_of_a_trial_that_do_not_overlap(
    unisono: Callable[..., object], tmp_path: Path
) -> None:
    lab = tmp_path / "lab"
    lab.mkdir()
    (lab / "walk_ik.mot").write_text(MOT + ROWS)
    late = "time\tground_force_vx\tground_force_vy\n9.0\t1\t2\n9.1\t2\t3\n9.2\t3\t4\n"
    (lab / "walk_grf.mot").write_text(MOT + late)
    run = unisono("import", lab, "--out", tmp_path / "d.un", "--json")
    assert run.status == 2 and "do not overlap in time" in run.json["bad"][0]["reason"]


def test_a_subject_in_two_parts(unisono: Callable[..., object], recipe_file: Path) -> None:
    complaint = unisono("train", recipe_file, "--set", "split.by=recording", "--json").complaint
    assert "subject" in complaint and "two" in complaint or "parts" in complaint, complaint
    assert not (recipe_file.parent / "model").exists()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("trainig.seed=1", "Did you mean 'training'"),
        ("llma.stepz=1", "Did you mean 'steps'"),
        ("training.batch_size=0", "batch_size"),
        ("split.test=3", "split.test"),
        ("method=nonsense", "method"),
        ("data.path=absent.un", "absent.un"),
        ("data.want=['grff']", "grff"),
        ("windows.channels.grf=['q_*']", "q_*"),
        ("windows.units.grf=deg", "deg"),
        ("windows.length=100000", "window"),
        ("seed", "key.path=value"),
    ],
)
def test_recipes_that_cannot_be_run(
    unisono: Callable[..., object], recipe_file: Path, setting: str, said: str
) -> None:
    assert said in unisono("train", recipe_file, "--set", setting, "--json").complaint
    assert not (recipe_file.parent / "model").exists()


def test_recipes_that_are_none(unisono: Callable[..., object], tmp_path: Path) -> None:
    assert "does not exist" in unisono("train", tmp_path / "a.toml").complaint
    (tmp_path / "a.toml").write_text("[[[")
    assert "is not TOML" in unisono("train", tmp_path / "a.toml").complaint


@pytest.fixture
def copied(tiny_model: api.Model, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model.folder, tmp_path / "copied"))


@pytest.mark.parametrize("command", ["cite", "generate", "evaluate"])
@pytest.mark.parametrize("damage", ["byte", "newer", "pickle", "missing"])
def test_models_that_are_not_opened(
    unisono: Callable[..., object],
    copied: Path,
    walk_file: Path,
    walks: api.Dataset,
    tmp_path: Path,
    command: str,
    damage: str,
) -> None:
    if damage == "byte":
        content = bytearray((copied / "model.safetensors").read_bytes())
        content[-1] ^= 1
        (copied / "model.safetensors").write_bytes(content)
    elif damage == "newer":
        seal = json.loads((copied / "seal.json").read_text()) | {"format": 99}
        (copied / "seal.json").write_text(json.dumps(seal, indent=1) + "\n")
    elif damage == "pickle":
        (copied / "extra.pkl").write_bytes(b"\x80\x04\x95\x00\x00.")
    else:
        (copied / "model.toml").unlink()
    words: dict[str, tuple[object, ...]] = {
        "cite": (), "generate": (walk_file, "--out", tmp_path / "a.mot"),
        "evaluate": (walks.path, "--out", tmp_path / "report"),
    }  # fmt: skip
    said = {"byte": "changed after sealing", "newer": "newer than", "pickle": "is a pickle",
            "missing": "is missing"}[damage]  # fmt: skip
    assert said in unisono(command, copied, *words[command]).complaint
    assert not (tmp_path / "a.mot").exists() and not (tmp_path / "report").exists()


def test_a_file_that_lacks_what_the_model_needs(
    unisono: Callable[..., object],
    tiny_model: api.Model,
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    tree = make_walk("a", 11)
    forces = make_recording({"grf": tree["grf"].to_dataset()}, recording="a", subject="s")
    write(forces, tmp_path / "forces.npz")
    node = tree["angles"].to_dataset()
    other = make_stream(
        node["data"].values, time=node["time"].values, units="deg", kind="angle",
        channels=[f"c{i}" for i in range(6)],
    )  # fmt: skip
    write(make_recording({"angles": other}, recording="b", subject="s"), tmp_path / "names.npz")
    for file, said in (("forces.npz", "given angles"), ("names.npz", "none of the channels")):
        words = ("generate", tiny_model.folder, tmp_path / file, "--out", tmp_path / "out.mot")
        assert said in unisono(*words).complaint
    assert not (tmp_path / "out.mot").exists()


def test_outputs_that_exist(
    unisono: Callable[..., object],
    tiny_model: api.Model,
    walk_file: Path,
    recipe_file: Path,
    tmp_path: Path,
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    (tmp_path / "taken.csv").write_text("mine")
    words = ("generate", tiny_model.folder, walk_file, "--out", tmp_path / "taken.csv")
    assert "exists" in unisono(*words).complaint
    assert "exists" in unisono("import", walk_file, "--out", taken).complaint
    assert "or --overwrite." in unisono("import", walk_file, "--out", taken).complaint
    assert "exists" in unisono("train", recipe_file, "--set", f"output={taken}").err
    assert (tmp_path / "taken.csv").read_text() == (taken / "mine.txt").read_text() == "mine"


def test_a_disk_that_is_full(
    unisono: Callable[..., object],
    tiny_model: api.Model,
    walk_file: Path,
    recipe_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = sorted(p.name for p in tmp_path.iterdir())
    monkeypatch.setattr(os, "fsync", full)
    words = ("generate", tiny_model.folder, walk_file, "--out", tmp_path / "out.mot")
    assert "the disk is full" in unisono(*words).complaint
    words = ("import", walk_file, "--out", tmp_path / "d.un", "--json")
    assert "the disk is full" in unisono(*words).complaint
    assert "the disk is full" in unisono("train", recipe_file, "--json").complaint
    left = {p.name for p in tmp_path.rglob("*") if p.is_file()} - set(before)
    assert not any(name.startswith(("out", "d.un", "model")) for name in left)


def test_a_dataset_that_is_damaged(
    unisono: Callable[..., object], recipe_file: Path, walks: api.Dataset, tmp_path: Path
) -> None:
    data = shutil.copytree(walks.path, tmp_path / "data.un")
    (data / "dataset.toml").write_text("nonsense = [")
    complaint = unisono("train", recipe_file, "--set", f"data.path={data}", "--json").complaint
    assert "dataset.toml" in complaint


def test_settings_of_a_recipe_file_are_named_by_their_place(
    unisono: Callable[..., object], recipe_file: Path, tiny_tables: dict[str, Any]
) -> None:
    tiny_tables["llma"]["size"]["heads"] = "two"
    recipe_file.write_text(to_toml(tiny_tables))
    assert "llma.size.heads" in unisono("train", recipe_file, "--json").complaint
