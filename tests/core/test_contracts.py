"""Mirrors src/unisono/core/contracts.py."""

import torch

from unisono.core.contracts import Batch, StreamInfo


def test_a_batch_moves_as_a_whole() -> None:
    batch = Batch(
        {"a": torch.zeros(2, 3, 1)},
        {"a": torch.ones(2, 3, 1, dtype=torch.bool)},
        torch.arange(2),
        torch.zeros(2, dtype=torch.int64),
        torch.zeros(2, dtype=torch.int64),
        {"mass_kg": torch.tensor([70.0, 80.0])},
    )
    moved = batch.to("meta")
    assert moved.size == 2
    assert {t.device.type for t in (moved.data["a"], moved.mask["a"], moved.index)} == {"meta"}
    assert moved.known["mass_kg"].device.type == "meta"


def test_a_stream_knows_its_width() -> None:
    assert StreamInfo("grf", ("fx", "fz"), ("N", "N"), "force", 100.0).width == 2
