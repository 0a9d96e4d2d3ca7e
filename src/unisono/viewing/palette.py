"""Colours and lettering of every figure and page.

Colours are those of Okabe & Ito (2008), told apart by all common kinds of colour vision. A figure
is drawn for a light page; in SVG each colour then becomes a CSS variable with a second value, so
that the same drawing reads on a dark page.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["COLOURS", "METHOD_COLOURS", "STYLE", "Colour", "colour_of", "css_variables", "spoken"]


class Colour(NamedTuple):
    """One colour on a light and on a dark page, as ``#rrggbb``."""

    light: str
    dark: str


COLOURS: Mapping[str, Colour] = {
    "ink": Colour("#1b1f24", "#e6e8eb"),
    "muted": Colour("#626a73", "#9aa2ab"),
    "rule": Colour("#d9dde2", "#363c44"),
    "paper": Colour("#ffffff", "#15181c"),
    "blue": Colour("#0072b2", "#56b4e9"),
    "orange": Colour("#e69f00", "#f0b429"),
    "green": Colour("#009e73", "#2fc79b"),
    "red": Colour("#d55e00", "#ff8a3d"),
    "pink": Colour("#cc79a7", "#dd94bb"),
    "sky": Colour("#56b4e9", "#3a86b8"),
}
"""Colours by name."""

METHOD_COLOURS: Mapping[str, str] = {
    "ridge": "orange",
    "knn": "green",
    "mlp": "pink",
    "mean_curve": "muted",
    "measured": "ink",
}
"""Colour names of baselines; the model itself is blue."""

STYLE: Mapping[str, Any] = {
    "font.size": 9.0,
    "font.family": ["sans-serif"],
    "axes.edgecolor": COLOURS["rule"].light,
    "axes.labelcolor": COLOURS["muted"].light,
    "axes.titlecolor": COLOURS["ink"].light,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLOURS["rule"].light,
    "grid.linewidth": 0.6,
    "xtick.color": COLOURS["rule"].light,
    "ytick.color": COLOURS["rule"].light,
    "xtick.labelcolor": COLOURS["muted"].light,
    "ytick.labelcolor": COLOURS["muted"].light,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "text.color": COLOURS["ink"].light,
    "text.parse_math": False,  # a name from a file is a name, whatever dollars it holds
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "unisono",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
"""Settings of matplotlib, used through ``rc_context`` so that nobody else's figures change."""


def colour_of(method: str) -> str:
    """Light colour of a method's line.

    Example:
        >>> colour_of("ridge"), colour_of("llma")
        ('#e69f00', '#0072b2')
    """
    return COLOURS[METHOD_COLOURS.get(method, "blue")].light


def css_variables() -> str:
    """CSS that gives every colour its two values."""
    light = "".join(f"--{name}:{colour.light};" for name, colour in COLOURS.items())
    dark = "".join(f"--{name}:{colour.dark};" for name, colour in COLOURS.items())
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def spoken(name: str) -> str:
    """A method's name as a person reads it.

    Example:
        >>> spoken("mean_curve")
        'mean curve'
    """
    return name.replace("_", " ")
