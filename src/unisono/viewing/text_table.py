"""The report's table for a terminal: methods by metrics, verdicts, coverage, doubts."""

from collections.abc import Mapping
from typing import Any

from unisono.evaluation.doubts import verdict
from unisono.evaluation.report import Report
from unisono.viewing.palette import spoken
from unisono.viewing.target_section import strongest

__all__ = ["text_table"]

_METRICS = ("nrmse", "rmse", "r", "peak", "impulse")


def text_table(report: Report) -> str:
    """The report in plain text, at most 100 characters wide.

    Args:
        report: What was found.

    Returns:
        For each stream its table, how it stands against the strongest baseline and what its bands
        hold; then the leaks and the doubts. A report with leaks begins with FAILED.
    """
    data = report.data
    lines = []
    if report.failed:
        lines.append(f"FAILED: {len(data['leaks'])} leak(s); no figure below may be used.")
        lines += [f"  {leak['where']}: {leak['what']}" for leak in data["leaks"]]
    for stream, target in data["targets"].items():
        lines += ["", f"{stream} ({target['unit']})", *_rows(target)]
        if target["tests"] and not report.failed:
            rival = strongest(target, data["model"])
            lines.append(f"  {spoken(verdict(data, stream, rival))}.")
        held = ", ".join(
            f"{float(level):.0%} band holds {share:.1%}"
            for level, share in target["coverage"].items()
            if share is not None
        )
        lines += [f"  {held}"] if held else []
    # What beats the model or not is said above already.
    doubts = [doubt for doubt in data["doubts"] if " paired p" not in doubt]
    lines += ["", "Doubts:", *(f"  {doubt}" for doubt in doubts)] if doubts else []
    return "\n".join(lines).strip()


def _rows(target: Mapping[str, Any]) -> list[str]:
    width = max([len(spoken(name)) for name in target["methods"]] + [6])
    lines = [
        f"  {'':{width}}"
        + "".join(f"{metric:>24}" for metric in _METRICS[:1])
        + "".join(f"{metric:>11}" for metric in _METRICS[1:])
    ]
    for name, row in target["methods"].items():
        others = "".join(f"{_number(row[metric]['mean']):>11}" for metric in _METRICS[1:])
        lines.append(f"  {spoken(name):{width}}{_interval(row['nrmse']):>24}{others}")
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _interval(entry: Mapping[str, float | None]) -> str:
    mean, low, high = (entry[key] for key in ("mean", "low", "high"))
    if mean is None or low is None or high is None:
        return _number(mean)
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"
