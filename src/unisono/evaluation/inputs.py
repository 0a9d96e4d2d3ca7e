"""What an evaluation is given: truth, predictions by name, bands, samples, and the run's record.

Nothing here knows of a method, a model or a file: whoever has arrays can be evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask
from unisono.evaluation.calibration import Bands
from unisono.evaluation.leaks import AuditInput
from unisono.evaluation.physics import ForceLayout, PhysicsContext

__all__ = ["EvaluationInput", "Provenance", "TargetInput", "shuffled_partners"]


@dataclass(frozen=True, eq=False)
class TargetInput:
    """One wanted stream of the test windows.

    Args:
        truth: ``(n, L, D)`` in ``units``.
        valid: ``(n, L, D)``.
        channels: Names of the channels, ``D``.
        units: Unit of each channel, ``D``.
        spread: Standard deviation of each channel over all valid samples of the TRAINING part,
            ``(D,)`` (``arrays.masked_spread``): the normaliser of ``nrmse``.
        predictions: ``(n, L, D)`` by method, the model's own among them.
        step: Seconds between frames, ``(n,)``; None where windows were resampled between events.
        bands: The model's calibrated bands, or None.
        samples: The model's samples, ``(S, n, L, D)``, or None.
        baseline_bands: Calibrated bands of baselines by name.
        controls: Predictions of control runs by name, such as ``"shuffled_pairs"``.
        force: Which channels are forces; None where the stream is not a ground reaction.
        physics: What the physics checks need; None for no checks.
    """

    truth: Array
    valid: Mask
    channels: tuple[str, ...]
    units: tuple[str, ...]
    spread: Array
    predictions: Mapping[str, Array]
    step: Array | None = None
    bands: Bands | None = None
    samples: Array | None = None
    baseline_bands: Mapping[str, Bands] = field(default_factory=dict)
    controls: Mapping[str, Array] = field(default_factory=dict)
    force: ForceLayout | None = None
    physics: PhysicsContext | None = None

    def __post_init__(self) -> None:
        axes = "window frame channel"
        named = {"truth": (self.truth, axes), "valid": (self.valid, axes)}
        named |= {f"predictions[{k}]": (v, axes) for k, v in self.predictions.items()}
        named |= {f"controls[{k}]": (v, axes) for k, v in self.controls.items()}
        check_axes(**named, spread=(self.spread, "channel"))
        if self.samples is not None:
            check_axes(truth=(self.truth, axes), samples=(self.samples, f"sample {axes}"))
        if not len(self.channels) == len(self.units) == self.truth.shape[2]:
            raise ShapeError(
                f"truth has {self.truth.shape[2]} channels; got {len(self.channels)} names and "
                f"{len(self.units)} units."
            )

    @property
    def steps(self) -> Array:
        """Seconds between frames, ``(n,)``; shares of the window where that is unknown."""
        if self.step is not None:
            return self.step
        return np.full(len(self.truth), 1 / self.truth.shape[1])


@dataclass(frozen=True)
class Provenance:
    """Where the figures come from.

    Args:
        unisono: Version of the package.
        commit: Commit it was built from, or "".
        command: The command that made the report.
        digest: Digest of the data set.
    """

    unisono: str = ""
    commit: str = ""
    command: str = ""
    digest: str = ""


@dataclass(frozen=True, eq=False)
class EvaluationInput:
    """Everything an evaluation is given.

    Args:
        targets: Wanted streams by name.
        subjects: The subject of each test window, ``(n,)``.
        model: Name of the model's own predictions, such as ``"llma"``.
        conditions: The condition of each test window, "" where unknown; None for none.
        audit: What the leak audit looks at.
        provenance: Where the figures come from.
    """

    targets: Mapping[str, TargetInput]
    subjects: Sequence[str]
    model: str = "llma"
    conditions: Sequence[str] | None = None
    audit: AuditInput = field(default_factory=AuditInput)
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        for name, target in self.targets.items():
            if len(target.truth) != len(self.subjects):
                raise ShapeError(
                    f"target {name!r} has {len(target.truth)} windows, but there are "
                    f"{len(self.subjects)} subjects; give one subject a window."
                )
            if self.model not in target.predictions:
                raise ShapeError(
                    f"target {name!r} has no predictions of {self.model!r}; got "
                    f"{', '.join(target.predictions) or 'none'}."
                )
        if self.conditions is not None and len(self.conditions) != len(self.subjects):
            raise ShapeError(
                f"{len(self.conditions)} conditions for {len(self.subjects)} windows; give one a "
                "window."
            )


def shuffled_partners(
    subjects: Sequence[str],
    *,
    generator: np.random.Generator,
    among: Sequence[str] | None = None,
) -> npt.NDArray[np.intp]:
    """Rows of another subject for each window: the shuffled-pair control.

    A model that is given these windows in place of the right ones has no knowledge of the
    movement. Whatever it then still gets right it does not owe to the given side.

    Args:
        subjects: The subject of each window, ``(n,)``.
        generator: Draws the partners.
        among: Subjects of the windows that partners are taken from; the windows themselves where
            None.

    Returns:
        ``(n,)`` integer rows of ``among``; where it holds no other subject, another window of the
        same one.

    Example:
        >>> shuffled_partners(["a", "a", "b"], generator=np.random.default_rng(0))[2] in (0, 1)
        True
    """
    names = np.asarray([str(s) for s in subjects])
    crowd = names if among is None else np.asarray([str(s) for s in among])
    rows = np.arange(len(crowd))
    found = np.empty(len(names), dtype=np.intp)
    for k, name in enumerate(names):
        others = rows[crowd != name]
        if others.size == 0:
            others = rows[rows != k] if among is None and len(rows) > 1 else rows
        found[k] = generator.choice(others)
    return found
