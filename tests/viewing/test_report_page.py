"""Mirrors src/unisono/viewing/report_page.py."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import OutputError
from unisono.evaluation.inputs import EvaluationInput
from unisono.evaluation.leaks import AuditInput, Part
from unisono.evaluation.report import evaluate_predictions
from unisono.viewing.panels import choose_panels
from unisono.viewing.report_page import (
    Picture,
    ReportExtras,
    Timeline,
    render_report,
    write_report,
)

_VOID = {"meta", "img", "br", "path", "use", "rect", "circle"}


class Balance(HTMLParser):
    """Checks that every element is closed in order, and that nothing is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "data", "action"):
                assert value is not None
                assert value.startswith(("data:", "#")), value
        assert tag not in ("script", "link", "iframe")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> str:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    return " ".join(" ".join(parser.text).split())


def extras(evaluation: EvaluationInput) -> ReportExtras:
    return ReportExtras(
        "Forces from angles",
        {"method": "llma", "training subjects": 24},
        {"grf": choose_panels(evaluation, "grf", channels=1)},
        [Picture(b"\x89PNG", "a strip")],
        ["two files were left out"],
    )


def test_page_is_whole_and_says_what_matters(evaluation: EvaluationInput, tmp_path: Path) -> None:
    report = evaluate_predictions(evaluation, generator=np.random.default_rng(0))
    files = write_report(report, extras(evaluation), tmp_path / "new" / "report")
    page = files.page.read_text(encoding="utf-8")
    said = read(page)
    for words in (
        "Forces from angles",
        "tested on 8 subjects it has never met (32 windows)",
        "llma beats ridge: nrmse",
        "training subjects 24",
        "shuffled pairs",
        "negative vertical",
        "Nothing was audited",
        "two files were left out",
        "unisono evaluate model data",
    ):
        assert words in said, words
    assert "FAILED" not in said
    assert re.search(r'content="width=device-width', page)
    assert len(page) < 600_000
    assert json.loads(files.numbers.read_text()) == json.loads(report.to_json())
    assert sorted(p.name for p in files.page.parent.iterdir()) == ["report.html", "report.json"]


def test_a_leak_is_said_first(evaluation: EvaluationInput) -> None:
    part = Part(["<child>"], ["1"])
    leaky = replace(evaluation, audit=AuditInput(parts={"train": part, "test": part}))
    report = evaluate_predictions(leaky, generator=np.random.default_rng(0))
    page = render_report(report, extras(evaluation))
    said = read(page)
    assert page.index("FAILED") < page.index("<h1>")
    assert "1 subject(s) in both train and test" in said
    assert " beats " not in said.split("Doubts")[0]
    assert "<child>" not in page.replace("&lt;child&gt;", "")
    assert "it has never met" not in said


def test_pages_are_the_same_bytes(evaluation: EvaluationInput) -> None:
    report = evaluate_predictions(evaluation, generator=np.random.default_rng(0))
    small = ReportExtras()
    assert render_report(report, small) == render_report(report, small)


def test_a_place_that_cannot_be_written_is_said(
    evaluation: EvaluationInput, tmp_path: Path
) -> None:
    report = evaluate_predictions(evaluation, generator=np.random.default_rng(0))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(report, ReportExtras(), tmp_path / "file")


def test_trials_lie_in_a_frame_kept_apart(evaluation: EvaluationInput) -> None:
    report = evaluate_predictions(evaluation, generator=np.random.default_rng(0))
    inner = '<!doctype html><script>"x" & </script>'
    played = replace(extras(evaluation), timeline=Timeline(inner, 'of "a" <b>'))
    page = render_report(report, played)
    frames: list[dict[str, str | None]] = []

    class Frames(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag != "script"
            if tag == "iframe":
                frames.append(dict(attrs))

    Frames().feed(page)
    assert [frame["srcdoc"] for frame in frames] == [inner]
    assert frames[0]["title"] == 'of "a" <b>'
    assert frames[0]["sandbox"] == "allow-scripts allow-downloads"  # never the page's own origin
    assert "<iframe" not in render_report(report, extras(evaluation))
