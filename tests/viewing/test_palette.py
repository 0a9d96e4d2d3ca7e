"""Mirrors src/unisono/viewing/palette.py."""

import pytest

from unisono.viewing.palette import COLOURS, METHOD_COLOURS, STYLE, colour_of, css_variables


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted([luminance(a), luminance(b)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", ["light", "dark"])
def test_text_is_readable(page: str) -> None:
    """WCAG 2.1: 4.5 for text, 3 for large text and the lines of graphics that carry the message."""
    paper = getattr(COLOURS["paper"], page)
    for name, least in {"ink": 12, "muted": 4.5, "blue": 4.5, "green": 3, "red": 3}.items():
        assert contrast(getattr(COLOURS[name], page), paper) >= least, name


def test_light_colours_are_told_apart() -> None:
    """Each stands for itself when a drawing's colours are replaced by variables."""
    light = [colour.light for colour in COLOURS.values()]
    assert len(set(light)) == len(light)
    assert set(METHOD_COLOURS.values()) <= set(COLOURS)
    used = {v for v in STYLE.values() if isinstance(v, str) and v.startswith("#")}
    assert used <= set(light)


def test_every_colour_has_two_values_on_the_page() -> None:
    css = css_variables()
    assert all(css.count(f"--{name}:") == 2 for name in COLOURS)
    assert colour_of("anything new") == COLOURS["blue"].light
