"""What a bridge makes of things: samples, the best single answer, and the spread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import OutputError, UnisonoError
from unisono.core.files import atomic_file

__all__ = ["Translated", "Translation"]

Array = npt.NDArray[np.float32]


class Band(NamedTuple):
    """Lower and upper edge, each ``(n, *shape)``."""

    lower: Array
    upper: Array


@dataclass(frozen=True)
class Translated:
    """Answers of one name.

    Args:
        samples: ``(S, n, *shape)``.
        mean: The best single answer, ``(n, *shape)``.
        kind: ``"image"``, ``"voxels"``, ``"views"`` or ``"streams"``.
    """

    samples: Array
    mean: Array
    kind: str

    @property
    def spread(self) -> Array:
        """Standard deviation over the samples: per pixel, voxel or frame, ``(n, *shape)``."""
        if len(self.samples) < 2:
            return np.zeros_like(self.mean)
        return np.asarray(self.samples.std(axis=0, ddof=1), dtype=np.float32)

    def band(self, level: float = 0.9) -> Band:
        """Quantiles of the samples that hold the share ``level`` of them.

        Raises:
            UnisonoError: If there are fewer than two samples, or the level is not in (0, 1).
        """
        check_range("level", level, 0.0, 1.0)
        if len(self.samples) < 2:
            raise UnisonoError("a band needs at least two samples; ask for more.")
        low, high = np.quantile(self.samples, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return Band(low.astype(np.float32), high.astype(np.float32))


@dataclass(frozen=True)
class Translation:
    """Answers to ``n`` things.

    Args:
        parts: By name.
        source: What was given, by name.
        about: Model, sampler, steps and seed.
    """

    parts: Mapping[str, Translated]
    source: Mapping[str, Array]
    about: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Translated:
        return self.parts[name]

    def __len__(self) -> int:
        return len(next(iter(self.parts.values())).mean)

    def summary(self) -> str:
        """A line a name: how many, their shape, the mean spread, and over that of the answers."""
        lines = []
        for name, part in self.parts.items():
            scale = float(part.mean.std()) or 1.0
            lines.append(
                f"{name}: {len(part.mean)} of shape {part.mean.shape[1:]}, "
                f"{len(part.samples)} samples each, spread {part.spread.mean():.4g} "
                f"({part.spread.mean() / scale:.2g} times that of the answers)"
            )
        return "\n".join(lines)

    def save(self, path: str | Path) -> list[Path]:
        """Write the answers; the ending says how.

        - ``.npz``: ``<name>/samples``, ``<name>/mean`` and ``<name>/spread`` of each name;
        - ``.png``: a contact sheet of images or solids: given, mean, samples, spread;
        - ``.obj`` or ``.glb``: one surface a solid, numbered where there are several.

        Raises:
            OutputError: If the file exists, or its ending does not suit the answers.
        """
        path = Path(path)
        writers = {".npz": self._npz, ".png": self._png, ".obj": self._mesh, ".glb": self._mesh}
        if path.suffix.lower() not in writers:
            raise OutputError(
                f"{path}: no writer for {path.suffix!r}; choose one of {', '.join(writers)}."
            )
        if path.exists():
            raise OutputError(f"{path} exists; choose another name, or remove it.")
        return writers[path.suffix.lower()](path)

    def _npz(self, path: Path) -> list[Path]:
        arrays: dict[str, Any] = {}
        for name, part in self.parts.items():
            arrays |= {f"{name}/samples": part.samples, f"{name}/mean": part.mean}
            arrays[f"{name}/spread"] = part.spread
        with atomic_file(path, overwrite=False) as file, file.open("wb") as handle:
            np.savez_compressed(handle, **arrays)
        return [path]

    def _png(self, path: Path) -> list[Path]:
        from unisono.viewing.contact_sheet import Sheet, faces, save_contact_sheet

        part = next(iter(self.parts.values()))
        given = next(iter(self.source.values()))

        def beside(values: Array) -> npt.NDArray[np.float64]:
            """Views ``(..., V, C, H, W)`` side by side."""
            parts = np.moveaxis(values.astype(np.float64), -4, 0)
            return np.concatenate(list(parts), axis=-1)

        def images(values: Array) -> npt.NDArray[np.float64]:
            if part.kind == "views":
                return beside(values)
            return (
                faces(values.astype(np.float64)) if part.kind == "voxels" else values.astype(float)
            )

        if part.kind == "streams" or given.ndim not in (4, 5):
            raise OutputError(f"{path}: sequences have no contact sheet; write .npz instead.")
        source = beside(given) if given.ndim == 5 else given.astype(np.float64)
        sheet = Sheet(source=source, mean=images(part.mean), samples=images(part.samples))
        save_contact_sheet(sheet, path)
        return [path]

    def _mesh(self, path: Path) -> list[Path]:
        from unisono.viewing.meshes import mesh_of, save_mesh

        part = next(iter(self.parts.values()))
        if part.kind != "voxels":
            raise OutputError(f"{path}: only solids have surfaces; write .npz instead.")
        several = len(part.mean) > 1
        names = [
            path.with_stem(f"{path.stem}_{i:03d}") if several else path
            for i in range(len(part.mean))
        ]
        taken = [name for name in names if name.exists()]
        if taken:
            raise OutputError(f"{taken[0]} exists; choose another name, or remove it.")
        return [
            save_mesh(mesh_of(solid.astype(np.float64)), name)
            for solid, name in zip(part.mean, names, strict=True)
        ]
