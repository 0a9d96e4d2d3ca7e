r"""What baselines see: pairs of windows, laid out as rows of numbers.

Symbols: ``n`` windows; given ``(n, L, D)`` and wanted ``(n, L', D')``, each with its mask; ``K``
numbers known of a window (mass, height, speed). Two layouts, each mapping windows to rows and back:

- :class:`WholeWindow`: one row a window, the whole given curve (reduced by PCA) against the whole
  wanted curve. Right for windows cut from event to event, where frame ``t`` means a phase.
- :class:`LocalFrames`: one row a frame, the given signal at a few lags around it against the wanted
  frame. Right for windows fixed in time, where frame ``t`` means nothing. Needs ``L = L'``.

Both standardise by the channel's training mean and spread, and impute a missing given sample by
its training mean. Targets are never imputed: each comes with its weight, 0 where not valid.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.utils.extmath import randomized_svd

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask, mask_out, masked_mean, masked_spread

__all__ = ["Given", "Layout", "LocalFrames", "Pairs", "Rows", "WholeWindow", "thin"]

_COMPONENTS = 256
_LAGS = 11
_MOST_ROWS = 20000


@dataclass(frozen=True, eq=False)
class Given:
    """The given side of windows.

    Args:
        values: ``(n, L, D)``; streams side by side.
        valid: ``(n, L, D)``.
        known: Numbers known of each window, ``(n, K)``, NaN where unknown; None for none.
        seconds: Duration of each window, ``(n,)``, for rates a second; None where unknown.
    """

    values: Array
    valid: Mask
    known: Array | None = None
    seconds: Array | None = None

    def __post_init__(self) -> None:
        check_axes(values=(self.values, "n L D"), valid=(self.valid, "n L D"))
        if self.known is not None:
            check_axes(values=(self.values, "n L D"), known=(self.known, "n K"))

    def rows(self, index: npt.NDArray[np.intp]) -> "Given":
        """Return some of the windows."""
        known = None if self.known is None else self.known[index]
        seconds = None if self.seconds is None else self.seconds[index]
        return Given(self.values[index], self.valid[index], known, seconds)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Given and wanted windows of the same moments.

    Args:
        given: The given side.
        want: ``(n, L', D')`` in the target's unit.
        want_valid: ``(n, L', D')``.
        subjects: The subject of each window, ``(n,)``.
    """

    given: Given
    want: Array
    want_valid: Mask
    subjects: npt.NDArray[np.str_]

    def __post_init__(self) -> None:
        check_axes(
            given=(self.given.values, "n ..."),
            want=(self.want, "n L D"),
            want_valid=(self.want_valid, "n L D"),
            subjects=(self.subjects, "n"),
        )

    def rows(self, index: npt.NDArray[np.intp]) -> "Pairs":
        """Return some of the windows."""
        return Pairs(
            self.given.rows(index),
            self.want[index],
            self.want_valid[index],
            self.subjects[index],
        )


def thin(pairs: Pairs, most: int) -> Pairs:
    """Return at most ``most`` windows, evenly spread, so that every subject keeps its share."""
    count = len(pairs.want)
    if count <= most:
        return pairs
    return pairs.rows(np.unique(np.linspace(0, count - 1, most).round().astype(np.intp)))


class Rows(NamedTuple):
    """Targets of a regression.

    Attributes:
        y: Standardised and centred, ``(rows, q)``; 0 where the weight is 0.
        weight: 1 where the target is valid, else 0, ``(rows, q)``.
        window: The window of each row, ``(rows,)``.
    """

    y: Array
    weight: Array
    window: npt.NDArray[np.intp]


class Layout(Protocol):
    """Windows to rows and back, fitted on training windows only."""

    name: str
    channels: int

    def inputs(self, given: Given) -> Array:
        """Return features of every row, ``(rows, p)``, none with a spread far above 1."""
        ...

    def training_inputs(self, given: Given) -> Array:
        """Return features of the rows of :meth:`targets`, which may be fewer."""
        ...

    def targets(self, pairs: Pairs) -> Rows:
        """Return the wanted side of the same rows."""
        ...

    def outputs(self, y: Array, windows: int) -> Array:
        """Return ``(n, L', D')`` in the target's unit from rows ``(rows, q)``."""
        ...


class _Scaler:
    """Channel-wise standardisation with imputation by the mean curve, and the known numbers."""

    def __init__(self, given: Given) -> None:
        spread = masked_spread(given.values, given.valid)
        self.spread = np.where(spread > 0, spread, 1.0)
        flat = np.nan_to_num(masked_mean(given.values, given.valid, (0, 1)))
        curve = masked_mean(given.values, given.valid, 0)
        self.curve = np.where(np.isfinite(curve), curve, flat)
        known = given.known if given.known is not None else np.zeros((len(given.values), 0))
        self.known_mean = np.nan_to_num(masked_mean(known, np.isfinite(known), 0))
        centred = np.where(np.isfinite(known), known - self.known_mean, 0.0)
        deviation = np.sqrt((centred**2).mean(axis=0))
        self.known_spread = np.where(deviation > 0, deviation, 1.0)

    def curves(self, given: Given) -> Array:
        if given.values.shape[1:] != self.curve.shape:
            raise ShapeError(
                f"fitted on windows of (frame, channel) {self.curve.shape}; got "
                f"{given.values.shape[1:]}."
            )
        return np.where(given.valid, mask_out(given.values, given.valid) - self.curve, 0.0) / (
            self.spread
        )

    def known(self, given: Given) -> Array:
        count = len(self.known_mean)
        known = given.known if given.known is not None else np.zeros((len(given.values), 0))
        if known.shape[1] != count:
            raise ShapeError(f"fitted with {count} known numbers a window; got {known.shape[1]}.")
        return np.where(np.isfinite(known), known - self.known_mean, 0.0) / self.known_spread


