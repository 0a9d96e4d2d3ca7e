"""Mirrors src/unisono/cli/train.py."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from unisono import api


def test_a_recipe_becomes_a_model(
    unisono: Callable[..., object], recipe_file: Path, tmp_path: Path
) -> None:
    run = unisono("train", recipe_file, "--set", "training.seed=3", "--json")
    assert run.status == 0
    assert run.json == {
        "model": str(tmp_path / "model"),
        "card": str(tmp_path / "model" / "card.md"),
    }
    assert api.load(tmp_path / "model").recipe.training.seed == 3
    assert "exists" in unisono("train", recipe_file, "--json").complaint
    # resuming what is finished shows the finished model
    same = unisono("train", recipe_file, "--set", "training.seed=3", "--resume", "--json")
    assert same.json == run.json
    other = unisono("train", recipe_file, "--resume", "--json")
    assert other.status == 2 and "started with another [training]" in other.complaint


def test_progress_goes_to_standard_error(
    unisono: Callable[..., object], recipe_file: Path, tmp_path: Path
) -> None:
    run = unisono("train", recipe_file, "--set", f"output={tmp_path / 'other'}")
    assert run.out == f"model: {tmp_path / 'other'}\n" and "train: train" in run.err


def test_ctrl_c_writes_a_checkpoint_and_resuming_goes_on(
    unisono: Callable[..., object],
    recipe_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from unisono.cli import progress

    @contextmanager
    def pressing(*_: object, **__: object) -> Iterator[Callable[[str, int, int], None]]:
        def tell(what: str, done: int, total: int) -> None:
            if done == 2:
                signal.raise_signal(signal.SIGINT)

        yield tell

    words = ("train", recipe_file, "--set", "llma.steps=4", "--set")
    with monkeypatch.context() as patch:
        patch.setattr(progress, "progress", pressing)
        run = unisono(*words, f"output={tmp_path / 'broken'}")
    assert "stopped at step" in run.complaint and not (tmp_path / "broken").exists()
    assert unisono(*words, f"output={tmp_path / 'broken'}", "--resume", "--json").status == 0
    assert unisono(*words, f"output={tmp_path / 'whole'}", "--json").status == 0
    one, other = (api.load(tmp_path / n).method.state_dict() for n in ("broken", "whole"))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
