"""Mirrors src/unisono/cli/generate.py."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono import api


def test_a_file_in_a_file_out(
    unisono: Callable[..., object], tiny_model: api.Model, walk_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new_grf.mot"
    words = ("generate", tiny_model.folder, walk_file, "--out", out, "--samples", "4")
    run = unisono(*words)
    assert run.status == 0 and "band +-" in run.out
    names = ["new_grf.mot", "new_grf_external_loads.xml", "new_grf.mot.json"]
    assert [line.rpartition("/")[2] for line in run.out.splitlines() if "wrote" in line] == names
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    notes = json.loads((tmp_path / "new_grf.mot.json").read_text())
    assert notes["provenance"]["model"] == "tiny" and notes["provenance"]["samples"] == 4
    back = api.read_one(out)["grf"]
    want = tiny_model.generate(api.read_one(walk_file), samples=4).mean["grf"]
    names = [str(c) for c in back["channel"].values]
    vertical = back["data"].values[:, names.index("ground_force_l_vy")]
    expected = want["data"].sel(channel="l_fz").values * 71.0  # N/kg to N, z up to y up
    np.testing.assert_allclose(vertical, expected, rtol=1e-6)
    assert "exists" in unisono(*words).complaint
    absent = [tmp_path / "absent" if word == words[1] else word for word in words]
    assert "exists" in unisono(*absent).complaint  # told before any work is done


def test_a_file_that_exists_is_left_before_anything_is_generated(
    unisono: Callable[..., object],
    tiny_model: api.Model,
    walk_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "a.csv"
    out.write_text("mine")
    monkeypatch.setattr(api.Model, "generate", lambda *_, **__: pytest.fail("generated"))
    assert "exists" in unisono("generate", tiny_model.folder, walk_file, "--out", out).complaint
    assert "exists" in unisono("generate", "absent", "--text", "walks", "--out", out).complaint
    assert out.read_text() == "mine"


def test_json_holds_all_that_is_said(
    unisono: Callable[..., object], tiny_model: api.Model, walk_file: Path, tmp_path: Path
) -> None:
    run = unisono(
        "generate", tiny_model.folder, walk_file, "--out", tmp_path / "a.csv",
        "--want", "grf", "--samples", "2", "--steps", "1", "--seed", "5", "--json",
    )  # fmt: skip
    assert run.status == 0
    said = run.json
    assert set(said) == {"written", "recording", "provenance", "doubts", "physics"}
    assert (said["provenance"]["steps"], said["provenance"]["seed"]) == (1, 5)
    assert {c["name"] for c in said["physics"]["grf"]} >= {"friction", "mean_vertical"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--keep-frames", "0:3"), "--keep-frames says nothing without --text"),
        (("--no-hold-feet",), "--hold-feet says nothing without --text"),
        (("--text", "a person walks", "--want", "grf"), "--want says nothing beside --text"),
        (("--text", "a person", "--physics", "none"), "--physics says nothing beside --text"),
    ],
)
def test_options_that_would_be_passed_over_are_refused(
    unisono: Callable[..., object], words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    assert (
        said in unisono("generate", "model", "a.csv", "--out", tmp_path / "o.csv", *words).complaint
    )
