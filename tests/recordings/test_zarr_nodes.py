"""Mirrors src/unisono/recordings/zarr_nodes.py. The oracle is zarr-python."""

import json
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from unisono.recordings import zarr_nodes
from unisono.recordings.zarr_nodes import plain, write_array, write_group


def read_back(folder: Path) -> np.ndarray:
    return np.asarray(zarr.open_array(folder, mode="r")[...])


@pytest.mark.parametrize("dtype", ["float32", "float64", "bool", "int64", "uint8", "int16"])
@pytest.mark.parametrize("shape", [(7,), (5, 3), (4, 2, 3), (1, 1), (0, 3)])
def test_zarr_reads_the_same_numbers(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    values = (rng.normal(size=shape) * 50).astype(dtype)
    metadata = write_array(tmp_path / "a", values, list("xyz")[: len(shape)], {"note": "ok"})
    array = zarr.open_array(tmp_path / "a", mode="r")
    assert array.dtype == values.dtype
    assert array.metadata.dimension_names == tuple("xyz"[: len(shape)])
    assert array.attrs["note"] == "ok"
    np.testing.assert_array_equal(array[...], values)
    assert json.loads((tmp_path / "a" / "zarr.json").read_text()) == metadata


@pytest.mark.parametrize("chunk_bytes", [8, 64, 1000])
def test_chunks_along_the_first_axis_join_again(
    tmp_path: Path, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(zarr_nodes, "_CHUNK_BYTES", chunk_bytes)
    values = rng.normal(size=(11, 3))
    write_array(tmp_path / "a", values, ["time", "channel"], {})
    np.testing.assert_array_equal(read_back(tmp_path / "a"), values)
    assert len(list((tmp_path / "a").glob("c.*"))) == -(-11 // max(1, chunk_bytes // 24))


def test_a_mask_that_is_true_throughout_needs_no_chunk(tmp_path: Path) -> None:
    write_array(tmp_path / "a", np.ones((6, 2), dtype=bool), ["time", "channel"], {})
    assert not list((tmp_path / "a").glob("c.*"))
    assert read_back(tmp_path / "a").all()


def test_not_finite_numbers_survive_bit_for_bit(tmp_path: Path) -> None:
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-310])
    write_array(tmp_path / "a", values, ["time"], {})
    assert read_back(tmp_path / "a").tobytes() == values.tobytes()


def test_numbers_of_either_byte_order(tmp_path: Path) -> None:
    write_array(tmp_path / "a", np.arange(5.0).astype(">f8"), ["time"], {})
    np.testing.assert_array_equal(read_back(tmp_path / "a"), np.arange(5.0))


@given(st.lists(st.text(max_size=6).filter(lambda s: "\x00" not in s), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_text_survives(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    folder = tmp_path_factory.mktemp("text") / "a"
    write_array(folder, np.array(words, dtype=str), ["channel"], {})
    assert [str(word) for word in read_back(folder)] == words


def test_a_group_with_consolidated_members_opens(tmp_path: Path) -> None:
    array = write_array(tmp_path / "a", np.arange(3), ["x"], {})
    write_group(tmp_path, {"answer": np.int64(42)}, {"a": array})
    group = zarr.open_group(tmp_path, mode="r", use_consolidated=True)
    assert group.attrs["answer"] == 42
    np.testing.assert_array_equal(group["a"][...], [0, 1, 2])


def test_plain_drops_what_is_unknown() -> None:
    value = {"a": None, "b": float("inf"), "c": [np.float64("nan"), (1, np.bool_(True))], "d": Path}
    assert plain(value) == {"c": [None, [1, True]], "d": str(Path)}
