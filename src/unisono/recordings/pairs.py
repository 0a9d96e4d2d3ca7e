"""Pairs of two different kinds of thing: what a bridge learns from.

An item has a row on the given side, on the wanted side, or on both; a missing side is -1 and is
masked throughout in a batch. Things are arrays ``(n, *shape)`` of any axes: sequences
``(n, frames, channels)``, images ``(n, channels, rows, columns)``, voxels ``(n, x, y, z)``, views
``(n, views, channels, rows, columns)``.

:func:`read_pairs` takes them from one NPZ file:

- an array for each name, rows of the two sides matching one by one, or by an array ``pairs``
  ``(p, 2)`` of row numbers, rows outside of which are unpaired;
- ``<name>_mask``, bool and like the array, where not every value is valid;
- ``subject``, one a row of the given side, where rows share people; else each is its own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from unisono.core.checks import check_range, nearest
from unisono.core.contracts import Batch
from unisono.core.errors import FileFormatError, UnisonoError
from unisono.recordings.formats.npy_header import open_npz
from unisono.recordings.formats.text import load_bytes

__all__ = ["PairSet", "Thing", "read_pairs", "read_things"]

Rows = npt.NDArray[np.int64]
_RESERVED = ("pairs", "subject")


@dataclass(frozen=True)
class Thing:
    """Things of one name.

    Args:
        data: ``(n, *shape)`` float32; 0 where not valid.
        mask: Like ``data``, True where valid.
    """

    data: npt.NDArray[np.float32]
    mask: npt.NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one thing."""
        return tuple(int(n) for n in self.data.shape[1:])


