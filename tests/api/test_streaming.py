"""Mirrors src/unisono/api/streaming.py: causal, the same bits in any chunks, as the window says."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle

import numpy as np
import numpy.typing as npt
import pytest
import torch
import xarray as xr

from unisono import api
from unisono.api.generated import Generated
from unisono.api.inputs import make_inputs
from unisono.api.live_bands import live_frames
from unisono.api.live_inputs import LiveSource
from unisono.api.streaming import Live
from unisono.core.errors import ConfigError, ModelError, UnitError
from unisono.core.random import generator
from unisono.evaluation.calibration import Bands

Walk = Callable[..., xr.DataTree]


def feed(
    model: api.Model,
    tree: xr.DataTree,
    sizes: Sequence[int],
    options: Live = Live(),  # noqa: B008
) -> list[Generated]:
    """Every answer to a recording that arrives in chunks of these sizes."""
    live, found, at, turn = model.stream(tree, options=options), [], 0, cycle(sizes)
    while at < tree["angles"].sizes["time"]:
        size = next(turn)
        piece = tree["angles"].to_dataset().isel(time=slice(at, at + size))
        found.append(live.push(xr.DataTree.from_dict({"angles": piece})))
        at += size
    found.append(live.finish())
    return [one for one in found if one is not None]


def curves(found: list[Generated], what: str = "mean") -> np.ndarray:
    axis = 0 if what in ("mean", "time") else 1
    return np.concatenate([getattr(one.parts["grf"], what) for one in found], axis=axis)


@pytest.mark.parametrize("rate", [50.0, 100.0])
def test_every_frame_is_answered_once_in_order(
    tiny_model: api.Model, make_walk: Walk, rate: float
) -> None:
    tree = make_walk("a", 11, rate=rate)
    found = feed(tiny_model, tree, [7])
    whole = tiny_model.generate(tree, samples=2).parts["grf"]
    np.testing.assert_allclose(curves(found, "time"), whole.time, atol=1e-9)
    part = found[-1].parts["grf"]
    assert part.channels == whole.channels and part.units == whole.units
    assert part.attrs["frame"] == whole.attrs["frame"] and part.levels == (0.5, 0.8, 0.9)
    assert (curves(found, "lower") <= curves(found)).all()


@pytest.mark.parametrize("rate", [50.0, 100.0])
def test_the_same_bits_however_the_input_is_chunked(
    tiny_model: api.Model, make_walk: Walk, rate: float
) -> None:
    tree = make_walk("a", 11, rate=rate)
    whole = feed(tiny_model, tree, [10_000])
    for sizes in ([1], [3, 17, 2, 40]):
        again = feed(tiny_model, tree, sizes)
        for what in ("time", "mean", "lower", "upper"):
            np.testing.assert_array_equal(curves(whole, what), curves(again, what))


def test_the_future_changes_nothing(tiny_model: api.Model, make_walk: Walk) -> None:
    """Answers before a change of the input are equal in every bit, later ones are not."""
    tree = make_walk("a", 11)
    cut = 170  # of 300 samples, in the midst of a hop
    other = tree.copy(deep=True)
    other["angles"]["data"][cut:] = 1e3
    for options in (Live(), Live(hop_s=0.02), Live(delay_s=0.1), Live(samples=4, steps=2)):
        before = [feed(tiny_model, t, [1], options) for t in (tree, other)]
        known_until = cut / 100
        first, second = curves(before[0]), curves(before[1])
        time = curves(before[0], "time")
        live = tiny_model.stream(tree, options=options)
        sure = time + live.delay_s < known_until - 1e-9
        assert 50 < sure.sum() < len(time)
        np.testing.assert_array_equal(first[sure], second[sure])
        np.testing.assert_array_equal(
            curves(before[0], "upper")[:, sure], curves(before[1], "upper")[:, sure]
        )
        assert (first[~sure] != second[~sure]).any()


def test_answers_are_those_of_the_window_that_ends_now(
    tiny_model: api.Model, make_walk: Walk
) -> None:
    """The oracle: the method itself, given the last 32 frames and nothing else."""
    tree = make_walk("a", 11, rate=50.0, seconds=2.96)
    found = feed(tiny_model, tree, [4])
    batch = make_inputs(tiny_model, tree).batch
    frames = torch.from_numpy(tree["angles"]["data"].values.astype(np.float32))
    mean = curves(found)
    for end in (35, 100, 145, 148):  # 148: what is left when nothing follows
        window = frames[None, end - 32 : end]
        own = replace(
            batch,
            data={"angles": window},
            mask={"angles": torch.ones_like(window, dtype=torch.bool)},
            index=torch.zeros(1),
            known={k: v[:1] for k, v in batch.known.items()},
        )
        drawn = tiny_model.method.generate(
            own, ["grf"], samples=0, steps=1, generator=generator(0, "any")
        )["grf"]
        new = 3 if end == 148 else 5
        np.testing.assert_array_equal(mean[end - new : end], drawn.mean[0, -new:].numpy())


def test_a_delay_is_kept_and_lets_the_model_see_what_follows(
    tiny_model: api.Model, make_walk: Walk
) -> None:
    tree = make_walk("a", 11, rate=50.0)
    live = tiny_model.stream(tree, options=Live(delay_s=0.2))
    assert live.delay_s == pytest.approx((10 + 4) / 50)
    assert tiny_model.stream(tree).delay_s == pytest.approx(4 / 50)
    assert tiny_model.stream(make_walk("b", 11)).delay_s == pytest.approx(4 / 50 + 0.04)
    values = tree["angles"]["data"].values
    told = [live.push({"angles": values[i : i + 5]}) for i in range(0, 30, 5)]
    assert [None if t is None else float(t.parts["grf"].time[-1]) for t in told] == [
        None, None, *(pytest.approx(0.08 + 0.1 * k) for k in range(4)),
    ]  # fmt: skip


def test_arrays_in_the_models_own_terms_are_the_same_stream(
    tiny_model: api.Model, make_walk: Walk
) -> None:
    tree = make_walk("a", 11, rate=50.0)
    values = tree["angles"]["data"].values
    source = LiveSource(50.0, known={"mass_kg": tree.attrs["mass_kg"]})
    turned = LiveSource(
        50.0, {"angles": [str(c) for c in tree["angles"]["channel"].values[::-1]]},
        {"angles": "rad"}, {"mass_kg": tree.attrs["mass_kg"]},
    )  # fmt: skip
    want = curves(feed(tiny_model, tree, [20]))
    for live, x in (
        (tiny_model.stream(source), values),
        (tiny_model.stream(turned), np.deg2rad(values[:, ::-1])),
    ):
        found = [live.push({"angles": x[i : i + 20]}) for i in range(0, len(x), 20)]
        mean = curves([f for f in [*found, live.finish()] if f is not None])
        np.testing.assert_allclose(mean, want, atol=1e-4)


def test_missing_samples_widen_and_never_break(tiny_model: api.Model, make_walk: Walk) -> None:
    tree = make_walk("a", 11, rate=50.0)
    whole = feed(tiny_model, tree, [5])
    widths = [(curves(whole, "upper") - curves(whole, "lower"))[-1].mean()]
    for frames, channels in ((slice(60, 100), slice(0, 6)), (slice(None), slice(1, 6))):
        holed = tree.copy(deep=True)
        holed["angles"]["data"][frames, channels] = np.nan
        holed["angles"]["valid"][frames, channels] = False
        lost = feed(tiny_model, holed, [5])
        assert np.isfinite(curves(lost)).all()
        np.testing.assert_array_equal(curves(lost, "time"), curves(whole, "time"))
        widths.append((curves(lost, "upper") - curves(lost, "lower"))[-1].mean())
    assert widths[2] > 1.01 * widths[0]


def test_a_model_of_both_directions_answers_backwards(
    tiny_model: api.Model, make_walk: Walk
) -> None:
    tree = make_walk("a", 11, rate=50.0)
    live = tiny_model.stream(tree, want=["angles"])
    assert live.inputs.names == ("grf",)
    out = live.push(tree)
    assert out is not None and out.parts["angles"].channels == tiny_model.streams["angles"].channels
    still = tree.copy(deep=True)
    still["grf"]["data"].values[:] = 0.0
    other = tiny_model.stream(still, want=["angles"]).push(still)
    assert other is not None
    assert np.abs(other.parts["angles"].mean - out.parts["angles"].mean).max() > 0.1


def test_a_stream_that_never_arrives_counts_as_missing(
    tiny_model: api.Model, make_walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two given streams of six channels each, one: half of the channels are gone."""
    tree = make_walk("a", 11, rate=50.0)
    gone: list[float] = []

    def seen(tables: object, name: str, raw: Bands, missing: npt.NDArray[np.float64]) -> Bands:
        gone.append(float(missing.max()))
        return raw

    monkeypatch.setattr("unisono.api.streaming.calibrated_bands", seen)
    data = replace(tiny_model.recipe.data, given=("angles", "more"))
    model = replace(
        tiny_model,
        recipe=replace(tiny_model.recipe, data=data),
        streams={**tiny_model.streams, "more": tiny_model.streams["angles"]},
    )
    assert feed(model, tree, [50]) and feed(tiny_model, tree, [50])
    assert (max(gone[: len(gone) // 2]), max(gone[len(gone) // 2 :])) == (0.5, 0.0)


def test_bands_are_calibrated_where_the_future_is_unknown(
    tiny_model: api.Model, make_walk: Walk
) -> None:
    live = tiny_model.stream(make_walk("a", 11))
    assert live.tables["grf"].to_dict() == tiny_model.sealed.extra["live"]["grf"]
    assert live.tables["grf"] != tiny_model.tables["grf"] and not live.doubts
    other = tiny_model.stream(make_walk("a", 11), options=Live(hop_s=0.3))
    assert any("calibrated for a hop of 0.1 s" in d for d in other.doubts)
    assert live_frames(tiny_model.recipe) == 5


def test_a_model_without_a_mean_answers_by_samples(
    tiny_model: api.Model, make_walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tiny_model.method.generate

    def without(*words: object, **options: object) -> object:
        return {k: v._replace(spread=None) for k, v in real(*words, **options).items()}

    monkeypatch.setattr(tiny_model.method, "generate", without)
    live = tiny_model.stream(make_walk("a", 11, rate=50.0))
    assert any("16 samples a window" in d for d in live.doubts)
    out = live.push({"angles": make_walk("a", 11, rate=50.0)["angles"]["data"].values[:40]})
    assert out is not None and out.parts["grf"].samples.shape == (16, 40, 6)
    assert (out.parts["grf"].upper > out.parts["grf"].lower).all()


def test_what_cannot_be_streamed_is_refused(tiny_model: api.Model, make_walk: Walk) -> None:
    tree = make_walk("a", 11)
    with pytest.raises(ModelError, match="is given angles; what arrives has grf"):
        tiny_model.stream(tree.filter(lambda node: node.name != "angles"))
    with pytest.raises(ConfigError, match="does not know a stream 'grff'. Did you mean 'grf'"):
        tiny_model.stream(tree, want=["grff"])
    with pytest.raises(ModelError, match="is given grf; what arrives has angles"):
        tiny_model.stream(tree.filter(lambda node: node.name != "grf"), want=["angles"])
    with pytest.raises(ConfigError, match="does not know a stream 'angle'"):
        tiny_model.stream(LiveSource(50.0, {"angle": ["a"]}))
    with pytest.raises(UnitError):
        tiny_model.stream(LiveSource(50.0, units={"angles": "kg"}))
    live = tiny_model.stream(tree)
    with pytest.raises(ModelError, match=r"expected \(frames, 6\)"):
        live.push({"angles": np.zeros((3, 2))})
    piece = tree["angles"].to_dataset().isel(channel=[0, 1])
    with pytest.raises(ModelError, match="lacks channel"):
        live.push(xr.DataTree.from_dict({"angles": piece}))
    by_events = replace(
        tiny_model,
        recipe=replace(tiny_model.recipe, windows={"by": ["foot_strike", "foot_strike"]}),
    )
    with pytest.raises(ModelError, match="lies in the future"):
        by_events.stream(tree)
