"""Every recipe is read, takes its data and output from outside, and runs, small."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.cli.main import main
from unisono.recordings.schema import make_stream
from unisono.recordings.window_streams import selected

RECIPES = Path(__file__).parents[1] / "recipes"
OTHERS = ("lddbm-", "lead-")
"""Recipes of another kind, run by the tests of their own front door."""
NAMES = sorted(
    f.stem
    for f in RECIPES.glob("*.toml")
    if not f.name.endswith(".rows.toml") and not f.name.startswith(OTHERS)
)
QUICK = [
    "llma.steps=2", "llma.size.width=8", "llma.size.heads=2", "llma.size.feedforward=8",
    "training.batch_size=8", "training.device=cpu", "training.precision=fp32",
    "bands.samples=4", "bands.steps=1", "bands.folds=2", "llma.few_steps.train=2",
]  # fmt: skip
STREAMS = {"llma-any": ["data.given=['angles','grf']", "data.want=['angles','grf']"]}
"""Streams of a recipe for any data, of those that the tests' own data have."""


def import_command(name: str) -> list[str]:
    """The words of ``unisono import ...`` in a recipe's header."""
    lines = [
        line.removeprefix("#").strip()
        for line in (RECIPES / f"{name}.toml").read_text().splitlines()
        if line.startswith("#")
    ]
    text = re.sub(r"\\\n", " ", "\n".join(lines))
    command = next(line for line in text.splitlines() if line.startswith("unisono import"))
    return shlex.split(command)[1:]


@pytest.fixture
def dataset(
    shared_data: Callable[[str], Path], make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> Callable[[str], Path]:
    """A recipe's data, imported as its header says, from a part of the real recordings."""

    def source(name: str) -> Path:
        if name in ("llma-children", "llma-children-levers"):
            for child in sorted(shared_data("biomechzoo").glob("HC*"))[:4]:
                shutil.copytree(child, tmp_path / "biomechzoo" / child.name)
            return tmp_path / "biomechzoo"
        if name == "llma-predictsim3d":
            return shared_data("predictsim3d")
        if name == "llma-alcantara":
            tables = shutil.copytree(shared_data("alcantara") / "data", tmp_path / "tables")
            return Path(shutil.copy(RECIPES / "alcantara.rows.toml", tables))
        pytest.fail(f"say here where the data of {name} are")

    def made(name: str) -> Path:
        out = tmp_path / "data.un"
        if name in ("llma-angles-to-forces", "llma-any"):  # for any data: here those of the tests
            trees = (make_walk(f"s{s}", s) for s in range(6))
            return api.Dataset.create(out, trees).path
        words = import_command(name)
        assert (
            words[words.index("--out") + 1] == api.load_recipe(RECIPES / f"{name}.toml").data.path
        )
        words[1] = str(source(name))
        words[words.index("--out") + 1] = str(out)
        assert main(words) == 0
        return out

    return made


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_its_data_and_output_from_outside(name: str) -> None:
    file = RECIPES / f"{name}.toml"
    recipe = api.load_recipe(file, ["data.path=here.un", "output=there"])
    assert (recipe.data.path, recipe.output) == ("here.un", "there")
    assert recipe.cut.frames > 1
    assert file.read_text().startswith("# ")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name: str, dataset: Callable[[str], Path], tmp_path: Path) -> None:
    path = dataset(name)
    settings = [f"data.path={path}", f"output={tmp_path / 'model'}", *QUICK]
    settings += STREAMS.get(name, [])
    model = api.train(RECIPES / f"{name}.toml", settings=settings)
    assert set(model.want) <= set(model.tables)
    tree = api.Dataset.open(path).load(api.Dataset.open(path).recordings[0])
    if model.method.any_part:
        del tree["grf"]  # what is missing is wanted
    out = model.generate(tree, samples=2)
    assert set(out.parts) == ({"grf"} if model.method.any_part else set(model.want))
    assert not any("none" in doubt for doubt in out.doubts)


@pytest.mark.parametrize("name", ["llma-angles-to-forces", "llma-any"])
@pytest.mark.parametrize(
    "plates",
    [("ground_force_v", "ground_force_p"), ("1_ground_force_v", "1_ground_force_p"),
     ("ground_force_1_v", "ground_force_1_p"), ("r_f", "r_cop"), ("p1_f", "p1_cop")],
)  # fmt: skip
def test_recipes_for_any_data_take_the_forces_of_opensim_too(
    name: str, plates: tuple[str, str]
) -> None:
    names = [f"{stem}{axis}" for stem in (*plates, "ground_torque_") for axis in "xyz"]
    grf = make_stream(
        np.ones((4, 9)), time=np.arange(4) / 100, channels=names, kind="force",
        units=["N"] * 3 + ["m"] * 3 + ["N*m"] * 3,
    )  # fmt: skip
    kept = selected(grf, "grf", api.load_recipe(RECIPES / f"{name}.toml").cut)
    assert kept["channel"].values.tolist() == names[:3]
