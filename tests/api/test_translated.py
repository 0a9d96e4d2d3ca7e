"""Mirrors src/unisono/api/translated.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.api.translated import Translated, Translation
from unisono.core.errors import OutputError, UnisonoError


def made(kind: str, shape: tuple[int, ...], given: tuple[int, ...] = (1, 4, 4)) -> Translation:
    rng = np.random.default_rng(0)
    samples = rng.random((6, 2, *shape)).astype(np.float32)
    part = Translated(samples, samples.mean(0), kind)
    return Translation({"it": part}, {"small": rng.random((2, *given)).astype(np.float32)})


def test_spread_and_band() -> None:
    part = made("streams", (5, 2))["it"]
    np.testing.assert_allclose(part.spread, part.samples.std(0, ddof=1), rtol=1e-6)
    low, high = part.band(0.5)
    inside = (part.samples >= low) & (part.samples <= high)
    assert 0.3 <= inside.mean() <= 0.7
    single = Translated(part.samples[:1], part.mean, "streams")
    assert (single.spread == 0).all()
    with pytest.raises(UnisonoError, match="at least two samples"):
        single.band()


def test_arrays_survive_a_file(tmp_path: Path) -> None:
    out = made("image", (1, 8, 8))
    (file,) = out.save(tmp_path / "out.npz")
    with np.load(file, allow_pickle=False) as kept:
        assert set(kept) == {"it/samples", "it/mean", "it/spread"}
        np.testing.assert_array_equal(kept["it/samples"], out["it"].samples)
        np.testing.assert_array_equal(kept["it/spread"], out["it"].spread)
    with pytest.raises(OutputError, match="exists"):
        out.save(file)


@pytest.mark.parametrize(
    ("kind", "shape", "given"),
    [("image", (1, 8, 8), (1, 4, 4)), ("voxels", (8, 8, 8), (3, 1, 4, 4))],
)
def test_contact_sheets(
    kind: str, shape: tuple[int, ...], given: tuple[int, ...], tmp_path: Path
) -> None:
    (file,) = made(kind, shape, given).save(tmp_path / "out.png")
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("ending", [".obj", ".glb"])
def test_solids_have_surfaces(ending: str, tmp_path: Path) -> None:
    files = made("voxels", (8, 8, 8)).save(tmp_path / f"out{ending}")
    assert [f.name for f in files] == [f"out_000{ending}", f"out_001{ending}"]
    assert all(f.stat().st_size > 100 for f in files)


def test_what_does_not_suit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="only solids have surfaces"):
        made("image", (1, 8, 8)).save(tmp_path / "out.obj")
    with pytest.raises(OutputError, match="no contact sheet"):
        made("streams", (5, 2)).save(tmp_path / "out.png")
    with pytest.raises(OutputError, match="no writer for '.txt'"):
        made("streams", (5, 2)).save(tmp_path / "out.txt")


def test_the_summary_says_how_many_and_how_sure() -> None:
    text = made("image", (1, 8, 8)).summary()
    assert "it: 2 of shape (1, 8, 8), 6 samples each" in text


def test_no_surface_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out_001.obj").write_text("mine")
    with pytest.raises(OutputError, match=r"out_001\.obj exists"):
        made("voxels", (8, 8, 8)).save(tmp_path / "out.obj")
    assert [f.name for f in tmp_path.iterdir()] == ["out_001.obj"]
    assert (tmp_path / "out_001.obj").read_text() == "mine"
