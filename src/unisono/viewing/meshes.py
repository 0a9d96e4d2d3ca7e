r"""Solids as meshes that any viewer opens: Wavefront OBJ and binary glTF.

The surface lies where the occupancy crosses a level (marching cubes; Lorensen & Cline, *SIGGRAPH*
1987, in the variant of Lewiner et al., 2003, of scikit-image). Voxels that touch the border are
closed by a layer of empty ones. Vertices are in the cube :math:`[-1, 1]^3` of the simulator, ``z``
up; glTF asks for ``y`` up, so its vertices are turned.
"""

import json
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import OutputError, ShapeError
from unisono.core.files import atomic_file, write_text

__all__ = ["Mesh", "mesh_of", "save_mesh"]

Array = npt.NDArray[np.float64]

_FLOAT, _UINT = 5126, 5125  # component types of glTF
_VERTICES, _INDICES = 34962, 34963


class Mesh(NamedTuple):
    """A surface of triangles.

    Attributes:
        vertices: ``(v, 3)`` in the cube ``[-1, 1]^3``, ``z`` up.
        triangles: Rows of vertices, counter-clockwise from outside, ``(f, 3)``.
        normals: Unit vectors outwards, ``(v, 3)``.
    """

    vertices: Array
    triangles: npt.NDArray[np.int64]
    normals: Array


def mesh_of(voxels: Array, *, level: float = 0.5) -> Mesh:
    """Surface of a solid.

    Args:
        voxels: Occupancies ``(X, Y, Z)``.
        level: Occupancy at the surface.

    Raises:
        ShapeError: If these are not three axes.
        OutputError: If nothing lies above the level, so that there is no surface.
    """
    from skimage.measure import marching_cubes  # a tenth of a second, and rarely needed

    if voxels.ndim != 3:
        raise ShapeError(f"voxels should be (x, y, z); got {voxels.shape}.")
    if not (voxels > level).any():
        raise OutputError(f"no voxel exceeds {level}, so there is no surface; lower the level.")
    padded = np.pad(np.asarray(voxels, dtype=np.float64), 1)
    found = marching_cubes(padded, level, gradient_direction="ascent")  # type: ignore[no-untyped-call]
    places, triangles, slopes, _ = found
    sizes = np.array(voxels.shape)
    vertices = (2 * (places - 0.5)) / sizes - 1  # padded voxel k has its centre at k - 1/2
    length = np.linalg.norm(slopes, axis=1, keepdims=True)
    return Mesh(vertices, triangles.astype(np.int64), slopes / np.maximum(length, 1e-12))


def save_mesh(mesh: Mesh, path: str | Path) -> Path:
    """Write ``.obj`` (text) or ``.glb`` (binary glTF 2.0), atomically.

    Raises:
        OutputError: If the ending is another one, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() == ".obj":
        return write_text(path, _obj(mesh))
    if path.suffix.lower() == ".glb":
        with atomic_file(path) as part:
            part.write_bytes(_glb(mesh))
        return path
    raise OutputError(f"{path}: meshes are written as .obj or .glb; choose one of these.")


def _obj(mesh: Mesh) -> str:
    lines = [f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in mesh.vertices]
    lines += [f"vn {x:.4g} {y:.4g} {z:.4g}" for x, y, z in mesh.normals]
    lines += [f"f {a}//{a} {b}//{b} {c}//{c}" for a, b, c in mesh.triangles + 1]
    return "# z is up\n" + "\n".join(lines) + "\n"


def _glb(mesh: Mesh) -> bytes:
    upright = [0, 2, 1]  # x, z, -y: a quarter turn about x
    sign = np.array([1.0, 1.0, -1.0])
    parts = [
        (sign * mesh.vertices[:, upright]).astype("<f4"),
        (sign * mesh.normals[:, upright]).astype("<f4"),
        mesh.triangles.astype("<u4"),
    ]
    starts = np.cumsum([0, *(part.nbytes for part in parts)])
    tree = {
        "asset": {"version": "2.0", "generator": "unisono"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [
            {"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2, "mode": 4}]}
        ],
        "accessors": [
            {
                "bufferView": 0, "componentType": _FLOAT, "count": len(parts[0]), "type": "VEC3",
                "min": parts[0].min(axis=0).tolist(), "max": parts[0].max(axis=0).tolist(),
            },
            {"bufferView": 1, "componentType": _FLOAT, "count": len(parts[1]), "type": "VEC3"},
            {"bufferView": 2, "componentType": _UINT, "count": parts[2].size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": int(a), "byteLength": part.nbytes, "target": target}
            for a, part, target in zip(
                starts[:-1], parts, (_VERTICES, _VERTICES, _INDICES), strict=True
            )
        ],
        "buffers": [{"byteLength": int(starts[-1])}],
    }  # fmt: skip
    text = json.dumps(tree, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(part.tobytes() for part in parts)  # every part is a multiple of four bytes
    total = 12 + 8 + len(text) + 8 + len(body)
    head = struct.pack("<4sII", b"glTF", 2, total)
    return (
        head
        + struct.pack("<I4s", len(text), b"JSON") + text
        + struct.pack("<I4s", len(body), b"BIN\0") + body
    )  # fmt: skip
