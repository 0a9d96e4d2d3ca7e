r"""A picture of both ends of a bridge in one plane, and how well one end finds the other.

The latents of source and target, flattened, are laid out by t-SNE (van der Maaten & Hinton, *J.
Mach. Learn. Res.* 9, 2008) on their principal axes; colour is the class, a dot the source and a
cross the target of an item. Because a plane can flatter, the retrieval top-1 stands in the title:
the share of items whose own target has the largest cosine with their source among all targets.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.core.files import atomic_file
from unisono.viewing.drawing import draw, to_png

__all__ = ["LatentMap", "latent_map", "map_latents", "retrieval_top1", "save_latent_map"]

Array = npt.NDArray[np.float64]


class LatentMap(NamedTuple):
    """Both ends in a plane.

    Attributes:
        source: ``(n, 2)``.
        target: ``(n, 2)``.
        top1: Share of items whose own target is found first.
    """

    source: Array
    target: Array
    top1: float


def retrieval_top1(source: Array, target: Array) -> float:
    """Share of rows of ``source`` whose largest cosine among ``target`` is at their own row.

    Both ends are centred first, so that a common offset does not count.

    Example:
        >>> retrieval_top1(np.eye(3), 2 * np.eye(3))
        1.0
    """
    check_axes(source=(source, "item d"), target=(target, "item d"))
    one, two = (_unit(x - x.mean(axis=0)) for x in (source, target))
    return float(((one @ two.T).argmax(axis=1) == np.arange(len(one))).mean())


def _unit(x: Array) -> Array:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12))


def map_latents(source: Array, target: Array, *, generator: np.random.Generator) -> LatentMap:
    """Lay both ends out in one plane.

    Args:
        source: Latents of the given side, ``(n, ...)``.
        target: Latents of the wanted side, of the same size.
        generator: Starts the layout.

    Raises:
        ShapeError: If the sizes differ, or there are fewer than 5 items.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    one, two = (np.asarray(x, dtype=np.float64).reshape(len(x), -1) for x in (source, target))
    if one.shape != two.shape or len(one) < 5:
        raise ShapeError(
            f"both ends should hold the same numbers for 5 items at least; got {source.shape} "
            f"and {target.shape}."
        )
    both = np.concatenate([one, two])
    seed = int(generator.integers(2**31))
    axes = min(30, *both.shape)
    flat = PCA(axes, random_state=seed).fit_transform(both)
    near = min(30.0, (len(both) - 1) / 3)
    places = TSNE(2, perplexity=near, init="pca", random_state=seed).fit_transform(flat)
    return LatentMap(places[: len(one)], places[len(one) :], retrieval_top1(one, two))


def latent_map(maps: Sequence[tuple[str, LatentMap]], classes: Sequence[str]) -> Figure:
    """Draw maps side by side (before and after training, say).

    Args:
        maps: Titles and maps of the same items.
        classes: Class of each item.

    Raises:
        ShapeError: If a map has another number of items than there are classes.
    """
    for title, one in maps:
        if len(one.source) != len(classes):
            raise ShapeError(
                f"map {title!r} has {len(one.source)} items, but there are {len(classes)} classes."
            )
    names = sorted(set(classes))
    code = np.array([names.index(c) for c in classes])
    colours = mpl.colormaps["tab20"](np.linspace(0, 1, max(len(names), 2)))

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(maps), squeeze=False)[0]
        for axes, (title, one) in zip(panels, maps, strict=True):
            for k, name in enumerate(names):
                rows = code == k
                axes.scatter(*one.source[rows].T, s=9, color=colours[k], label=name, linewidths=0)
                axes.scatter(
                    *one.target[rows].T, s=11, color=colours[k], marker="x", linewidths=0.7
                )
            axes.set_title(f"{title}: top-1 {one.top1:.0%}")
            axes.set_xticks([])
            axes.set_yticks([])
        panels[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=6)

    return draw(paint, 3.6 * len(maps) + 1.0, 3.6)


def save_latent_map(
    maps: Sequence[tuple[str, LatentMap]], classes: Sequence[str], path: str | Path
) -> Path:
    """Write the picture as PNG, atomically.

    Raises:
        OutputError: If it cannot be written.
    """
    content = to_png(latent_map(maps, classes))
    with atomic_file(path) as part:
        part.write_bytes(content)
    return Path(path)
