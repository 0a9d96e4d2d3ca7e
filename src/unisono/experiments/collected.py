"""Results of cells, gathered so that arms can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from unisono.experiments.cells import CellResult
from unisono.experiments.pairing import Estimate, difference, mean_of, ratio

__all__ = ["Collected", "Place"]


@dataclass(frozen=True, order=True)
class Place:
    """Where arms are compared: the same data, conditioning and variant."""

    data: str
    conditioning: str
    variant: str = ""

    @property
    def title(self) -> str:
        """For a person."""
        return ", ".join(x for x in (self.data, self.conditioning, self.variant) if x)


class Collected:
    """Figures by place, arm and seed.

    Args:
        results: Of cells.
    """

    def __init__(self, results: Sequence[CellResult]) -> None:
        self.results = list(results)
        self._figures: dict[tuple[Place, str], dict[int, CellResult]] = {}
        for found in results:
            cell = found.cell
            place = Place(cell.data, cell.conditioning, cell.variant)
            self._figures.setdefault((place, cell.arm), {})[cell.seed] = found

    @property
    def places(self) -> list[Place]:
        """Places, in the order in which they were first measured."""
        return list(dict.fromkeys(place for place, _ in self._figures))

    def arms(self, place: Place) -> list[str]:
        """Arms measured at a place, in order."""
        return list(dict.fromkeys(arm for where, arm in self._figures if where == place))

    def figures(self, place: Place, arm: str) -> list[str]:
        """Names of an arm's figures."""
        runs = self._figures.get((place, arm), {})
        return list(dict.fromkeys(name for run in runs.values() for name in run.figures))

    def of(self, place: Place, arm: str, figure: str) -> dict[int, dict[str, float]]:
        """A figure by seed and unit; empty where it was not measured."""
        runs = self._figures.get((place, arm), {})
        return {s: dict(r.figures[figure]) for s, r in runs.items() if figure in r.figures}

    def mean(self, place: Place, arm: str, figure: str) -> Estimate:
        """Mean of a figure over seeds and units."""
        return mean_of(self.of(place, arm, figure))

    def ratio(self, place: Place, arm: str, other: str, figure: str) -> Estimate:
        """An arm over another, paired by seed and unit."""
        return ratio(self.of(place, arm, figure), self.of(place, other, figure))

    def difference(self, place: Place, arm: str, other: str, figure: str) -> Estimate:
        """An arm less another, paired by seed and unit."""
        return difference(self.of(place, arm, figure), self.of(place, other, figure))

    @property
    def seeds(self) -> list[int]:
        """All seeds."""
        return sorted({r.cell.seed for r in self.results})

    @property
    def seconds(self) -> float:
        """Time of all cells."""
        return sum(r.seconds for r in self.results)
