"""Mirrors src/unisono/cli/progress.py."""

import pytest

from unisono.cli.progress import progress


def test_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("train") as tell:
        assert tell is not None
        tell("steps", 1, 4)
        tell("steps", 4, 4)
        tell("nothing to do", 0, 0)
    out, err = capsys.readouterr()
    assert out == "" and "train: steps" in err and "4/4" in err


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("train", quiet=True) as tell:
        assert tell is None
    assert capsys.readouterr() == ("", "")
