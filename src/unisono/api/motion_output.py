"""Motions that a model made: as rows, as motions of its rig, as BVH files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.api.showing import show
from unisono.core.errors import OutputError
from unisono.evaluation.motion import floor_height, foot_skate
from unisono.recordings.formats.registry import write
from unisono.recordings.motion.clips import recording_of
from unisono.recordings.motion.features import Layout, from_features, to_features
from unisono.recordings.motion.kinematics import Motion, placed
from unisono.recordings.motion.rig import Rig
from unisono.recordings.motion.standing import standing

__all__ = ["GeneratedMotion", "held_rows", "write_motions"]

_SHOWN = 4
"""Motions that a notebook shows."""


@dataclass(frozen=True)
class GeneratedMotion:
    """Motions of one asking.

    Args:
        rows: Features in physical units, ``(S, L, F)``.
        layout: What a row holds.
        rig: Whose motions they are.
        texts: What was said.
        doubts: What a user should know.
    """

    rows: npt.NDArray[np.float64]
    layout: Layout
    rig: Rig
    texts: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of motions."""
        return len(self.rows)

    @property
    def seconds(self) -> float:
        """Length of each."""
        return float(self.rows.shape[1] / self.layout.rate_hz)

    def motion(self, sample: int = 0) -> Motion:
        """One motion of the rig, from the middle of the floor, facing ``z``."""
        return from_features(self.rows[sample], self.layout, self.rig)

    def recording(self, sample: int = 0) -> xr.DataTree:
        """One motion as a recording, with the joints' places."""
        return recording_of(self.motion(sample), name=f"generated_{sample}")

    def summary(self) -> str:
        """Lines on what was made: how many, how long, and how far feet slide."""
        lines = [
            f"{len(self)} motion(s) of {self.seconds:.3g} s of {' | '.join(self.texts)!r} "
            f"at {self.layout.rate_hz:g} Hz"
        ]
        if self.rig.feet:
            places = [placed(self.motion(i)).positions for i in range(len(self))]
            feet = [place[:, list(self.rig.feet)] for place in places]
            floor = floor_height(np.concatenate(feet))
            slides = [foot_skate(f, rate_hz=self.layout.rate_hz, floor=floor).share for f in feet]
            if np.isfinite(slides).any():
                lines.append(f"feet slide in {100 * np.nanmean(slides):.0f} % of frames near floor")
        return "\n".join([*lines, *(f"doubt: {doubt}" for doubt in self.doubts)])

    def _repr_html_(self) -> str:
        return show([self.recording(i) for i in range(min(len(self), _SHOWN))])._repr_html_()

    def save(self, path: str | Path) -> list[Path]:
        """Write the motions: a ``.bvh`` or ``.npz`` each, numbered where several; or ``.html``.

        The last is one page that plays them all; it needs no network.

        Raises:
            OutputError: If a file exists, or the ending is another.
        """
        return write_motions([self.recording(i) for i in range(len(self))], path)


def held_rows(
    rows: npt.NDArray[np.float64], layout: Layout, rig: Rig, *, follow: bool = True
) -> npt.NDArray[np.float64]:
    """Rows ``(S, L, F)`` of motions whose feet stand where the rows' own contacts say.

    Args:
        rows: Features in physical units.
        layout: What a row holds; rows of ``humanml3d`` stay as they are, since they lose the twists
            of limbs on their way.
        rig: Whose motions they are.
        follow: Whether the root is moved, see :func:`unisono.recordings.motion.standing.standing`.
    """
    if layout.kind != "full" or not rig.feet:
        return rows
    contacts = rows[..., layout.part("contacts")]
    return np.stack(
        [
            to_features(standing(from_features(r, layout, rig), c, follow=follow), layout)
            for r, c in zip(rows, contacts, strict=True)
        ]
    )


def write_motions(recordings: list[xr.DataTree], path: str | Path) -> list[Path]:
    """Write recordings of motions, numbered where there are several; a page holds them all.

    Raises:
        OutputError: If a file exists, or the ending is none of ``.bvh``, ``.npz``, ``.html``.
    """
    path = Path(path)
    if path.suffix.lower() not in (".bvh", ".npz", ".html"):
        raise OutputError(
            f"{path}: no writer of motions for {path.suffix!r}; choose .bvh, .npz or .html."
        )
    page = path.suffix.lower() == ".html"
    several = len(recordings) > 1 and not page
    names = [
        path.with_stem(f"{path.stem}_{i:03d}") if several else path for i in range(len(recordings))
    ]
    taken = [name for name in names if name.exists()]
    if taken:
        raise OutputError(f"{taken[0]} exists; choose another name, or remove it.")
    if page:
        return [show(recordings).save(path)]
    for recording, name in zip(recordings, names, strict=True):
        write(recording, name)
    return names
