"""Tables of the documentation are those that the recorded results give."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PAGES = sorted((REPOSITORY / "docs").glob("*.md"))


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks"))
    import _tables

    monkeypatch.delitem(sys.modules, "_tables")
    made: Callable[..., str] = _tables.filled
    return made


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_pages_say_what_was_recorded(page: Path, filled: Callable[..., str]) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, f"run: python benchmarks/_tables.py {page.relative_to(REPOSITORY)}"


def test_a_table_is_made_from_a_result(tmp_path: Path, filled: Callable[..., str]) -> None:
    figures = [
        {"name": "a: PSNR", "value": 18.25, "low": 18.0, "high": 18.5, "unit": "dB"},
        {"name": "a: crps", "value": 0.125, "low": 0.125, "high": 0.125, "unit": ""},
        {"name": "b, 4 steps: PSNR", "value": 17.0, "low": 17.0, "high": 17.0, "unit": "dB"},
        {"name": "c: other", "value": 1.0, "low": 1.0, "high": 1.0, "unit": ""},
    ]
    result = {
        "claim": "A is best.",
        "holds": False,
        "figures": figures,
        "seeds": [0],
        "command": "x",
    }
    (tmp_path / "one.json").write_text(json.dumps(result))
    page = "before\n<!-- table: one: PSNR, crps -->\nstale\n<!-- end of table -->\nafter\n"
    found = filled(page, tmp_path)
    assert "| | PSNR, dB | crps |\n|---|---|---|\n" in found
    assert "| a | 18.2 [18, 18.5] | 0.125 |\n| b, 4 steps | 17 |  |\n<!--" in found
    assert "A is best. **It does not hold.**" in found
    assert "stale" not in found and "| c |" not in found
    assert found.startswith("before\n") and found.endswith("after\n")
    assert filled(found, tmp_path) == found
    assert "Not measured yet." in filled(page, tmp_path / "none")
