"""Mirrors src/unisono/recordings/zarr_nodes.py. The oracle is zarr-python."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.storage import ZipStore

from unisono.recordings import zarr_nodes
from unisono.recordings.zarr_nodes import ZippedNodes, plain


def stored(path: Path, values: np.ndarray, dims: Sequence[str]) -> Path:
    """A zip with one array ``a`` in it."""
    nodes = ZippedNodes()
    nodes.array("a", values, dims, {"note": "ok"})
    path.write_bytes(nodes.finish({}))
    return path


def read_back(path: Path) -> np.ndarray:
    with ZipStore(path, mode="r") as store:
        return np.asarray(zarr.open_array(store, path="a", mode="r")[...])


def chunks(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as zipped:
        return [name for name in zipped.namelist() if name.startswith("a/c")]


@pytest.mark.parametrize("dtype", ["float32", "float64", "bool", "int64", "uint8", "int16"])
@pytest.mark.parametrize("shape", [(), (7,), (5, 3), (4, 2, 3), (1, 1), (0, 3)])
def test_zarr_reads_the_same_numbers(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    values = np.asarray(rng.normal(size=shape) * 50).astype(dtype)
    path = stored(tmp_path / "a.zip", values, list("xyz")[: len(shape)])
    with ZipStore(path, mode="r") as store:
        array = zarr.open_array(store, path="a", mode="r")
        assert array.dtype == values.dtype
        assert array.metadata.dimension_names == tuple("xyz"[: len(shape)])
        assert array.attrs["note"] == "ok"
        np.testing.assert_array_equal(array[...], values)


@pytest.mark.parametrize("chunk_bytes", [8, 64, 1000])
def test_chunks_along_the_first_axis_join_again(
    tmp_path: Path, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(zarr_nodes, "_CHUNK_BYTES", chunk_bytes)
    values = rng.normal(size=(11, 3))
    path = stored(tmp_path / "a.zip", values, ["time", "channel"])
    np.testing.assert_array_equal(read_back(path), values)
    assert len(chunks(path)) == -(-11 // max(1, chunk_bytes // 24))


def test_a_mask_that_is_true_throughout_needs_no_chunk(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.zip", np.ones((6, 2), dtype=bool), ["time", "channel"])
    assert not chunks(path)
    assert read_back(path).all()


def test_not_finite_numbers_survive_bit_for_bit(tmp_path: Path) -> None:
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-310])
    path = stored(tmp_path / "a.zip", values, ["time"])
    assert read_back(path).tobytes() == values.tobytes()


def test_numbers_of_either_byte_order(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.zip", np.arange(5.0).astype(">f8"), ["time"])
    np.testing.assert_array_equal(read_back(path), np.arange(5.0))


@given(st.lists(st.text(max_size=6).filter(lambda s: "\x00" not in s), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_text_survives(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    path = stored(tmp_path_factory.mktemp("text") / "a.zip", np.array(words), ["channel"])
    assert [str(word) for word in read_back(path)] == words


def grouped() -> bytes:
    nodes = ZippedNodes()
    nodes.group("leg", {"side": "left"})
    nodes.array("leg/a", np.arange(3), ["x"], {})
    return bytes(nodes.finish({"answer": np.int64(42)}))


@pytest.mark.parametrize("consolidated", [True, False])
def test_groups_open_with_and_without_the_metadata_of_all(
    tmp_path: Path, consolidated: bool
) -> None:
    (tmp_path / "a.zip").write_bytes(grouped())
    with ZipStore(tmp_path / "a.zip", mode="r") as store:
        root = zarr.open_group(store, mode="r", use_consolidated=consolidated)
        assert root.attrs["answer"] == 42
        assert dict(root["leg"].attrs) == {"side": "left"}
        np.testing.assert_array_equal(root["leg/a"][...], [0, 1, 2])


def test_equal_nodes_make_equal_files() -> None:
    assert grouped() == grouped()


def test_plain_drops_what_is_unknown() -> None:
    value = {"a": None, "b": float("inf"), "c": [np.float64("nan"), (1, np.bool_(True))], "d": Path}
    assert plain(value) == {"c": [None, [1, True]], "d": str(Path)}
