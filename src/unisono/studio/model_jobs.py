"""Jobs on models: training, generating, translating, evaluating, and taking in one from outside."""

import fnmatch
import signal
import threading
import tomllib
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import tomli_w

from unisono.core.errors import ConfigError, ModelError
from unisono.core.files import atomic_folder, write_text
from unisono.studio.data_jobs import open_source, save_as, seal_time, source_stem
from unisono.studio.worker import JobStopped, Tell, WorkerLeaves

__all__ = ["SIZES", "evaluate_model", "generate_signals", "take_in_model", "train_model",
           "translate_source"]  # fmt: skip

SIZES: Mapping[str, Mapping[str, Any]] = {
    "tiny": {
        "size": {"width": 16, "heads": 2, "feedforward": 64, "dropout": 0.0},
        "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
    },
    "small": {
        "size": {"width": 96, "heads": 4, "feedforward": 192, "dropout": 0.0},
        "layers": {"own": 2, "condition": 2, "decoder": 2, "mean": 1},
    },
    "medium": {
        "size": {"width": 192, "heads": 6, "feedforward": 384, "dropout": 0.0},
        "layers": {"own": 3, "condition": 3, "decoder": 3, "mean": 2},
    },
}
"""Networks by the word that the page has for them."""

_PER_MASS = {"force": "N/kg", "moment": "N*m/kg"}
_FORCES = "*[fv][xyz]"
"""Channels of a force by body mass (``r_fz``, OpenSim's ``ground_force_vy``); the centre of
pressure beside them is none."""
_MODEL_FILES = ("model.safetensors", "model.toml", "card.md", "seal.json")
_MODEL_BYTES = 4_000_000_000


