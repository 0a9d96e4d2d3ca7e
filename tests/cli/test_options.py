"""Mirrors src/unisono/cli/options.py."""

from pathlib import Path

import pytest

from unisono.cli.options import Drawn, Stated, refuse_existing, refuse_idle
from unisono.core.errors import OutputError, UnisonoError


def test_stated_becomes_what_the_readers_take() -> None:
    options = Stated(["grf=N/kg"], ["time=0", "grf=1,2"], 100.0, "s1", 70.0, 1.8).options()
    assert options.units == {"grf": "N/kg"}
    assert options.columns == {"time": [0], "grf": [1, 2]}
    assert (options.rate_hz, options.subject, options.mass_kg, options.height_m) == (
        100.0, "s1", 70.0, 1.8,
    )  # fmt: skip
    assert Stated(reverse=["grf"], swap=["markers"]).options().swap == ("markers",)
    assert Stated().options().columns is None


def test_drawn_becomes_sampling() -> None:
    options = Drawn(samples=3, steps=2, seed=1).options()
    assert (options.samples, options.steps, options.seed) == (3, 2, 1)


def test_what_exists_and_what_is_idle_is_refused(tmp_path: Path) -> None:
    refuse_existing(None, tmp_path / "absent")
    (tmp_path / "there").touch()
    with pytest.raises(OutputError, match="there exists; choose another name, or remove it"):
        refuse_existing(tmp_path / "absent", None, tmp_path / "there")
    refuse_idle(Drawn(seed=1), "here", ("physics",))
    with pytest.raises(UnisonoError, match="--seed says nothing here; leave it out"):
        refuse_idle(Drawn(seed=1), "here")
    with pytest.raises(UnisonoError, match="--mass-kg says nothing of arrays"):
        refuse_idle(Stated(mass_kg=70.0), "of arrays")
