"""Early previews of a run: one window of a person who is not trained on, generated and drawn.

``[training] preview_every = N`` in a recipe asks for them; they change nothing of the run.
"""

from pathlib import Path

import numpy as np

from unisono.api.building import Parts
from unisono.api.recipe import Recipe
from unisono.training.preview import Preview
from unisono.viewing.drawing import to_png
from unisono.viewing.preview_figure import PreviewPanel, preview_figure

__all__ = ["make_preview"]

_SAMPLES = 8


def make_preview(recipe: Recipe, parts: Parts) -> Preview | None:
    """What a run previews: one window of the calibration part, all wanted streams.

    Without a calibration part (cross-validated or raw bands) it is a window that is trained on, and
    the picture says so.

    Returns:
        The preview, or None where the recipe asks for none.
    """
    if not recipe.training.preview_every:
        return None
    part = next(p for p in ("calibration", "train") if len(parts.rows.get(p, ())))
    row = int(parts.rows[part][len(parts.rows[part]) // 2])
    about = parts.windows.table.iloc[row]
    where = "not trained on" if part == "calibration" else "TRAINED ON"
    whose = f"{about['recording']} of {about['subject']} ({where})"

    def drawn(path: Path) -> bytes:
        return _drawn(path, recipe, parts, whose)

    return Preview(
        rows=np.array([row]),
        want=_wanted(recipe),
        samples=_SAMPLES,
        steps=recipe.bands.steps,
        draw=drawn,
    )


def _wanted(recipe: Recipe) -> tuple[str, ...]:
    """Wanted streams; of those that may be given too, the last alone, so that others are given."""
    either = [name for name in recipe.data.want if name in recipe.data.given]
    return tuple(name for name in recipe.data.want if name not in either[:-1])


def _drawn(path: Path, recipe: Recipe, parts: Parts, whose: str) -> bytes:
    panels = []
    with np.load(path, allow_pickle=False) as arrays:
        for stream in _wanted(recipe):
            info = parts.windows.streams[stream]
            samples, mean, truth, valid = (
                arrays[f"{stream}/{what}"] for what in ("samples", "mean", "truth", "valid")
            )
            recorded = np.where(valid[0], truth[0], np.nan)
            panels += [
                PreviewPanel(channel, unit, recorded[:, d], mean[0, :, d], samples[:, 0, :, d])
                for d, (channel, unit) in enumerate(zip(info.channels, info.units, strict=True))
            ]
    cut = recipe.cut
    time = np.linspace(0, 100, cut.frames) if cut.by else np.arange(cut.frames) / cut.rate_hz
    figure = preview_figure(
        panels,
        time,
        time_label=f"{cut.by[0]} to {cut.by[1]} (%)" if cut.by else "time (s)",
        heading=f"{path.stem}: {whose}",
    )
    return to_png(figure)
