"""People: what differs between them, between their two sides, and between their strides."""

from dataclasses import dataclass

import numpy as np

from unisono.core.checks import check_axes, check_choice, check_range
from unisono.simulators.gait.parameters import FITTED

__all__ = ["SEXES", "Subject", "random_subject"]

SEXES = ("female", "male")


@dataclass(frozen=True)
class Subject:
    """A simulated person.

    Args:
        name: Name in the recordings.
        sex: ``"female"`` or ``"male"``: chooses the table of body segments.
        mass_kg: Body mass.
        height_m: Stature.
        pace: Stride time over the typical one at the same speed and height.
        stance: Added to the part of a stride that is stance.
        width_m: Step width of walking; half of it in running.
        late: Delay of the left step in strides (asymmetry of time).
        longer: Left step longer and right shorter by this part of a stride length.
        heavier: Part by which the left foot carries more, the right less.
        restless: Scale of stride-to-stride variation; 1 is typical, 0 repeats exactly.
        toe_out: Added to the angle of both feet, rad.
        traits: How the person moves, one standard normal number for each fitted parameter; what
            they change at a speed is found through the spread of the fit there.
        lopsided: The same, added on the left and taken away on the right.
    """

    name: str
    sex: str
    mass_kg: float
    height_m: float
    pace: float = 1.0
    stance: float = 0.0
    width_m: float = 0.10
    late: float = 0.0
    longer: float = 0.0
    heavier: float = 0.0
    restless: float = 1.0
    toe_out: float = 0.0
    traits: tuple[float, ...] = (0.0,) * len(FITTED)
    lopsided: tuple[float, ...] = (0.0,) * len(FITTED)

    def __post_init__(self) -> None:
        check_choice("sex", self.sex, SEXES)
        check_range("mass_kg", self.mass_kg, 20, 250)
        check_range("height_m", self.height_m, 1.0, 2.3)
        check_range("restless", self.restless, 0, 3, closed=True)
        for name in ("traits", "lopsided"):
            check_axes(**{name: (np.asarray(getattr(self, name)), "parameter")})
            check_range(
                f"len({name})", len(getattr(self, name)), len(FITTED), len(FITTED), closed=True
            )


def random_subject(
    rng: np.random.Generator, *, name: str = "", asymmetry: float = 1.0, restless: float = 1.0
) -> Subject:
    """Draw a person.

    Height is normal with mean 1.76 m (men) or 1.64 m (women) and standard deviation 0.06 m; body
    mass index with mean 24 and 2.5 kg/m^2; the rest as typical of healthy adults.

    Args:
        rng: Where the draw comes from.
        name: Name; by default one is drawn.
        asymmetry: Scale of the differences between the sides; 0 for none.
        restless: Scale of stride-to-stride variation; 0 for none.

    Example:
        >>> person = random_subject(np.random.default_rng(0), name="s1")
        >>> person.name, 1.4 < person.height_m < 2.0
        ('s1', True)
    """
    sex = SEXES[int(rng.integers(2))]
    height = float(np.clip(rng.normal(1.76 if sex == "male" else 1.64, 0.06), 1.45, 2.0))
    index = float(np.clip(rng.normal(24, 2.5), 18, 33))

    def draw(sd: float) -> float:
        return float(sd * np.clip(rng.normal(), -2, 2))

    def traits(sd: float) -> tuple[float, ...]:
        return tuple(draw(sd) for _ in FITTED)

    return Subject(
        name=name or f"s{int(rng.integers(10**6)):06d}",
        sex=sex,
        mass_kg=round(index * height**2, 2),
        height_m=round(height, 4),
        pace=1 + draw(0.02),
        stance=draw(0.005),
        width_m=0.10 + draw(0.02),
        toe_out=draw(0.05),
        late=asymmetry * draw(0.002),
        longer=asymmetry * draw(0.005),
        heavier=asymmetry * draw(0.006),
        restless=restless,
        traits=traits(1.0),
        lopsided=traits(0.15 * asymmetry),
    )