class _Target:
    """Centre and spread of the wanted side."""

    def __init__(self, pairs: Pairs) -> None:
        spread = masked_spread(pairs.want, pairs.want_valid)
        self.spread = np.where(spread > 0, spread, 1.0)
        flat = np.nan_to_num(masked_mean(pairs.want, pairs.want_valid, (0, 1)))
        curve = masked_mean(pairs.want, pairs.want_valid, 0)
        self.flat, self.curve = flat, np.where(np.isfinite(curve), curve, flat)
        self.shape = pairs.want.shape[1:]


class WholeWindow:
    """One row a window: the whole given curve, by its principal components, and what is known.

    Args:
        pairs: The training windows.
        generator: Starts the subspace search of the PCA.
        components: At most so many principal components; with fewer windows nothing is lost.
    """

    name = "whole window"

    def __init__(
        self, pairs: Pairs, *, generator: np.random.Generator, components: int = _COMPONENTS
    ) -> None:
        self.channels = pairs.want.shape[2]
        self._scaler, self._target = _Scaler(pairs.given), _Target(pairs)
        flat = self._scaler.curves(pairs.given).reshape(len(pairs.want), -1)
        keep = max(1, min(components, len(flat) - 1, flat.shape[1]))
        seed = int(generator.integers(2**31))
        _, _, self._axes = randomized_svd(flat, n_components=keep, n_iter=6, random_state=seed)
        self._size = np.sqrt(flat.shape[1])  # known numbers weigh like the whole curve's rms

    def inputs(self, given: Given) -> Array:
        """See :meth:`Layout.inputs`."""
        flat = self._scaler.curves(given).reshape(len(given.values), -1)
        return np.concatenate([flat @ self._axes.T / self._size, self._scaler.known(given)], axis=1)

    def training_inputs(self, given: Given) -> Array:
        """See :meth:`Layout.training_inputs`."""
        return self.inputs(given)

    def targets(self, pairs: Pairs) -> Rows:
        """See :meth:`Layout.targets`."""
        valid, target = pairs.want_valid, self._target
        y = np.where(valid, mask_out(pairs.want, valid) - target.curve, 0.0) / target.spread
        rows = len(y)
        return Rows(
            y.reshape(rows, -1), valid.reshape(rows, -1).astype(np.float64), np.arange(rows)
        )

    def outputs(self, y: Array, windows: int) -> Array:
        """See :meth:`Layout.outputs`."""
        shaped = y.reshape(windows, *self._target.shape)
        return np.asarray(shaped * self._target.spread + self._target.curve)


class LocalFrames:
    """One row a frame: the given signal at lags up to an eighth of a window, and what is known.

    Args:
        pairs: The training windows.
        lags: Number of lags, odd.

    Raises:
        ShapeError: If the two sides have different numbers of frames.
    """

    name = "local frames"

    def __init__(self, pairs: Pairs, *, lags: int = _LAGS) -> None:
        check_axes(given=(pairs.given.values, "n L Din"), want=(pairs.want, "n L Dout"))
        self.channels = pairs.want.shape[2]
        self._scaler, self._target = _Scaler(pairs.given), _Target(pairs)
        # A frame has no phase here: impute and centre by the channel, not by the mean curve.
        mean = np.nan_to_num(masked_mean(pairs.given.values, pairs.given.valid, (0, 1)))
        self._scaler.curve = np.broadcast_to(mean, self._scaler.curve.shape)
        reach = max(1, pairs.want.shape[1] // 8)
        self._lags = np.unique(np.linspace(-reach, reach, lags).round().astype(np.intp))
        # Rows of a training set are thinned by a stride in time; neighbours say almost the same.
        total = pairs.want.shape[0] * pairs.want.shape[1]
        self._stride = max(1, -(-total // _MOST_ROWS))

    def _at(self, frames: int, stride: int) -> npt.NDArray[np.intp]:
        return np.arange(0, frames, stride)

    def _features(self, given: Given, stride: int) -> Array:
        curves = self._scaler.curves(given)
        windows, frames, _ = curves.shape
        at = self._at(frames, stride)
        index = np.clip(at[:, None] + self._lags, 0, frames - 1)
        lagged = curves[:, index].reshape(windows, len(at), -1)
        known = np.repeat(self._scaler.known(given)[:, None], len(at), axis=1)
        return np.concatenate([lagged, known], axis=2).reshape(windows * len(at), -1)

    def inputs(self, given: Given) -> Array:
        """See :meth:`Layout.inputs`."""
        return self._features(given, 1)

    def training_inputs(self, given: Given) -> Array:
        """See :meth:`Layout.training_inputs`: every ``stride``-th frame."""
        return self._features(given, self._stride)

    def targets(self, pairs: Pairs) -> Rows:
        """See :meth:`Layout.targets`."""
        at = self._at(pairs.want.shape[1], self._stride)
        valid = pairs.want_valid[:, at]
        y = np.where(valid, mask_out(pairs.want[:, at], valid) - self._target.flat, 0.0)
        width = valid.shape[2]
        window = np.repeat(np.arange(len(y)), len(at))
        return Rows(
            (y / self._target.spread).reshape(-1, width),
            valid.reshape(-1, width).astype(np.float64),
            window,
        )

    def outputs(self, y: Array, windows: int) -> Array:
        """See :meth:`Layout.outputs`."""
        shaped = y.reshape(windows, -1, self._target.shape[1])
        return np.asarray(shaped * self._target.spread + self._target.flat)
