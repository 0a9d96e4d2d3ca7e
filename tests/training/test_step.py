import json
from pathlib import Path

import pytest
import torch
from torch import Generator
from training_toys import ToyMethod, ToyWindows, same, toy_settings, toy_source, weights

from unisono.core.contracts import Batch, Loss, Phase
from unisono.training.data import Source
from unisono.training.device import Machine
from unisono.training.errors import TrainingError
from unisono.training.run import Run
from unisono.training.step import FAILURE_NAME, make_step

CPU = torch.device("cpu")


def run_of(method: ToyMethod, precision: str = "fp32", **changes: object) -> Run:
    source = toy_source()
    method.prepare(source.windows.batch(source.rows))
    run = Run(method, toy_settings(**changes), Machine(CPU, precision), digest="toy")
    run.begin_phase()
    return run


def test_a_step_is_plain_torch_by_hand(tmp_path: Path) -> None:
    settings = {"ema_decay": 0.0, "clip_norm": 0.5}
    run, source = run_of(ToyMethod(40, dropout=0.0), **settings), toy_source()
    twin = ToyMethod(40, dropout=0.0)
    twin.prepare(source.windows.batch(source.rows))
    inner = list(twin.encoder.parameters())
    groups = [
        {"params": [p for p in inner if p.ndim == 2], "weight_decay": 1e-2},
        {"params": [p for p in inner if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.999))
    for k in range(3):
        batch = source.windows.batch(source.sampler.at(k))
        loss = twin.loss(batch, phase=twin.phases[0], step=k, generator=Generator())
        optimiser.zero_grad()
        loss.total.backward()
        norm = torch.nn.utils.clip_grad_norm_(inner, 0.5)
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 * (k + 1) / 3
        optimiser.step()
        step = make_step(run, source, tmp_path)
        assert step.loss == pytest.approx(loss.total.item(), rel=1e-6)
        assert step.gradient_norm == pytest.approx(norm.item(), rel=1e-5)
        assert (step.phase, step.windows, step.stop, run.step) == ("codec", 8, False, k + 1)
        assert list(step.row()) == ["loss", "fit", "contrast", "gradient_norm", "learning_rate"]
        for a, b in zip(inner, run.module.encoder.parameters(), strict=True):
            torch.testing.assert_close(a, b)


class Poisoned(ToyMethod):
    """Its loss, or only the gradient of it, is not finite from a step on."""

    def __init__(self, steps: int = 20, *, where: str = "loss", since: int = 2) -> None:
        super().__init__(steps)
        self.where, self.since = where, since

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        total, parts = super().loss(batch, phase=phase, step=step, generator=generator)
        if step >= self.since and self.where == "loss":
            return Loss(total * float("nan"), {**parts, "fit": parts["fit"] * float("nan")})
        if step >= self.since:  # the square root's slope at 0 is infinite
            total = total + (self.encoder[0].weight * 0).abs().sum().sqrt()
        return Loss(total, parts)


@pytest.mark.parametrize(
    ("where", "wrong"), [("loss", "loss, fit, gradient_norm"), ("gradient", "gradient_norm")]
)
def test_nan_stops_before_the_weights_and_names_the_batch(
    tmp_path: Path, where: str, wrong: str
) -> None:
    run, source = run_of(Poisoned(where=where)), toy_source()
    for _ in range(2):
        make_step(run, source, tmp_path)
    before = weights(run.module)
    with pytest.raises(TrainingError) as caught:
        make_step(run, source, tmp_path)
    rows = source.sampler.at(2)
    text = str(caught.value)
    assert f"step 2, phase 'codec': {wrong} not finite for rows" in text
    assert ", ".join(map(str, rows)) in text and source.names(rows)[0] in text and "\n" not in text
    story = json.loads((tmp_path / FAILURE_NAME).read_text())
    assert story["rows"] == rows.tolist() and story["recordings"] == list(source.names(rows))
    assert same(before, weights(run.module)) and run.step == 2


def test_nan_in_the_data_is_named(tmp_path: Path) -> None:
    windows = ToyWindows()
    source = toy_source()
    windows.angles[source.sampler.at(0)[3], 2, 1] = float("inf")
    poisoned = Source(windows, source.sampler, source.rows)
    run = run_of(ToyMethod())
    with pytest.raises(TrainingError, match=f"angles of row {source.sampler.at(0)[3]};"):
        make_step(run, poisoned, tmp_path)


def test_a_monitor_may_be_nan(tmp_path: Path) -> None:
    class Blind(ToyMethod):
        def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
            total, parts = super().loss(batch, phase=phase, step=step, generator=generator)
            return Loss(total, {**parts, "rank": torch.tensor(float("nan"))})

    step = make_step(run_of(Blind()), toy_source(), tmp_path)
    assert step.parts["rank"] != step.parts["rank"]


def test_a_phase_that_trains_nothing_says_so(tmp_path: Path) -> None:
    class Idle(ToyMethod):
        @property
        def phases(self) -> tuple[Phase, ...]:
            return (Phase("idle", 2, groups=("net",), losses=("fit",)),)

    with pytest.raises(TrainingError, match="phase 'idle': the loss depends on none"):
        make_step(run_of(Idle()), toy_source(), tmp_path)


def test_bf16_is_near_fp32_and_keeps_float32_weights(tmp_path: Path) -> None:
    losses = {}
    for precision in ("fp32", "bf16"):
        run = run_of(ToyMethod(dropout=0.0), precision)
        losses[precision] = [make_step(run, toy_source(), tmp_path).loss for _ in range(8)]
        assert {p.dtype for p in run.module.parameters()} == {torch.float32}
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.05)
    assert losses["bf16"] != losses["fp32"]
