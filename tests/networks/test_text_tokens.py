"""Mirrors src/unisono/networks/text_tokens.py."""

from pathlib import Path

import pytest

from unisono.core.errors import ModelError, UnisonoError
from unisono.networks.text_tokens import BEGIN, END, PAD, UNKNOWN, WordTokens, padded_ids, words_of

TEXTS = ["A person walks forward.", "someone is running, quickly", "a happy person waves"]


def test_words_stems_and_unknown_ones() -> None:
    tokens = WordTokens.fit(TEXTS)
    assert len(tokens) == 4 + len(tokens.words) and tokens.words == sorted(tokens.words)
    back = {tokens.number(word): word for word in tokens.words}
    ids = tokens.encode("A PERSON walking; runs quick? llama")
    assert ids[0] == BEGIN and ids[-1] == END
    assert [back.get(i, "") for i in ids[1:-1]] == [
        "a",
        "person",
        "walks",
        "running",
        "quickly",
        "",
    ]
    assert ids[-2] == UNKNOWN and tokens.unknown("walking llama *limp*") == ["llama", "*limp*"]
    assert tokens.unknown("*limp*", ["*limp*"]) == []
    assert tokens.encode("") == [BEGIN, END]


def test_short_words_keep_their_endings() -> None:
    tokens = WordTokens.fit(["his is a bus"])
    assert tokens.number("bu") == UNKNOWN and tokens.number("hi") == UNKNOWN


def test_learned_words_and_cutting() -> None:
    tokens = WordTokens.fit(TEXTS, most=6)
    ids = tokens.encode("a *limp* person", {"*limp*": (90, 91)})
    assert ids[2:4] == [90, 91] and len(ids) == 6
    assert tokens.encode("a *limp* person walks", {"*limp*": (90, 91)}) == [*ids[:-1], END]
    assert words_of("the *Limp*, twice*") == ["the", "*limp*", "twice"]


def test_padding() -> None:
    ids, mask = padded_ids([[1, 5, 2], [1, 2]])
    assert ids.tolist() == [[1, 5, 2], [1, 2, PAD]] and mask.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert padded_ids([]).ids.shape == (0, 0)


def test_a_file_holds_it(tmp_path: Path) -> None:
    tokens = WordTokens.fit(TEXTS, most=9)
    again = WordTokens.load(tokens.save(tmp_path / "v.json"))
    assert again.words == tokens.words and again.most == 9
    for text in ("[]", "{", '{"words": [1], "most": 3}'):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(ModelError, match="vocabulary"):
            WordTokens.load(tmp_path / "bad.json")


def test_what_is_no_vocabulary() -> None:
    with pytest.raises(UnisonoError, match="'two words' is no single word"):
        WordTokens(["two words"])
    with pytest.raises(UnisonoError, match="twice"):
        WordTokens(["a", "a"])
    with pytest.raises(UnisonoError, match="no caption"):
        WordTokens.fit(["...", "*limp*"])
    assert WordTokens.fit(["rare often", "often"], least=2).words == ["often"]
