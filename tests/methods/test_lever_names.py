"""Mirrors src/unisono/methods/lever_names.py."""

import pytest

from unisono.core.contracts import StreamInfo
from unisono.core.errors import ConfigError
from unisono.methods.lever_names import Levers, check_units, landmarks


def channels(levers: Levers) -> list[str]:
    points = [*levers.centres, levers.mass_centre, *levers.foot, *levers.hips]
    points += [part for r in levers.references for part in r.split("+")]
    points += [p for limb in levers.limbs for p in limb.split()[0].split("+")]
    points += [stem + end for stem in levers.segments for end in levers.ends]
    return ["angle_x", *(f"{p}_{a}" for p in dict.fromkeys(points) for a in "xyz")]


def test_points_are_found_by_name() -> None:
    levers = Levers()
    names = channels(levers)
    found = landmarks(levers, names)
    assert [names[c] for c in found.centres] == ["ipsi_HJC_x", "ipsi_FEO_x", "ipsi_TIO_x"]
    assert [names[c] for c in found.segments[2]] == ["ipsi_FOO_x", "ipsi_FOA_x", "ipsi_FOP_x"]
    assert found.axes[2] == ((0, -1.0), (2, -1.0), (1, 1.0))
    halves = dict(zip(levers.references, found.references, strict=True))
    first, second = halves["ipsi_HJC+ipsi_TIO"]
    assert (names[first], names[second]) == ("ipsi_HJC_x", "ipsi_TIO_x")
    assert halves["CentreOfMass"] == (found.mass_centre, found.mass_centre)
    assert found.up == 2
    thigh = found.limbs[0]
    assert (names[thigh.near], names[thigh.far]) == ("ipsi_HJC_x", "ipsi_FEO_x")
    assert (thigh.share, thigh.along) == (0.1, 0.433)


def test_a_point_that_is_not_given_is_named() -> None:
    names = [n for n in channels(Levers()) if n != "ipsi_HEE_z"]
    with pytest.raises(ConfigError, match=r"ipsi_HEE_x, ipsi_HEE_y, ipsi_HEE_z, side by side"):
        landmarks(Levers(), names)


def test_lists_that_do_not_fit() -> None:
    with pytest.raises(ConfigError, match="as many centres"):
        Levers(centres=("hip",))
    with pytest.raises(ConfigError, match="l, f and u once each"):
        Levers(axes=("l f f", "l f u", "l f u"))


@pytest.mark.parametrize("limb", ["ipsi_HJC 0.1 0.4", "a+b 0.1", "a+b 1.2 0.4", "a+b 0.1 x"])
def test_a_limb_that_is_not_so_written(limb: str) -> None:
    with pytest.raises(ConfigError, match="a limb is written"):
        Levers(limbs=(limb,))


def test_limbs_heavier_than_the_body() -> None:
    with pytest.raises(ConfigError, match="leave some"):
        Levers(limbs=("a+b 0.6 0.5", "b+c 0.5 0.5"))


def test_mechanics_needs_metres_and_forces_a_kilogram() -> None:
    def sides(place: str, force: str, moment: str) -> list[list[StreamInfo]]:
        mass = tuple(f"CentreOfMass_{a}" for a in "xyz")
        given = [
            StreamInfo("angles", ("hip",), ("deg",), "angle", 100.0),
            StreamInfo("markers", mass, (place,) * 3, "position", 100.0),
        ]
        want = [
            StreamInfo("grf", ("fx",), (force,), "force", 100.0),
            StreamInfo("moments", ("hip",), (moment,), "moment", 100.0),
        ]
        return [given, want]

    check_units(Levers(), *sides("m", "N/kg", "N*m/kg"))
    for units, name in ((("mm", "N/kg", "N*m/kg"), "markers"), (("m", "N", "N*m/kg"), "grf"),
                        (("m", "N/kg", "N*mm/kg"), "moments")):  # fmt: skip
        with pytest.raises(ConfigError, match=f"needs {name} in .*windows.units"):
            check_units(Levers(), *sides(*units))
