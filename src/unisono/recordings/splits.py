r"""Splits: which keys belong to training, calibration and test, and that no key is in two.

A split is over **keys**, by default the subjects: windows of one person in two parts make any
score look better than it is (Saeb et al., *GigaScience* 2017, found errors of the same detector
doubled once people were kept apart). Another key groups subjects (a label ``site``: whole sites
are kept together) or, for a set with a single subject, parts its recordings (a label
``condition``); the parts then share subjects, which is refused unless the user says so.

With ``n`` keys and fractions ``f_p`` the part ``p`` gets ``n f_p`` keys, rounded by largest
remainder, and at least one where ``f_p > 0``.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, LeakError

__all__ = ["PARTS", "Split", "leave_one_out", "split_by_fractions", "split_by_lists", "split_keys"]

PARTS = ("train", "calibration", "test")
"""Names of the parts, in order."""


@dataclass(frozen=True)
class Split:
    """Which keys are in which part.

    Args:
        parts: Keys of each part, by its name; every key in one part only.
        by: What a key is: ``"subject"``, or the name of a label.
        share_subjects: Whether one subject may have recordings in two parts, as the user states;
            never possible by subject.

    Raises:
        LeakError: If a key is in two parts.

    Example:
        >>> Split({"train": ("a", "b"), "test": ("c",)}).part_of("c")
        'test'
    """

    parts: Mapping[str, tuple[str, ...]]
    by: str = "subject"
    share_subjects: bool = False

    def __post_init__(self) -> None:
        tidy = {name: tuple(map(str, self.parts.get(name, ()))) for name in PARTS}
        unknown = sorted(set(self.parts) - set(PARTS))
        if unknown:
            raise ConfigError(
                f"a split has no part {unknown[0]!r}; its parts are {', '.join(PARTS)}."
                f"{nearest(unknown[0], PARTS)}"
            )
        place: dict[str, str] = {}
        for name, keys in tidy.items():
            for key in keys:
                if key in place:
                    raise LeakError(
                        f"{self.by} {key!r} is in {place[key]!r} and in {name!r} of the split; "
                        "leave it in one of them."
                    )
                place[key] = name
        object.__setattr__(self, "parts", {name: keys for name, keys in tidy.items() if keys})

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, part by part."""
        return tuple(key for name in PARTS for key in self.parts.get(name, ()))

    @property
    def digest(self) -> str:
        """SHA-256 of what the split says; the order of keys does not matter."""
        content = {"by": self.by, "parts": {k: sorted(v) for k, v in self.parts.items()}}
        text = json.dumps(content, sort_keys=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def part_of(self, key: str) -> str:
        """Name of the part that holds a key; ``""`` if none does."""
        return next((name for name, keys in self.parts.items() if str(key) in keys), "")

    def rows(self, table: pd.DataFrame, part: str) -> npt.NDArray[np.int64]:
        """Rows of a table (of recordings or of windows) that belong to a part, ascending.

        Raises:
            ConfigError: If there is no such part, or the table has no such key.
        """
        if part not in PARTS:
            raise ConfigError(f"a split has no part {part!r}; its parts are {', '.join(PARTS)}.")
        inside = split_keys(table, self.by).isin(self.parts.get(part, ())).to_numpy()
        return np.flatnonzero(inside).astype(np.int64)

    def shared_subjects(self, table: pd.DataFrame) -> tuple[str, ...]:
        """Subjects with rows in more than one part: empty for a split by subject."""
        part = split_keys(table, self.by).map(self.part_of)
        inside = table.assign(part=part)[part != ""]
        count = inside.groupby(inside["subject"].astype(str))["part"].nunique()
        return tuple(str(name) for name in count.index[count > 1])

    def check_subjects(self, table: pd.DataFrame) -> None:
        """Refuse a split whose parts share subjects, unless the user said that they may.

        Raises:
            LeakError: Naming a subject and the remedy.
        """
        shared = () if self.share_subjects else self.shared_subjects(table)
        if shared:
            raise LeakError(
                f"subject {shared[0]!r} has recordings in two parts of the split by {self.by!r} "
                f"({len(shared)} such); split by subject, or state share_subjects=True."
            )

    def to_dict(self) -> dict[str, Any]:
        """As TOML holds it."""
        return {
            "by": self.by,
            "share_subjects": self.share_subjects,
            "parts": {name: list(keys) for name, keys in self.parts.items()},
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Split":
        """Inverse of :meth:`to_dict`."""
        parts = {name: tuple(keys) for name, keys in stored["parts"].items()}
        return cls(parts, stored.get("by", "subject"), bool(stored.get("share_subjects", False)))


def split_keys(table: pd.DataFrame, by: str = "subject") -> "pd.Series[str]":
    """The key of each row of a table, as text.

    Args:
        table: Recordings or windows.
        by: A column, or several joined by ``+`` (``"speed+slope"``: one key a combination).

    Raises:
        ConfigError: If the table has no such column, or the key of a row is unknown.

    Example:
        >>> table = pd.DataFrame({"speed": [2.5, 2.5], "slope": [0, 10]})
        >>> split_keys(table, "speed+slope").tolist()
        ['2.5+0', '2.5+10']
    """
    names = by.split("+")
    for name in names:
        if name not in table.columns:
            raise ConfigError(
                f"recordings have no {name!r} to split by.{nearest(name, map(str, table.columns))}"
            )
        absent = table[name].isna()
        if absent.any():
            known = "recording" in table.columns
            where = table.loc[absent, "recording"].iloc[0] if known else "a row"
            raise ConfigError(
                f"{name!r} of recording {where!r} is unknown; label it or leave it out."
            )
    joined = table[names[0]].astype(str)
    for name in names[1:]:
        joined = joined + "+" + table[name].astype(str)
    return joined


def split_by_fractions(
    keys: Iterable[str],
    fractions: Mapping[str, float],
    *,
    generator: np.random.Generator,
    strata: Mapping[str, str] | None = None,
    by: str = "subject",
) -> Split:
    """Deal keys at random to train, calibration and test.

    Args:
        keys: Subjects (or what ``by`` says); repeats count once.
        fractions: Share of each part, summing to 1.
        generator: Source of the draw.
        strata: Stratum of each key (a sex, a site): every part gets its share of each, as nearly
            as whole keys allow. None deals without regard.
        by: What a key is.

    Raises:
        ConfigError: If the fractions do not sum to 1, or there are fewer keys than parts.
    """
    unique = sorted({str(key) for key in keys})
    counts = _part_sizes(len(unique), fractions, by)
    order = [unique[i] for i in generator.permutation(len(unique))]
    if strata is None:
        chosen = _deal_in_a_row(order, counts)
    else:
        missing = [key for key in unique if key not in strata]
        if missing:
            raise ConfigError(f"{by} {missing[0]!r} has no stratum; give one to every {by}.")
        chosen = _deal_by_strata(order, counts, strata)
    return Split({name: tuple(sorted(members)) for name, members in chosen.items()}, by)


def leave_one_out(
    keys: Iterable[str],
    *,
    generator: np.random.Generator,
    calibration: int = 0,
    by: str = "subject",
) -> tuple[Split, ...]:
    """One split a key, in the order of the sorted keys: that key is the test part.

    Args:
        keys: Subjects (or what ``by`` says); repeats count once.
        generator: Source of the draw of the calibration part.
        calibration: How many of the other keys each fold sets aside for calibration.
        by: What a key is.

    Raises:
        ConfigError: If no key is left to train on.
    """
    unique = sorted({str(key) for key in keys})
    if calibration < 0 or len(unique) < calibration + 2:
        raise ConfigError(
            f"leaving one {by} out with {calibration} for calibration needs at least "
            f"{max(calibration, 0) + 2} of them; there are {len(unique)}."
        )
    folds = []
    for test in unique:
        others = [key for key in unique if key != test]
        shuffled = [others[i] for i in generator.permutation(len(others))]
        parts = {
            "train": tuple(sorted(shuffled[calibration:])),
            "calibration": tuple(sorted(shuffled[:calibration])),
            "test": (test,),
        }
        folds.append(Split(parts, by))
    return tuple(folds)


def split_by_lists(
    lists: Mapping[str, Sequence[str]], known: Iterable[str], *, by: str = "subject"
) -> Split:
    """A split from the user's own lists, checked against what is there.

    Args:
        lists: Keys of each part, by its name.
        known: Keys of the dataset.
        by: What a key is.

    Raises:
        ConfigError: If a key is not in the dataset, naming the nearest.
        LeakError: If a key is in two parts.
    """
    there = {str(key) for key in known}
    for keys in lists.values():
        for key in map(str, keys):
            if key not in there:
                raise ConfigError(f"there is no {by} {key!r} in the dataset.{nearest(key, there)}")
    return Split({name: tuple(map(str, keys)) for name, keys in lists.items()}, by)


def _part_sizes(total: int, fractions: Mapping[str, float], by: str) -> dict[str, int]:
    unknown = sorted(set(fractions) - set(PARTS))
    if unknown:
        raise ConfigError(f"a split has no part {unknown[0]!r}; its parts are {', '.join(PARTS)}.")
    share = {name: float(fractions.get(name, 0.0)) for name in PARTS}
    if min(share.values()) < 0 or abs(sum(share.values()) - 1) > 1e-6:
        raise ConfigError(f"fractions of a split must sum to 1 and none be negative; got {share}.")
    wanted = [name for name in PARTS if share[name] > 0]
    if total < len(wanted):
        raise ConfigError(
            f"{total} {by}s cannot fill {len(wanted)} parts; add recordings, or leave one out."
        )
    # The first of each part is set aside, so that rounding can never empty a part.
    exact = {name: max(0.0, total * share[name] - 1) for name in wanted}
    spare = total - len(wanted)
    scale = spare / sum(exact.values()) if sum(exact.values()) > 0 else 0.0
    sizes = {name: 1 + int(exact[name] * scale + 1e-9) for name in wanted}
    remainder = sorted(wanted, key=lambda name: sizes[name] - 1 - exact[name] * scale)
    for number in range(total - sum(sizes.values())):
        sizes[remainder[number % len(remainder)]] += 1
    return sizes


def _deal_in_a_row(order: Sequence[str], sizes: Mapping[str, int]) -> dict[str, list[str]]:
    chosen, start = {}, 0
    for name, size in sizes.items():
        chosen[name] = list(order[start : start + size])
        start += size
    return chosen


def _deal_by_strata(
    order: Sequence[str], sizes: Mapping[str, int], strata: Mapping[str, str]
) -> dict[str, list[str]]:
    """Give each key to the part that is furthest behind its share of that stratum."""
    chosen: dict[str, list[str]] = {name: [] for name in sizes}
    total = len(order)
    for stratum in sorted({strata[key] for key in order}):
        members = [key for key in order if strata[key] == stratum]
        got = dict.fromkeys(sizes, 0)
        for key in members:
            free = [name for name in sizes if len(chosen[name]) < sizes[name]]
            behind = {n: len(members) * sizes[n] / total - got[n] for n in free}
            part = max(free, key=lambda n: (behind[n], sizes[n] - len(chosen[n])))
            chosen[part].append(key)
            got[part] += 1
    return chosen
