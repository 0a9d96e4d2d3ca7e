import copy

import pytest
import torch
from training_toys import ToyMethod, same, toy_settings, weights

from unisono.core.contracts import Phase
from unisono.training.checkpoint import Checkpoint
from unisono.training.device import Machine
from unisono.training.errors import TrainingError
from unisono.training.run import Run
from unisono.training.settings import TrainingSettings

MACHINE = Machine(torch.device("cpu"), "fp32")


def new(method: ToyMethod | None = None, *, digest: str = "toy", **changes: object) -> Run:
    run = Run(method or ToyMethod(6), toy_settings(**changes), MACHINE, digest=digest)
    run.begin_phase()
    return run


def push(run: Run) -> None:
    for number, parameter in enumerate(run.parameters.values()):
        parameter.grad = torch.full_like(parameter, 0.1 * (number + 1 + run.step))
    run.optimiser.step()
    run.advance()


@pytest.mark.parametrize("done", [1, 2, 3, 4, 5])
def test_a_restored_run_goes_on_bit_for_bit(done: int) -> None:
    unbroken = new()
    for _ in range(done):
        push(unbroken)
    saved = unbroken.capture()
    copy = Checkpoint(saved.step, {k: t.clone() for k, t in saved.tensors.items()}, saved.header)
    resumed = new()
    resumed.restore(copy)
    while not unbroken.finished:
        push(unbroken)
        push(resumed)
    assert resumed.finished and same(weights(unbroken.module), weights(resumed.module))


def test_a_phase_trains_its_groups_and_ends_on_its_average() -> None:
    run, plain = new(ema_decay=0.9), new(ema_decay=0.0)
    start = weights(run.module)
    average = start["encoder.0.weight"].clone()
    for n in range(1, 4):
        push(run)
        push(plain)  # the same gradients without an average: these are the weights themselves
        rate = min(0.9, (1 + n) / (10 + n))
        average = rate * average + (1 - rate) * weights(plain.module)["encoder.0.weight"]
    now = weights(run.module)
    torch.testing.assert_close(now["encoder.0.weight"], average)
    assert torch.equal(now["net.0.weight"], start["net.0.weight"])  # frozen in this phase
    assert set(run.parameters) == {n for n in now if n.startswith("net") or n == "balance"}
    frozen = run.module.encoder[0].weight
    assert not frozen.requires_grad and not run.module.encoder[2].training


def test_means_are_means_and_travel_with_the_run() -> None:
    run = new()
    run.collect({"a": 1.0})
    run.collect({"a": 2.0, "b": float("nan")})
    other = new()
    other.restore(run.capture())
    row = other.take_means()
    assert row["a"] == 1.5 and row["b"] != row["b"] and other.take_means() == {}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda: new(learning_rate=0.5), "training.learning_rate = 0.01, and resume came with 0.5"),
        (lambda: new(ToyMethod(8)), "phases = "),
        (lambda: new(digest="other"), "data = toy, and resume came with other"),
        (lambda: new(ToyMethod(6, width=9)), "weights do not fit the method"),
    ],
)
def test_another_run_is_not_resumed(changed: object, words: str) -> None:
    saved = new().capture()
    with pytest.raises(TrainingError, match=words):
        changed().restore(saved)  # type: ignore[operator]


def test_precision_must_agree_and_cadence_need_not() -> None:
    saved = new().capture()
    new(checkpoint_every=99, preview_every=3).restore(saved)
    run = Run(ToyMethod(6), toy_settings(), Machine(MACHINE.device, "bf16"), digest="toy")
    with pytest.raises(TrainingError, match="precision = fp32, and resume came with bf16"):
        run.restore(saved)


def test_another_number_of_threads_is_said() -> None:
    saved = new().capture()
    header = {**saved.header, "place": {**saved.header["place"], "threads": 99}}
    with pytest.warns(RuntimeWarning, match="threads = .* after 99: .* not bit for bit"):
        new().restore(Checkpoint(saved.step, saved.tensors, header))


class Beginner(ToyMethod):
    """A method that notes which phases it was asked to begin."""

    begun: list[str]

    def begin(self, phase: Phase) -> None:
        self.begun = [*getattr(self, "begun", []), phase.name]
        assert not any(part.training for part in self.modules())


def test_a_method_begins_each_phase_once_and_not_again_when_resuming() -> None:
    method = Beginner(6)
    run = Run(method, toy_settings(), MACHINE, digest="toy")
    run.enter_phase()
    names = [phase.name for phase in method.phases]
    assert method.begun == names[:1]
    while run.place.phase.name == names[0]:
        assert method.encoder.training
        push(run)
    assert method.begun == names[:2]
    saved = run.capture()
    again = Beginner(6)
    Run(again, toy_settings(), MACHINE, digest="toy").restore(saved)
    assert not hasattr(again, "begun")


def test_a_run_of_before_a_setting_was_added_goes_on() -> None:
    default = TrainingSettings().clip_norm
    saved = new(clip_norm=default).capture()
    header = copy.deepcopy(dict(saved.header))
    del header["run"]["training.clip_norm"]
    for phase in header["run"]["phases"]:
        del phase["period"]
    older = Checkpoint(saved.step, saved.tensors, header)
    new(clip_norm=default).restore(older)
    with pytest.raises(TrainingError, match=r"training\.clip_norm = 1\.0, and resume came with 2"):
        new(clip_norm=2.0).restore(older)
