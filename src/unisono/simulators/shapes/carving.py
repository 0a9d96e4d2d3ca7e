r"""What silhouettes of known cameras leave of a solid: shape from silhouette.

A voxel is in the visual hull if every view that is there sees it inside its silhouette (Laurentini,
*IEEE PAMI* 16, 1994),

.. math:: h(x) = \frac{1}{|V|} \sum_{v \in V} s_v(\pi_v(x)), \qquad x \in H \iff h(x) = 1,

with :math:`\pi_v` the pixel that camera ``v`` sees ``x`` in. A solid lies inside its hull; what no
silhouette shows (hollows, what is hidden from all) the hull fills. ``h`` itself, the share of views
that agree, is the views brought to where the solid is: a volume like it, voxel by voxel.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError
from unisono.simulators.shapes.cameras import Camera
from unisono.simulators.shapes.primitives import Array
from unisono.simulators.shapes.voxels import voxel_centres

__all__ = ["carved"]


def carved(
    silhouettes: npt.NDArray[np.float32],
    cameras: Sequence[Camera],
    *,
    size: int,
    seen: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.float32]:
    """Share of the views that see each voxel inside their silhouette, in [0, 1].

    Args:
        silhouettes: ``(n, V, h, w)``, inside where above 1/2.
        cameras: One a view.
        size: Voxels an edge.
        seen: Which views are there, ``(n, V)``; all where None. With none at all the share is 0.

    Returns:
        ``(n, size, size, size)``; 1 in the visual hull. Nothing is seen outside of an image, so
        that a voxel there is in no silhouette.

    Raises:
        ShapeError: If the views are not as many as the cameras, or not as large.

    Example:
        >>> ball = np.ones((1, 1, 8, 8), dtype=np.float32)
        >>> float(carved(ball, [Camera(size=8)], size=4).mean())
        1.0
    """
    check_range("size", size, 1, 1024, closed=True)
    edges = {camera.size for camera in cameras}
    if len(edges) != 1 or silhouettes.shape[1:] != (len(cameras), *edges, *edges):
        raise ShapeError(
            f"silhouettes should be (n, {len(cameras)}, h, w), as large as the cameras' images "
            f"({sorted(edges)} pixels an edge); got {silhouettes.shape}."
        )
    if seen is None:
        seen = np.ones(silhouettes.shape[:2], dtype=np.bool_)
    points = voxel_centres(size).reshape(-1, 3)
    votes = np.zeros((len(silhouettes), len(points)), dtype=np.float32)
    for view, camera in enumerate(cameras):
        rows, columns, inside = _pixels(points, camera)
        shown = silhouettes[:, view, rows, columns] > 0.5
        votes += (shown & inside & seen[:, view, None]).astype(np.float32)
    share = votes / np.maximum(seen.sum(axis=1), 1)[:, None].astype(np.float32)
    return np.asarray(share.reshape(-1, size, size, size), dtype=np.float32)


def _pixels(
    points: Array, camera: Camera
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Row and column of the pixel that sees each point, and whether it is in the image."""
    right, up, back = camera.axes
    scale = np.ones(len(points))
    if camera.projection == "perspective":
        scale = camera.distance / (camera.distance - points @ back)
    across = (1 + scale * (points @ right) / camera.half_width) * camera.size / 2
    down = (1 - scale * (points @ up) / camera.half_width) * camera.size / 2
    inside = (across >= 0) & (across < camera.size) & (down >= 0) & (down < camera.size)
    last = camera.size - 1
    return (
        np.clip(np.floor(down).astype(np.intp), 0, last),
        np.clip(np.floor(across).astype(np.intp), 0, last),
        inside,
    )
