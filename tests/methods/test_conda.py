"""The loss is its formula, the bank is the training part, and a map finds what it is by."""

import math

import numpy as np
import pytest
import torch

from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError, ModelError
from unisono.methods.conda import ConDA, ConDASettings, MapShape

SMALL = ConDASettings(dims=2, codes=4, hidden=(16,), negatives=32, steps=10)


def rows(count: int = 60, labelled: bool = False) -> Batch:
    g = torch.Generator().manual_seed(1)
    phase = torch.arange(count) * 0.4
    base = torch.stack([phase.cos(), phase.sin(), (2 * phase).cos(), phase * 0.01], dim=1)
    frames = base @ torch.randn(4, 6, generator=g) + 1.5
    return Batch(
        {"frames": frames[:, None]},
        {},
        torch.arange(count),
        torch.arange(count) // 20,
        torch.full((count,), -1),
        {"speed": torch.linspace(-1, 1, count)} if labelled else {},
    )


def prepared(settings: ConDASettings = SMALL, **options: object) -> ConDA:
    method = ConDA(settings, MapShape(6, 60), **options)  # type: ignore[arg-type]
    method.prepare(rows())
    return method


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_loss_is_the_published_formula(metric: str) -> None:
    import dataclasses

    method = prepared(dataclasses.replace(SMALL, metric=metric, temperature=0.7))
    batch = rows()
    anchors = Batch(batch.data, {}, torch.tensor([3, 25, 47]), batch.subject, batch.condition)
    loss = method.loss(
        anchors, phase=method.phases[0], step=0, generator=torch.Generator().manual_seed(9)
    )
    g = torch.Generator().manual_seed(9)  # the same draws, in the same order
    assert method._rule is not None
    mates = method._rule.draw(anchors.index, generator=g)
    far = torch.randint(60, (32,), generator=g)
    points = method.embed(method.codes, method.sequence).double()
    want = 0.0
    for i, j in zip(anchors.index, mates, strict=True):
        if metric == "cosine":
            score = lambda k, i=i: float(points[i] @ points[k]) / 0.7  # noqa: E731
        else:
            score = lambda k, i=i: -float((points[i] - points[k]).square().sum()) / 0.7  # noqa: E731
        want += -score(j) + math.log(sum(math.exp(score(k)) for k in far))
    torch.testing.assert_close(loss.total.item(), want / 3, atol=1e-4, rtol=1e-4)


def test_what_a_batch_repeats_is_encoded_once_to_the_same_points() -> None:
    method, sizes = prepared(), list[int]()
    method.encoder.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0])))
    whole = method.embed(method.codes, method.sequence)
    for some in (torch.tensor([7, 7, 3]), torch.tensor([7, 3, 59, 3] * 20)):
        points = method._points_of(some)
        torch.testing.assert_close(points, whole[some])
        method.zero_grad()
        points.square().sum().backward()
        found = [p.grad for p in method.encoder.parameters()]
        context = torch.arange(60)[:, None]
        method.zero_grad()
        method._points(method.codes, context[some]).square().sum().backward()
        for one, p in zip(found, method.encoder.parameters(), strict=True):
            torch.testing.assert_close(one, p.grad, rtol=1e-4, atol=1e-5)
    assert sizes == [60, 3, 3, 3, 80]


def test_the_bank_is_the_training_part_and_frames_come_back() -> None:
    method = prepared()
    bank = method.bank()
    frames = rows().data["frames"][:, 0]
    torch.testing.assert_close(method.encode(frames), method.codes)
    torch.testing.assert_close(method.decode(method.codes), frames, atol=1e-3, rtol=1e-3)
    np.testing.assert_array_equal(bank.sequence, np.arange(60) // 20)
    draws = method.generate(
        rows(), ["frames"], samples=2, steps=1, generator=torch.Generator().manual_seed(0)
    )["frames"]
    torch.testing.assert_close(draws.mean[:, 0], frames, atol=1e-2, rtol=1e-2)
    assert draws.samples.shape == (2, 60, 1, 6)


def test_rescaled_inputs_give_the_same_frames_back() -> None:
    method = prepared(control="rescaled")
    assert method.factors.min() < 0.95 and method.factors.max() > 1.05
    frames = rows().data["frames"][:, 0]
    torch.testing.assert_close(method.decode(method.encode(frames)), frames, atol=1e-2, rtol=1e-2)


def test_training_lowers_the_loss_and_the_shuffled_control_does_not() -> None:
    def after(control: str) -> float:
        method = ConDA(SMALL, MapShape(6, 60), control=control)
        method.prepare(rows())
        adam = torch.optim.AdamW(method.parameters(), lr=5e-3)
        g = torch.Generator().manual_seed(0)
        values = []
        for step in range(150):
            loss = method.loss(rows(), phase=method.phases[0], step=step, generator=g)
            adam.zero_grad()
            loss.total.backward()
            adam.step()
            values.append(loss.parts["below_chance"].item())
        return float(np.mean(values[-20:]))

    assert after("none") > 0.5 > 0.25 > after("shuffled")


def test_bad_settings_and_uses_are_one_line() -> None:
    with pytest.raises(ConfigError, match="dims must lie"):
        ConDASettings(dims=1)
    with pytest.raises(ConfigError, match="metric must be one of"):
        ConDASettings(metric="euclid")
    method = ConDA(SMALL, MapShape(6, 60))
    g = torch.Generator().manual_seed(0)
    with pytest.raises(ModelError, match="was not prepared"):
        method.loss(rows(), phase=method.phases[0], step=0, generator=g)
    with pytest.raises(ModelError, match="its own frames alone"):
        method.generate(rows(), ["grf"], samples=1, steps=1, generator=g)


@pytest.mark.parametrize(
    ("begin", "labelled", "there"),
    [("auto", False, True), ("auto", True, False), ("axes", True, True), ("random", False, False)],
)
def test_maps_by_time_alone_begin_at_axes(begin: str, labelled: bool, there: bool) -> None:
    import dataclasses

    method = ConDA(dataclasses.replace(SMALL, begin=begin), MapShape(6, 60))
    method.prepare(rows(labelled=labelled))
    assert bool((method.encoder.straight.weight != 0).any()) == there
