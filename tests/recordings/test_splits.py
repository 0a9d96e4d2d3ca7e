"""Mirrors src/unisono/recordings/splits.py."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unisono.core.errors import ConfigError, LeakError
from unisono.recordings.splits import (
    PARTS,
    Split,
    leave_one_out,
    split_by_fractions,
    split_by_lists,
    split_keys,
)

FRACTIONS = st.tuples(*[st.integers(0, 10)] * 3).filter(any)


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.integers(3, 60), FRACTIONS, st.integers(0, 99))
def test_every_key_is_dealt_once_in_the_right_shares(
    n: int, weights: tuple[int, int, int], seed: int
) -> None:
    share = {name: w / sum(weights) for name, w in zip(PARTS, weights, strict=True)}
    keys = [f"s{i}" for i in range(n)]
    split = split_by_fractions([*keys, keys[0]], share, generator=draw(seed))
    assert sorted(split.keys) == sorted(keys)
    for name in PARTS:
        size = len(split.parts.get(name, ()))
        assert (size > 0) == (share[name] > 0)
        assert abs(size - n * share[name]) < 1 + 2 * sum(0 < n * f < 1 for f in share.values())


@given(
    st.lists(st.sampled_from("fmx"), min_size=9, max_size=40),
    st.integers(0, 99),
)
def test_strata_are_spread_and_sizes_unchanged(sexes: list[str], seed: int) -> None:
    keys = {f"s{i}": sex for i, sex in enumerate(sexes)}
    share = {"train": 0.6, "calibration": 0.2, "test": 0.2}
    split = split_by_fractions(keys, share, generator=draw(seed), strata=keys)
    plain = split_by_fractions(keys, share, generator=draw(seed))
    assert {k: len(v) for k, v in split.parts.items()} == {
        k: len(v) for k, v in plain.parts.items()
    }
    for sex in set(sexes):
        for members in split.parts.values():
            expected = sexes.count(sex) * len(members) / len(sexes)
            assert abs(sum(keys[k] == sex for k in members) - expected) < 2.5


def test_strata_are_exact_where_they_can_be() -> None:
    keys = {f"s{i:02}": "f" if i < 10 else "m" for i in range(20)}
    share = {"train": 0.6, "calibration": 0.2, "test": 0.2}
    split = split_by_fractions(keys, share, generator=draw(5), strata=keys)
    for part, size in (("train", 6), ("calibration", 2), ("test", 2)):
        assert [keys[k] for k in split.parts[part]].count("f") == size


def test_same_generator_same_split_and_another_differs() -> None:
    keys = [f"s{i}" for i in range(30)]
    share = {"train": 0.5, "test": 0.5}
    a, b, c = (split_by_fractions(keys, share, generator=draw(s)) for s in (1, 1, 2))
    assert a == b
    assert a.digest == b.digest != c.digest


@given(st.integers(2, 15), st.integers(0, 4), st.integers(0, 99))
def test_folds_leave_each_key_out_once(n: int, calibration: int, seed: int) -> None:
    keys = [f"s{i:02}" for i in range(n)]
    if n < calibration + 2:
        with pytest.raises(ConfigError, match="needs at least"):
            leave_one_out(keys, generator=draw(seed), calibration=calibration)
        return
    folds = leave_one_out(keys, generator=draw(seed), calibration=calibration)
    assert [fold.parts["test"] for fold in folds] == [(key,) for key in keys]
    for fold in folds:
        assert sorted(fold.keys) == keys
        assert len(fold.parts.get("calibration", ())) == calibration


def test_a_subject_in_two_parts_is_a_leak() -> None:
    with pytest.raises(LeakError, match=r"subject 'b' is in 'train' and in 'test'.*one of them"):
        Split({"train": ("a", "b"), "test": ("b",)})
    with pytest.raises(LeakError, match="is in 'train' and in 'train'"):
        Split({"train": ("a", "a")})
    with pytest.raises(LeakError):
        split_by_lists({"train": ["a"], "calibration": ["a"]}, ["a", "b"])


def test_users_lists_are_checked() -> None:
    split = split_by_lists({"train": ["anna", "ben"], "test": ["carl"]}, ["anna", "ben", "carl"])
    assert split.part_of("ben") == "train"
    assert split.part_of("dora") == ""
    with pytest.raises(ConfigError, match=r"no subject 'ana'.*Did you mean 'anna'"):
        split_by_lists({"train": ["ana"]}, ["anna", "ben"])
    with pytest.raises(ConfigError, match=r"no part 'trian'.*Did you mean 'train'"):
        Split({"trian": ("a",)})


def test_rows_of_a_table_and_shared_subjects() -> None:
    table = pd.DataFrame(
        {"recording": list("pqrs"), "subject": ["a", "b", "a", "c"], "slope": [5, 5, -5, 0]}
    )
    split = Split({"train": ("a",), "test": ("b", "c")})
    np.testing.assert_array_equal(split.rows(table, "train"), [0, 2])
    np.testing.assert_array_equal(split.rows(table, "calibration"), [])
    assert split.shared_subjects(table) == ()
    by_slope = Split({"train": ("5",), "test": ("-5",)}, by="slope")
    np.testing.assert_array_equal(by_slope.rows(table, "test"), [2])
    assert by_slope.shared_subjects(table) == ("a",)
    split.check_subjects(table)
    with pytest.raises(LeakError, match=r"subject 'a' has recordings in two parts.*share_subjects"):
        by_slope.check_subjects(table)
    Split(by_slope.parts, by="slope", share_subjects=True).check_subjects(table)
    with pytest.raises(ConfigError, match="no part 'val'"):
        split.rows(table, "val")


def test_unknown_keys_are_named() -> None:
    table = pd.DataFrame({"recording": ["p", "q"], "subject": ["a", "b"], "site": ["x", None]})
    with pytest.raises(ConfigError, match="'site' of recording 'q' is unknown"):
        split_keys(table, "site")
    with pytest.raises(ConfigError, match=r"no 'sites'.*Did you mean 'site'"):
        split_keys(table, "sites")


@pytest.mark.parametrize(
    ("share", "match"),
    [
        ({"train": 0.5, "test": 0.6}, "sum to 1"),
        ({"train": 1.5, "test": -0.5}, "sum to 1"),
        ({"train": 0.8, "tets": 0.2}, "no part 'tets'"),
        ({"train": 0.4, "calibration": 0.3, "test": 0.3}, "2 subjects cannot fill 3 parts"),
    ],
)
def test_bad_fractions(share: dict[str, float], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        split_by_fractions(["a", "b"], share, generator=draw())


def test_a_key_without_stratum_is_named() -> None:
    with pytest.raises(ConfigError, match="subject 'b' has no stratum"):
        split_by_fractions(
            ["a", "b"], {"train": 0.5, "test": 0.5}, generator=draw(), strata={"a": "f"}
        )


def test_to_dict_and_back() -> None:
    split = Split({"train": ("a", "b"), "test": ("c",)}, by="site", share_subjects=True)
    assert Split.from_dict(split.to_dict()) == split
