"""From a recipe to what the loop trains: windows, parts, and the method itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from unisono.api.recipe import Recipe, SplitSettings
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ConfigError
from unisono.core.random import derive_seed, numpy_generator
from unisono.methods import METHODS, AnyMethod
from unisono.recordings.dataset import Dataset
from unisono.recordings.sampler import EpochSampler
from unisono.recordings.splits import PARTS, Split, split_by_fractions, split_keys
from unisono.recordings.window_cache import WindowSet, open_windows
from unisono.training.data import Source

__all__ = ["Parts", "build_method", "make_source", "make_split", "open_parts"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """Windows of a dataset and which of them belong to which part.

    Args:
        windows: All windows.
        split: Who is in which part.
        rows: Rows of each part.
    """

    windows: WindowSet
    split: Split
    rows: Mapping[str, Rows]

    @property
    def units(self) -> npt.NDArray[np.str_]:
        """What is independent of window and window: what the split keeps together (subjects)."""
        keys = split_keys(self.windows.table, self.split.by)
        return np.asarray(keys.to_numpy(), dtype=np.str_)

    @property
    def subjects(self) -> Mapping[str, tuple[str, ...]]:
        """Subjects of each part, sorted."""
        names = self.windows.table["subject"].astype(str).to_numpy()
        return {part: tuple(sorted(set(names[rows]))) for part, rows in self.rows.items()}


def make_split(dataset: Dataset, settings: SplitSettings, *, calibrate: bool) -> Split:
    """The split that the settings ask for.

    Args:
        dataset: The dataset.
        settings: Who is where.
        calibrate: Whether a calibration part is needed; without, its keys are trained on.

    Raises:
        ConfigError: If a named split or key does not exist.
    """
    if settings.name:
        if settings.name not in dataset.splits:
            known = ", ".join(dataset.splits) or "none"
            raise ConfigError(f"the dataset has no split {settings.name!r}; it has {known}.")
        return dataset.splits[settings.name]
    rng = numpy_generator(settings.seed, "split")
    keys = sorted(set(split_keys(dataset.table, settings.by)))
    unknown = [key for key in settings.leave_out if key not in keys]
    if unknown:
        raise ConfigError(f"split.leave_out names {unknown[0]!r}; the data have {', '.join(keys)}.")
    share = settings.calibration if calibrate else 0.0
    if not settings.leave_out:
        fractions = {"train": 1 - share - settings.test, "test": settings.test}
        if share:
            fractions["calibration"] = share
        drawn = split_by_fractions(keys, fractions, generator=rng, by=settings.by)
        return replace(drawn, share_subjects=settings.share_subjects)
    rest = [key for key in keys if key not in settings.leave_out]
    order = [rest[i] for i in rng.permutation(len(rest))]
    count = max(1, round(share * len(rest))) if share else 0
    if len(rest) <= count:
        raise ConfigError(f"{len(rest)} {settings.by}s are too few to train on and to calibrate.")
    parts = {"train": tuple(order[count:]), "calibration": tuple(order[:count])}
    parts["test"] = tuple(settings.leave_out)
    return Split(parts, settings.by, settings.share_subjects)


def open_parts(recipe: Recipe) -> Parts:
    """Open the dataset, cut the windows and split them.

    Raises:
        ConfigError: If no window can be trained on, with the reasons of the first recordings.
    """
    dataset = Dataset.open(recipe.data.path)
    windows = open_windows(dataset, recipe.cut)
    missing = [s for s in recipe.cut.streams if s not in windows.streams]
    if missing or not len(windows):
        reasons = list(windows.skipped.items())[:2]
        told = "; ".join(f"{name}: {why}" for name, why in reasons) or "see windows in the recipe"
        raise ConfigError(f"{recipe.data.path} gives no windows of {recipe.cut.streams}; {told}")
    split = make_split(dataset, recipe.split, calibrate=recipe.bands.method == "split")
    rows = {part: windows.rows(split, part) for part in PARTS if part in split.parts}
    for part in ("train", *(["calibration"] if recipe.bands.method == "split" else [])):
        if part not in rows or not len(rows[part]):
            raise ConfigError(_empty_part(part, split, dataset, windows))
    return Parts(windows, split, rows)


def _empty_part(part: str, split: Split, dataset: Dataset, windows: WindowSet) -> str:
    """That a part has no windows: who it is, and why the first recording of theirs gave none."""
    keys = split.parts.get(part, ())
    theirs = dataset.table.loc[split_keys(dataset.table, split.by).isin(keys), "recording"]
    why = next(
        (f"; {name}: {windows.skipped[name]}" for name in theirs if name in windows.skipped), ""
    )
    return (
        f"the {part} part has no windows ({', '.join(keys[:5]) or 'nobody is in it'}{why}); "
        "change split, or windows in the recipe."
    )


def build_method(recipe: Recipe, streams: Mapping[str, StreamInfo]) -> AnyMethod:
    """The untrained method, with weights drawn from the recipe's seed.

    Raises:
        ConfigError: If the recipe's streams are not in the data.
    """
    with torch.random.fork_rng(devices=[]):
        # layers draw their first weights from the global generator; it is put back afterwards
        torch.manual_seed(derive_seed(recipe.training.seed, "weights"))
        return METHODS[recipe.method](
            recipe.llma,
            streams,
            given=recipe.data.given,
            want=recipe.data.want,
            frames=recipe.cut.frames,
        )


def make_source(windows: WindowSet, rows: Rows, recipe: Recipe) -> Source:
    """The loop's data: these rows, in an order drawn from the recipe's seed."""
    sampler = EpochSampler(rows, recipe.training.batch_size, recipe.training.seed)
    return Source(windows, sampler, rows, digest=windows.digest, name=windows.name)
