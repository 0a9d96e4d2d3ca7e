"""The aims are monotonous in speed and the styles name real parameters."""

from dataclasses import fields

import numpy as np

from unisono.simulators.gait.aims import STYLES, force_aims
from unisono.simulators.gait.parameters import Shape


def test_faster_walking_has_higher_humps_and_a_deeper_valley() -> None:
    aims = [force_aims(v, running=False) for v in np.linspace(0.6, 2.2, 9)]
    assert all(
        b.first > a.first and b.valley < a.valley for a, b in zip(aims, aims[1:], strict=False)
    )
    assert all(a.drive > 0 > a.brake for a in aims)


def test_styles_fix_parameters_that_exist() -> None:
    names = {f.name for f in fields(Shape)}
    for style in STYLES.values():
        assert set(style.fixed) <= names
        assert set(style.spread) <= set(style.fixed)
