"""The report as one page that a person would send on: a single HTML file that needs no network.

It says first what matters: a leak, if there is one; whether the model beats the best baseline; what
it was trained on and whom it was tested on. Figures are inline SVG, pictures are inline PNG; trials
that can be played lie in a frame of their own, apart from the rest. It reads on light and dark
screens and from 360 px up. ``report.json`` with every number lies beside it.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from unisono.core.files import write_text
from unisono.evaluation.report import Report
from unisono.viewing.blocks import Cell, facts, figure, interval, number, table, text, text_list
from unisono.viewing.page_style import stylesheet
from unisono.viewing.panels import CurvePanel
from unisono.viewing.target_section import strongest, target_section, verdict_item
from unisono.viewing.timeline_page import timeline_frame

__all__ = [
    "Picture",
    "ReportExtras",
    "ReportFiles",
    "Timeline",
    "render_report",
    "write_report",
]


class Picture(NamedTuple):
    """A picture on the page.

    Attributes:
        png: Its bytes.
        caption: What it shows.
    """

    png: bytes
    caption: str


class Timeline(NamedTuple):
    """Tested recordings on the timeline page, inside this one.

    Attributes:
        page: What ``timeline_page.render_timeline`` made.
        label: What it shows, for those who cannot see it.
    """

    page: str
    label: str


@dataclass(frozen=True)
class ReportExtras:
    """What a page shows beside the report's numbers.

    Args:
        title: Title of the page.
        trained: What was trained and on whom, as named facts.
        curves: Curves to show, by stream (``panels.choose_panels``).
        pictures: Pictures such as a skeleton strip.
        doubts: Doubts beyond those the report found itself (of the data, of the import).
        timeline: Tested recordings, to be played; None leaves them out.
    """

    title: str = "Evaluation"
    trained: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Sequence[CurvePanel]] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    doubts: Sequence[str] = ()
    timeline: Timeline | None = None


class ReportFiles(NamedTuple):
    """Where a report was written."""

    page: Path
    numbers: Path


def write_report(report: Report, extras: ReportExtras, folder: str | Path) -> ReportFiles:
    """Write ``report.html`` and ``report.json``, each atomically.

    Args:
        report: What was found.
        extras: What the page shows beside it.
        folder: Made when missing; files of those names in it are replaced.

    Raises:
        OutputError: If they cannot be written.
    """
    place = Path(folder)
    page = render_report(report, extras)
    numbers = report.save(place / "report.json")
    return ReportFiles(write_text(place / "report.html", page), numbers)


def render_report(report: Report, extras: ReportExtras) -> str:
    """The whole page as HTML."""
    data = report.data
    body = "".join(
        [
            _failure(data) if report.failed else "",
            _opening(data, extras),
            *(target_section(data, name, extras.curves.get(name, ())) for name in data["targets"]),
            *(_picture(picture) for picture in extras.pictures),
            _played(extras.timeline),
            _controls(data),
            _physics(data),
            _leaks(data),
            _doubts(data, extras),
            _footer(data),
        ]
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(extras.title)}</title><style>{stylesheet()}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _failure(data: Mapping[str, Any]) -> str:
    count = len(data["leaks"])
    said = text_list((f"{leak['where']}: {leak['what']}" for leak in data["leaks"]), "doubts")
    return (
        f'<div class="failed" role="alert"><strong>FAILED</strong> {count} leak(s) were found. No '
        f"figure on this page may be used until they are mended.{said}</div>"
    )


def _opening(data: Mapping[str, Any], extras: ReportExtras) -> str:
    people = len(data["data"]["test_subjects"])
    lead = (
        f"{data['model']}, tested on {people} subject{'s' if people != 1 else ''} it has never met "
        f"({data['data'].get('test_windows', 0)} windows)."
    )
    if data["leaks"]:
        lead = f"{data['model']}, {people} subject(s); see the leaks above."
    # The strongest baseline first: a win over a weaker one is no news.
    said = [
        verdict_item(data, stream, strongest(target, data["model"]))
        for stream, target in data["targets"].items()
        if target["tests"]
    ]
    verdicts = f"<ul class='verdicts'>{''.join(said)}</ul>" if said else ""
    trained = f"<h3>What was trained, and on whom</h3>{facts(extras.trained)}"
    return (
        f"<h1>{text(extras.title)}</h1><p class='lead'>{text(lead)}</p>{verdicts}"
        f"{trained if extras.trained else ''}"
    )


def _picture(picture: Picture) -> str:
    coded = base64.b64encode(picture.png).decode("ascii")
    image = f'<img alt="{text(picture.caption)}" src="data:image/png;base64,{coded}">'
    return f"<h2>{'The movement'}</h2>{figure(image, picture.caption)}"


def _played(timeline: Timeline | None) -> str:
    if timeline is None:
        return ""
    note = (
        "A trial each of the worst, the best and the median subject, as far as there are: what was "
        "recorded, what was generated, and its bands. Space plays; c chooses curves."
    )
    frame = timeline_frame(timeline.page, label=timeline.label)
    return f"<h2>Trials, played</h2><p class='quiet'>{note}</p>{frame}"


def _controls(data: Mapping[str, Any]) -> str:
    if not data["controls"]:
        return ""
    model = data["model"]
    rows: list[list[Cell | str]] = [
        [
            name,
            stream,
            Cell(interval(row["nrmse"])),
            Cell(interval(data["targets"][stream]["methods"][model]["nrmse"])),
        ]
        for name, streams in data["controls"].items()
        for stream, row in streams.items()
    ]
    note = (
        "A control is meant to fail: given another person's movement, a model that reads its input "
        "does much worse."
    )
    body = table(["control", "stream", "control nrmse", f"{model} nrmse"], rows)
    return f"<h2>Controls</h2><p class='quiet'>{note}</p>{body}"


def _physics(data: Mapping[str, Any]) -> str:
    parts = []
    for stream, methods in data["physics"].items():
        names = list(methods)
        rows: list[list[Cell | str]] = [
            [
                check["name"].replace("_", " "),
                f"{check['threshold']:g}",
                *(_checked(methods[name][k]) for name in names),
                Cell(text(check["note"].removeprefix("not checked: ")), "text"),
            ]
            for k, check in enumerate(methods[names[0]])
        ]
        parts.append(table(["check", "at most", *names, "note"], rows, caption=stream))
    return f"<h2>Physics</h2>{''.join(parts)}" if parts else ""


def _checked(check: Mapping[str, Any]) -> Cell:
    if check["passed"] is None:
        return Cell('<span class="quiet">not checked</span>')
    word = "pass" if check["passed"] else "fail"
    return Cell(f'{number(check["value"])} <span class="{word}">{word}</span>')


def _leaks(data: Mapping[str, Any]) -> str:
    if not data["leaks"]:
        looked = [kind.replace("_", " ") for kind in data["audited"]]
        found = (
            f"None found. Looked for: {', '.join(looked)}." if looked else "Nothing was audited."
        )
        return f"<h2>Leaks</h2><p>{text(found)}</p>"
    rows: list[list[Cell | str]] = [
        [
            leak["kind"].replace("_", " "),
            leak["where"],
            Cell(text(leak["what"]), "text"),
            Cell(text(leak["remedy"]), "text"),
        ]
        for leak in data["leaks"]
    ]
    return f"<h2>Leaks</h2>{table(['leak', 'where', 'what', 'remedy'], rows)}"


def _doubts(data: Mapping[str, Any], extras: ReportExtras) -> str:
    doubts = [*data["doubts"], *extras.doubts]
    said = text_list(doubts, "doubts") if doubts else "<p>None that the figures show.</p>"
    return f"<h2>Doubts</h2>{said}"


def _footer(data: Mapping[str, Any]) -> str:
    lines = [
        f"Unisono {data['unisono']}" + (f", commit {data['commit']}" if data["commit"] else ""),
        f"Data {data['data']['digest']}" if data["data"]["digest"] else "",
        f"Test subjects: {', '.join(data['data']['test_subjects'])}",
    ]
    said = "<br>".join(text(line) for line in lines if line)
    command = f"<br><code>{text(data['command'])}</code>" if data["command"] else ""
    return f"<footer>{said}{command}</footer>"