def recipe_tables(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request for training as the tables of a recipe.

    Raises:
        UnisonoError: If the dataset cannot be read.
    """
    asked = request["asked"]
    windows = _by_mass(request) if asked["per_mass"] else {}
    frames, steps = asked["frames"], asked["steps"]
    return {
        "method": asked["method"],
        "output": request["output"],
        "data": {"path": request["dataset"], "given": asked["given"], "want": asked["want"]},
        "windows": {
            "rate_hz": asked["rate_hz"],
            "length": frames,
            "stride": max(frames // 2, 1),
            **windows,
        },
        "split": {"test": asked["test"], "calibration": asked["calibration"]},
        "bands": {"samples": 30, "method": "split" if asked["calibration"] > 0 else "none"},
        "llma": {
            "steps": steps,
            **SIZES[asked["size"]],
            "alignment": {"length": min(20, max(frames // 4, 2))},
        },
        "training": {
            "batch_size": 32,
            "learning_rate": 1e-3 if asked["size"] != "tiny" else 5e-3,
            "warmup_steps": min(100, steps // 2),
            "ema_decay": 0.995 if steps > 500 else 0.9,
            "checkpoint_every": 200,
            "preview_every": asked["previews"],
            "log_every": 10 if steps > 200 else 1,
            "seed": asked["seed"],
        },
    }


def _by_mass(request: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of windows that express forces and moments by body mass."""
    from unisono import api

    data, asked = api.Dataset.open(request["dataset"]), request["asked"]
    table = data.table
    units: dict[str, str] = {}
    channels: dict[str, list[str]] = {}
    for stream in dict.fromkeys((*asked["given"], *asked["want"])):
        holding = [r for r, held in zip(table["recording"], table["streams"], strict=True)
                   if stream in held]  # fmt: skip
        node = data.load(str(holding[0]))[stream].to_dataset()
        kind = str(node.attrs["kind"])
        if kind not in _PER_MASS:
            continue
        units[stream] = _PER_MASS[kind]
        names = [str(name) for name in node["channel"].values]
        forces = fnmatch.filter(names, _FORCES)
        if kind == "force" and forces and len(forces) < len(names):
            channels[stream] = [_FORCES]
    return {"units": units, "channels": channels}


def train_model(request: Mapping[str, Any], tell: Tell) -> object:
    """Training: ``asked``, ``dataset`` and ``output`` (paths), ``name``.

    Asked to stop, it writes a checkpoint first; asked again, it goes on from it.
    """
    from unisono import api

    output = Path(request["output"])
    if not (output / "model.toml").exists():  # else it was sealed before its worker died
        recipe = output.with_name(f"{output.name}.toml")
        write_text(recipe, tomli_w.dumps(recipe_tables(request)))
        stop = _Stopping(tell)
        try:
            api.run_recipe(api.load_recipe(recipe), resume=True, progress=stop)
        except api.UnisonoError as error:
            if stop.asked:
                raise JobStopped from error
            if isinstance(error, api.TrainingStopped):  # with its worker: another one goes on
                raise WorkerLeaves from error
            raise
    model = api.load(output)
    return {"model": request["name"], **model.about()}


class _Stopping:
    """Passes progress on; when the job is asked to stop, lets the loop write a checkpoint first.

    The loop does so at a signal that it gets between two steps, which is what Ctrl-C sends.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell, self.asked = tell, False

    def __call__(self, doing: str, done: int, total: int) -> None:
        if self.asked:
            return
        try:
            self._tell(doing, done, total)
        except JobStopped:
            if threading.current_thread() is not threading.main_thread():
                raise
            self.asked = True
            signal.raise_signal(signal.SIGINT)


def generate_signals(request: Mapping[str, Any], tell: Tell) -> object:
    """What models generate: ``models`` (name to path), ``source``, ``out`` (folder), ``asked``."""
    from unisono import api

    asked, out = request["asked"], Path(request["out"])
    models: Mapping[str, str] = request["models"]
    steps = len(models) + 2
    tell("reading", 0, steps)
    recording = open_source(request["source"])
    options = api.Sampling(
        samples=asked["samples"], steps=asked["steps"], seed=asked["seed"], physics=asked["physics"]
    )
    stem = source_stem(request["source"])
    written: list[str] = []
    refused: list[str] = []
    reports: list[dict[str, Any]] = []
    results: list[api.Generated] = []
    for number, (name, path) in enumerate(models.items()):
        tell("generating", number + 1, steps)
        result = _model(path, seal_time(path)).generate(recording, options=options)
        results.append(result)
        short = name.rsplit("/", 1)[-1]
        saved = save_as(result.save, out / f"{stem}_{short}", asked["formats"])
        written += saved.written
        refused += [f"{short}, {line}" for line in saved.refused]
        reports.append({"model": name, "summary": result.summary(), **result.report()})
    tell("drawing", steps - 1, steps)
    page = api.show(results).save(out / f"{stem}.html").name
    return {"written": [*dict.fromkeys(written), page], "page": page, "reports": reports,
            "refused": refused}  # fmt: skip


def translate_source(request: Mapping[str, Any], tell: Tell) -> object:
    """What a bridge makes: ``model`` (path), ``source``, ``out`` (folder), ``asked``."""
    from unisono import api

    asked, out, source = request["asked"], Path(request["out"]), request["source"]
    tell("loading", 0, 3)
    bridge = api.load_translator(request["model"])
    options = api.Sampling(samples=max(asked["samples"], 1), seed=asked["seed"])
    tell("translating", 1, 3)
    found: api.Translation | api.RecordingTranslation
    if bridge.recipe.data.is_file:
        if "path" not in source:
            raise ConfigError("this bridge carries arrays; drop an .npz file that holds them.")
        found = bridge.translate(source["path"], options=options)
    else:
        found = bridge.translate_recording(open_source(source), options=options)
    tell("writing", 2, 3)
    stem = f"{source_stem(source)}_translated"
    saved = save_as(found.save, out / stem, asked["formats"])
    written = [*saved.written]
    page = ""
    if isinstance(found, api.RecordingTranslation):
        page = api.show(found.recording).save(out / f"{stem}.html").name
        written.append(page)
    if not written:
        raise ConfigError(" ".join(saved.refused) or "name a format to keep it in.")
    return {"written": written, "page": page, "summary": found.summary(),
            "refused": saved.refused}  # fmt: skip


def evaluate_model(request: Mapping[str, Any], tell: Tell) -> object:
    """The report of a model: ``model``, ``dataset``, ``out`` (paths), ``asked``."""
    from unisono import api

    tell("evaluating", 0, 1)
    options = api.Evaluation(sampling=api.Sampling(samples=request["asked"]["samples"]))
    found = api.evaluate(
        api.load(request["model"]), request["dataset"], out=request["out"], options=options
    )
    written = [found.page.name, found.numbers.name]
    return {"written": written, "page": found.page.name, "table": found.table()}


def take_in_model(request: Mapping[str, Any], tell: Tell) -> object:
    """Verify a model: ``path`` of a ``.zip`` from outside and ``output``, or ``path`` of a folder.

    Of an archive only the four files of a model are taken, and it appears among the models when
    every byte of it is as it was sealed and its weights fit.
    """
    path = Path(request["path"])
    tell("verifying", 0, 1)
    if path.is_dir():
        return {"model": request["name"], **_verified(path)}
    output = Path(request["output"])
    if output.exists():  # it was taken in before its worker died
        return {"model": request["name"], **_verified(output)}
    if not path.exists():
        raise ModelError("the archive is no longer there; send it again.")
    try:
        with atomic_folder(output) as part:
            _unpack(path, part)
            about = _verified(part)
    finally:
        path.unlink()  # what it held is among the models, or is none
    return {"model": request["name"], **about}


def _unpack(archive: Path, folder: Path) -> None:
    """Take the four files of a model out of an archive, wherever in it they lie."""
    try:
        with zipfile.ZipFile(archive) as packed:
            members = {info.filename.rsplit("/", 1)[-1]: info for info in packed.infolist()}
            absent = [name for name in _MODEL_FILES if name not in members]
            if absent:
                raise ModelError(f"the archive holds no {absent[0]}; zip the model's whole folder.")
            if sum(members[name].file_size for name in _MODEL_FILES) > _MODEL_BYTES:
                raise ModelError("the model in the archive is larger than 4 GB.")
            for name in _MODEL_FILES:
                (folder / name).write_bytes(_member(packed, members[name]))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise ModelError("this is no readable .zip archive; zip the model's folder.") from error


def _member(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Bytes of a member, no more than it says it has."""
    with packed.open(info) as handle:
        return handle.read(info.file_size)


def _verified(folder: Path) -> dict[str, Any]:
    """Load a model of any kind; what it is.

    Raises:
        ModelError: If a byte is not as it was sealed, or the weights do not fit.
    """
    from unisono import api

    table = folder / "model.toml"
    try:
        method = tomllib.loads(table.read_text(encoding="utf-8")).get("method")
    except (OSError, ValueError) as error:
        raise ModelError("its model.toml cannot be read; copy the model again.") from error
    if method == "conda":
        return {"kind": "map", "by": list(api.load_map(folder).request.by)}
    if method == "lddbm":
        data = api.load_translator(folder).recipe.data
        return {"kind": "bridge", "given": list(data.given), "want": list(data.want)}
    if method == "lead":
        joints = len(api.load_motion_model(folder).rig.names)
        return {"kind": "words", "given": ["text"], "want": ["motion"], "joints": joints}
    return {"kind": "generator", **api.load(folder).about()}


@lru_cache(maxsize=3)
def _model(path: str, changed: int) -> Any:  # noqa: ANN401 - api.Model, imported late
    """A model, kept by its worker while its seal stays the same."""
    from unisono import api

    return api.load(path)
