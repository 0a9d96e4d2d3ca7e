r"""Contact sheets: what was given, the truth, the mean, samples and their spread, a row an item.

Images are ``(C, H, W)`` with one or three channels. The spread is the standard deviation over the
samples of each pixel, averaged over channels, on a scale of its own that the sheet states. Solids
are shown as seen along their three axes (the largest occupancy along each), side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from unisono.core.errors import ShapeError
from unisono.core.files import atomic_file
from unisono.viewing.drawing import draw, to_png

__all__ = ["Sheet", "contact_sheet", "faces", "save_contact_sheet"]

Array = npt.NDArray[np.float64]

_CELL = 1.1  # inches


@dataclass(frozen=True)
class Sheet:
    """What is shown; every array has one row an item.

    Args:
        source: ``(n, C, h, w)``.
        mean: ``(n, C, H, W)``.
        samples: ``(S, n, C, H, W)``; all count for the spread, the first few are shown.
        truth: ``(n, C, H, W)``, or None where it is not known.
        low: Value drawn black; by default the smallest of truth and mean.
        high: Value drawn white.
    """

    source: Array
    mean: Array
    samples: Array
    truth: Array | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        images = {"source": self.source, "mean": self.mean}
        if self.truth is not None:
            images["truth"] = self.truth
        for name, values in images.items():
            if values.ndim != 4 or values.shape[1] not in (1, 3) or len(values) != len(self.mean):
                raise ShapeError(
                    f"{name} should be ({len(self.mean)} items, 1 or 3, height, width); "
                    f"got {values.shape}."
                )
        if self.samples.ndim != 5 or self.samples.shape[1:] != self.mean.shape:
            raise ShapeError(
                f"samples should be (sample, {', '.join(map(str, self.mean.shape))}); "
                f"got {self.samples.shape}."
            )

    @property
    def spread(self) -> Array:
        """Standard deviation over the samples, ``(n, H, W)``; 0 for a single one."""
        return np.asarray(self.samples.std(axis=0).mean(axis=1))


def faces(voxels: Array) -> Array:
    """Solids ``(..., n, n, n)`` as one image each, ``(..., 1, n, 3 n)``: along x, y and z.

    Example:
        >>> faces(np.ones((2, 4, 4, 4))).shape
        (2, 1, 4, 12)
    """
    seen = [np.swapaxes(voxels.max(axis=axis), -1, -2)[..., ::-1, :] for axis in (-3, -2, -1)]
    return np.asarray(np.concatenate(seen, axis=-1)[..., None, :, :])


def contact_sheet(sheet: Sheet, *, shown: int = 4, labels: Sequence[str] = ()) -> Figure:
    """Draw a sheet.

    Args:
        sheet: What is shown.
        shown: How many samples are shown.
        labels: A word beside each row.
    """
    truth = sheet.mean if sheet.truth is None else sheet.truth
    low = min(truth.min(), sheet.mean.min()) if sheet.low is None else sheet.low
    high = max(truth.max(), sheet.mean.max()) if sheet.high is None else sheet.high
    columns: list[tuple[str, Array]] = [("given", sheet.source)]
    if sheet.truth is not None:
        columns.append(("truth", sheet.truth))
    columns.append(("mean", sheet.mean))
    columns += [(f"sample {k + 1}", s) for k, s in enumerate(sheet.samples[:shown])]
    spread = sheet.spread
    top = max(float(spread.max()), 1e-12)
    count = len(sheet.mean)
    wide = max(1.0, sheet.mean.shape[3] / sheet.mean.shape[2])

    def paint(figure: Figure) -> None:
        axes = figure.subplots(count, len(columns) + 1, squeeze=False)
        for row in range(count):
            for column, (title, images) in enumerate(columns):
                ours = title == "given"  # the given side may have a range of its own
                image = images[row]
                limits = (float(image.min()), float(image.max())) if ours else (low, high)
                span = max(limits[1] - limits[0], 1e-12)
                grey = np.clip((image - limits[0]) / span, 0, 1).transpose(1, 2, 0)
                axes[row, column].imshow(
                    np.repeat(grey, 3, axis=2) if grey.shape[2] == 1 else grey,
                    interpolation="nearest",
                )
            axes[row, -1].imshow(spread[row], cmap="magma", vmin=0, vmax=top)
            if row < len(labels):
                axes[row, 0].set_ylabel(labels[row], fontsize=7)
        for column, title in enumerate([name for name, _ in columns] + [f"spread, to {top:.2g}"]):
            axes[0, column].set_title(title, fontsize=7, loc="center")
        for one in axes.flat:
            one.set_xticks([])
            one.set_yticks([])
            one.grid(visible=False)

    return draw(paint, _CELL * wide * (len(columns) + 1), _CELL * count + 0.3)


def save_contact_sheet(
    sheet: Sheet, path: str | Path, *, shown: int = 4, labels: Sequence[str] = ()
) -> Path:
    """Write a sheet as PNG, atomically.

    Raises:
        OutputError: If it cannot be written.
    """
    content = to_png(contact_sheet(sheet, shown=shown, labels=labels))
    with atomic_file(path) as part:
        part.write_bytes(content)
    return Path(path)
