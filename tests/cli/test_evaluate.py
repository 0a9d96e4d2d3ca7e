"""Mirrors src/unisono/cli/evaluate.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unisono import api


@pytest.mark.slow
def test_a_report_and_a_planted_leak(
    unisono: Callable[..., object], tiny_model: api.Model, walks: api.Dataset, tmp_path: Path
) -> None:
    words = ("evaluate", tiny_model.folder, walks.path, "--samples", "4")
    run = unisono(*words, "--out", tmp_path / "report", "--json")
    assert run.status == 0 and run.json["leaks"] == []
    assert (tmp_path / "report" / "report.html").exists()
    # evaluated on the very people it was trained on
    run = unisono(*words, "--out", tmp_path / "leaky", "--part", "all")
    assert "the report fails" in run.complaint
    assert run.out.startswith("FAILED")


def test_wrong_words(
    unisono: Callable[..., object], tiny_model: api.Model, walks: api.Dataset, tmp_path: Path
) -> None:
    words = ("evaluate", tiny_model.folder, walks.path, "--out", tmp_path / "r")
    assert "part" in unisono(*words, "--part", "some").complaint
    assert "timeline" in unisono(*words, "--timeline", "4").complaint
    assert "samples" in unisono(*words, "--samples", "0").complaint
    absent = ("evaluate", tiny_model.folder, tmp_path / "absent.un", "--out", tmp_path / "r")
    assert "absent.un" in unisono(*absent).complaint


def test_a_report_is_not_replaced_without_a_word(
    unisono: Callable[..., object], tiny_model: api.Model, walks: api.Dataset, tmp_path: Path
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "report.json").write_text("mine")
    words = ("evaluate", tiny_model.folder, walks.path, "--out", tmp_path / "r", "--part", "some")
    assert "report.json exists; choose another folder" in unisono(*words).complaint
    assert (tmp_path / "r" / "report.json").read_text() == "mine"
    assert "'some'" in unisono(*words, "--overwrite").complaint  # it goes on, to the next mistake
