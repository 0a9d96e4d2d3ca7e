"""Mirrors src/unisono/api/missing.py."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch

from unisono.api.missing import (
    SHARES,
    Calibrating,
    calibrated_bands,
    fit_missing,
    missing_key,
    missing_tables,
    share_missing,
    without_channels,
)
from unisono.api.predicting import Drawing
from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping
from unisono.core.contracts import Batch, Draws, Method
from unisono.core.timeline import Timeline
from unisono.evaluation.calibration import Bands, BandTable, fit_bands, sample_bands

CHANNELS, FRAMES = 8, 4
WIDTHS = {"a": 3, "b": 5}
LEVELS = (0.5, 0.9)
RECIPE = from_mapping(
    Recipe,
    {
        "data": {"path": "x.un", "given": ["a", "b"], "want": ["y"]},
        "windows": {"rate_hz": 50.0, "length": FRAMES, "stride": FRAMES},
    },
)


def windows(count: int, rng: np.random.Generator) -> Batch:
    """``y`` is the sum of the channels of ``a`` and ``b``, each constant over a window."""
    x = rng.normal(size=(count, 1, CHANNELS)).repeat(FRAMES, axis=1).astype(np.float32)
    y = x.sum(axis=2, keepdims=True) + 0.3 * rng.normal(size=(count, FRAMES, 1))
    values = {"a": x[..., :3], "b": x[..., 3:], "y": y.astype(np.float32)}
    data = {name: torch.from_numpy(v) for name, v in values.items()}
    zero = torch.zeros(count, dtype=torch.int64)
    mask = {name: torch.ones_like(v, dtype=torch.bool) for name, v in data.items()}
    return Batch(data, mask, zero, zero, zero)


class Sum:
    """Answers the sum of what is there, and always states the spread of the noise alone."""

    def generate(
        self,
        batch: Batch,
        want: Sequence[str],
        *,
        samples: int,
        steps: int,
        generator: torch.Generator,
    ) -> dict[str, Draws]:
        mean = sum(batch.data[name].sum(dim=2, keepdim=True) for name in ("a", "b"))
        mean = cast("torch.Tensor", mean)
        noise = torch.randn(samples, *mean.shape, generator=generator)
        return {"y": Draws(mean + 0.3 * noise, mean, mean[:, :1])}


METHOD = cast("Method", Sum())
DRAWING = Drawing(64, 1, 0, LEVELS)


def given_of(batch: Batch) -> Batch:
    kept = ("a", "b")
    return replace(
        batch, data={k: batch.data[k] for k in kept}, mask={k: batch.mask[k] for k in kept}
    )


def raw_bands(batch: Batch) -> Bands:
    drawn = METHOD.generate(
        batch, ["y"], samples=64, steps=1, generator=torch.Generator().manual_seed(1)
    )["y"]
    return sample_bands(drawn.samples.numpy(), drawn.mean.numpy().astype(np.float64), LEVELS)


@pytest.fixture(scope="module")
def tables() -> dict[str, BandTable]:
    batch = windows(400, np.random.default_rng(0))
    subjects = [f"s{k % 8}" for k in range(400)]
    truth = batch.data["y"].numpy().astype(np.float64)
    table = fit_bands(
        raw_bands(given_of(batch)), truth, np.ones(truth.shape, bool),
        subjects=subjects, channels=["y"],
    )  # fmt: skip
    seen = Calibrating(given_of(batch), batch, subjects)
    return {"y": table} | fit_missing(RECIPE, METHOD, seen, {"y": table}, drawing=DRAWING)


@pytest.mark.parametrize("share", [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75])
def test_bands_hold_whatever_share_is_missing_and_widen_with_it(
    share: float, tables: dict[str, BandTable], rng: np.random.Generator
) -> None:
    batch = windows(600, rng)
    fewer = without_channels(given_of(batch), share, generator=rng)
    gone = share_missing(fewer, WIDTHS)
    np.testing.assert_allclose(gone, share)
    raw = raw_bands(fewer)
    bands = calibrated_bands(tables, "y", raw, gone)
    truth = batch.data["y"].numpy()
    inside = ((truth >= bands.lower) & (truth <= bands.upper)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(inside, LEVELS, atol=0.05)
    # the sum of k missing normal channels beside the noise: spread sqrt(k + .09)
    grown = (bands.upper[-1] - bands.lower[-1]).mean() / (raw.upper[-1] - raw.lower[-1]).mean()
    assert grown == pytest.approx(np.sqrt(share * CHANNELS + 0.09) / 0.3, rel=0.25)


def test_where_nothing_is_missing_the_table_alone_speaks(
    tables: dict[str, BandTable], rng: np.random.Generator
) -> None:
    raw = raw_bands(given_of(windows(20, rng)))
    found = calibrated_bands(tables, "y", raw, np.zeros((20, FRAMES)))
    plain = tables["y"].apply(raw)
    np.testing.assert_array_equal(found.lower, plain.lower)
    mixed = np.zeros((20, FRAMES))
    mixed[3] = 0.5
    some = calibrated_bands(tables, "y", raw, mixed)
    others = np.arange(20) != 3
    np.testing.assert_array_equal(some.upper[:, others], plain.upper[:, others])
    assert (some.upper[:, 3] > plain.upper[:, 3]).all()


def test_factors_never_narrow_a_band_nor_fall_with_what_is_missing(
    tables: dict[str, BandTable], rng: np.random.Generator
) -> None:
    odd = dict(tables)
    for share, factor in zip(SHARES, (2.0, 0.5, 0.7), strict=True):
        key = missing_key("y", share)
        odd[key] = replace(tables[key], offsets=((factor,), (factor,)))
    raw = raw_bands(given_of(windows(20, rng)))
    widths = []
    for share in (0.0, 0.1, 0.25, 0.5, 0.9):
        bands = calibrated_bands(odd, "y", raw, np.full((20, FRAMES), share))
        widths.append((bands.upper[-1] - bands.lower[-1]).mean())
    assert widths[0] < widths[1] < widths[2] == widths[3] == widths[4]


def test_models_without_factors_keep_their_bands_and_without_tables_the_raw_ones(
    tables: dict[str, BandTable], rng: np.random.Generator
) -> None:
    raw, gone = raw_bands(given_of(windows(5, rng))), np.full((5, FRAMES), 0.5)
    alone = calibrated_bands({"y": tables["y"]}, "y", raw, gone)
    np.testing.assert_array_equal(alone.upper, tables["y"].apply(raw).upper)
    np.testing.assert_array_equal(calibrated_bands({}, "y", raw, gone).upper, raw.upper)
    assert set(missing_tables(tables, ["y"])) == {missing_key("y", s) for s in SHARES}
    assert not missing_tables(tables, ["z"])


def test_thinned_windows_stand_evenly_and_keep_their_people(rng: np.random.Generator) -> None:
    batch = replace(windows(90, rng), index=torch.arange(90))
    seen = Calibrating(given_of(batch), batch, [f"s{k // 30}" for k in range(90)])
    few = seen.thinned(10)
    assert few.whole.index.tolist()[0] == 0 and few.whole.index.tolist()[-1] == 89
    assert len(few.subjects) == few.given.size == 10
    assert [f"s{k // 30}" for k in few.whole.index.tolist()] == list(few.subjects)
    torch.testing.assert_close(few.whole.data["a"], batch.data["a"][few.whole.index])
    assert seen.thinned(1000).whole.size == 90


def test_the_share_is_told_by_frame_along_a_timeline(rng: np.random.Generator) -> None:
    batch = given_of(windows(3, rng))
    batch.mask["a"][0] = False
    batch.mask["b"][0, :-1] = False  # a channel of which one frame is there is there
    np.testing.assert_allclose(share_missing(batch, WIDTHS)[:, 0], [3 / 8, 0, 0])
    alone = replace(batch, data={"a": batch.data["a"]}, mask={"a": batch.mask["a"]})
    np.testing.assert_allclose(share_missing(alone, WIDTHS)[:, 0], [1, 5 / 8, 5 / 8])
    line = Timeline.cover(frames=8, length=FRAMES, stride=2)
    told = share_missing(batch, WIDTHS, line)
    assert told.shape == (1, 8)
    assert told[0, :2] == pytest.approx(3 / 8) and told[0, 4:] == pytest.approx(0)
    assert 0 < told[0, 2] < 3 / 8


def test_a_window_keeps_a_channel_whatever_share_is_taken(rng: np.random.Generator) -> None:
    fewer = without_channels(given_of(windows(30, rng)), 1.0, generator=rng)
    there = torch.cat([fewer.mask[name][:, 0] for name in ("a", "b")], dim=1)
    assert (there.sum(dim=1) == 1).all() and len(there.unique(dim=0)) > 4
    for name in ("a", "b"):
        assert not fewer.data[name][~fewer.mask[name]].any()
