"""Words as numbers: the tokenizer of the text encoder that needs nothing downloaded.

A text is cut into lower-case words; a word is looked up as it stands, then by its stem, so that
``walking`` finds ``walks``; what is not found is the token UNKNOWN. Around the words stand BEGIN
and END, so that an empty text has two tokens. A learned word is written between asterisks,
``*limp*``, and takes as many tokens as it has embeddings, numbered after the vocabulary.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from unisono.core.checks import check_range
from unisono.core.errors import ModelError, UnisonoError
from unisono.core.files import write_text

__all__ = ["BEGIN", "END", "PAD", "UNKNOWN", "TokenIds", "WordTokens", "padded_ids", "words_of"]

PAD, BEGIN, END, UNKNOWN = range(4)
"""Numbers of the tokens that are no words."""

_SPECIAL = 4
_WORD = re.compile(r"\*[^\s*]+\*|[^\W_]+(?:'[^\W_]+)?")
_ENDINGS = ("ing", "ies", "ed", "es", "s", "ly", "e", "y")


class TokenIds(NamedTuple):
    """Texts as numbers.

    Attributes:
        ids: ``(B, T)`` int64, PAD where the mask is False.
        mask: ``(B, T)`` bool, True where a token is real.
    """

    ids: Tensor
    mask: Tensor


def words_of(text: str) -> list[str]:
    """Lower-case words of a text, learned ones with their asterisks.

    Example:
        >>> words_of("A worn-out person doesn't *Limp*!")
        ['a', 'worn', 'out', 'person', "doesn't", '*limp*']
    """
    return _WORD.findall(text.lower())


def padded_ids(rows: Sequence[Sequence[int]]) -> TokenIds:
    """Rows of numbers side by side, ``(B, T)``, with their mask."""
    longest = max((len(row) for row in rows), default=0)
    ids = torch.full((len(rows), longest), PAD, dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row, dtype=torch.long)
    lengths = torch.tensor([len(row) for row in rows])
    return TokenIds(ids, torch.arange(longest)[None, :] < lengths[:, None])


class WordTokens:
    """A vocabulary of words.

    Args:
        words: The words, each once, in the order of their numbers.
        most: Most tokens of a text, BEGIN and END included; longer ones are cut.

    Raises:
        UnisonoError: If a word comes twice or is no single word, or ``most`` is below 3.

    Example:
        >>> tokens = WordTokens.fit(["a person walks", "a person runs"])
        >>> tokens.words, tokens.unknown("walking llamas")
        (['a', 'person', 'runs', 'walks'], ['llamas'])
    """

    def __init__(self, words: Sequence[str], *, most: int = 64) -> None:
        check_range("most", most, 3, 10_000, closed=True)
        odd = [word for word in words if words_of(word) != [word]]
        if odd or len(set(words)) < len(words):
            problem = f"{odd[0]!r} is no single word" if odd else "a word comes twice"
            raise UnisonoError(f"the vocabulary cannot be used: {problem}.")
        self.words, self.most = list(words), most
        self._numbers = {word: number for number, word in enumerate(self.words, start=_SPECIAL)}
        self._stems: dict[str, int] = {}
        for word in self.words:
            self._stems.setdefault(_stem(word), self._numbers[word])

    def __len__(self) -> int:
        """Number of tokens, those that are no words included."""
        return _SPECIAL + len(self.words)

    @classmethod
    def fit(cls, texts: Iterable[str], *, least: int = 1, most: int = 64) -> "WordTokens":
        """The words of these texts in alphabetical order.

        Args:
            texts: Captions, of the training part alone.
            least: How often a word must come.
            most: Most tokens of a text.

        Raises:
            UnisonoError: If no word comes often enough.
        """
        counts = Counter(word for text in texts for word in words_of(text))
        words = sorted(w for w, count in counts.items() if count >= least and "*" not in w)
        if not words:
            raise UnisonoError("no caption holds a word; write captions in words.")
        return cls(words, most=most)

    def encode(self, text: str, learned: Mapping[str, Sequence[int]] | None = None) -> list[int]:
        """Numbers of a text, BEGIN first and END last.

        Args:
            text: The text.
            learned: Numbers of each learned word, by the word with its asterisks.
        """
        extra = learned or {}
        found = [n for w in words_of(text) for n in extra.get(w, (self.number(w),))]
        return [BEGIN, *found[: self.most - 2], END]

    def number(self, word: str) -> int:
        """Number of a lower-case word: as it stands, by its stem, or UNKNOWN."""
        found = self._numbers.get(word)
        return self._stems.get(_stem(word), UNKNOWN) if found is None else found

    def unknown(self, text: str, learned: Iterable[str] = ()) -> list[str]:
        """Words of a text that are neither in the vocabulary nor learned."""
        extra = set(learned)
        return [w for w in words_of(text) if w not in extra and self.number(w) == UNKNOWN]

    def to_dict(self) -> dict[str, object]:
        """As plain lists, for JSON and TOML."""
        return {"words": list(self.words), "most": self.most}

    @classmethod
    def from_dict(cls, plain: Mapping[str, object]) -> "WordTokens":
        """Read what :meth:`to_dict` wrote.

        Raises:
            ModelError: If it is no vocabulary.
        """
        words, most = plain.get("words"), plain.get("most")
        good = isinstance(words, list) and all(isinstance(word, str) for word in words)
        if not good or not isinstance(words, list) or not isinstance(most, int):
            raise ModelError("the vocabulary is not readable; save it again.")
        return cls(words, most=most)

    def save(self, path: str | Path) -> Path:
        """Write the vocabulary as JSON."""
        return write_text(path, json.dumps(self.to_dict()) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> "WordTokens":
        """Read what :meth:`save` wrote.

        Raises:
            ModelError: If the file is absent or no vocabulary.
        """
        try:
            plain = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} is no vocabulary: {error}.") from error
        return cls.from_dict(plain if isinstance(plain, dict) else {})


def _stem(word: str) -> str:
    """A word without its ending, a doubled last letter once; words of three letters stay."""
    for ending in _ENDINGS:
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and not word.startswith("*"):
            return rest[:-1] if len(rest) > 3 and rest[-1] == rest[-2] else rest
    return word