@dataclass(frozen=True)
class PairSet:
    """Items by row; a ``training.data.Windows``.

    Args:
        given: Things of the given side, by name; equally many of each.
        want: Things of the wanted side, by name.
        items: ``(m, 2)``: rows of the given and the wanted side, -1 where there is none.
        subject: Key of each item, ``(m,)``: what a split keeps together.
        digest: Names the data.
    """

    given: Mapping[str, Thing]
    want: Mapping[str, Thing]
    items: Rows
    subject: npt.NDArray[np.str_]
    digest: str = ""

    def __len__(self) -> int:
        return len(self.items)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of one thing of each name."""
        return {name: thing.shape for name, thing in (*self.given.items(), *self.want.items())}

    @property
    def paired(self) -> npt.NDArray[np.bool_]:
        """Which items have both sides, ``(m,)``."""
        return (self.items[:, 0] >= 0) & (self.items[:, 1] >= 0)

    def batch(self, rows: npt.ArrayLike) -> Batch:
        """Return the items of these rows, in this order."""
        chosen = np.asarray(rows, dtype=np.int64)
        names, codes = np.unique(self.subject, return_inverse=True)
        data, mask = {}, {}
        for side, things in enumerate((self.given, self.want)):
            place = self.items[chosen, side]
            there = place >= 0
            for name, thing in things.items():
                keep = there.reshape(-1, *[1] * len(thing.shape))
                at = np.where(there, place, 0)
                mask[name] = torch.from_numpy(thing.mask[at] & keep)
                data[name] = torch.from_numpy(np.where(mask[name], thing.data[at], 0.0)).float()
        subject = torch.from_numpy(codes[chosen].astype(np.int64))
        blank = torch.full((len(chosen),), -1)
        return Batch(data, mask, torch.from_numpy(chosen), subject, blank)

    def with_share(self, share: float, *, generator: np.random.Generator) -> "PairSet":
        """Keep a share of the pairs; the others become two items without a partner each.

        Args:
            share: In [0, 1].
            generator: Which pairs are kept.
        """
        check_range("share", share, 0.0, 1.0, closed=True)
        pairs = np.flatnonzero(self.paired)
        kept = generator.permutation(pairs)[: round(share * len(pairs))]
        whole = ~self.paired
        whole[kept] = True
        broken = np.flatnonzero(~whole)
        alone = np.concatenate([self.items[broken], self.items[broken]])
        alone[: len(broken), 1] = -1
        alone[len(broken) :, 0] = -1
        # sides that were torn apart must not meet again in one batch, in the order of their rows
        order = generator.permutation(len(alone))
        subject = np.concatenate([self.subject[broken], self.subject[broken]])[order]
        items = np.concatenate([self.items[whole], alone[order]])
        text = f"{self.digest}\n{share}\n{sorted(kept.tolist())}"
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        return replace(
            self,
            items=items,
            subject=np.concatenate([self.subject[whole], subject]),
            digest=digest,
        )

    def evened(self) -> "PairSet":
        """Repeat pairs until they are half of the items, so that every batch holds some.

        Where one pair in twenty is left, a batch of items as they come would teach the bridge with
        one pair. Nothing changes without pairs, or where they are the most already.
        """
        whole, alone = np.flatnonzero(self.paired), np.flatnonzero(~self.paired)
        times = round(len(alone) / len(whole)) if len(whole) else 1
        if times <= 1:
            return self
        rows = np.concatenate([np.tile(whole, times), alone])
        digest = f"sha256:{hashlib.sha256(f'{self.digest} evened'.encode()).hexdigest()}"
        return replace(self, items=self.items[rows], subject=self.subject[rows], digest=digest)


def read_things(path: str | Path, names: Sequence[str]) -> dict[str, Thing]:
    """Read named things from an NPZ file.

    Raises:
        FileFormatError: If the file is damaged, lacks a name, or holds what is no number.
    """
    arrays = open_npz(Path(path), load_bytes(path))
    found = {name: _thing(path, arrays, name) for name in names}
    counts = {name: len(thing.data) for name, thing in found.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise FileFormatError(
            path, "", f"things of one side differ in number ({told})", "give one row an item"
        )
    return found


def _thing(path: str | Path, arrays: Mapping[str, np.ndarray], name: str) -> Thing:
    if name not in arrays:
        known = [key for key in arrays if key not in _RESERVED and not key.endswith("_mask")]
        hint = nearest(name, known) or f" It holds {', '.join(known) or 'nothing'}."
        raise FileFormatError(path, "", f"there is no array {name!r}", f"name one that is.{hint}")
    array = arrays[name]
    if array.dtype.kind not in "fiub" or array.ndim < 2 or not array.size:
        raise FileFormatError(
            path, name, f"{array.dtype} of shape {array.shape} are no things",
            "store numbers of shape (items, ...)",
        )  # fmt: skip
    given = arrays.get(f"{name}_mask")
    if given is not None and (given.shape != array.shape or given.dtype.kind != "b"):
        raise FileFormatError(
            path, f"{name}_mask", f"is {given.dtype} of shape {given.shape}",
            f"make it bool of shape {array.shape}",
        )  # fmt: skip
    mask = np.ones(array.shape, dtype=np.bool_) if given is None else given
    bad = ~np.isfinite(array) & mask if array.dtype.kind == "f" else np.zeros(1, dtype=np.bool_)
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise FileFormatError(
            path, name, f"row {row} holds NaN or infinity",
            f"mask such values with a bool array {name}_mask, or leave the row out",
        )  # fmt: skip
    return Thing(np.where(mask, array, 0).astype(np.float32), mask)


def read_pairs(path: str | Path, *, given: Sequence[str], want: Sequence[str]) -> PairSet:
    """Read pairs from an NPZ file; see the module's docstring.

    Raises:
        FileFormatError: If it is damaged, lacks an array, holds NaN outside of a mask, or a pair
            lacks a side.
        UnisonoError: If a side is not named.
    """
    if not given or not want:
        raise UnisonoError("name at least one array in given and one in want.")
    content = load_bytes(path)
    arrays = open_npz(Path(path), content)
    one, other = read_things(path, given), read_things(path, want)
    n, m = (len(next(iter(side.values())).data) for side in (one, other))
    items = _items(path, arrays.get("pairs"), n, m)
    subject = np.array([f"row{max(a, 0)}" if a >= 0 else f"other{b}" for a, b in items])
    if "subject" in arrays:
        stated = arrays["subject"].astype(str)
        if stated.shape != (n,):
            raise FileFormatError(
                path, "subject", f"has shape {stated.shape}",
                f"give one a row of the given side, ({n},)",
            )  # fmt: skip
        subject = np.array([stated[a] if a >= 0 else f"other{b}" for a, b in items])
    text = hashlib.sha256(content)
    text.update("\x1f".join([*given, "|", *want]).encode())
    return PairSet(one, other, items, subject, f"sha256:{text.hexdigest()}")


def _items(path: str | Path, pairs: np.ndarray | None, n: int, m: int) -> Rows:
    if pairs is None:
        if n != m:
            raise FileFormatError(
                path, "", f"{abs(n - m)} pairs miss a side: {n} rows are given and {m} wanted",
                "state which belong together in an array 'pairs' (p, 2) of row numbers",
            )  # fmt: skip
        return np.stack([np.arange(n), np.arange(n)], axis=1).astype(np.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise FileFormatError(
            path, "pairs", f"is {pairs.dtype} of shape {pairs.shape}", "give row numbers (p, 2)"
        )
    if len(pairs) and not ((pairs >= 0) & (pairs < [n, m])).all():
        raise FileFormatError(
            path, "pairs", "a pair misses a side: it names a row that is not there",
            f"rows are 0 to {n - 1} and 0 to {m - 1}",
        )  # fmt: skip
    alone = [np.setdiff1d(np.arange(count), pairs[:, i]) for i, count in enumerate((n, m))]
    rest = np.full((len(alone[0]) + len(alone[1]), 2), -1, dtype=np.int64)
    rest[: len(alone[0]), 0] = alone[0]
    rest[len(alone[0]) :, 1] = alone[1]
    return np.concatenate([pairs.astype(np.int64), rest])
