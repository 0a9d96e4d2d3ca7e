"""Mirrors src/unisono/recordings/catalogue.py."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unisono.core.errors import LeakError, SchemaError
from unisono.recordings.catalogue import Catalogue, Entry, entry_of, label_columns
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.splits import Split

A = Entry("walk", "S1", "sha256:aa", 2.0, ("grf", "imu"), mass_kg=70.0, labels={"speed": 1.5})
B = Entry("run", "S2", "sha256:bb", 1.0, ("grf",), session="2", labels={"shod": True})


def save(tmp_path: Path, text: str) -> Path:
    (tmp_path / "dataset.toml").write_text(text, encoding="utf-8")
    return tmp_path / "dataset.toml"


def test_toml_and_back(tmp_path: Path) -> None:
    catalogue = Catalogue((A, B), {"main": Split({"train": ("S1",), "test": ("S2",)})})
    assert Catalogue.from_toml(save(tmp_path, catalogue.to_toml())) == catalogue


def test_entry_of_a_recording() -> None:
    slow = make_stream(
        np.zeros((3, 1)), time=[0.5, 1, 1.5], channels=["x"], units="m", kind="feature"
    )
    fast = make_stream(
        np.zeros((2, 1)), time=[0.25, 0.5], channels=["x"], units="m", kind="feature"
    )
    tree = make_recording(
        {"slow": slow, "fast": fast}, recording="r", subject="s", height_m=1.8,
        source={"file": "r.csv"}, labels={"speed": float("nan"), "day": np.int64(3)},
    )  # fmt: skip
    assert entry_of(tree, "sha256:0") == Entry(
        "r", "s", "sha256:0", 1.25, ("slow", "fast"), source="r.csv", height_m=1.8,
        labels={"day": 3},
    )  # fmt: skip


def test_the_digest_is_of_the_recordings_alone() -> None:
    digest = Catalogue((A, B)).digest
    assert Catalogue((B, A), {"main": Split({"train": ("S1",)})}).digest == digest
    assert Catalogue((A,)).digest != digest
    assert Catalogue((A, replace(B, digest="sha256:cc"))).digest != digest
    assert Catalogue((A, replace(B, recording="run2"))).digest != digest


def test_table_has_a_column_for_each_label() -> None:
    table = Catalogue((A, B)).table
    assert list(table["recording"]) == ["walk", "run"]
    assert table["mass_kg"].tolist()[0] == 70.0
    assert np.isnan(table["mass_kg"].tolist()[1])
    assert table["label_speed"].tolist()[0] == 1.5
    assert table["shod"].tolist()[1] is True
    assert len(Catalogue().table) == 0
    assert label_columns({"side": 1}) == {"label_side": 1}


def test_two_recordings_of_one_name() -> None:
    with pytest.raises(SchemaError, match="two recordings are named 'walk'"):
        Catalogue((A, replace(B, recording="walk")))


@pytest.mark.parametrize(
    ("old", "new", "error", "match"),
    [
        ("format = 2", "format = 99", SchemaError, "newer than 2"),
        ("schema = 1", "schema = 99", SchemaError, "newer than"),
        ("format = 2\n", "", SchemaError, "cannot be read"),
        ("sha256:aa", "sha256:ab", SchemaError, "digest is not that of its recordings"),
        ('streams = [\n    "grf",\n]', "streams = 3", SchemaError, "cannot be read"),
        ('session = "2"', 'sesion = "2"', SchemaError, "sesion"),
        ("[[recordings]]", "[[recordings", SchemaError, "cannot be read"),
        ('"S2",\n]', '"S1",\n]', LeakError, "is in 'train' and in 'test'"),
    ],
)  # fmt: skip
def test_a_damaged_catalogue_is_one_clear_line(
    tmp_path: Path, old: str, new: str, error: type[Exception], match: str
) -> None:
    split = {"main": Split({"train": ("S1",), "test": ("S2",)})}
    text = Catalogue((A, B), split).to_toml()
    assert old in text
    with pytest.raises(error, match=match) as caught:
        Catalogue.from_toml(save(tmp_path, text.replace(old, new)))
    assert "\n" not in str(caught.value)
