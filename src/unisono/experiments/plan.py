"""What part of an experiment is run, and how large: settings that all of them share."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from unisono.core.checks import check_range
from unisono.core.config import apply_settings, from_mapping

__all__ = ["Plan", "parse_plan"]


@dataclass(frozen=True)
class Plan:
    """Settings of an experiment that is made of cells.

    Args:
        only: A pattern of cell names, such as ``gait/ours/*``; "" for all.
        data: Names of the data sets; empty for all that the experiment has.
        seeds: Number of trainings of each cell, with seeds 0, 1, ...
        steps: Optimiser steps of a training.
        samples: Samples a window; below 20 the ends of a 90 % band are not reached.
        solver: Function evaluations of a sample.
        windows: At most so many test windows are generated.
        jobs: Cells side by side, each in a process of one thread.
        tiny: The smallest run that goes through everything: for tests.
        report: Run nothing; report on the cells that are finished.
        recordings: Folder of the unpacked real recordings.
    """

    only: str = ""
    data: tuple[str, ...] = ()
    seeds: int = 5
    steps: int = 400
    samples: int = 20
    solver: int = 10
    windows: int = 48
    jobs: int = 1
    tiny: bool = False
    report: bool = False
    recordings: str = ".data"

    def __post_init__(self) -> None:
        for name in ("seeds", "steps", "solver", "windows", "jobs"):
            check_range(name, getattr(self, name), 1, 10**7, closed=True)
        check_range("samples", self.samples, 2, 10**4, closed=True)

    @property
    def shared(self) -> dict[str, Any]:
        """What all results of a folder must have in common."""
        kept = asdict(self)
        return {k: kept[k] for k in ("steps", "samples", "solver", "windows", "tiny")}


_TINY = {"seeds": 2, "steps": 12, "samples": 4, "solver": 2, "windows": 12}


def parse_plan(settings: Sequence[str], **defaults: Any) -> Plan:  # noqa: ANN401 - of a Plan
    """Read ``key=value`` settings; ``tiny=true`` changes the defaults, not what is said.

    Args:
        settings: As from the command line.
        **defaults: Defaults of this experiment.

    Raises:
        ConfigError: For an unknown key, naming the nearest, or a wrong value.

    Example:
        >>> parse_plan(["data=gait", "seeds=3"]).data
        ('gait',)
    """
    said = apply_settings({}, settings)
    if isinstance(said.get("data"), str):
        said["data"] = [name for name in str(said["data"]).split(",") if name]
    tiny = _TINY if said.get("tiny") else {}
    return from_mapping(Plan, {**defaults, **tiny, **said})
