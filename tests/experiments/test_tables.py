"""Mirrors src/unisono/experiments/tables.py."""

from unisono.experiments.tables import Table

TABLE = Table("Ratios", ["arm", "mse"], [["both", "0.9"], ["shuffled", "1"]], "lower is better")


def test_columns_of_the_text_are_aligned() -> None:
    assert TABLE.text().splitlines() == [
        "Ratios",
        "arm       mse",
        "both      0.9",
        "shuffled  1",
        "lower is better",
    ]


def test_markdown_has_a_rule_and_every_row() -> None:
    lines = TABLE.markdown().splitlines()
    assert lines[2:6] == [
        "| arm | mse |",
        "| --- | --- |",
        "| both | 0.9 |",
        "| shuffled | 1 |",
    ]
