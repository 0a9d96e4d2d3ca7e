r"""Text encoders of others, from a local folder, with the steps of our own encoder.

Two kinds of checkpoint, both read by the library transformers (extra ``text``):

- ``clip``: the text half of CLIP (Radford et al., arXiv:2103.00020); pooled is the projected state
  of the END token.
- ``sentence``: any encoder with a pooling over tokens, as the library sentence-transformers keeps
  them (Reimers & Gurevych, arXiv:1908.10084): the mean over real tokens, or the first token where
  ``1_Pooling/config.json`` says so, and unit length where ``modules.json`` ends in a normalisation.

Nothing is fetched: a folder (or the name of a checkpoint in the local cache) is all that is looked
at. Encoders are frozen, yet gradients reach the embeddings of learned words: these take the place
of what the checkpoint's own table says.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unisono.core.errors import ModelError
from unisono.core.freezing import freeze
from unisono.networks.text_encoder import TextCodes, check_learned
from unisono.networks.text_tokens import TokenIds, words_of

__all__ = ["PretrainedText", "load_pretrained_text"]


class PretrainedText(nn.Module):
    """A frozen text encoder of the library transformers.

    Args:
        model: The checkpoint's network.
        tokenizer: Its tokenizer.
        kind: ``"clip"`` or ``"sentence"``.
        pooling: ``"mean"`` or ``"first"``; for sentences.
        unit: Whether the pooled code has length 1; for sentences.
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Any,  # noqa: ANN401 - a class of the library, which may be absent
        *,
        kind: str,
        pooling: str = "mean",
        unit: bool = False,
    ) -> None:
        super().__init__()
        self.tokenizer, self.kind, self.pooling, self.unit = tokenizer, kind, pooling, unit
        self.words: dict[str, Tensor] = {}
        self.model = freeze(model)
        config: Any = model.config
        self.embedding_width = int(self._table.weight.shape[1])
        self.vocabulary = int(self._table.weight.shape[0])
        self.width = int(config.projection_dim if kind == "clip" else config.hidden_size)
        self.most = int(config.max_position_embeddings) - _skipped_positions(model)

    @property
    def _table(self) -> nn.Embedding:
        """The checkpoint's own table of embeddings."""
        model: Any = self.model
        table: nn.Embedding = model.get_input_embeddings()
        return table

    def train(self, mode: bool = True) -> "PretrainedText":
        """Stay in evaluation mode whatever happens around it."""
        super().train(mode)
        self.model.eval()
        return self

    def tokenise(self, texts: Sequence[str]) -> TokenIds:
        """Texts as numbers ``(B, T)``; those of learned words follow the vocabulary."""
        learned, first = {}, self.vocabulary
        for word, embeddings in self.words.items():
            check_learned(word, embeddings, self.embedding_width)
            learned[word] = list(range(first, first + len(embeddings)))
            first += len(embeddings)
        rows = [self._numbers(text, learned) for text in texts]
        longest = max(len(row) for row in rows)
        pad = self.tokenizer.pad_token_id or 0
        device = self._table.weight.device
        ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows], device=device)
        lengths = torch.tensor([len(row) for row in rows], device=device)
        return TokenIds(ids, torch.arange(longest, device=device) < lengths[:, None])

    def unknown(self, text: str) -> list[str]:
        """Words of which the tokenizer knows no piece."""
        odd = self.tokenizer.unk_token_id
        found = []
        for word in (w for w in words_of(text) if w not in self.words):
            pieces = self.tokenizer(word, add_special_tokens=False)["input_ids"]
            if odd is not None and pieces and set(pieces) == {odd}:
                found.append(word)
        return found

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings ``(..., e)`` of numbers ``(...)``, without positions."""
        table: Tensor = self._table.weight
        if self.words:
            learned = [word.to(table.device, table.dtype) for word in self.words.values()]
            table = torch.cat([table, *learned])
        return nn.functional.embedding(ids, table)

    def encode(self, embedded: Tensor, mask: Tensor) -> TextCodes:
        """Codes of embeddings ``(B, T, e)`` with mask ``(B, T)``."""
        if self.kind == "clip":
            return self._encode_clip(embedded, mask)
        out = self.model(inputs_embeds=embedded, attention_mask=mask.long())
        sequence: Tensor = out.last_hidden_state
        kept = mask[..., None].to(sequence.dtype)
        mean = (sequence * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)
        pooled = mean if self.pooling == "mean" else sequence[:, 0]
        return TextCodes(
            sequence, nn.functional.normalize(pooled, dim=-1) if self.unit else pooled, mask
        )

    def forward(self, texts: Sequence[str]) -> TextCodes:
        """Codes of texts."""
        ids, mask = self.tokenise(texts)
        return self.encode(self.embed(ids), mask)

    def _numbers(self, text: str, learned: dict[str, list[int]]) -> list[int]:
        """Numbers of a text with the tokenizer's own begin and end, cut to what the model takes."""
        inner: list[int] = []
        plain: list[str] = []
        for piece in [*text.split(), ""]:
            word = words_of(piece)
            if piece and not (len(word) == 1 and word[0] in learned):
                plain.append(piece)
                continue
            if plain:
                inner += self.tokenizer(" ".join(plain), add_special_tokens=False)["input_ids"]
            plain = []
            inner += learned[word[0]] if piece else []
        ends = self.tokenizer("")["input_ids"]
        return [*ends[:1], *inner[: self.most - 2], *ends[1:2]]

    def _encode_clip(self, embedded: Tensor, mask: Tensor) -> TextCodes:
        """CLIP's network takes numbers only: its table is made to answer with our embeddings."""
        config: Any = self.model.config
        end = int(config.eos_token_id)
        ids = torch.full(mask.shape, 1 if end == 0 else 0, device=embedded.device)
        last = mask.sum(dim=1) - 1
        ids[torch.arange(len(ids), device=ids.device), last] = end
        with _answering(self._table, embedded):
            out = self.model(input_ids=ids, attention_mask=mask.long())
        return TextCodes(out.last_hidden_state, out.text_embeds, mask)


