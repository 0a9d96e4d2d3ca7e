"""Mirrors src/unisono/cli/options.py."""

from unisono.cli.options import Drawn, Stated


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
