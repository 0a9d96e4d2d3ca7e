"""Mirrors src/unisono/studio/data_jobs.py."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ConfigError, OutputError, UnisonoError
from unisono.recordings.formats.registry import write
from unisono.studio.data_jobs import (
    describe_file,
    import_dataset,
    open_source,
    save_as,
    seal_time,
    view_source,
)


def quiet(doing: str, done: int, total: int) -> None:
    assert doing


def source(path: Path, name: str = "", **answers: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"path": str(path), "name": name or path.name, "answers": answers}


def test_describe_with_an_answer_to_a_doubt(walk_file: Path) -> None:
    (said,) = describe_file({"source": source(walk_file)}, quiet)  # type: ignore[misc]
    assert {s["name"]: s["units"] for s in said["streams"]} == {
        "angles": {"deg": 6}, "grf": {"N": 6},
    }  # fmt: skip
    answered = source(walk_file, units={"grf": "N/kg"})
    (said,) = describe_file({"source": answered}, quiet)  # type: ignore[misc]
    assert said["streams"][1]["units"] == {"N/kg": 6}
    with pytest.raises(UnisonoError, match=r"absent\.npz"):
        describe_file({"source": source(Path("absent.npz"))}, quiet)


def test_a_recording_has_the_name_that_the_person_knows(walk_file: Path, walks: Any) -> None:  # noqa: ANN401
    assert open_source(source(walk_file, "Anna's walk.npz")).attrs["recording"] == "Anna's walk"
    table = walk_file.with_suffix(".csv")
    table.write_text("time [s],a [deg]\n0,1\n0.1,2\n0.2,3\n")  # it names nobody
    for answers, wanted in (({}, "unknown"), ({"subject": "eva"}, "eva")):
        assert open_source(source(table, **answers)).attrs["subject"] == wanted
        (said,) = describe_file({"source": source(table, **answers)}, quiet)  # type: ignore[misc]
        assert said["subject"] == wanted
    out = walk_file.parent / "named.un"
    other = table.with_name("S07_walk.csv")  # its name does
    shutil.copy(table, other)
    sources = [source(table), source(other), source(table, "c.csv", mass_kg=60.0)]
    import_dataset({"sources": sources, "out": str(out)}, quiet)
    assert sorted(api.Dataset.open(out).table["subject"]) == ["S07", "unknown", "unknown"]
    of_set = {"dataset": str(walks.path), "recording": "s0t1"}
    assert open_source(of_set).attrs["recording"] == "s0t1"


def test_files_of_one_name_that_name_nobody_are_of_nobody(tmp_path: Path) -> None:
    files = []
    for k in range(3):
        home = tmp_path / str(k)
        home.mkdir()
        (home / "gang.csv").write_text("time [s],a [deg]\n0,1\n0.1,2\n0.2,3\n")
        files.append(source(home / "gang.csv"))
    import_dataset({"sources": files, "out": str(tmp_path / "lab.un")}, quiet)
    data = api.Dataset.open(tmp_path / "lab.un")
    assert data.table["subject"].tolist() == ["unknown"] * 3
    assert len(set(data.recordings)) == 3


def test_view(walk_file: Path, tmp_path: Path) -> None:
    said = view_source({"source": source(walk_file), "out": str(tmp_path)}, quiet)
    assert said == {"written": ["w.html"], "page": "w.html"}
    assert (tmp_path / "w.html").stat().st_size > 500_000
    beside = [source(walk_file, "other.npz")]
    view_source({"source": source(walk_file), "beside": beside, "out": str(tmp_path)}, quiet)
    assert (tmp_path / "w.html").read_text().count('"title":"other"') == 1


def test_a_format_that_cannot_hold_a_result_keeps_no_other_back(tmp_path: Path) -> None:
    def save(path: Path) -> list[Path]:
        if path.suffix == ".bvh":
            raise OutputError(f"{path}: there is no skeleton; choose .npz.")
        path.write_text("x")
        path.with_name("loads.xml").write_text(path.suffix)  # a companion of either
        return [path, path.with_name("loads.xml")]

    found = save_as(save, tmp_path / "w", ["mot", "bvh", "html", "sto"])
    assert found.written == ["w.mot", "loads.xml", "w.sto"]
    assert found.refused == ["BVH: w.bvh: there is no skeleton; choose .npz."]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["loads.xml", "w.mot", "w.sto"]


def test_when_a_model_was_sealed(tmp_path: Path) -> None:
    assert seal_time(tmp_path) == 0
    (tmp_path / "seal.json").write_text("{}")
    assert seal_time(tmp_path) == (tmp_path / "seal.json").stat().st_mtime_ns


@pytest.mark.slow
def test_each_file_is_imported_as_its_answers_say(
    make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    files = []
    for k in range(3):
        home = tmp_path / str(k)
        home.mkdir()
        write(make_walk("w", k), home / "walk.npz")  # all of one name
        files.append(source(home / "walk.npz", subject="eva" if k == 2 else "adam"))
    files[2]["answers"]["mass_kg"] = 55.0
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "no.c3d").write_bytes(b"no recording")
    files.append(source(bad / "no.c3d", "holiday.c3d"))
    out = tmp_path / "lab.un"
    said: Any = import_dataset({"sources": files, "out": str(out), "derive": False}, quiet)
    data = api.Dataset.open(out)
    assert said["dataset"] == "lab.un" and said["kept"] == data.recordings
    assert sorted(data.table["subject"]) == ["adam", "adam", "eva"]
    assert len(set(data.recordings)) == 3
    masses = dict(zip(data.table["subject"], data.table["mass_kg"], strict=True))
    assert masses["eva"] == 55.0
    (refused,) = said["bad"]
    assert refused["file"] == "holiday.c3d" and str(tmp_path) not in refused["reason"]
    again: Any = import_dataset({"sources": files, "out": str(out)}, quiet)
    assert again["dataset"] == "lab.un"  # it was made before its worker died
    shutil.rmtree(out)
    with pytest.raises(ConfigError, match="no file could be imported"):
        import_dataset({"sources": files[3:], "out": str(out)}, quiet)
    assert not out.exists() and not list(tmp_path.glob(".importing*"))
