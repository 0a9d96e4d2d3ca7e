"""Mirrors src/unisono/viewing/meshes.py."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import OutputError, ShapeError
from unisono.viewing.meshes import Mesh, mesh_of, save_mesh


def ball(size: int = 24, radius: float = 0.6) -> np.ndarray:
    """A ball with a soft edge of one voxel, so that the level lies at its radius."""
    line = (2 * np.arange(size) + 1) / size - 1
    far = np.sqrt((np.stack(np.meshgrid(line, line, line, indexing="ij")) ** 2).sum(axis=0))
    return np.clip(0.5 + (radius - far) * size / 2, 0, 1)


def volume(mesh: Mesh) -> float:
    """By the divergence theorem; positive where triangles turn outwards."""
    a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_the_mesh_of_a_ball_is_a_sphere_turned_outwards() -> None:
    mesh = mesh_of(ball())
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices, axis=1), 0.6, atol=0.01)
    assert volume(mesh) == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.02)
    outward = mesh.vertices / np.linalg.norm(mesh.vertices, axis=1, keepdims=True)
    assert (mesh.normals * outward).sum(axis=1).min() > 0.9


def test_a_full_cube_is_closed_at_the_border() -> None:
    mesh = mesh_of(np.ones((8, 8, 8)))
    edges = np.sort(
        np.concatenate([mesh.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]), axis=1
    )
    counts = np.unique(edges, axis=0, return_counts=True)[1]
    assert (counts == 2).all()  # watertight: every edge has two triangles
    assert volume(mesh) == pytest.approx(8.0, rel=0.03)


def test_obj_reads_back(tmp_path: Path) -> None:
    mesh = mesh_of(ball(12))
    words = [line.split() for line in save_mesh(mesh, tmp_path / "a.obj").read_text().splitlines()]
    vertices = np.array([w[1:] for w in words if w[0] == "v"], dtype=float)
    faces = np.array([[x.split("//")[0] for x in w[1:]] for w in words if w[0] == "f"], dtype=int)
    np.testing.assert_allclose(vertices, mesh.vertices, atol=1e-5)
    assert np.array_equal(faces - 1, mesh.triangles)


def test_glb_is_gltf_two_with_y_up(tmp_path: Path) -> None:
    voxels = np.zeros((8, 8, 8))
    voxels[3:5, 3:5, :] = 1  # a pillar along z
    mesh = mesh_of(voxels)
    content = save_mesh(mesh, tmp_path / "a.glb").read_bytes()
    magic, version, total, length, kind = struct.unpack_from("<4sIII4s", content)
    assert (magic, version, total, kind) == (b"glTF", 2, len(content), b"JSON")
    tree = json.loads(content[20 : 20 + length])
    start = 20 + length
    size, kind = struct.unpack_from("<I4s", content, start)
    body = content[start + 8 :]
    assert kind == b"BIN\0" and size == len(body) == tree["buffers"][0]["byteLength"]
    view = tree["bufferViews"][0]
    found = np.frombuffer(body[: view["byteLength"]], "<f4").reshape(-1, 3)
    turned = mesh.vertices @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    np.testing.assert_allclose(found, turned, atol=1e-6)
    assert np.ptp(found, axis=0).argmax() == 1
    view = tree["bufferViews"][2]
    rows = np.frombuffer(body, "<u4", offset=view["byteOffset"])
    assert np.array_equal(rows.reshape(-1, 3), mesh.triangles)
    assert tree["accessors"][0]["max"] == pytest.approx(found.max(axis=0).tolist())


def test_what_has_no_surface_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no voxel exceeds 0.5"):
        mesh_of(np.full((4, 4, 4), 0.4))
    with pytest.raises(ShapeError, match=r"voxels should be \(x, y, z\)"):
        mesh_of(np.ones((4, 4)))
    with pytest.raises(OutputError, match="written as .obj or .glb"):
        save_mesh(mesh_of(ball(8)), tmp_path / "a.stl")
