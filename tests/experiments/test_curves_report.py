"""Mirrors src/unisono/experiments/curves_report.py."""

from unisono.experiments.cells import Cell, CellResult
from unisono.experiments.collected import Collected
from unisono.experiments.curves_report import curves_outcome
from unisono.experiments.curves_uses import BROKEN, LATE


def _found(*, off: float = 0.5, alarm: float = 0.05, uniform: float = 0.4) -> Collected:
    """Cells in which a late guide costs, is found, and broken bonds are told."""
    figures: dict[str, dict[str, float]] = {"mse": {"a": 0.1, "b": 0.12}}
    figures["back.mse"] = {"a": 0.3, "b": 0.32}
    figures["retrieval"] = {"all": 0.5}
    figures["noise=0.5.mse"] = {"a": 0.15, "b": 0.15}
    for how in ("prediction", "agreement"):
        for late in LATE:
            name = f"late={late}.{how}"
            figures[f"{name}.asis"] = {"a": 0.1 + late / 50}
            figures[f"{name}.synced"] = {"a": 0.1 + off / 1000}
            figures[f"{name}.off"] = {"a": off}
            figures[f"{name}.single"] = {"a": 2 * off}
        for share in BROKEN:
            figures[f"bond={share:g}.{how}.power"] = {"a": 1 - share * (1 - alarm)}
            figures[f"bond={share:g}.{how}.uniform"] = {"all": uniform}
    half = {name: {k: v / 2 for k, v in units.items()} for name, units in figures.items()}
    cells = [("none", "", figures), ("both", "C=25", half), ("shuffled_batch", "C=25", figures)]
    # a lag is not halved with the error
    for name in half:
        if name.endswith((".off", ".single", ".power", ".uniform")):
            half[name] = figures[name]
    return Collected(
        [
            CellResult(Cell("gait", "ours", arm, variant, seed), found, 1.0, "c")
            for arm, variant, found in cells
            for seed in (0, 1)
        ]
    )


def test_the_claim_holds_where_lags_and_strangers_are_found() -> None:
    outcome = curves_outcome(_found())
    assert outcome.holds
    values = {f["name"]: f["value"] for f in outcome.figures}
    assert abs(values["C=25 mse over none"] - 0.5) < 1e-9
    assert abs(values["C=25 mse over shuffled"] - 0.5) < 1e-9
    table = next(t for t in outcome.tables if t.title == "A late guide")
    row = next(r for r in table.rows if r[:2] == ["500", "both"])
    assert row[5] == "5"  # half a frame of 10 ms


def test_each_part_of_the_claim_can_fail() -> None:
    assert not curves_outcome(_found(off=1.2)).holds
    assert not curves_outcome(_found(alarm=0.2)).holds
    assert not curves_outcome(_found(uniform=0.001)).holds


def test_a_report_of_few_cells_is_no_verdict() -> None:
    few = Collected(_found().results[:1])
    outcome = curves_outcome(few)
    assert not outcome.holds
    assert "llma-curves.png" in outcome.pictures
