"""Jobs on recordings: describing, viewing, and importing what was dropped.

Places in a request are paths that the server has made from names it gave out itself; a person's own
name of a file is never one.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from unisono.core.errors import ConfigError, UnisonoError
from unisono.studio.answers import asked_on_page, read_options
from unisono.studio.plain import plain_stem, told
from unisono.studio.worker import Tell

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Saved", "describe_file", "import_dataset", "open_source", "save_as", "seal_time",
           "source_stem", "view_source"]  # fmt: skip


_NOBODY = "unknown"
"""The person of files that name nobody."""


class Saved(NamedTuple):
    """A result in the formats that were asked for.

    Attributes:
        written: Names of files.
        refused: Lines on formats that cannot hold it.
    """

    written: list[str]
    refused: list[str]


def save_as(save: Callable[[Path], list[Path]], stem: Path, formats: Iterable[str]) -> Saved:
    """Write a result in each format but the page; one that cannot hold it keeps no other back.

    Args:
        save: Writes it to a path, in the format of its ending.
        stem: The path without its ending.
        formats: Endings.
    """
    written: dict[str, None] = {}  # two formats may write one companion
    refused = []
    for ending in (one for one in formats if one != "html"):
        with tempfile.TemporaryDirectory(prefix=".saving-", dir=stem.parent) as part:
            try:
                files = save(Path(part, f"{stem.name}.{ending}"))
            except UnisonoError as error:
                refused.append(f"{ending.upper()}: {told(str(error), Path(part))}")
                continue
            written |= {file.replace(stem.parent / file.name).name: None for file in files}
    return Saved(list(written), refused)


def seal_time(model: str | Path) -> int:
    """When a model was sealed, ns; 0 where it has no seal. What is kept of it is kept as long."""
    seal = Path(model, "seal.json")
    return seal.stat().st_mtime_ns if seal.exists() else 0


def open_source(source: Mapping[str, Any]) -> "xr.DataTree":
    """The recording of a request: a dropped file with its answers, or one of a dataset.

    Args:
        source: ``path``, ``answers`` and ``name``; or ``dataset`` (path) and ``recording``.

    Raises:
        UnisonoError: If it cannot be read.
    """
    from unisono import api

    if "dataset" in source:
        return api.Dataset.open(source["dataset"]).load(source["recording"])
    path = Path(source["path"])
    tree = api.read_one(path, read_options(source.get("answers", {})))
    tree.attrs["recording"] = Path(source.get("name", path)).stem
    tree.attrs["subject"] = _person(str(tree.attrs["subject"]), path)
    return tree


def _person(said: str, path: Path) -> str:
    """Who was recorded; a reader that finds nobody takes the folder's name, which is ours here."""
    return _NOBODY if said == path.parent.name else said


def source_stem(source: Mapping[str, Any]) -> str:
    """What results of a source are called on the disk."""
    if "dataset" not in source:
        return Path(source["path"]).stem
    return plain_stem(source["recording"], 60) or "recording"


def describe_file(request: Mapping[str, Any], tell: Tell) -> object:
    """What was understood of a file: ``source``."""
    from unisono import api

    source = request["source"]
    tell("reading", 0, 1)
    found = api.describe(source["path"], read_options(source.get("answers", {})))
    path = Path(source["path"])
    return [{**one.to_dict(), "subject": _person(one.subject, path)} for one in found]


def view_source(request: Mapping[str, Any], tell: Tell) -> object:
    """The timeline page of recordings: ``source``, ``beside`` (sources), ``out`` (folder)."""
    from unisono import api

    sources = [request["source"], *request.get("beside", [])]
    found = []
    for number, source in enumerate(sources):
        tell("reading", number, len(sources) + 1)
        found.append(open_source(source))
    tell("drawing", len(sources), len(sources) + 1)
    page = Path(request["out"]) / f"{source_stem(request['source'])}.html"
    return {"written": [api.show(found).save(page).name], "page": page.name}


def import_dataset(request: Mapping[str, Any], tell: Tell) -> object:
    """A dataset of files, each as its answers say: ``sources``, ``out`` (dataset), ``derive``.

    Files of one person with the same answers are imported together, so that the files of one trial
    are joined; then all are written as one dataset.
    """
    from unisono import api

    out = Path(request["out"])
    if (out / "dataset.toml").exists():  # it was made before its worker died
        return {"dataset": out.name, "kept": [], "bad": [], "doubts": []}
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for source in request["sources"]:
        groups.setdefault(json.dumps(source["answers"], sort_keys=True), []).append(source)
    bad: list[dict[str, str]] = []
    doubts: list[dict[str, str]] = []
    datasets = []
    with tempfile.TemporaryDirectory(prefix=".importing-", dir=out.parent) as work:
        for number, (answers, sources) in enumerate(groups.items()):
            tell("reading", number, len(groups))
            # No folder that a reader looks at is named like a person, so that files are.
            stage = Path(work, "group" + "-more" * number, _NOBODY, _NOBODY)
            names = _stage(sources, stage)
            options = api.ImportOptions(
                read=read_options(json.loads(answers)), derive=request.get("derive", True)
            )
            report = api.import_files([stage], Path(work, f"out{number}.un"), options)
            bad += [_bad(one.file, one.reason, names) for one in report.bad]
            doubts += [
                {"recording": d.recording, "message": d.message, "remedy": d.remedy}
                for d in report.doubts
            ]
            if report.good:
                datasets.append(api.Dataset.open(report.path))
        tell("writing", len(groups), len(groups))
        if not datasets:
            reasons = " ".join(f"{one['file']}: {one['reason']}" for one in bad[:3])
            raise ConfigError(f"no file could be imported. {reasons}")
        made = api.Dataset.create(out, _named_apart(tree for data in datasets for tree in data))
    return {"dataset": out.name, "kept": made.recordings, "bad": bad, "doubts": doubts[:500]}


def _stage(sources: Sequence[Mapping[str, Any]], stage: Path) -> dict[str, str]:
    """Put files where the importer finds those of one trial together; names as people know them."""
    names = {}
    for source in sources:
        path = Path(source["path"])
        home = stage
        while (home / path.name).exists():  # of one name, but not one file
            home = home / "trials"  # a name that no reader takes for a person's
        home.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, home / path.name)
        except OSError:  # a file system without links
            shutil.copyfile(path, home / path.name)
        names[str(home / path.name)] = source["name"]
    return names


def _bad(file: str, reason: str, names: Mapping[str, str]) -> dict[str, str]:
    for path, name in names.items():
        file, reason = file.replace(path, name), reason.replace(path, name)
    return {"file": file, "reason": asked_on_page(reason.removeprefix(file).lstrip(":, "))}


def _named_apart(trees: "Iterable[xr.DataTree]") -> "Iterator[xr.DataTree]":
    """Recordings of one name get the person's before it, and a number where that is not enough."""
    taken: set[str] = set()
    for tree in trees:
        name = str(tree.attrs["recording"])
        if name in taken:
            name = f"{tree.attrs['subject']} {name}"
        count = 2
        while name in taken:
            name = f"{tree.attrs['subject']} {tree.attrs['recording']} ({count})"
            count += 1
        taken.add(name)
        tree.attrs["recording"] = name
        yield tree
