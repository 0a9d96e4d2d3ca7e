"""Mirrors src/unisono/cli/cite.py."""

from collections.abc import Callable
from pathlib import Path

from unisono import api


def test_references(unisono: Callable[..., object], tiny_model: api.Model, tmp_path: Path) -> None:
    run = unisono("cite", tiny_model.folder)
    assert run.status == 0 and "arXiv:2503.12214" in run.out
    assert unisono("cite", tiny_model.folder, "--json").json["references"] == run.out.splitlines()
    assert "is not a model folder" in unisono("cite", tmp_path).complaint
