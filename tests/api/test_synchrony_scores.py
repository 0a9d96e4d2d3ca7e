"""Mirrors src/unisono/api/synchrony_scores.py."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from unisono.api.synchrony_scores import Question, batch_scores, lag_scores, shifted
from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError

sys.path.insert(0, str(Path(__file__).parent))

from synchrony_toys import MIX, Knowing  # noqa: E402 - found by the line above


def _batch(generator: torch.Generator, late: int = 0, frames: int = 60) -> Batch:
    x = torch.randn(6, frames, 3, generator=generator)
    y = torch.roll(x, -late, dims=1) @ MIX
    count = torch.arange(6)
    masks = {"angles": torch.ones_like(x, dtype=torch.bool)}
    masks["grf"] = torch.ones_like(y, dtype=torch.bool)
    return Batch({"angles": x, "grf": y}, masks, count, count, count)


def test_only_the_given_side_is_moved(generator: torch.Generator) -> None:
    batch = _batch(generator)
    moved = shifted(batch, ["angles"], lag=4, length=40)
    torch.testing.assert_close(moved.data["angles"], batch.data["angles"][:, 14:54])
    torch.testing.assert_close(moved.data["grf"], batch.data["grf"][:, 10:50])
    with pytest.raises(ConfigError, match="10 to spare"):
        shifted(batch, ["angles"], lag=11, length=40)


@pytest.mark.parametrize("how", ["prediction", "agreement"])
def test_the_right_lag_scores_highest_in_every_window(how, generator) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    asked = Question(("angles",), ("grf",), how)
    lags = np.arange(-8, 9)
    scores = lag_scores(Knowing(), _batch(generator, late=5), asked, lags.tolist(), length=40)
    assert (lags[scores.argmax(axis=0)] == 5).all()
    if how == "prediction":
        np.testing.assert_allclose(scores[lags == 5], 0, atol=1e-9)


def test_errors_are_in_spreads_and_pairs_are_told_apart(generator: torch.Generator) -> None:
    batch = _batch(generator, frames=40)
    found = batch_scores(Knowing(), batch, Question(("angles",), ("grf",)), length=20)
    own = found.scores.diagonal(dim1=1, dim2=2)
    assert float(own.min()) > -1e-9
    apart = ~torch.eye(6, dtype=torch.bool)
    # two independent signals of spread 1 differ by a mean square of 2
    assert float(found.scores[:, apart].mean()) == pytest.approx(-2.0, abs=0.3)
