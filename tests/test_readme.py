"""What the README shows is run: its two make targets exist, its Python and its commands work."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import unisono
from unisono import api
from unisono.cli.main import main
from unisono.recordings.formats.registry import write
from unisono.recordings.schema import make_stream

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
QUICK = [
    "llma.steps=2", "llma.size.width=8", "llma.size.heads=1", "llma.size.feedforward=8",
    "training.device=cpu", "training.precision=fp32", "bands.samples=4", "bands.steps=1",
]  # fmt: skip


def block(kind: str, beginning: str) -> str:
    found = [text for k, text in BLOCKS if k == kind and text.startswith(beginning)]
    assert len(found) == 1, (kind, beginning)
    return found[0]


@pytest.fixture
def laboratory(
    make_walk: Callable[..., xr.DataTree], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with what the README speaks of; the content of a file outranks its suffix."""
    (tmp_path / "lab_session").mkdir()
    for number in range(6):
        tree = make_walk(f"walk{number}", number, seconds=1.6)
        angles = tree["angles"].to_dataset()
        tree["moments"] = xr.DataTree(
            make_stream(
                np.tanh(angles["data"].values[:, :2] / 20), time=angles["time"].values,
                channels=["r_knee_moment", "l_knee_moment"], units="N*m/kg", kind="moment",
            )
        )  # fmt: skip
        write(tree, tmp_path / "lab_session" / f"walk{number}.npz")
    shutil.copy(tmp_path / "lab_session" / "walk0.npz", tmp_path / "trial.c3d")
    shutil.copytree(REPOSITORY / "recipes", tmp_path / "recipes")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_make_targets_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"`?\bmake ([a-z]+)", README))
    assert {"demo", "test"} <= named <= targets
    assert [line.split("#")[0].strip() for line in block("", "make").splitlines()] == [
        "make demo", "make test",
    ]  # fmt: skip


@pytest.mark.slow
def test_ten_lines_of_python(
    laboratory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = block("python", "import unisono as un")
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) == 10
    fit = api.fit

    def quickly(*words: Any, **options: Any) -> api.Model:  # noqa: ANN401
        tables: dict[str, Any] = {}
        for setting in QUICK:
            path, _, value = setting.partition("=")
            *parents, last = path.split(".")
            node = tables
            for parent in parents:
                node = node.setdefault(parent, {})
            node[last] = int(value) if value.isdigit() else value
        return fit(*words, **options, settings=tables)

    monkeypatch.setattr(unisono, "fit", quickly, raising=False)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert set(names["band"].data_vars) == {"lower", "upper"}
    assert {p.name for p in laboratory.glob("trial07*")} == {
        "trial07_grf.mot", "trial07_grf_external_loads.xml", "trial07_grf_moments.sto",
        "trial07_grf.mot.json",
    }  # fmt: skip
    assert names["report"].page.exists() and names["report"].content["leaks"] == []
    out = capsys.readouterr().out
    assert "arXiv:2503.12214" in out and "physics of grf" in out


@pytest.mark.slow
def test_every_command(laboratory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = block("", "unisono describe")
    seen = []
    for line in commands.splitlines():
        words = shlex.split(line, comments=True)
        assert words[0] == "unisono"
        extra = {
            "train": [w for setting in QUICK for w in ("--set", setting)],
            "generate": ["--samples", "4"],
            "evaluate": ["--samples", "4"],
        }.get(words[1], [])
        assert main([*words[1:], *extra]) == 0, (line, capsys.readouterr().err)
        seen.append(words[1])
    assert seen == ["describe", "import", "train", "generate", "evaluate", "view", "cite"]
    assert (laboratory / "report" / "report.html").exists()
    assert (laboratory / "trial_grf.mot").exists()
    assert (laboratory / "trial.html").exists()


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        if not target.startswith("docs/images/"):
            assert (REPOSITORY / target).exists(), target
