"""Mirrors src/unisono/networks/text_encoder.py."""

import pytest
import torch
from torch import nn

from unisono.core.errors import ModelError, ShapeError
from unisono.core.freezing import freeze
from unisono.networks.text_encoder import TextEncoder
from unisono.networks.text_tokens import WordTokens

TEXTS = ["a person walks forward", "someone runs", ""]


@pytest.fixture
def encoder() -> TextEncoder:
    torch.manual_seed(0)
    tokens = WordTokens.fit([*TEXTS, "quickly slowly left right"])
    return TextEncoder(tokens, width=16, layers=2, heads=2).eval()


def test_padding_changes_nothing(encoder: TextEncoder) -> None:
    together = encoder(TEXTS)
    assert together.sequence.shape == (3, 6, 16) and together.pooled.shape == (3, 16)
    for number, text in enumerate(TEXTS):
        alone = encoder([text])
        torch.testing.assert_close(alone.pooled[0], together.pooled[number])
        kept = together.sequence[number, together.mask[number]]
        torch.testing.assert_close(alone.sequence[0], kept)


def test_order_and_words_matter(encoder: TextEncoder) -> None:
    codes = encoder(["left runs right", "right runs left", "right walks left"]).pooled
    assert (codes[0] - codes[1]).abs().max() > 1e-4 and (codes[1] - codes[2]).abs().max() > 1e-4


def test_gradients_reach_a_learned_word_through_a_frozen_encoder(encoder: TextEncoder) -> None:
    freeze(encoder)
    word = nn.Parameter(torch.randn(2, 16, generator=torch.Generator().manual_seed(0)))
    plain = encoder(["a person walks"]).pooled
    encoder.words["*limp*"] = word
    torch.testing.assert_close(encoder(["a person walks"]).pooled, plain)
    ids, mask = encoder.tokenise(["a person walks *limp*", "*Limp*"])
    assert mask.sum(dim=1).tolist() == [7, 4]
    torch.testing.assert_close(encoder.embed(ids)[1, 1:3], word)
    encoder.encode(encoder.embed(ids), mask).pooled.square().sum().backward()
    assert word.grad is not None and word.grad.abs().min() > 0
    assert all(p.grad is None for p in encoder.parameters())
    assert encoder.unknown("a *limp* llama") == ["llama"]


def test_learning_a_word_gets_somewhere(encoder: TextEncoder) -> None:
    """The embedding of a hidden word is found again from what the encoder makes of it."""
    freeze(encoder)
    target = encoder(["someone runs quickly"]).pooled
    word = nn.Parameter(encoder.table.weight.mean(dim=0, keepdim=True).clone())
    encoder.words = {"*new*": word}
    ids, mask = encoder.tokenise(["someone runs *new*"])
    optimiser = torch.optim.Adam([word], lr=0.02)
    losses = []
    for _ in range(150):
        loss = (encoder.encode(encoder.embed(ids), mask).pooled - target).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 1e-2 * losses[0]


def test_it_is_rebuilt_from_its_configuration(encoder: TextEncoder) -> None:
    again = TextEncoder.from_config(encoder.to_config()).eval()
    again.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(again(TEXTS).pooled, encoder(TEXTS).pooled)
    with pytest.raises(ModelError, match="not readable"):
        TextEncoder.from_config({"width": 8})
    with pytest.raises(ModelError, match="not readable"):
        TextEncoder.from_config({**encoder.to_config(), "colour": 1})


def test_words_of_another_model_are_refused(encoder: TextEncoder) -> None:
    encoder.words = {"*limp*": torch.zeros(1, 12)}
    with pytest.raises(ShapeError, match="another model"):
        encoder(["*limp*"])
    encoder.words = {"limp": torch.zeros(1, 16)}
    with pytest.raises(ModelError, match="asterisks"):
        encoder(["limp"])