def _skipped_positions(model: nn.Module) -> int:
    """Positions that no token stands at: RoBERTa, MPNet and their kin count from behind padding."""
    table = next((m for n, m in model.named_modules() if n.endswith("position_embeddings")), None)
    padding = table.padding_idx if isinstance(table, nn.Embedding) else None
    return 0 if padding is None else padding + 1


@contextmanager
def _answering(table: nn.Module, embedded: Tensor) -> Iterator[None]:
    """Let a table of embeddings return these, whatever it is asked."""
    hook = table.register_forward_hook(lambda *_: embedded)
    try:
        yield
    finally:
        hook.remove()


def load_pretrained_text(folder: str | Path) -> PretrainedText:
    """Read a text encoder from a local folder, or by its name from the local cache.

    Args:
        folder: A folder with ``config.json``, weights and a tokenizer.

    Raises:
        ModelError: If transformers is absent, the folder holds no text encoder, its weights are a
            pickle (only safetensors are read), or something is damaged.
    """
    try:
        import transformers  # optional, and slow to import
    except ImportError as error:
        raise ModelError(
            "text encoders of others need the library transformers: pip install 'unisono[text]'."
        ) from error
    place = Path(folder)
    try:
        config = transformers.AutoConfig.from_pretrained(str(folder), local_files_only=True)
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        clip = config.model_type in ("clip", "clip_text_model")
        kind: Any = transformers.CLIPTextModelWithProjection if clip else transformers.AutoModel
        model = kind.from_pretrained(str(folder), local_files_only=True, use_safetensors=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{folder} holds no text encoder that can be read: {reason}") from error
    if clip:
        return PretrainedText(model, tokenizer, kind="clip")
    pooling, unit = _sentence_settings(place)
    return PretrainedText(model, tokenizer, kind="sentence", pooling=pooling, unit=unit)


def _sentence_settings(folder: Path) -> tuple[str, bool]:
    """Pooling and whether codes have unit length, as sentence-transformers writes them."""

    def read(name: str, otherwise: Any) -> Any:  # noqa: ANN401 - JSON
        file = folder / name
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else otherwise

    said = read("1_Pooling/config.json", {})
    modules = [
        str(module.get("type", "")).rpartition(".")[2] for module in read("modules.json", [])
    ]
    known = {"Transformer", "Pooling", "Normalize"}
    odd = [module for module in modules if module not in known]
    modes = [name for name, value in said.items() if name.startswith("pooling_mode_") and value]
    if odd or not set(modes) <= {"pooling_mode_mean_tokens", "pooling_mode_cls_token"}:
        what = odd[0] if odd else modes[0]
        raise ModelError(f"{folder}: {what!r} of a sentence encoder is not supported.")
    first = modes == ["pooling_mode_cls_token"]
    return "first" if first else "mean", "Normalize" in modules
