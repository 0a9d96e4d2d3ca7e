"""What the tests of cells share: a tiny paired set, and the plan of tiny cells."""

from pathlib import Path
from typing import NamedTuple

from unisono.experiments.plan import Plan
from unisono.experiments.sets import PairedSet


class World(NamedTuple):
    """A tiny set, the plan of tiny cells, and where both lie."""

    folder: Path
    data: PairedSet
    plan: Plan
