"""A run between two steps: what is trained, by what, how far, and how it is saved and restored.

The position of a run is the number of steps done and nothing else: the phase, the rate, the rows
of the next batch and every random draw are functions of it. A phase begins with a new optimiser
and a new average. It ends by adopting its averaged weights, so that the next phase is trained on
the very weights that will be used.
"""

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from unisono.core.contracts import Begins, Method, Phase
from unisono.core.distributed import world
from unisono.training.checkpoint import Checkpoint
from unisono.training.device import Machine
from unisono.training.ema import Average
from unisono.training.errors import TrainingError
from unisono.training.optimiser import load_moments, make_optimiser, moments
from unisono.training.phases import Place, as_module, locate, total_steps, train_only
from unisono.training.settings import TrainingSettings

__all__ = ["Run"]

_FREE = ("checkpoint_every", "preview_every", "device", "precision")
"""Settings that a resumed run may change; the last two are compared as resolved."""


_PHASE = dataclasses.asdict(Phase("", 0))
"""What a phase is where nothing is said of it."""


class Run:
    """The state of a run.

    Args:
        method: What is trained; it is moved to the device.
        settings: How.
        machine: Where, and in which arithmetic.
        digest: Names the data.

    Attributes:
        step: Steps done.
        means: Sums and counts of the log's next row.
    """

    def __init__(
        self, method: Method, settings: TrainingSettings, machine: Machine, *, digest: str
    ) -> None:
        self.method, self.settings, self.machine = method, settings, machine
        self.module = as_module(method).to(machine.device)
        self.phases = list(method.phases)
        self.step = 0
        self.means: dict[str, list[float]] = {}
        self.parameters: Mapping[str, nn.Parameter] = {}
        self._digest = digest

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return total_steps(self.phases)

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return self.step >= self.steps

    @property
    def place(self) -> Place:
        """Where the next step lies."""
        return locate(self.phases, self.step)

    def enter_phase(self) -> None:
        """Begin a phase that has not been begun before: the method may make ready for it."""
        if isinstance(self.method, Begins):
            self.module.eval()  # what a method measures of itself here is not to hang on dropout
            self.method.begin(self.place.phase)
        self.begin_phase()

    def begin_phase(self) -> None:
        """Freeze and unfreeze as the next step's phase says; start its optimiser and average."""
        self.parameters = train_only(self.method, self.place.phase.groups)
        self.optimiser = make_optimiser(self.parameters, self.settings)
        self.average = Average(self.parameters, self.settings.ema_decay)

    def advance(self) -> None:
        """Count a step that the optimiser has just made."""
        place = self.place
        self.average.update(place.step + 1)
        if place.is_last:
            self.average.adopt()
        self.step += 1
        if place.is_last and not self.finished:
            self.enter_phase()

    def collect(self, values: Mapping[str, float]) -> None:
        """Add a step's numbers to the log's next row."""
        for name, value in values.items():
            total = self.means.setdefault(name, [0.0, 0])
            total[0] += value
            total[1] += 1

    def take_means(self) -> dict[str, float]:
        """The log's row, which is empty afterwards."""
        row = {name: total / count for name, (total, count) in self.means.items()}
        self.means = {}
        return row

    def capture(self) -> Checkpoint:
        """Everything that a run of the same code needs to go on from here."""
        tensors = _prefixed("model", self.module.state_dict())
        if not self.finished:
            tensors |= _prefixed("average", self.average.state())
            tensors |= _prefixed("optimiser", moments(self.optimiser, self.parameters))
        header = {"run": self._identity(), "place": self._place(), "means": self.means}
        return Checkpoint(self.step, tensors, header)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            TrainingError: If it was written with other settings, phases, data or networks.
        """
        self._compare(checkpoint.header)
        weights = _part("model", checkpoint.tensors)
        try:
            self.module.load_state_dict(weights)
        except RuntimeError as error:
            raise TrainingError(
                "the checkpoint's weights do not fit the method "
                f"({' '.join(str(error).split())[:200]}); build the method as it was, "
                "or start without resume."
            ) from error
        self.step = checkpoint.step
        self.means = {k: [float(a), int(b)] for k, (a, b) in checkpoint.header["means"].items()}
        if not self.finished:
            self.begin_phase()
            self.average.load(_part("average", checkpoint.tensors))
            load_moments(self.optimiser, self.parameters, _part("optimiser", checkpoint.tensors))

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to be resumed; JSON."""
        named = _named(self.settings)
        phases = [dataclasses.asdict(phase) for phase in self.phases]
        identity = named | {
            "method": type(self.method).__name__,
            "phases": phases,
            "data": self._digest,
            "precision": self.machine.precision,
        }
        return {name: _plain(value) for name, value in identity.items()}

    def _place(self) -> dict[str, Any]:
        """What must be the same for a run to be resumed bit for bit; JSON."""
        return {
            "device": self.machine.device.type,
            "ranks": world().size,
            "threads": torch.get_num_threads(),
            "torch": str(torch.__version__),
        }

    def _compare(self, header: Mapping[str, Any]) -> None:
        # a setting that a later version added is absent, and had its default
        run = _named(TrainingSettings()) | header["run"]
        run["phases"] = [_PHASE | phase for phase in run.get("phases", [])]
        for name, value in self._identity().items():
            before = _plain(run.get(name))
            if before != value:
                raise TrainingError(
                    f"the run was started with {name} = {before}, and resume came with {value}; "
                    "give what it was started with, or start without resume."
                )
        for name, value in self._place().items():
            before = header["place"].get(name)
            if before != value:
                warnings.warn(
                    f"the run goes on with {name} = {value}, after {before}: "
                    "it is the same run within rounding, not bit for bit.",
                    RuntimeWarning,
                    stacklevel=2,
                )


def _named(settings: TrainingSettings) -> dict[str, Any]:
    """Settings that a resumed run may not change, by the names that a checkpoint has for them."""
    stated = dataclasses.asdict(settings)
    return {f"training.{key}": value for key, value in stated.items() if key not in _FREE}


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def _part(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


def _plain(value: Any) -> Any:  # noqa: ANN401 - as JSON would read it back
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return value
