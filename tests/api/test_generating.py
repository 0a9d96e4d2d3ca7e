"""Mirrors src/unisono/api/generating.py: long recordings, units, rates, gaps, seeds, physics."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.building import open_parts
from unisono.core.errors import ConfigError, ModelError, UnitError
from unisono.recordings.schema import make_recording, make_stream


def channels_kept(tree: xr.DataTree, keep: Callable[[str], bool]) -> xr.DataTree:
    """The same recording with some channels of its angles."""
    node = tree["angles"].to_dataset()
    chosen = [i for i, c in enumerate(node["channel"].values) if keep(str(c))]
    copy = tree.copy()
    copy["angles"] = xr.DataTree(node.isel(channel=chosen))
    return copy


def test_a_long_recording_has_no_seams(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    part = tiny_model.generate(make_walk("long", 11, seconds=8.0), samples=6).parts["grf"]
    assert len(part.time) == 400 and np.isfinite(part.mean).all()
    assert np.diff(part.time) == pytest.approx(0.02)
    starts = np.arange(16, 368, 16)  # where windows of 32 frames begin and end
    for curve in (part.mean[None], part.samples):
        jump = np.abs(np.diff(curve, n=2, axis=1)).mean(axis=(0, 2))
        inside = np.delete(jump, np.concatenate([starts - 2, starts - 1, starts]))
        at_seams = jump[np.concatenate([starts - 2, starts - 1])]
        assert at_seams.mean() < 1.25 * inside.mean()
        assert at_seams.max() < 1.5 * inside.max()


def test_missing_channels_widen_the_bands(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    whole = make_walk("a", 11)
    lacking = channels_kept(whole, lambda c: c.startswith("r_hip"))
    full, fewer = (tiny_model.generate(t, samples=16) for t in (whole, lacking))
    assert not any("lacks" in d for d in full.doubts)
    assert any("lacks r_knee_flexion" in d and "bands are wider" in d for d in fewer.doubts)
    widths = [np.mean(o.parts["grf"].upper[-1] - o.parts["grf"].lower[-1]) for o in (full, fewer)]
    assert widths[1] > 1.02 * widths[0]


def test_other_units_and_rates_give_the_same_answer(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("same", 11)
    want = tiny_model.generate(tree, samples=2).parts["grf"]
    turned = tree.copy()
    node = tree["angles"].to_dataset()
    node["data"] = np.deg2rad(node["data"])
    turned["angles"] = xr.DataTree(node.assign_coords(unit=("channel", ["rad"] * 6)))
    order = tree.copy()
    order["angles"] = xr.DataTree(tree["angles"].to_dataset().isel(channel=[3, 1, 5, 0, 4, 2]))
    quick = make_walk("same", 11, rate=250.0)
    for other, tolerance in ((turned, 1e-4), (order, 1e-5), (quick, 0.02)):
        found = tiny_model.generate(other, samples=2).parts["grf"]
        assert found.units == want.units and found.channels == want.channels
        np.testing.assert_allclose(found.mean[:148], want.mean[:148], atol=tolerance)
        np.testing.assert_allclose(found.upper[:, :148], want.upper[:, :148], atol=2 * tolerance)


def test_the_other_way_and_forces_per_mass(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    """The model was trained both ways: angles from forces in N, given the mass, or in N/kg."""
    newtons = make_walk("back", 11)
    per_mass = newtons.copy()
    node = newtons["grf"].to_dataset()
    node["data"] = node["data"] / newtons.attrs["mass_kg"]
    per_mass["grf"] = xr.DataTree(node.assign_coords(unit=("channel", ["N/kg"] * 6)))
    out = [tiny_model.generate(t, want=["angles"], samples=2) for t in (newtons, per_mass)]
    assert out[0].provenance["given"] == ["grf"]
    assert out[0].parts["angles"].units == ("deg",) * 6
    np.testing.assert_allclose(out[0].parts["angles"].mean, out[1].parts["angles"].mean, atol=1e-3)
    truth = newtons["angles"]["data"].values[::2][: len(out[0].parts["angles"].time)]
    r = np.corrcoef(out[0].parts["angles"].mean[:, 0], truth[:, 0])[0, 1]
    assert r > 0.5  # it is the angle, not noise
    assert any("never calibrated" in d for d in out[0].doubts)
    nobody = newtons.copy()
    del nobody.attrs["mass_kg"]
    with pytest.raises(UnitError, match="mass"):
        tiny_model.generate(nobody, want=["angles"])


def test_what_does_not_fit_is_refused_with_the_remedy(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("a", 11)
    with pytest.raises(ModelError, match="none of the channels that the model knows"):
        node = tree["angles"].to_dataset()
        names = [f"{c}_new" for c in node["channel"].values]
        other = tree.copy()
        other["angles"] = xr.DataTree(node.assign_coords(channel=names))
        tiny_model.generate(other)
    only = make_recording({"grf": tree["grf"].to_dataset()}, recording="a", subject="s")
    with pytest.raises(ModelError, match="has the streams grf, but the model is given angles"):
        tiny_model.generate(only)
    with pytest.raises(ConfigError, match="does not know a stream 'grff'. Did you mean 'grf'"):
        tiny_model.generate(tree, want=["grff"])
    with pytest.raises(ConfigError, match="does not generate"):
        tiny_model.generate(tree, want=["grf", "angles"])
    short = tree.isel(time=slice(0, 1))
    with pytest.raises(ModelError, match="single frame"):
        tiny_model.generate(short)
    with pytest.raises(UnitError):
        wrong = make_stream(
            tree["angles"]["data"].values, time=tree["angles"]["time"].values, units="kg",
            channels=list(tree["angles"]["channel"].values), kind="angle",
        )  # fmt: skip
        tiny_model.generate(make_recording({"angles": wrong}, recording="a", subject="s"))


def test_short_recordings_and_gaps_are_answered_with_a_doubt(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    short = tiny_model.generate(make_walk("short", 11, seconds=0.4), samples=2)
    assert len(short.parts["grf"].time) == 20
    assert any("fewer than a window of 32" in d for d in short.doubts)
    holed = make_walk("holed", 11)
    node = holed["angles"].to_dataset().copy(deep=True)
    node["valid"][50:60] = False
    node["data"][50:60] = np.nan
    holed["angles"] = xr.DataTree(node)
    out = tiny_model.generate(holed, samples=2)
    assert np.isfinite(out.parts["grf"].mean).all()


def test_what_was_never_seen_is_flagged(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("odd", 11)
    tree["angles"]["data"][:, 0] += 60.0
    out = tiny_model.generate(tree, samples=2)
    flagged = [d for d in out.doubts if "outside the training range" in d]
    assert len(flagged) == 1 and "angles r_hip_flexion" in flagged[0]
    assert not any("outside" in d for d in tiny_model.generate(make_walk("a", 11)).doubts)


def test_a_person_whom_the_model_knows_is_named(tiny_model: api.Model, walks: api.Dataset) -> None:
    parts = open_parts(tiny_model.recipe).split.parts
    said = {
        part: tiny_model.generate(
            walks.load(walks.table.loc[walks.table["subject"] == who[0], "recording"].iloc[0]),
            samples=2,
        ).doubts
        for part, who in parts.items()
        if who
    }
    assert set(said) == {"train", "calibration", "test"}
    assert any("is in the model's train part" in line for line in said["train"])
    assert any("is in the model's calibration part" in line for line in said["calibration"])
    assert not any("namesake" in line for line in said["test"])


def test_a_recording_of_nobody_known(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("a", 11)
    del tree.attrs["mass_kg"]
    out = tiny_model.generate(tree, samples=2)
    assert np.isfinite(out.parts["grf"].mean).all()


def test_same_seed_same_bits_and_provenance(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]
) -> None:
    tree = make_walk("a", 11)
    first, again, other = (
        tiny_model.generate(tree, options=api.Sampling(samples=3, seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.parts["grf"].samples, again.parts["grf"].samples)
    np.testing.assert_array_equal(first.parts["grf"].lower, again.parts["grf"].lower)
    assert (first.parts["grf"].samples != other.parts["grf"].samples).any()
    np.testing.assert_array_equal(first.parts["grf"].mean, other.parts["grf"].mean)
    made = first.provenance
    assert (made["method"], made["samples"], made["seed"]) == ("llma", 3, 1)
    assert made["steps"] == tiny_model.recipe.bands.steps and made["given"] == ["angles"]
    assert made["model"] == "tiny" and made["unisono"] and made["commit"]


def test_bands_are_nested(tiny_model: api.Model, make_walk: Callable[..., xr.DataTree]) -> None:
    part = tiny_model.generate(make_walk("a", 11), samples=8).parts["grf"]
    assert part.levels == (0.5, 0.8, 0.9)
    assert (np.diff(part.lower, axis=0) <= 1e-9).all()
    assert (np.diff(part.upper, axis=0) >= -1e-9).all()


def test_the_physics_of_a_force_is_checked(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make_walk("a", 11)
    checks = {c.name: c for c in tiny_model.generate(tree, samples=2).physics["grf"].checks}
    assert checks["negative_vertical"].passed and checks["friction"].passed
    real = tiny_model.method.generate

    def pulling(*words: object, **options: object) -> dict[str, object]:
        found = real(*words, **options)
        return {k: v._replace(mean=-v.mean) for k, v in found.items()}

    monkeypatch.setattr(tiny_model.method, "generate", pulling)
    out = tiny_model.generate(tree, options=api.Sampling(samples=2, physics="none"))
    assert not {c.name: c for c in out.physics["grf"].checks}["negative_vertical"].passed
    assert any("negative_vertical fails" in d for d in out.doubts)
