"""Mirrors src/unisono/viewing/blocks.py."""

import pytest

from unisono.viewing.blocks import Cell, facts, figure, interval, number, table, text_list


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0"), (12.345, "12.3"), (123456.0, "123456"), (1e-5, "1e-05")]
)
def test_numbers(value: float, shown: str) -> None:
    assert number(value) == shown


def test_interval_has_one_number_of_decimals() -> None:
    assert interval({"mean": 0.0972, "low": 0.0942, "high": 0.1}) == (
        "0.097<small>0.094 to 0.100</small>"
    )
    assert interval({"mean": 712.3, "low": 690.1, "high": 733.0}) == (
        "712<small>690 to 733</small>"
    )
    assert interval({"mean": 0.0, "low": 0.0, "high": 0.0}) == "0<small>0 to 0</small>"
    assert interval({"mean": 2.0, "low": None, "high": None}) == "2"
    assert interval({"mean": None, "low": None, "high": None}) == "–"


def test_names_from_files_cannot_run() -> None:
    evil = "<script>x</script>"
    page = "".join(
        [
            table([evil], [[evil]], caption=evil, own=evil),
            facts({evil: evil}),
            text_list([evil], "doubts"),
            figure("", evil),
        ]
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 7


def test_cells_are_html_and_the_own_row_is_marked() -> None:
    made = table(["method", "nrmse"], [["llma", Cell("<b>1</b>", "best")], ["x", "2"]], own="llma")
    assert '<tr class="own"><th scope="row">llma</th><td class="best"><b>1</b></td></tr>' in made
    assert '<tr><th scope="row">x</th><td>2</td></tr>' in made
