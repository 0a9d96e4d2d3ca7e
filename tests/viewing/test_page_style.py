"""Mirrors src/unisono/viewing/page_style.py."""

import re

from unisono.viewing.page_style import card_style, stylesheet
from unisono.viewing.palette import COLOURS


def test_it_needs_no_network_and_knows_its_colours() -> None:
    css = stylesheet()
    assert "http" not in css
    assert "@import" not in css
    assert "url(" not in css
    assert set(re.findall(r"var\(--([a-z]+)\)", css)) <= set(COLOURS)
    assert css.count("{") == css.count("}")
    assert "prefers-color-scheme:dark" in css


def test_a_card_reaches_nothing_outside_itself() -> None:
    style = card_style()
    rules = re.findall(r"([^{}]+)\{", re.sub(r"@media\([^{]*\)\{", "", style))
    names = [name.strip() for rule in rules for name in rule.split(",")]
    assert names and all(name.startswith(".unisono-card") for name in names)
