"""Train a map and its controls, and say what the map is worth on recordings it never saw.

Controls run by default: shuffled positives, rescaled inputs, another seed. What is told of each:
how well labels are decoded from it by nearest neighbours on held-out recordings, against principal
axes of as many dimensions; how well frames come back from it; and how alike two maps are, as the
R2 of the best affine map from one to the other on held-out frames (Schneider et al., 2023).
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from unisono.api.map_data import TIME, FrameWindows, MapData, channel_scale, spreads
from unisono.core.errors import UnisonoError
from unisono.editing.bank import Bank
from unisono.editing.lift import NeighbourLift
from unisono.methods.conda import ConDA, ConDASettings, MapShape
from unisono.recordings.frame_table import FrameTable
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import Hooks, train
from unisono.training.progress import Progress
from unisono.training.settings import TrainingSettings

__all__ = [
    "MAP_TRAINING",
    "MapReport",
    "judge",
    "points_of",
    "report_mapping",
    "report_of",
    "train_map",
]

Array = npt.NDArray[np.float64]
Tell = Callable[[str, int, int], None]

MAP_TRAINING = TrainingSettings(
    batch_size=512,
    learning_rate=1e-3,
    weight_decay=1e-4,
    warmup_steps=50,
    ema_decay=0.99,
    precision="fp32",
    device="cpu",
    checkpoint_every=100_000,
    log_every=100,
)
"""How a map is trained unless the caller says otherwise."""


@dataclass(frozen=True)
class MapReport:
    """What a map is worth, by row of a table.

    Args:
        rows: For the map and each control: a figure by name; R2 of numbers, balanced accuracy of
            words, ``frames`` (R2 of frames through the map and back) and ``alike`` (to the map).
        chance: What guessing gives for each word label.
    """

    rows: Mapping[str, Mapping[str, float]]
    chance: Mapping[str, float]

    def table(self) -> str:
        """The table, for a terminal."""
        columns = list(dict.fromkeys(name for row in self.rows.values() for name in row))
        width = max(len(name) for name in [*self.rows, "chance"])
        lines = [" " * width + "".join(f"  {c:>12}" for c in columns)]
        for name, row in self.rows.items():
            cells = [f"{row[c]:>12.3f}" if c in row else " " * 12 for c in columns]
            lines.append(f"{name:<{width}}" + "".join(f"  {c}" for c in cells))
        guess = [f"{self.chance[c]:>12.3f}" if c in self.chance else f"{0:>12.3f}" for c in columns]
        lines.append(f"{'chance':<{width}}" + "".join(f"  {c}" for c in guess))
        return "\n".join(lines)


def train_map(
    data: MapData,
    by: Sequence[str],
    settings: ConDASettings,
    folder: Path,
    *,
    control: str = "none",
    training: TrainingSettings = MAP_TRAINING,
    progress: Tell | None = None,
) -> ConDA:
    """Train one map on the training part.

    Args:
        data: The frames.
        by: What the map is by.
        settings: The map.
        folder: Of the run.
        control: One of ``methods.conda.CONTROLS``.
        training: How.
        progress: Called with what is done and how much.
    """
    known = spreads(data.train)
    windows = FrameWindows(data.train, known)
    shape = MapShape(data.train.values.shape[1], len(data.train.values), TIME in by)
    scale = channel_scale(data.train, data.infos)
    method = ConDA(settings, shape, scale=scale, control=control)
    rows = np.arange(len(data.train.values))
    training = dataclasses.replace(training, seed=settings.seed)
    sampler = EpochSampler(rows, min(training.batch_size, len(rows) - 1), training.seed)

    def told(state: Progress) -> None:
        if progress is not None:
            progress(control if control != "none" else "map", state.step, state.steps)

    train(method, Source(windows, sampler, rows), training, folder, hooks=Hooks(progress=told))
    return method.to("cpu")


def points_of(method: ConDA, table: FrameTable) -> Array:
    """Points of a table's frames."""
    codes = method.encode(torch.from_numpy(table.values))
    found = method.embed(codes, torch.from_numpy(table.sequence))
    return found.numpy().astype(np.float64)


