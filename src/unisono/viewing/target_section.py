"""The section of a report page about one wanted stream."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from unisono.evaluation.doubts import verdict
from unisono.viewing.blocks import Cell, figure, interval, number, table, text
from unisono.viewing.drawing import to_svg
from unisono.viewing.palette import METHOD_COLOURS, spoken
from unisono.viewing.panels import CurvePanel
from unisono.viewing.plots import (
    calibration_figure,
    curve_figure,
    method_figure,
    phase_figure,
)

__all__ = ["strongest", "target_section", "verdict_item"]

_METRICS = ("nrmse", "rmse", "r", "peak", "impulse", "timing")


def verdict_item(report: Mapping[str, Any], stream: str, method: str, *, named: bool = True) -> str:
    """One sentence as a list item, marked as won, lost or open; ``named`` says of which stream."""
    said = verdict(report, stream, method)
    if report["leaks"]:  # with a leak nobody has won
        return f'<li class="open">{text(stream)}: not to be used because of the leaks.</li>'
    kind = "won" if " beats " in said else "lost" if " is beaten by " in said else "open"
    head = f"{text(stream)}: " if named else ""
    return f'<li class="{kind}">{head}{text(spoken(said))}.</li>'


def strongest(target: Mapping[str, Any], model: str) -> str:
    """The baseline with the lowest mean ``nrmse``: the one a model has to beat."""

    def error(name: str) -> float:
        mean = target["methods"][name]["nrmse"]["mean"]
        return math.inf if mean is None else float(mean)

    rivals: list[str] = [str(name) for name in target["tests"] if name != model]
    return min(rivals, key=error)


def target_section(report: Mapping[str, Any], stream: str, panels: Sequence[CurvePanel]) -> str:
    """Table, figures, curves and details of one stream.

    Args:
        report: The report's dictionary.
        stream: Which target.
        panels: Curves to show.
    """
    target, model, prefix = report["targets"][stream], report["model"], _safe(stream)
    parts = [f"<h2>{text(stream)}</h2>", _methods(target, model)]
    parts.append(f'<div class="grid two">{_comparison(target, model, prefix)}')
    parts.append(f"<div><ul class='verdicts'>{_verdicts(report, stream)}</ul></div></div>")
    if panels:
        parts += ["<h3>Curves of people the model has not met</h3>", _key(panels[0], model)]
        drawn = [
            figure(
                to_svg(
                    curve_figure(panel, model=model),
                    name=f"{prefix}c{k}",
                    label=f"{panel.title}, {panel.subtitle}",
                ),
                panel.subtitle,
            )
            for k, panel in enumerate(panels)
        ]
        parts.append(f'<div class="grid">{"".join(drawn)}</div>')
    parts.append(_where(target, model, prefix))
    parts.append(_details(target, model))
    return "".join(parts)


def _safe(name: str) -> str:
    return "s" + "".join(c if c.isalnum() else "-" for c in name) + "-"


def _methods(target: Mapping[str, Any], model: str) -> str:
    unit, clock = target["unit"], target["time_unit"]
    units = {"rmse": unit, "peak": unit, "impulse": f"{unit} {clock}", "timing": clock}
    head = ["method", *(f"{m} ({units[m]})" if m in units else m for m in _METRICS)]
    best = {metric: _best(target["methods"], metric) for metric in _METRICS}
    rows: list[list[Cell | str]] = [
        [
            spoken(name),
            *(Cell(interval(row[m]), "best" if name in best[m] else "") for m in _METRICS),
        ]
        for name, row in target["methods"].items()
    ]
    few = target["unit_channels"] != target["channels"]
    over = f"rmse, peak and impulse over {', '.join(target['unit_channels'])}. " if few else ""
    caption = (
        f"Means over test subjects with 95 % intervals; the best of each column is marked. {over}"
        "nrmse: rmse in units of each channel's standard deviation over the training part."
    )
    return table(head, rows, caption=caption, own=spoken(model))


def _best(methods: Mapping[str, Any], metric: str) -> set[str]:
    means = {name: row[metric]["mean"] for name, row in methods.items()}
    known = {name: v for name, v in means.items() if v is not None}
    if not known:
        return set()
    top = max(known.values()) if metric == "r" else min(known.values())
    return {name for name, v in known.items() if v == top}


def _comparison(target: Mapping[str, Any], model: str, prefix: str) -> str:
    by_subject = {
        name: [_mean([row["nrmse"] for row in channels.values()]) for channels in people.values()]
        for name, people in target["by_subject"].items()
    }
    drawn = method_figure(
        target["methods"],
        {name: [v for v in values if v is not None] for name, values in by_subject.items()},
        model=model,
    )
    return figure(to_svg(drawn, name=f"{prefix}m", label="nrmse of every method and subject"))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def _verdicts(report: Mapping[str, Any], stream: str) -> str:
    tests = report["targets"][stream]["tests"]
    return "".join(verdict_item(report, stream, method, named=False) for method in tests)


def _key(panel: CurvePanel, model: str) -> str:
    items = ["<li><i style='background:var(--ink)'></i>measured</li>"]
    items.append(f"<li><i style='background:var(--blue)'></i>{text(model)}</li>")
    if panel.levels:
        levels = ", ".join(f"{level:.0%}" for level in panel.levels)
        items.append(f"<li><i class='band' style='background:var(--blue)'></i>{levels} bands</li>")
    for name in panel.others:
        colour = METHOD_COLOURS.get(name, "blue")
        items.append(f"<li><i style='background:var(--{colour})'></i>{text(spoken(name))}</li>")
    return f"<ul class='key'>{''.join(items)}</ul>"


def _where(target: Mapping[str, Any], model: str, prefix: str) -> str:
    drawn = []
    if target.get("bands"):
        shown = calibration_figure(target["bands"], target.get("baseline_bands", {}), model=model)
        caption = "On the line a band keeps its promise; below it, it is too narrow."
        drawn.append(figure(to_svg(shown, name=f"{prefix}b", label="calibration"), caption))
    shown = phase_figure(target["phase"], model=model)
    drawn.append(
        figure(
            to_svg(shown, name=f"{prefix}p", label="error by phase"),
            "Where in the window the error lies, over all channels and subjects.",
        )
    )
    return f'<h3>How sure, and where</h3><div class="grid two">{"".join(drawn)}</div>'


def _details(target: Mapping[str, Any], model: str) -> str:
    parts = []
    if target.get("bands"):
        parts.append(("Bands", _bands(target, model)))
    if target.get("scores"):
        rows: list[list[Cell | str]] = [
            [name, Cell(interval(entry))] for name, entry in target["scores"].items()
        ]
        parts.append(("Scores of samples", table(["score (training spreads)", "mean"], rows)))
    parts.append(("By channel", _by_channel(target)))
    parts.append(("By subject", _by_group(target["by_subject"], "subject")))
    if target.get("by_condition"):
        parts.append(("By condition", _by_group(target["by_condition"], "condition")))
    return "".join(
        f"<details><summary>{text(title)}</summary>{inside}</details>" for title, inside in parts
    )


def _bands(target: Mapping[str, Any], model: str) -> str:
    rows: list[list[Cell | str]] = []
    for name, bands in {model: target["bands"], **target.get("baseline_bands", {})}.items():
        for level, row in bands.items():
            rows.append(
                [
                    f"{spoken(name)}, {float(level):.0%}",
                    Cell(interval(row["coverage"])),
                    Cell(interval(row["width"])),
                    Cell(interval(row["interval_score"])),
                    Cell(interval(row["curve"])),
                ]
            )
    head = ["band", "values inside", f"width ({target['unit']})", "interval score", "whole curves"]
    return table(head, rows, own=f"{spoken(model)}, 90%")


def _by_channel(target: Mapping[str, Any]) -> str:
    methods = target["by_channel"]
    head = [
        "channel",
        "unit",
        *(f"{spoken(n)} nrmse" for n in methods),
        *(f"{spoken(n)} r" for n in methods),
    ]
    rows = [
        [
            channel,
            unit,
            *(number(rows[channel]["nrmse"]) for rows in methods.values()),
            *(number(rows[channel]["r"], 2) for rows in methods.values()),
        ]
        for channel, unit in zip(target["channels"], target["units"], strict=True)
    ]
    return table(head, rows)


def _by_group(methods: Mapping[str, Any], kind: str) -> str:
    names = list(next(iter(methods.values())))
    rows = [
        [
            name,
            *(
                number(_mean([row["nrmse"] for row in groups[name].values()]))
                for groups in methods.values()
            ),
        ]
        for name in names
    ]
    return table([kind, *(f"{spoken(m)} nrmse" for m in methods)], rows)
