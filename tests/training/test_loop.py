import errno
import io
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training_toys import ToyMethod, same, toy_settings, toy_source, weights

from unisono.core.errors import OutputError
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Sampler, Source
from unisono.training.errors import TrainingStopped
from unisono.training.folder import checkpoints_of, preview_path
from unisono.training.log import CSV_NAME
from unisono.training.loop import Hooks, TrainingResult, train
from unisono.training.preview import Preview
from unisono.training.progress import Progress


def go(
    folder: Path, *, resume: bool = False, hooks: Hooks | None = None, **changes: object
) -> tuple[ToyMethod, TrainingResult]:
    method = ToyMethod(20)
    settings = toy_settings(**changes)
    return method, train(method, toy_source(), settings, folder, resume=resume, hooks=hooks)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ToyMethod]:
    folder = tmp_path_factory.mktemp("unbroken")
    method, _ = go(folder)
    return folder, method


def stop_at(step: int) -> Hooks:
    seen: list[int] = []
    return Hooks(progress=lambda p: seen.append(p.step), stop=lambda: seen[-1:] == [step])


def test_it_learns_and_leaves_a_frozen_method(unbroken: tuple[Path, ToyMethod]) -> None:
    folder, method = unbroken
    lines = (folder / CSV_NAME).read_text().splitlines()
    columns = lines[0].split(",")
    loss = [float(line.split(",")[columns.index("fit")]) for line in lines[1:4]]
    assert loss[2] < 0.7 * loss[0]
    assert not any(p.requires_grad for p in method.parameters())
    assert not any(m.training for m in method.modules())
    # one row every third step, and one where a phase ends
    assert [line.split(",")[0] for line in lines[1:]] == [
        "3",
        "6",
        "9",
        "10",
        "12",
        "15",
        "18",
        "20",
    ]


@pytest.mark.parametrize("stopped", [1, 5, 9, 10, 17])
def test_resumed_is_unbroken_bit_for_bit(
    tmp_path: Path, unbroken: tuple[Path, ToyMethod], stopped: int
) -> None:
    with pytest.raises(TrainingStopped, match=f"at step {stopped + 1} of 20"):
        go(tmp_path, hooks=stop_at(stopped))
    method, result = go(tmp_path, resume=True)
    assert result.resumed_at == stopped + 1 and result.steps == 20
    assert same(weights(method), weights(unbroken[1]))
    assert (tmp_path / CSV_NAME).read_bytes() == (unbroken[0] / CSV_NAME).read_bytes()
    names = [[p.name for p in checkpoints_of(f).paths()] for f in (tmp_path, unbroken[0])]
    assert names[0][0] == names[1][0]  # a name vouches for every byte
    for tag in ("loss", "denoise"):
        boards = [
            EventAccumulator(str(f / "tensorboard")).Reload().Scalars(tag)
            for f in (tmp_path, unbroken[0])
        ]
        assert len(boards[0]) == len(boards[1])
        assert all((a.step, a.value) == (b.step, b.value) for a, b in zip(*boards, strict=True))


def test_global_random_state_has_no_part_in_it(
    tmp_path: Path, unbroken: tuple[Path, ToyMethod]
) -> None:
    before = torch.get_rng_state()
    with torch.random.fork_rng():
        torch.manual_seed(12345)
        method, _ = go(tmp_path)
    assert same(weights(method), weights(unbroken[1]))
    assert torch.equal(before, torch.get_rng_state())


