"""The figure of an early preview: what a model makes of one window while it is trained.

One panel a channel: the recorded curve, the mean of the samples, and the samples as thin lines.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unisono.viewing.drawing import draw
from unisono.viewing.palette import COLOURS

__all__ = ["PreviewPanel", "preview_figure"]

_MOST = 12
"""Panels of a figure: more would be too small to see anything in."""
_COLUMNS = 4


class PreviewPanel(NamedTuple):
    """One channel of one window.

    Attributes:
        title: Channel.
        unit: Its unit.
        truth: As recorded, ``(L,)``; NaN where not valid.
        mean: As generated, ``(L,)``.
        samples: Samples, ``(S, L)``.
    """

    title: str
    unit: str
    truth: npt.NDArray[np.floating]
    mean: npt.NDArray[np.floating]
    samples: npt.NDArray[np.floating]


def preview_figure(
    panels: Sequence[PreviewPanel],
    time: npt.NDArray[np.floating],
    *,
    time_label: str,
    heading: str,
) -> Figure:
    """Recorded against generated curves of the first twelve channels.

    Args:
        panels: One a channel; at least one.
        time: Instants of the window, ``(L,)``.
        time_label: What ``time`` is, with its unit.
        heading: What is shown, above the panels.
    """
    shown = list(panels)[:_MOST]
    wide = min(_COLUMNS, len(shown))
    high = -(-len(shown) // wide)

    def paint(figure: Figure) -> None:
        for k, panel in enumerate(shown):
            axes = figure.add_subplot(high, wide, k + 1)
            _panel(axes, panel, time)
            if k >= len(shown) - wide:
                axes.set_xlabel(time_label)
        figure.axes[0].legend(loc="best")
        left_out = f"; {len(panels) - len(shown)} more channels" if len(panels) > _MOST else ""
        figure.suptitle(heading + left_out)

    return draw(paint, 2.9 * wide + 0.3, 1.9 * high + 0.6)


def _panel(axes: Axes, panel: PreviewPanel, time: npt.NDArray[np.floating]) -> None:
    generated = COLOURS["blue"].light
    axes.plot(time, panel.samples.T, color=generated, linewidth=0.5, alpha=0.4)
    axes.plot(time, panel.mean, color=generated, linewidth=1.4, label="generated")
    axes.plot(time, panel.truth, color=COLOURS["ink"].light, linewidth=1.2, label="recorded")
    axes.set_title(f"{panel.title} ({panel.unit})")
    axes.margins(x=0)
    axes.locator_params(nbins=4)
