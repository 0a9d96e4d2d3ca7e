"""Mirrors src/unisono/api/banding.py."""

from unisono.api.banding import ANCHORS, band_options
from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping


def test_only_windows_cut_by_events_have_stages() -> None:
    data = {"given": ["angles"], "want": ["grf"]}
    fixed = {"data": data, "windows": {"rate_hz": 50.0, "length": 40}}
    fixed["bands"] = {"kind": "additive", "correction": "none"}
    found = band_options(from_mapping(Recipe, fixed))
    assert (found.kind, found.correction, found.anchors) == ("additive", "none", 1)
    strides = {"data": data, "windows": {"by": ["foot_strike", "foot_strike"]}}
    assert band_options(from_mapping(Recipe, strides)).anchors == ANCHORS > 1
