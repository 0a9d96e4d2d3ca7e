"""Mirrors src/unisono/api/translated_recording.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono.api.recipe import Sampling
from unisono.api.translated import Translated
from unisono.api.translated_recording import SourceWindows, assemble_windows, cut_source
from unisono.api.translating import fit_translation
from unisono.api.translation_recipe import TranslationRecipe
from unisono.core.config import from_mapping
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ModelError, OutputError
from unisono.recordings.schema import stream_names
from unisono.recordings.windows import Cut, cut_windows


def test_windows_that_agree_blend_into_the_whole(make_walk: Callable[..., xr.DataTree]) -> None:
    """Windows cut from one curve give that curve back, whatever their overlap."""
    rate, length, hop = 10.0, 8, 4
    curve = np.sin(np.arange(40) / 5)[:, None]
    starts = np.arange(0, 32, hop)
    windows = np.stack([curve[s : s + length] for s in starts])[None].astype(np.float32)
    part = Translated(np.repeat(windows, 3, axis=0), windows[0], "streams")
    found = assemble_windows(
        make_walk("a", 1), SourceWindows({}, 5.0 + starts / rate), {"x": part},
        {"x": StreamInfo("x", ("x",), ("m",), "position", rate)},
        want_cut=Cut(("x",), rate_hz=rate, length=length, stride=hop),
    )  # fmt: skip
    node = found.recording["x"]
    total = starts[-1] + length
    np.testing.assert_allclose(node["data"].values[:, 0], curve[:total, 0], atol=1e-6)
    np.testing.assert_allclose(node["time"].values, 5 + np.arange(total) / rate)
    assert (found.spread["x"] < 1e-6).all()
    apart = replace(part, samples=part.samples + np.array([-1, 0, 1])[:, None, None, None])
    for samples, spread in ((apart.samples, 1.0), (apart.samples[:1], 0.0)):  # as Translated.spread
        again = assemble_windows(
            make_walk("a", 1), SourceWindows({}, 5.0 + starts / rate),
            {"x": replace(apart, samples=samples)},
            {"x": StreamInfo("x", ("x",), ("m",), "position", rate)},
            want_cut=Cut(("x",), rate_hz=rate, length=length, stride=hop),
        )  # fmt: skip
        np.testing.assert_allclose(again.spread["x"], spread, atol=1e-6)
    assert found.samples["x"].shape == (3, total, 1)


def test_windows_reach_to_the_end(make_walk: Callable[..., xr.DataTree]) -> None:
    walk = make_walk("a", 1, seconds=2.6, rate=50.0)
    time = walk["angles"]["time"].values
    cut = Cut(("angles",), rate_hz=50.0, length=50, stride=25)
    batch = cut_windows(walk, cut)
    found = cut_source(walk, cut, batch.streams)
    last = (len(time) - 50) / 50
    np.testing.assert_allclose(found.starts, time[0] + np.array([0, 0.5, 1, 1.5, last]))
    data = found.data["angles"]
    assert data.shape[0] == 5 and not data.mask.any()
    np.testing.assert_allclose(data[-1], walk["angles"]["data"].values[-50:], atol=1e-4)
    np.testing.assert_array_equal(data[:4], batch.data["angles"])
    walk["angles"]["valid"].values[-50:] = False  # nothing is known at the end
    assert len(cut_source(walk, cut, batch.streams).starts) == 4


@pytest.fixture(scope="module")
def model(walks: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """Angles at 50 Hz to forces at 20 Hz, of the same second."""
    tables = {
        "output": str(tmp_path_factory.mktemp("m") / "bridge"),
        "data": {
            "path": str(walks.path), "given": ["angles"], "want": ["grf"],
            "given_windows": {"rate_hz": 50.0, "length": 50, "stride": 25},
            "want_windows": {
                "rate_hz": 20.0, "length": 20, "stride": 10, "units": {"grf": "N/kg"},
            },
        },
        "split": {"test": 0.34, "calibration": 0.34},
        "lddbm": {
            "steps": 20, "latents": {"tokens": 5, "width": 4}, "bridge": {"steps": 2},
            "source": {"hidden": 4}, "target": {"hidden": 4},
            "size": {"width": 8, "heads": 2, "feedforward": 8, "dropout": 0.0},
            "shape": {"encoder_layers": 1, "decoder_layers": 1},
        },
        "training": {
            "batch_size": 8, "learning_rate": 5e-3, "warmup_steps": 1, "ema_decay": 0.9,
            "device": "cpu", "precision": "fp32",
        },
    }  # fmt: skip
    return fit_translation(from_mapping(TranslationRecipe, tables))


def test_a_recording_at_another_rate_and_length(
    model: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    walk = make_walk("new", 11, seconds=2.6, rate=125.0)
    found = model.translate_recording(walk, options=Sampling(samples=2))
    assert stream_names(found.recording) == ["grf"]
    node = found.recording["grf"]
    assert node.sizes["time"] >= 40
    np.testing.assert_allclose(np.diff(node["time"].values), 0.05)
    assert node.attrs["kind"] == "force"
    assert found.recording.attrs["subject"] == "s11"
    written = found.save(tmp_path / "out.csv")
    assert {f.name for f in written} >= {"out.csv", "out_samples.npz"}
    with pytest.raises(OutputError, match="exists"):
        found.save(tmp_path / "out.csv")
    assert "2 samples" in found.summary()


def test_what_is_too_short_or_lacks_a_channel(
    model: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
) -> None:
    with pytest.raises(ModelError, match="shorter than a window of 1 s"):
        model.translate_recording(make_walk("new", 11, seconds=0.5))
    walk = make_walk("new", 11)
    walk["angles"] = walk["angles"].isel(channel=slice(0, 4))
    with pytest.raises(ModelError, match="lacks channel"):
        model.translate_recording(walk)


def test_a_recording_in_other_units_is_converted_and_another_kind_refused(
    model: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
) -> None:
    cut = model.recipe.data.cut("given")
    walk = make_walk("new", 11)
    want = cut_source(walk, cut, model.streams).data["angles"]
    node = walk["angles"].to_dataset()
    for unit, kind in (("rad", "angle"), ("rad/s", "angular_velocity")):
        other = node.assign(data=(node["data"].dims, np.deg2rad(node["data"].values)))
        other = other.assign_coords(unit=("channel", [unit] * 6)).assign_attrs(kind=kind)
        walk["angles"] = xr.DataTree(other)
        if kind == "angle":
            found = cut_source(walk, cut, model.streams).data["angles"]
            np.testing.assert_allclose(found, want, atol=1e-4)
        else:
            with pytest.raises(ModelError, match="angular_velocity"):
                cut_source(walk, cut, model.streams)
