"""Mirrors src/unisono/recordings/window_settings.py."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from unisono.core.errors import ConfigError, UnisonoError
from unisono.recordings.window_settings import Cut

FIXED = Cut(("angles", "grf"), rate_hz=100, length=50)
EVENTS = Cut(("angles", "grf"), by=("foot_strike", "foot_off"))


@pytest.mark.parametrize(
    ("base", "changes", "match"),
    [
        (FIXED, {"length": 0}, "length must lie in"),
        (FIXED, {"rate_hz": 0}, "rate_hz must lie in"),
        (FIXED, {"stride": -1}, "stride"),
        (FIXED, {"streams": ()}, "at least one"),
        (FIXED, {"streams": ("a", "a")}, "distinct"),
        (FIXED, {"side": "left"}, "has no use in fixed windows"),
        (FIXED, {"side": "letf"}, "Did you mean 'left'"),
        (FIXED, {"require": ("forces",)}, "require names 'forces'"),
        (FIXED, {"channels": {"imu": ("x",)}}, "channels names 'imu'"),
        (FIXED, {"units": {"imu/x": "g"}}, "units names 'imu'"),
        (FIXED, {"units": {"grf": "quarks"}}, "quarks"),
        (FIXED, {"min_valid": 1.5}, "min_valid"),
        (FIXED, {"turned": ("grf",)}, "no use without a heading"),
        (FIXED, {"heading": "north"}, "heading must be one of"),
        (EVENTS, {"rate_hz": 100}, r"by=.*leaves no use for rate_hz=100"),
        (EVENTS, {"by": ("foot_strike",)}, "first and the last event"),
        (EVENTS, {"points": 1}, "points"),
        (EVENTS, {"lasting_s": (1.0, 0.5)}, "lasting_s"),
    ],
)
def test_bad_settings(base: Cut, changes: dict[str, Any], match: str) -> None:
    with pytest.raises((ConfigError, UnisonoError), match=match):
        replace(base, **changes)


def test_digest_tells_settings_apart() -> None:
    assert FIXED.digest == replace(FIXED).digest
    assert len({c.digest for c in (FIXED, EVENTS, replace(FIXED, stride=1))}) == 3


def test_reads_from_plain_values() -> None:
    plain = {"streams": ["angles"], "rate_hz": 100, "length": 50, "channels": {"angles": ["r_*"]}}
    cut = TypeAdapter(Cut).validate_python(plain)
    assert cut == Cut(("angles",), rate_hz=100, length=50, channels={"angles": ("r_*",)})
    assert cut.frames == 50
    assert EVENTS.frames == 101
    assert EVENTS.sides == ("left", "right")
