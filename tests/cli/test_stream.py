"""Mirrors src/unisono/cli/stream.py."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono import api


def test_a_file_is_answered_chunk_by_chunk(
    unisono: Callable[..., object], tiny_model: api.Model, walk_file: Path
) -> None:
    words = ("stream", tiny_model.folder, walk_file, "--chunk-ms", "50")
    run = unisono(*words)
    assert run.status == 0
    header, *rows = run.out.splitlines()
    assert header.startswith("time [s],grf/r_fx [N/kg],grf/r_fx_lower [N/kg]")
    tree = api.read_one(walk_file)
    found = list(api.replay(tiny_model.stream(tree), tree, 0.1))
    want = np.concatenate([f.parts["grf"].mean for f in found])
    got = np.array([[float(x) for x in row.split(",")] for row in rows])
    np.testing.assert_allclose(got[:, 1::3], want, rtol=1e-4)
    objects = [json.loads(line) for line in unisono(*words, "--json").out.splitlines()]
    np.testing.assert_allclose(np.concatenate([o["grf"]["mean"] for o in objects]), want)


def test_lines_from_standard_input(
    unisono: Callable[..., object], tiny_model: api.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = tiny_model.streams["angles"].channels
    lines = [",".join(f"angles/{c} [deg]" for c in channels)]
    lines += [",".join(["1.5"] * 6) for _ in range(25)]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    run = unisono("stream", tiny_model.folder, "--rate-hz", "50", "--mass-kg", "70")
    assert run.status == 0 and len(run.out.splitlines()) == 1 + 25
    monkeypatch.setattr("sys.stdin", io.StringIO("a,b\n1,2\n"))
    assert "no column is a channel" in unisono("stream", tiny_model.folder).complaint
    for words in (("--unit", "angles=rad"), ("--swap", "angles"), ("--up", "y")):
        said = unisono("stream", tiny_model.folder, *words).complaint
        assert f"{words[0]} says nothing of standard input" in said


def test_doubts_go_to_standard_error(
    unisono: Callable[..., object], tiny_model: api.Model, walk_file: Path
) -> None:
    run = unisono("stream", tiny_model.folder, walk_file, "--hop-ms", "200", "--level", "0.5")
    assert run.status == 0 and "doubt: grf: the bands were calibrated for a hop of" in run.err
    run = unisono("stream", tiny_model.folder, walk_file, "--level", "0.33")
    assert "no 0.33 band" in run.complaint
