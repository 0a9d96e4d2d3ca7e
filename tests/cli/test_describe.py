"""Mirrors src/unisono/cli/describe.py."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest


def test_a_table_for_people_and_json_for_machines(
    unisono: Callable[..., object], walk_file: Path
) -> None:
    run = unisono("describe", walk_file)
    assert run.status == 0 and "angles" in run.out and "N" in run.out
    run = unisono("describe", walk_file, "--json")
    assert run.status == 0
    streams = run.json["streams"]
    assert {s["name"] for s in streams} == {"angles", "grf"}


def test_what_the_user_states_counts(unisono: Callable[..., object], walk_file: Path) -> None:
    run = unisono("describe", walk_file, "--unit", "grf=N/kg", "--mass-kg", "50", "--json")
    grf = next(s for s in run.json["streams"] if s["name"] == "grf")
    assert "N/kg" in json.dumps(grf)


def test_one_bad_file_among_good_ones(
    unisono: Callable[..., object], walk_file: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.c3d"
    bad.write_bytes(b"nothing")
    run = unisono("describe", walk_file, bad)
    assert "angles" in run.out and "bad.c3d" in run.complaint
    run = unisono("describe", walk_file, bad, "--json")
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert run.status == 2 and "bad.c3d" in lines[1]["error"]
    assert "bad.c3d" in unisono("describe", bad).complaint


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "name at least one"), (["--unit", "grf"], "NAME=VALUE"),
     (["--mass-kg", "0.001"], "mass_kg"), (["--unit", "grf=parsecs_per_fortnight"], "parsecs")],
)  # fmt: skip
def test_wrong_options(
    unisono: Callable[..., object], walk_file: Path, words: list[str], said: str
) -> None:
    files = [walk_file] if words else []
    assert said in unisono("describe", *files, *words).complaint


def test_a_folder_without_recordings_is_said(
    unisono: Callable[..., object], tmp_path: Path
) -> None:
    assert "holds no recording" in unisono("describe", tmp_path).complaint
