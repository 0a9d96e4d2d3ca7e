"""The main job from end to end, small: the demo as the command line runs it."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from unisono import api
from unisono.cli.main import main

SETTINGS = [
    "demo.subjects=8", "demo.trials=1", "llma.steps=4", "llma.size.width=8", "llma.size.heads=1",
    "llma.size.feedforward=8", "bands.samples=4", "bands.steps=1", "training.device=cpu",
    "training.precision=fp32",
]  # fmt: skip
WORDS = [word for setting in SETTINGS for word in ("--set", setting)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "demo"
    assert main(["demo", "--out", str(out), "--json", *WORDS]) == 0
    return out


@pytest.mark.slow
def test_the_report_in_numbers(demo: Path) -> None:
    found = json.loads((demo / "report.json").read_text())
    shape = {"unisono", "commit", "command", "data", "targets", "controls", "leaks", "physics"}
    assert shape <= set(found)
    assert {"digest", "test_subjects"} <= set(found["data"])
    assert len(found["data"]["test_subjects"]) == 2
    assert set(found["targets"]) == {"grf", "moments"} and found["leaks"] == []
    assert found["targets"]["grf"]["unit"] == "N/kg"
    for target in found["targets"].values():
        assert set(target["methods"]) == {"llma", "mean_curve", "ridge", "knn", "mlp"}
        for method in target["methods"].values():
            assert {"rmse", "nrmse", "r", "peak", "impulse"} <= set(method)
            assert all(set(entry) == {"mean", "low", "high"} for entry in method.values())
        assert set(target["coverage"]) == {"0.5", "0.8", "0.9"} and target["width"]
    assert found["physics"]["grf"]


@pytest.mark.slow
def test_the_report_for_people(demo: Path) -> None:
    page = (demo / "report.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>") and 'src="http' not in page
    assert "data:image/png;base64" in page  # the walker's film strip
    assert page.count("<iframe") == 1 and len(page) < 5_000_000  # trials, played
    assert (demo / "strip.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_forces_are_read_back(demo: Path) -> None:
    (file,) = demo.glob("*.mot")
    grf = api.read_one(file)["grf"]
    names = [str(c) for c in grf["channel"].values]
    model, data = api.load(demo / "model"), api.Dataset.open(demo / "walkers.un")
    recording = data.load(file.name.removesuffix("_grf.mot"))
    want = model.generate(recording, samples=32).mean["grf"]
    expected = want["data"].sel(channel="r_fz").values * recording.attrs["mass_kg"]
    up = grf["data"].values[:, names.index("ground_force_r_vy")]
    np.testing.assert_allclose(up, expected, rtol=1e-6)
    loads = file.with_name(f"{file.stem}_external_loads.xml").read_text()
    assert "calcn_r" in loads and "calcn_l" in loads
    moments = api.read_one(file.with_name(f"{file.stem}_moments.sto"))
    assert len(moments.children) >= 1


@pytest.mark.slow
def test_a_finished_demo_is_shown_again(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def evaluated(model: api.Model, data: api.Dataset, **options: object) -> api.EvaluationResult:
        out = Path(str(options["out"]))
        return api.EvaluationResult({"leaks": []}, f"{model.folder}", out / "a", out / "b")

    # only the evaluation is done again; here it is enough to see what would be evaluated
    monkeypatch.setattr(importlib.import_module("unisono.api.demo"), "evaluate", evaluated)
    before = (demo / "model" / "seal.json").read_bytes()
    assert main(["demo", "--out", str(demo), *WORDS]) == 0
    assert str(demo / "model") in capsys.readouterr().out
    assert (demo / "model" / "seal.json").read_bytes() == before
    assert main(["demo", "--out", str(demo), *WORDS, "--set", "llma.steps=9999"]) == 2
    assert "started with another [llma]" in capsys.readouterr().err
