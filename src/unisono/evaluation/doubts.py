"""Doubts: sentences a careful reader of a report would want said, found from its figures."""

from collections.abc import Iterator, Mapping
from typing import Any

from unisono.evaluation.leaks import KINDS

__all__ = ["find_doubts", "verdict"]

_FEW = 6
"""With fewer subjects no exact paired test can reach 0.05: its smallest p is ``2 / 2**K``."""


def verdict(report: Mapping[str, Any], stream: str, method: str) -> str:
    """One honest sentence: does the model beat a method on a stream?

    Better means a lower ``nrmse`` with a paired p below 0.05 over subjects.

    Raises:
        KeyError: If the report does not compare the model with that method.

    Example:
        >>> test = {"difference": -0.1, "low": -0.2, "high": 0.0, "p": 0.25, "subjects": 3,
        ...         "better": 3}
        >>> verdict({"model": "llma", "targets": {"grf": {"tests": {"ridge": test}}}}, "grf",
        ...         "ridge")
        'llma does not beat ridge: nrmse 0.100 lower, paired p = 0.250, better for 3 of 3 subjects'
    """
    test = report["targets"][stream]["tests"][method]
    difference, p = test["difference"], test["p"]
    if difference is None:
        return f"{report['model']} cannot be compared with {method}: no subject has both figures"
    won = difference < 0 and p < 0.05
    lost = difference > 0 and p < 0.05
    word = "beats" if won else "is beaten by" if lost else "does not beat"
    way = "lower" if difference < 0 else "higher"
    shown = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return (
        f"{report['model']} {word} {method}: nrmse {abs(difference):.3f} {way}, paired {shown}, "
        f"better for {int(test['better'])} of {int(test['subjects'])} subjects"
    )


def find_doubts(report: Mapping[str, Any]) -> list[str]:
    """List the doubts of a report, the gravest first.

    Args:
        report: The dictionary of ``report.py``, with plain numbers.
    """
    doubts = []
    if report["leaks"]:
        doubts.append(f"{len(report['leaks'])} leak(s) were found: no figure here may be used.")
    unseen = [kind.replace("_", " ") for kind in KINDS if kind not in report["audited"]]
    if unseen:
        doubts.append(f"Not audited for: {', '.join(unseen)}.")
    subjects = len(report["data"]["test_subjects"])
    if subjects < _FEW:
        doubts.append(
            f"Only {subjects} test subject(s): no paired test can reach p < 0.05, and intervals "
            "are wide."
        )
    for stream, target in report["targets"].items():
        doubts += _of_target(report, stream, target)
    for stream, methods in report["physics"].items():
        doubts += _of_physics(stream, methods, str(report["model"]))
    return doubts


def _of_target(report: Mapping[str, Any], stream: str, target: Mapping[str, Any]) -> Iterator[str]:
    for method, test in target["tests"].items():
        if test["difference"] is not None and not (test["difference"] < 0 and test["p"] < 0.05):
            yield f"{stream}: {verdict(report, stream, method)}."
    yield from _of_channels(report, stream, target)
    if not target["coverage"]:
        yield f"{stream}: no calibrated bands, so nothing says how far to trust a value."
    for level, row in target.get("bands", {}).items():
        yield from _of_band(stream, float(level), row)
    yield from _of_samples(stream, target)
    yield from _of_controls(report, stream, target)


def _of_channels(
    report: Mapping[str, Any], stream: str, target: Mapping[str, Any]
) -> Iterator[str]:
    constant = [c for c, s in target["normaliser"]["by_channel"].items() if not s]
    if constant:
        yield f"{stream}: {', '.join(constant)} did not vary in training and has no nrmse."
    table = target["by_channel"][report["model"]]
    unseen = [channel for channel, row in table.items() if row["rmse"] is None]
    if unseen:
        yield f"{stream}: {', '.join(unseen)} has no valid test sample."


def _of_samples(stream: str, target: Mapping[str, Any]) -> Iterator[str]:
    scores = target.get("scores", {})
    for name in ("energy", "variogram"):
        own, alone = (scores.get(k, {}).get("mean") for k in (name, f"{name}_independent"))
        if own is not None and alone is not None and own >= alone:
            yield (
                f"{stream}: samples carry no more than their bands ({name} score {own:.3f}, after "
                f"shuffling {alone:.3f})."
            )


def _of_controls(
    report: Mapping[str, Any], stream: str, target: Mapping[str, Any]
) -> Iterator[str]:
    own = target["methods"][report["model"]]["nrmse"]["mean"]
    for name, streams in report["controls"].items():
        control = streams.get(stream, {}).get("nrmse", {}).get("mean")
        if control is not None and own is not None and control <= 1.05 * own:
            yield (
                f"{stream}: the control {name} does as well (nrmse {control:.3f} against "
                f"{own:.3f})."
            )


def _of_band(stream: str, level: float, row: Mapping[str, Any]) -> Iterator[str]:
    covered = row["coverage"]["mean"]
    if covered is not None and abs(covered - level) > 0.05:
        way = "narrow" if covered < level else "wide"
        yield f"{stream}: the {level:.0%} band covers {covered:.1%} of values: too {way}."
    poor = [c for c, v in row["by_channel"].items() if v is not None and v < level - 0.1]
    if poor:
        yield f"{stream}: the {level:.0%} band is far too narrow for {', '.join(poor)}."


def _of_physics(stream: str, methods: Mapping[str, Any], model: str) -> Iterator[str]:
    measured = {check["name"]: check for check in methods.get("measured", [])}
    for check in methods.get(model, []):
        if check["passed"] is not False:
            continue
        also = measured.get(check["name"], {}).get("passed") is False
        tail = "; the measured force fails it too" if also else ""
        yield (
            f"{stream}: generated force fails {check['name']} ({check['value']:.3f} above "
            f"{check['threshold']:g}){tail}."
        )
