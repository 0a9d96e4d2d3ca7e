"""People: what differs between them, between their two sides, and between their strides."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from unisono.core.checks import check_choice, check_range

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
        shape: Added to the fitted shape parameters, by name.
        sided: Added on the left and taken away on the right, by name.
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
    shape: Mapping[str, float] = field(default_factory=dict)
    sided: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice("sex", self.sex, SEXES)
        check_range("mass_kg", self.mass_kg, 20, 250)
        check_range("height_m", self.height_m, 1.0, 2.3)
        check_range("restless", self.restless, 0, 3, closed=True)


_SHAPE_SD = {
    "heel_pitch": 0.02,
    "heel_curve": 0.05,
    "off_pitch": 0.03,
    "heel_off": 0.006,
    "q3": 0.025,
    "a2": 0.012,
    "cop": 0.003,
    "lean": 0.015,
    "list_amp": 0.008,
    "hip_amp": 0.03,
    "knee_amp": 0.03,
    "ankle_shift": 0.02,
    "toe_out": 0.05,
    "sway": 0.01,
}
_SIDED_SD = {"off_pitch": 0.015, "knee_amp": 0.012, "heel_pitch": 0.008, "toe_out": 0.02}
_KNEE_SPARE_DEG = 3.0


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

    shape = {key: draw(sd) for key, sd in _SHAPE_SD.items()}
    shape["knee_min_deg"] = _KNEE_SPARE_DEG + abs(draw(1.2))
    return Subject(
        name=name or f"s{int(rng.integers(10**6)):06d}",
        sex=sex,
        mass_kg=round(index * height**2, 2),
        height_m=round(height, 4),
        pace=1 + draw(0.03),
        stance=draw(0.006),
        width_m=0.10 + draw(0.02),
        late=asymmetry * draw(0.008),
        longer=asymmetry * draw(0.008),
        heavier=asymmetry * draw(0.012),
        restless=restless,
        shape=shape,
        sided={key: asymmetry * draw(sd) for key, sd in _SIDED_SD.items()},
    )
