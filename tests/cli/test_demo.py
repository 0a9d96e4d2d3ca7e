"""Mirrors src/unisono/cli/demo.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unisono import api


def result(leaks: list[str]) -> api.EvaluationResult:
    return api.EvaluationResult({"leaks": leaks}, "a table", Path("r.html"), Path("r.json"))


def test_settings_reach_the_demo(
    unisono: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = {}

    def fake(out: Path, settings: list[str], progress: object) -> api.EvaluationResult:
        seen.update(out=out, settings=settings, quiet=progress is None)
        return result([])

    monkeypatch.setattr(api, "demo", fake)
    run = unisono("demo", "--out", tmp_path, "--set", "demo.subjects=8", "--json")
    assert run.json == {"leaks": []}
    assert seen == {"out": tmp_path, "settings": ["demo.subjects=8"], "quiet": True}
    assert unisono("demo").out == "a table\nwrote r.html\n"


def test_a_leak_fails_it(unisono: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "demo", lambda *_, **__: result(["one"]))
    assert unisono("demo").status == 2
