"""The demo: the main job from end to end on simulated gait, with nothing to download."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import xarray as xr

from unisono.api.evaluating import Evaluation, EvaluationResult, evaluate, test_recordings
from unisono.api.fitting import run_recipe
from unisono.api.model import Model
from unisono.api.recipe import Recipe, Sampling
from unisono.core.checks import check_range
from unisono.core.config import apply_settings, from_mapping
from unisono.core.errors import ConfigError, OutputError, SchemaError
from unisono.recordings.dataset import Dataset
from unisono.recordings.signals.resampling import resample
from unisono.recordings.stream_units import convert_stream
from unisono.simulators.gait import random_recordings
from unisono.viewing.report_page import Picture
from unisono.viewing.skeleton import save_skeleton_strip, walker_of

__all__ = ["demo"]

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Walkers:
    """How many people walk, and how often: the table ``[demo]`` of the demo's recipe."""

    subjects: int
    trials: int

    def __post_init__(self) -> None:
        check_range("demo.subjects", self.subjects, 1, 100_000, closed=True)
        check_range("demo.trials", self.trials, 1, 1000, closed=True)


def demo(
    out: str | Path = "demo", *, settings: Sequence[str] = (), progress: Tell | None = None
) -> EvaluationResult:
    """Simulate walkers, train angles to forces, generate for people never seen, evaluate.

    Stopped and started again it goes on where it was; a finished demo is shown again.

    Args:
        out: Folder of everything it makes.
        settings: ``key.path=value`` settings that override the demo's recipe; ``demo.subjects``
            and ``demo.trials`` say how many people walk, and how often.
        progress: Called with what is being done, how much of it, and of how much.

    Raises:
        ConfigError: If a setting is wrong, or ``out`` holds a demo of other settings.
    """
    out = Path(out)
    text = files("unisono.api").joinpath("demo.toml").read_text(encoding="utf-8")
    table = apply_settings(tomllib.loads(text), settings)
    walkers = from_mapping(_Walkers, table.pop("demo"), where="demo")
    recipe = from_mapping(Recipe, table)
    own = replace(recipe.data, path=str(out / "walkers.un"))
    recipe = replace(recipe, data=own, output=str(out / "model"))
    data = _walkers(out / "walkers.un", walkers, progress)
    model = run_recipe(recipe, resume=True, progress=progress)
    picture = _generate(model, data, out)
    options = Evaluation(sampling=Sampling(samples=50), pictures=(picture,))
    return evaluate(model, data, out=out, options=options, overwrite=True)


def _walkers(path: Path, walkers: _Walkers, progress: Tell | None) -> Dataset:
    if path.exists():
        found = Dataset.open(path)
        if len(found) != walkers.subjects * walkers.trials:
            raise ConfigError(
                f"{path} holds {len(found)} walks of an earlier demo, not {walkers.subjects} times "
                f"{walkers.trials}; give --out another folder, or remove this one."
            )
        return found

    def told() -> Iterator[xr.DataTree]:
        total = walkers.subjects * walkers.trials
        made = random_recordings(walkers.subjects, trials=walkers.trials, seed=0, processes=2)
        for done, tree in enumerate(made, start=1):
            if progress is not None:
                progress("simulate", done, total)
            yield tree

    return Dataset.create(path, told())


def _generate(model: Model, data: Dataset, out: Path) -> Picture:
    """Generate for one person of the test part, write the .mot, and draw the film strip."""
    names = test_recordings(model, data)
    if not names:
        raise SchemaError("the demo has nobody in its test part; give it more subjects.")
    recording = data.load(names[0])
    generated = model.generate(recording, options=Sampling(samples=32))
    target = out / f"{names[0]}_grf.mot"
    if not target.exists():
        try:
            generated.save(target)
        except OutputError as error:  # e.g. a .json of an earlier run beside it
            raise OutputError(f"{error} Remove {out} to start anew.") from error
    tree = recording.copy()
    tree["grf"] = xr.DataTree(_at_measured_pressure(recording, generated.mean))
    strip = save_skeleton_strip(walker_of(tree, forces="grf"), out / "strip.png")
    return Picture(
        strip.read_bytes(),
        "A person the model never met: markers as recorded, generated ground reaction forces, "
        "drawn at the recorded centre of pressure.",
    )


def _at_measured_pressure(recording: xr.DataTree, generated: xr.DataTree) -> xr.Dataset:
    """Generated forces with the measured centre of pressure, which the model does not generate."""
    measured = recording["grf"].to_dataset()
    mass = float(recording.attrs["mass_kg"])
    forces = convert_stream(generated["grf"].to_dataset(), "N", mass_kg=mass)
    at = resample(forces, measured["time"].values)
    data, valid = measured["data"].values.copy(), measured["valid"].values.copy()
    place = {str(name): i for i, name in enumerate(measured["channel"].values)}
    for i, name in enumerate(at["channel"].values):
        data[:, place[str(name)]] = at["data"].values[:, i]
        valid[:, place[str(name)]] = at["valid"].values[:, i]
    return measured.assign(data=(measured["data"].dims, data), valid=(measured["data"].dims, valid))
