"""Mirrors src/unisono/networks/pretrained_text.py."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from unisono.core.errors import ModelError, ShapeError
from unisono.networks.pretrained_text import PretrainedText, load_pretrained_text

transformers = pytest.importorskip("transformers", reason="the extra `text` is not installed")

WORDS = ["a", "person", "walks", "forward", "someone", "runs", "doing"]


def save_clip(folder: Path) -> tuple[Any, Any]:
    """A tiny random CLIP text encoder as the library itself writes it."""
    letters = sorted({c for w in WORDS for c in w})
    tokens = [*letters, *(c + "</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=32
    )
    config = transformers.CLIPTextConfig(
        vocab_size=len(tokens), hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=32, projection_dim=12,
        bos_token_id=len(tokens) - 2, eos_token_id=len(tokens) - 1, pad_token_id=len(tokens) - 1,
    )  # fmt: skip
    model = transformers.CLIPTextModelWithProjection(config).eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model, tokenizer


def save_sentence(folder: Path, pooling: str = "pooling_mode_mean_tokens") -> tuple[Any, Any]:
    """A tiny random BERT in the folder of a sentence encoder."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    tokenizer = transformers.BertTokenizer(str(folder / "vocab.txt"))
    config = transformers.BertConfig(
        vocab_size=len(tokens), hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=20,
    )  # fmt: skip
    model = transformers.BertModel(config).eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({pooling: True}))
    kinds = [
        {"type": f"sentence_transformers.models.{k}"}
        for k in ("Transformer", "Pooling", "Normalize")
    ]
    (folder / "modules.json").write_text(json.dumps(kinds))
    return model, tokenizer


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("text")
    clip = save_clip(place / "clip")
    sentence = save_sentence(place / "sentence")
    return {"clip": (place / "clip", *clip), "sentence": (place / "sentence", *sentence)}


TEXTS = ["a person walks forward", "someone runs"]


def test_clip_gives_what_the_library_gives(folders: dict[str, Any]) -> None:
    folder, model, tokenizer = folders["clip"]
    encoder = load_pretrained_text(folder)
    codes = encoder(TEXTS)
    given = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        truth = model(**given)
    assert encoder.width == 12 and encoder.embedding_width == 16
    torch.testing.assert_close(codes.pooled, truth.text_embeds)
    for row, length in enumerate(codes.mask.sum(dim=1)):
        kept = truth.last_hidden_state[row, :length]
        torch.testing.assert_close(codes.sequence[row, :length], kept)


def test_sentences_are_pooled_as_their_folder_says(folders: dict[str, Any]) -> None:
    folder, model, tokenizer = folders["sentence"]
    encoder = load_pretrained_text(folder)
    codes = encoder(TEXTS)
    given = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**given).last_hidden_state
    kept = given["attention_mask"][..., None]
    mean = (states * kept).sum(dim=1) / kept.sum(dim=1)
    torch.testing.assert_close(codes.pooled, mean / mean.norm(dim=1, keepdim=True))
    first = PretrainedText(model, tokenizer, kind="sentence", pooling="first")
    torch.testing.assert_close(first(TEXTS).pooled, states[:, 0])


@pytest.mark.parametrize("kind", ["Roberta", "MPNet", "Bert"])
def test_captions_are_cut_to_what_the_model_takes(folders: dict[str, Any], kind: str) -> None:
    """RoBERTa and MPNet count positions from behind that of padding."""
    tokenizer = folders["sentence"][2]
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=12, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=10, pad_token_id=1,
    )  # fmt: skip
    model = getattr(transformers, f"{kind}Model")(config).eval()
    encoder = PretrainedText(model, tokenizer, kind="sentence")
    codes = encoder(["a person walks forward someone runs doing a person walks forward"])
    assert codes.sequence.shape[1] == encoder.most == (10 if kind == "Bert" else 8)


@pytest.mark.parametrize("kind", ["clip", "sentence"])
def test_learned_words_get_gradients_and_nothing_else_does(
    folders: dict[str, Any], kind: str
) -> None:
    encoder = load_pretrained_text(folders[kind][0])
    assert not encoder.train().model.training
    word = nn.Parameter(torch.randn(2, 16, generator=torch.Generator().manual_seed(1)))
    plain = encoder(["a person walks"]).pooled
    encoder.words["*limp*"] = word
    torch.testing.assert_close(encoder(["a person walks"]).pooled, plain)
    ids, mask = encoder.tokenise(["someone doing *limp*", "*limp*"])
    torch.testing.assert_close(encoder.embed(ids)[1, 1:3], word)
    assert int(mask[1].sum()) == 4
    encoder.encode(encoder.embed(ids), mask).pooled.square().sum().backward()
    if kind == "clip":
        assert word.grad is not None and word.grad.abs().min() > 0
    else:  # codes of unit length have a square that no word changes
        (codes,) = torch.autograd.grad(encoder(["a *limp*"]).pooled[0, 0], word)
        assert codes.abs().min() > 0
    assert all(p.grad is None for p in encoder.parameters())
    encoder.words["*limp*"] = torch.zeros(1, 5)
    with pytest.raises(ShapeError, match="another model"):
        encoder(["*limp*"])


def test_unknown_words(folders: dict[str, Any]) -> None:
    encoder = load_pretrained_text(folders["sentence"][0])
    assert encoder.unknown("a llama walks") == ["llama"]
    long = encoder.tokenise(["a person walks forward " * 9])
    assert long.ids.shape == (1, 20)
    assert encoder(["", "a person"]).pooled.isfinite().all()


def test_what_cannot_be_read_is_said(folders: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no text encoder"):
        load_pretrained_text(tmp_path / "absent")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "config.json").write_text("{")
    with pytest.raises(ModelError, match="no text encoder"):
        load_pretrained_text(tmp_path / "bad")
    save_sentence(tmp_path / "odd", pooling="pooling_mode_max_tokens")
    with pytest.raises(ModelError, match="max_tokens"):
        load_pretrained_text(tmp_path / "odd")