def test_another_seed_is_another_run(tmp_path: Path, unbroken: tuple[Path, ToyMethod]) -> None:
    assert not same(weights(go(tmp_path, seed=8)[0]), weights(unbroken[1]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_write_a_checkpoint_and_leave(
    tmp_path: Path, unbroken: tuple[Path, ToyMethod], number: signal.Signals
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.step == 6:
            os.kill(os.getpid(), number)

    with pytest.raises(TrainingStopped, match=rf"step 7 of 20 \({number.name}\)") as caught:
        go(tmp_path, hooks=Hooks(progress=interrupt))
    assert caught.value.step == 7
    assert checkpoints_of(tmp_path).paths()[0].name.startswith("step-000000007-")
    method, _ = go(tmp_path, resume=True)
    assert same(weights(method), weights(unbroken[1]))


def test_a_damaged_newest_checkpoint_costs_a_few_steps_and_nothing_else(
    tmp_path: Path, unbroken: tuple[Path, ToyMethod]
) -> None:
    with pytest.raises(TrainingStopped):
        go(tmp_path, hooks=stop_at(8))
    newest = checkpoints_of(tmp_path).paths()[0]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    with pytest.warns(RuntimeWarning, match="is damaged"):
        method, result = go(tmp_path, resume=True)
    assert result.resumed_at == 8
    assert same(weights(method), weights(unbroken[1]))
    assert (tmp_path / CSV_NAME).read_bytes() == (unbroken[0] / CSV_NAME).read_bytes()


def test_a_full_disk_is_one_line_and_the_run_goes_on_later(
    tmp_path: Path, unbroken: tuple[Path, ToyMethod], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    whole = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        written.append(len(data))
        if len(written) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full; free space"):
        go(tmp_path)
    monkeypatch.undo()
    method, result = go(tmp_path, resume=True)
    assert result.resumed_at == 4 and same(weights(method), weights(unbroken[1]))


def test_a_finished_run_is_taken_as_it_is(unbroken: tuple[Path, ToyMethod]) -> None:
    before = (unbroken[0] / CSV_NAME).read_bytes()
    method, result = go(unbroken[0], resume=True)
    assert same(weights(method), weights(unbroken[1])) and result.loss != result.loss
    assert result.resumed_at == 20 and (unbroken[0] / CSV_NAME).read_bytes() == before
    with pytest.raises(OutputError, match="holds a run"):
        go(unbroken[0])


def test_previews_come_early_and_change_nothing(
    tmp_path: Path, unbroken: tuple[Path, ToyMethod]
) -> None:
    shown: list[Path] = []
    red = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(red, format="png")

    def draw(path: Path) -> bytes:
        shown.append(path)
        return red.getvalue()

    hooks = Hooks(preview=Preview(np.array([0, 5]), ("grf",), samples=3, draw=draw))
    method, _ = go(tmp_path, hooks=hooks, preview_every=5)
    assert shown == [preview_path(tmp_path, step) for step in (5, 10, 15)]
    assert all(file.exists() and file.with_suffix(".png").exists() for file in shown)
    board = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    pictures = board.Images("preview")
    assert [picture.step for picture in pictures] == [5, 10, 15]
    with Image.open(io.BytesIO(pictures[0].encoded_image_string)) as image:
        assert image.size == (4, 3) and image.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    assert same(weights(method), weights(unbroken[1]))


def test_progress_counts_down(tmp_path: Path) -> None:
    seen: list[Progress] = []
    go(tmp_path, hooks=Hooks(progress=seen.append))
    assert [p.step for p in seen] == list(range(1, 21)) and {p.steps for p in seen} == {20}
    assert seen[-1].seconds_left == 0 and all(p.seconds_left > 0 for p in seen[:-1])
    assert seen[0].phase == "codec" and seen[-1].phase == "process"
    assert "denoise" in seen[-1].parts and seen[-1].windows_per_second > 0


def test_groups_frozen_in_every_phase_do_not_change(tmp_path: Path) -> None:
    class Half(ToyMethod):
        @property
        def phases(self) -> tuple:  # type: ignore[type-arg]
            return super().phases[:1]

    method = Half(20)
    before = weights(method)
    train(method, toy_source(), toy_settings(), tmp_path)
    after = weights(method)
    assert all(torch.equal(before[k], after[k]) for k in before if k[:3] == "net")
    assert not torch.equal(before["encoder.0.weight"], after["encoder.0.weight"])


def test_the_datasets_own_sampler_is_one(tmp_path: Path) -> None:
    toy = toy_source()
    sampler: Sampler = EpochSampler(toy.rows, 8, seed=2)
    source = Source(toy.windows, sampler, toy.rows)
    result = train(ToyMethod(8), source, toy_settings(), tmp_path)
    assert result.steps == 8 and result.loss == result.loss
