"""Mirrors src/unisono/api/mechanics.py, on simulated walking whose forces are exact."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from unisono.api.generated import GeneratedStream
from unisono.api.mechanics import settle, stride_frames
from unisono.simulators.gait import random_subject, simulate

G = 9.80665
NAMES = tuple(f"{s}_f{a}" for s in "rl" for a in "xyz")


@pytest.fixture(scope="module")
def walk() -> xr.DataTree:
    rng = np.random.default_rng(5)
    return simulate(random_subject(rng, name="a"), speed=1.3, rng=rng)


def guessed(walk: xr.DataTree, seed: int = 0) -> tuple[GeneratedStream, np.ndarray]:
    """The true force in N/kg with slow errors in and between the feet, and the truth."""
    node = walk["grf"]
    truth = node["data"].sel(channel=list(NAMES)).values / walk.attrs["mass_kg"]
    rng = np.random.default_rng(seed)
    time = node["time"].values
    error = sum(
        rng.normal(0, 0.6, 6) * np.sin(2 * np.pi * rng.uniform(0.5, 4, 6) * time[:, None] + k)
        for k in range(4)
    )
    mean = truth + error
    half = np.full(mean.shape, 2.0)
    part = GeneratedStream(
        time, NAMES, ("N/kg",) * 6, "force", {"frame": dict(node.attrs["frame"])}, mean,
        (mean + rng.normal(0, 1, (3, *mean.shape))).astype(np.float32), (0.9,),
        (mean - half)[None], (mean + half)[None],
    )  # fmt: skip
    return part, truth


def without(walk: xr.DataTree, *names: str) -> xr.DataTree:
    return walk.filter(lambda node: node.name not in names)


def test_markers_and_mass_bring_forces_to_balance_and_to_the_truth(walk: xr.DataTree) -> None:
    part, truth = guessed(walk)
    out = settle(part, without(walk, "grf", "events"), lab=True)
    assert out is not None
    assert out.told["known"] == [
        "floor", "friction", "centre of mass (segments)", "feet in swing",
    ]  # fmt: skip
    assert out.told["residual_after_bw"] < 0.5 * out.told["residual_before_bw"]
    before, after = (np.sqrt(np.mean((x - truth) ** 2)) for x in (part.mean, out.part.mean))
    assert after < 0.75 * before
    assert (out.part.mean[:, [2, 5]] >= 0).all() and (out.part.samples[..., [2, 5]] >= 0).all()
    assert (out.part.lower <= out.part.mean).all() and (out.part.upper >= out.part.mean).all()
    spread = [p.samples.std(axis=0).mean() for p in (part, out.part)]
    assert spread[1] < spread[0]  # what is known of the sum leaves less open


def test_strides_tell_where_markers_do_not(walk: xr.DataTree) -> None:
    part, truth = guessed(walk, seed=1)
    out = settle(part, without(walk, "grf", "markers"), lab=True)
    assert out is not None and out.told["known"][-1] == "weight over whole strides"
    assert out.told["residual_before_bw"] is None
    frames = stride_frames(part.time, walk)
    assert frames is not None
    here = slice(*frames)
    assert out.part.mean[here][:, [2, 5]].sum(axis=1).mean() == pytest.approx(G, rel=1e-3)
    assert np.square(out.part.mean - truth).mean() < np.square(part.mean - truth).mean()


def test_a_band_of_any_level_tells_the_same_spread(walk: xr.DataTree) -> None:
    part, _ = guessed(walk)
    found = []
    for level, width in ((0.9, 1.6448536), (0.99, 2.5758293)):  # tables of the normal distribution
        band = {"lower": (part.mean - width)[None], "upper": (part.mean + width)[None]}
        out = settle(replace(part, levels=(level,), **band), without(walk, "grf"), lab=True)
        assert out is not None
        found.append(out.part.mean)
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_where_nothing_is_known_only_the_floor_acts(walk: xr.DataTree) -> None:
    part, _ = guessed(walk)
    nobody = without(walk, "grf")
    del nobody.attrs["mass_kg"]
    out = settle(part, without(nobody, "markers", "events"), lab=True)
    assert out is not None and out.told["known"] == ["floor", "friction"]
    np.testing.assert_array_equal(out.part.mean[:, [2, 5]], np.maximum(part.mean[:, [2, 5]], 0.0))


def test_axes_along_the_heading_are_not_taken_for_the_laboratorys(walk: xr.DataTree) -> None:
    part, _ = guessed(walk)
    out = settle(part, without(walk, "grf"), lab=False)
    assert out is not None
    loaded = (out.part.mean[:, [2, 5]] > 4).all(axis=1)
    np.testing.assert_allclose(out.part.mean[loaded][:, 0], part.mean[loaded][:, 0])
    assert not np.allclose(out.part.mean[loaded][:, 2], part.mean[loaded][:, 2])


def test_what_is_no_force_is_left_alone(walk: xr.DataTree) -> None:
    part, _ = guessed(walk)
    other = GeneratedStream(**{**part.__dict__, "kind": "moment"})
    assert settle(other, walk, lab=True) is None
