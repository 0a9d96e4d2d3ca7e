"""Mirrors src/unisono/api/forces.py."""

import numpy as np
import pytest

from unisono.api.forces import body_weights, force_layout
from unisono.core.contracts import StreamInfo


def info(channels: str, units: str, up: str = "z", kind: str = "force") -> StreamInfo:
    names = tuple(channels.split())
    count = len(names)
    parts = tuple(units.split())
    return StreamInfo(
        "grf", names, parts if len(parts) == count else parts * count, kind, 100.0, {"up": up}
    )


def test_two_feet_with_centres_of_pressure() -> None:
    stream = info(
        "r_fx r_fy r_fz r_copx r_copy r_tz l_fx l_fy l_fz l_copx l_copy l_tz",
        " ".join(["N/kg N/kg N/kg m m N*m/kg"] * 2),
    )
    layout = force_layout(stream)
    assert layout is not None
    assert (layout.vertical, layout.horizontal) == ((2, 8), ((0, 1), (6, 7)))
    assert layout.pressure == ((3, 4), (9, 10))


def test_opensim_names_have_y_up() -> None:
    names = [f"ground_force_{k}{a}" for k in "vp" for a in "xyz"]
    layout = force_layout(info(" ".join(names), "N N N m m m", up="y"))
    assert layout is not None
    assert (layout.vertical, layout.horizontal, layout.pressure) == ((1,), ((0, 2),), ((3, 5),))


@pytest.mark.parametrize(
    "stream",
    [
        info("r_fx r_fz", "N", up="unknown"),
        info("r_fx r_fy", "N"),
        info("a b", "deg", kind="angle"),
    ],
)
def test_no_layout_where_nothing_is_vertical(stream: StreamInfo) -> None:
    assert force_layout(stream) is None


def test_weights_in_the_forces_own_unit() -> None:
    for unit, expected in (("N/kg", 9.80665), ("N", 686.4655), ("BW", 1.0), ("kN", 0.6864655)):
        stream = info("r_fx r_fy r_fz", unit)
        layout = force_layout(stream)
        if unit == "BW":
            assert layout is not None
        if layout is not None:
            assert body_weights(stream, layout, np.array([70.0])) == pytest.approx([expected])
