"""Mirrors src/unisono/recordings/text_table.py."""

from unisono.recordings.text_table import Column, text_table, wrapped


def test_numbers_are_flush_right_and_words_left() -> None:
    table = text_table([Column("what"), Column("how many", right=True)], [["a", "1"], ["b", "22"]])
    assert table.splitlines() == [
        "what   how",
        "      many",
        "----------",
        "a        1",
        "b       22",
    ]


def test_a_table_keeps_to_its_width_by_breaking_words_columns() -> None:
    rows = [["name", "one two three four five six seven eight nine ten", "1"]]
    table = text_table([Column("a"), Column("b"), Column("c", right=True)], rows, width=40)
    assert max(len(line) for line in table.splitlines()) <= 40
    assert "".join(table.split()[4:]).count("ten") == 1


def test_an_empty_table_is_its_heading() -> None:
    assert text_table([Column("a")], []) == "a\n-"


def test_paragraphs_do_not_break_options() -> None:
    text = wrapped("say --unit model_forces=N/kg-and-more or nothing at all", 20)
    assert "--unit\n" in text or "--unit " in text
    assert "model_forces=N/kg-and-more" in text
