"""Figures to SVG and PNG, without a display and without pyplot's global state."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from unisono.viewing.palette import COLOURS, STYLE

__all__ = ["draw", "to_png", "to_svg"]


def _house_style() -> AbstractContextManager[None]:
    settings: Any = dict(STYLE)  # matplotlib types its settings by a list of literal names
    return mpl.rc_context(settings)


def draw(paint: Callable[[Figure], None], width: float, height: float) -> Figure:
    """Make a figure of a size in inches and paint it in the house style.

    Args:
        paint: Adds axes and artists to the figure it is given.
        width: Inches.
        height: Inches.
    """
    with _house_style():
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        paint(figure)
    return figure


def to_svg(figure: Figure, *, name: str, label: str) -> str:
    """Render as an inline SVG element that takes its colours and font from the page.

    Args:
        figure: The figure.
        name: Prefix of every id, unique on the page.
        label: What it shows, for those who cannot see it.
    """
    buffer = io.StringIO()
    with _house_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", text)
    for key, colour in COLOURS.items():
        text = text.replace(colour.light, f"var(--{key})")
    text = re.sub(r"font-family:[^;\"]*;? ?", "", text)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would reach the whole page
    text = re.sub(r"\s*\n\s*", " ", text)
    head = re.match(r"<svg[^>]*>", text)
    box = re.search(r'viewBox="([^"]*)"', head.group(0)) if head else None
    if head is None or box is None:
        raise RuntimeError("matplotlib wrote an SVG without a view box")
    start = (
        f'<svg class="figure" role="img" aria-label="{_escape(label)}" viewBox="{box.group(1)}" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return start + text[head.end() :].strip()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def to_png(figure: Figure, *, dots_per_inch: int = 150) -> bytes:
    """Render as PNG bytes on white paper."""
    buffer = io.BytesIO()
    with _house_style():
        figure.savefig(
            buffer,
            format="png",
            dpi=dots_per_inch,
            facecolor=COLOURS["paper"].light,
            metadata={"Software": None},
        )
    return buffer.getvalue()
