"""Pairs from a dataset's windows, each side at its own rate and length.

The two sides are cut on their own and joined where recording, side and start agree: strides must
be the same in seconds. A window without a partner is kept, unpaired.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unisono.core.contracts import StreamInfo
from unisono.core.errors import ConfigError
from unisono.recordings.dataset import Dataset
from unisono.recordings.pairs import PairSet, Thing
from unisono.recordings.window_cache import WindowSet, open_windows
from unisono.recordings.window_settings import Cut

__all__ = ["PairedWindows", "pair_windows"]

_CLOCK = 3  # starts agree to the millisecond


class PairedWindows(NamedTuple):
    """Pairs, and what is known of each stream.

    Attributes:
        pairs: The pairs.
        streams: By name.
    """

    pairs: PairSet
    streams: Mapping[str, StreamInfo]


def _keys(windows: WindowSet) -> list[tuple[str, str, float]]:
    table = windows.table
    starts = table["start_s"].astype(float).round(_CLOCK)
    columns = (table["recording"].astype(str), table["side"].astype(str), starts)
    return list(zip(*columns, strict=True))


def _things(windows: WindowSet, names: Sequence[str]) -> dict[str, Thing]:
    batch = windows.batch(np.arange(len(windows)))
    return {name: Thing(batch.data[name].numpy(), batch.mask[name].numpy()) for name in names}


def pair_windows(dataset: Dataset, given: Cut, want: Cut) -> PairedWindows:
    """Cut both sides and join them.

    Args:
        dataset: The dataset.
        given: How the given side is cut.
        want: How the wanted side is cut.

    Raises:
        SchemaError: If no recording is long enough for a window.
        ConfigError: If no recording holds a stream, or no windows of the two sides start together.
    """
    sides = [open_windows(dataset, cut) for cut in (given, want)]
    first, second = ({key: row for row, key in enumerate(_keys(windows))} for windows in sides)
    pairs = [(row, second[key]) for key, row in first.items() if key in second]
    if not pairs:
        raise ConfigError(
            "no windows of the two sides start together in one recording; give both sides the same "
            "stride in seconds, and recordings that hold both."
        )
    alone = [(row, -1) for key, row in first.items() if key not in second]
    alone += [(-1, row) for key, row in second.items() if key not in first]
    items = np.array(pairs + alone, dtype=np.int64)
    who = [windows.table["subject"].astype(str).to_numpy() for windows in sides]
    subject = np.array([who[0][a] if a >= 0 else who[1][b] for a, b in items])
    text = f"{sides[0].digest}\n{sides[1].digest}"
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    things = (_things(sides[0], given.streams), _things(sides[1], want.streams))
    known = {**sides[0].streams, **sides[1].streams}
    return PairedWindows(PairSet(*things, items, subject, digest), known)