def judge(data: MapData, method: ConDA, controls: Mapping[str, ConDA]) -> MapReport:
    """Compare a map with its controls, and with principal axes, on the held-out part.

    Args:
        data: The frames.
        method: The map.
        controls: Other maps by name.
    """
    own = points_of(method, data.train), points_of(method, data.test)
    rows = {"map": _told(data, *own) | _returned(method, data, own[1])}
    for name, other in controls.items():
        points = points_of(other, data.train), points_of(other, data.test)
        found = _told(data, *points) | _returned(other, data, points[1])
        rows[name] = found | {"alike": _alike(points, own)}
    plain = _principal(method, data)
    rows["principal axes"] = _told(data, *plain)
    return MapReport(rows, _chance(data))


def _principal(method: ConDA, data: MapData) -> tuple[Array, Array]:
    dims = method.settings.dims
    parts = [method.encode(torch.from_numpy(t.values))[:, :dims] for t in (data.train, data.test)]
    return parts[0].numpy().astype(np.float64), parts[1].numpy().astype(np.float64)


def _told(data: MapData, train: Array, test: Array) -> dict[str, float]:
    """How well each label is decoded by the nearest training frames."""
    found = {}
    near = Bank(train, train).near(test, min(15, len(train))).place
    for name, values in data.train.labels.items():
        truth = data.test.labels[name]
        if values.dtype.kind in "fiu":
            guess = values.astype(np.float64)[near].mean(axis=1)
            # spread about the TRAINING mean: a held-out label may well be constant
            total = ((truth.astype(np.float64) - values.astype(np.float64).mean()) ** 2).mean()
            found[name] = 1 - float(((guess - truth.astype(np.float64)) ** 2).mean() / total)
        else:
            found[name] = _accuracy(values, near, truth)
    return found


def _accuracy(
    values: npt.NDArray[np.generic], near: npt.NDArray[np.int64], truth: npt.NDArray[np.generic]
) -> float:
    """Balanced accuracy of a vote among neighbours."""
    words, codes = np.unique(values, return_inverse=True)
    votes = (codes[near][:, :, None] == np.arange(len(words))).sum(axis=1)
    guess = words[votes.argmax(axis=1)]
    return float(np.mean([(guess[truth == w] == w).mean() for w in np.unique(truth)]))


def _chance(data: MapData) -> dict[str, float]:
    return {
        name: 1 / len(np.unique(values))
        for name, values in data.train.labels.items()
        if values.dtype.kind not in "fiu"
    }


def _returned(method: ConDA, data: MapData, test: Array) -> dict[str, float]:
    """R2 of held-out codes through the map and back."""
    codes = method.encode(torch.from_numpy(data.test.values)).numpy()
    bank = method.bank()
    lifted = NeighbourLift(bank, k=min(method.settings.k, len(bank))).lift(test)
    total = ((codes - bank.codes.mean(axis=0)) ** 2).sum()
    return {"frames": 1 - float(((lifted.codes - codes) ** 2).sum() / total)}


def _alike(points: tuple[Array, Array], own: tuple[Array, Array]) -> float:
    """R2 of the best affine map from one map to the other, fitted on training frames."""
    design, asked = (np.c_[p, np.ones(len(p))] for p in points)
    fit = np.linalg.lstsq(design, own[0], rcond=None)[0]
    left = ((asked @ fit - own[1]) ** 2).sum()
    return 1 - float(left / ((own[1] - own[0].mean(axis=0)) ** 2).sum())


def report_mapping(report: MapReport) -> dict[str, Any]:
    """The report as plain values."""
    return {"rows": {k: dict(v) for k, v in report.rows.items()}, "chance": dict(report.chance)}


def report_of(stored: Mapping[str, Any]) -> MapReport:
    """A report from its plain values.

    Raises:
        UnisonoError: If they are not a report's.
    """
    try:
        return MapReport(dict(stored["rows"]), dict(stored["chance"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UnisonoError("the model holds no report of its map; train it anew.") from error
