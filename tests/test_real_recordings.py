"""Real files in, the same kind of file out: OpenSim's tables, and tables of one trial a row."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono import api
from unisono.cli.main import main

RECIPES = Path(__file__).parents[1] / "recipes"
QUICK = [
    "--set", "llma.steps=2", "--set", "llma.size.width=8", "--set", "llma.size.heads=2",
    "--set", "llma.size.feedforward=8", "--set", "training.device=cpu",
    "--set", "training.precision=fp32", "--set", "bands.samples=4", "--set", "bands.steps=1",
]  # fmt: skip


def trained(name: str, data: Path, folder: Path) -> Path:
    model = folder / "model"
    words = ["train", str(RECIPES / f"{name}.toml"), "--set", f"data.path={data}"]
    assert main([*words, "--set", f"output={model}", *QUICK]) == 0
    return model


@pytest.mark.slow
def test_opensim_tables(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    """Angles of a .mot in degrees give forces in a .mot that OpenSim itself reads alike."""
    source = shared_data("predictsim3d") / "subject2"
    data = tmp_path / "p.un"
    words = ["import", str(source), "--subject", "subject2", "--mass-kg", "75", "--out", str(data)]
    assert main(words) == 0
    found = api.Dataset.open(data)
    assert len(found) == 7 and set(found.subjects) == {"subject2"}
    model = trained("llma-predictsim3d", data, tmp_path)
    out = tmp_path / "new_grf.mot"
    angles = source / "IK" / "IK_gait_27.mot"
    words = ["generate", str(model), str(angles), "--mass-kg", "75", "--samples", "2"]
    assert main([*words, "--out", str(out)]) == 0
    want = api.load(model).generate(api.read_one(angles, api.ReadOptions(mass_kg=75.0)), samples=2)
    mean = want.parts["grf"]
    theirs = api.read_one(source / "GRF" / "GRF_gait_27.mot")["grf"]
    assert set(mean.channels) <= {str(c) for c in theirs["channel"].values}  # the source's names
    assert mean.units == ("N",) * 6 and np.diff(mean.time) == pytest.approx(0.01)
    ours = api.read_one(out)["grf"].to_dataset()
    np.testing.assert_allclose(ours["data"].values, mean.mean, rtol=1e-6)

    opensim = pytest.importorskip("opensim", reason="the opensim package is the oracle here")
    table = opensim.TimeSeriesTable(str(out))
    assert tuple(table.getColumnLabels()) == mean.channels
    np.testing.assert_allclose(np.array(table.getIndependentColumn()), mean.time, atol=1e-9)
    np.testing.assert_allclose(table.getMatrix().to_numpy(), mean.mean, rtol=1e-6)


@pytest.mark.slow
def test_tables_of_one_trial_a_row(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    """A runner's accelerometer gives forces, one trial a row without a header, as it came."""
    tables = shared_data("alcantara") / "data"
    for file in (*tables.glob("*_one_sub.csv"), RECIPES / "alcantara.rows.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    layout, data = tmp_path / "alcantara.rows.toml", tmp_path / "a.un"
    assert main(["import", str(layout), "--out", str(data)]) == 0
    found = api.Dataset.open(data)
    assert len(found) == 31 and set(found.subjects) == {"2"}
    model = api.load(trained("llma-alcantara", data, tmp_path))
    # conditions are kept apart: none of those tested was trained on
    salt, keys = model.sealed.split["digest"], model.sealed.split["keys"]
    assert salt and not set(keys["train"]) & set(keys["test"])
    out = tmp_path / "new_grf.csv"
    words = ["generate", str(model.folder), str(layout), "--samples", "2", "--out", str(out)]
    assert main([*words, "--json"]) == 0
    rows = np.loadtxt(out, delimiter=",")
    source = np.loadtxt(tmp_path / "Accelerometer_one_sub.csv", delimiter=",")
    frames = (source.shape[1] // 2 - 1) // 5 + 1  # 500 Hz, two channels; the model has 100 Hz
    assert rows.shape == (len(source), frames)
    trees = api.read(tmp_path / "new_grf.rows.toml")
    assert isinstance(trees, list) and len(trees) == 31
    first = api.read(layout)
    assert isinstance(first, list)
    want = model.generate(first[0], samples=2).parts["grf"]
    np.testing.assert_allclose(rows[0], want.mean[:, 0], rtol=1e-6)
    assert trees[0]["grf"]["unit"].values.tolist() == list(want.units) == ["BW"]
