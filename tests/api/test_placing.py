"""Mirrors src/unisono/api/placing.py. The oracle: a method that answers with the truth.

Whatever a model does to a recording before it sees it (leg view, mirror image, heading, common
clock), a method that returns the true windows in that view must give the recording back: in its
own axes, names, signs and times.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from unisono import api
from unisono.api.inputs import to_batch
from unisono.core.contracts import Draws
from unisono.recordings.windows import cut_windows

VIEWS: dict[str, dict[str, Any]] = {
    "stances of one leg, along the heading": {
        "by": ["foot_strike", "foot_off"], "points": 101, "mirror": True, "heading": "pelvis",
        "turned": ["grf"], "channels": {"grf": ["ipsi_*"], "moments": ["ipsi_*"]},
        "units": {"grf": "N/kg"},
    },
    "strides of both legs, in laboratory axes": {
        "by": ["foot_strike", "foot_strike"], "points": 101, "mirror": True,
        "units": {"grf": "N/kg"},
    },
    "strides of both legs, along the way": {
        "by": ["foot_strike", "foot_strike"], "points": 101, "mirror": True, "heading": "travel",
        "turned": ["grf"], "units": {"grf": "N/kg"},
    },
    "strides as they are": {
        "by": ["foot_strike", "foot_strike"], "points": 101, "side": "right",
        "units": {"grf": "N/kg"},
    },
    "pieces of the clock": {"rate_hz": 50.0, "length": 32, "units": {"grf": "N/kg"}},
    "pieces of the clock from the right leg, along the heading": {
        "rate_hz": 50.0, "length": 32, "mirror": True, "heading": "pelvis", "turned": ["grf"],
        "units": {"grf": "N/kg"},
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=["plain", "vicon"])
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def data(
    style: str, make_walker: Callable[..., xr.DataTree], tmp_path_factory: pytest.TempPathFactory
) -> api.Dataset:
    folder = tmp_path_factory.mktemp("walkers") / "w.un"
    trees = (make_walker(f"w{s}", s, heading=2.0 * s, style=style) for s in range(3))
    return api.Dataset.create(folder, trees)


def trained(data: api.Dataset, windows: dict[str, Any], output: Path) -> api.Model:
    settings = {
        "windows": windows,
        "split": {"test": 0.34, "calibration": 0.34},
        "llma": {
            "steps": 1, "alignment": {"length": 8},
            "size": {"width": 8, "heads": 1, "feedforward": 8},
            "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
        },
        "training": {"device": "cpu", "precision": "fp32"},
        "bands": {"samples": 2, "steps": 1},
    }  # fmt: skip
    return api.fit(
        "llma", data, given=["angles"], want=["grf", "moments"], output=output, settings=settings
    )


def knows_the_truth(model: api.Model, truth: xr.DataTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model's method answer with the true windows, a little apart from one another."""

    def generate(batch: Any, want: Any, *, timeline: Any, **_: Any) -> Mapping[str, Draws]:  # noqa: ANN401
        cut = model.cut
        if timeline is not None:
            count = 200 if cut.rate_hz == 50 else 0  # four seconds
            side = "right" if cut.mirror else "both"
            cut = replace(cut, length=count, stride=count, side=side)
        found, _ = to_batch(model, cut_windows(truth, cut))
        assert timeline is not None or found.size == batch.size
        spread = torch.tensor([-1.0, 0.0, 1.0])[:, None, None, None]
        return {
            name: Draws(found.data[name] + spread, found.data[name], found.data[name])
            for name in want
        }

    monkeypatch.setattr(model.method, "generate", generate)


@pytest.mark.parametrize("view", VIEWS)
def test_the_truth_comes_back_as_it_was(
    view: str,
    style: str,
    data: api.Dataset,
    make_walker: Callable[..., xr.DataTree],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = trained(data, VIEWS[view], tmp_path / "model")
    truth = make_walker("new", 5, heading=-2.4, style=style)
    knows_the_truth(model, truth, monkeypatch)
    given = truth.copy()
    del given["grf"], given["moments"]
    out = model.generate(given, samples=3)
    for name, scale in (("grf", 1 / truth.attrs["mass_kg"]), ("moments", 1.0)):
        true, found = truth[name].to_dataset(), out.parts[name]
        assert set(found.channels) == set(true["channel"].values)
        assert found.units == ({"grf": "N/kg", "moments": "N*m/kg"}[name],) * 6
        done = np.isfinite(found.mean)
        assert done.mean() > 0.4
        for i, channel in enumerate(found.channels):
            wave = true["data"].sel(channel=channel)
            expected = np.interp(found.time, true["time"].values, wave.values) * scale
            here = done[:, i]
            np.testing.assert_allclose(found.mean[here, i], expected[here], atol=0.02)
            bounds = found.lower[:, here, i], found.upper[:, here, i]
            assert (bounds[0] <= found.mean[here, i]).all()
            assert (found.mean[here, i] <= bounds[1]).all()
            # the middle sample is the mean; turned samples stay as far from it as they were
            np.testing.assert_allclose(found.samples[1, here, i], expected[here], atol=0.02)
        if name == "grf":
            assert found.attrs["frame"]["up"] == "z"
            assert found.attrs["frame"].get("forward", "unknown") == "unknown"


def test_turned_bands_hold_what_the_unturned_held(
    data: api.Dataset,
    style: str,
    make_walker: Callable[..., xr.DataTree],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = VIEWS["stances of one leg, along the heading"]
    model = trained(data, view, tmp_path / "model")
    straight, slanted = (
        make_walker("new", 5, heading=angle, style=style) for angle in (0.0, np.pi / 4)
    )
    widths = []
    for tree in (straight, slanted):
        knows_the_truth(model, tree, monkeypatch)
        part = model.generate(tree, want=["grf"], samples=3).parts["grf"]
        widths.append(np.nanmean(part.upper[-1] - part.lower[-1], axis=0)[:3])
    forward, aside, upward = widths[0]
    # at 45 degrees both horizontal components mix forward and sideways; none gets narrower
    mixed = (forward + aside) / np.sqrt(2)
    np.testing.assert_allclose(widths[1], [mixed, mixed, upward], rtol=1e-3)


def test_windows_that_overlap_are_blended_without_a_jump(
    data: api.Dataset,
    style: str,
    make_walker: Callable[..., xr.DataTree],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Right and left strides disagree by 1; where one ends, the other carries on smoothly."""
    model = trained(data, VIEWS["strides of both legs, in laboratory axes"], tmp_path / "model")
    tree = make_walker("new", 5, style=style)

    def generate(batch: Any, want: Any, **_: Any) -> Mapping[str, Draws]:  # noqa: ANN401
        shape = (batch.size, 101, 6)
        level = (torch.arange(batch.size) < batch.size // 2).float()[:, None, None]
        flat = level.expand(shape)
        return {name: Draws(flat[None], flat, flat) for name in want}

    monkeypatch.setattr(model.method, "generate", generate)
    part = model.generate(tree, want=["moments"], samples=1).parts["moments"]
    curve = part.mean[np.isfinite(part.mean[:, 0]), 0]
    assert curve.min() < 0.05 and curve.max() > 0.95  # each alone somewhere
    assert np.abs(np.diff(curve)).max() < 0.1
