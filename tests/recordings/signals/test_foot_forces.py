"""Mirrors src/unisono/recordings/signals/foot_forces.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.schema import make_events, make_stream
from unisono.recordings.signals.contacts import Contact
from unisono.recordings.signals.foot_forces import forces_by_foot, zero_in_swing
from unisono.recordings.signals.plates import find_plates

COUNT = 30


def _plates(rng: np.random.Generator, up: str = "z", **units: str) -> xr.Dataset:
    flat = ("x", "y") if up == "z" else ("x", "z")
    names, said, columns = [], [], []
    for plate in ("p1", "p2"):
        force = rng.uniform(-50, 50, (COUNT, 3))
        force[:, "xyz".index(up)] = rng.uniform(100, 500, COUNT)
        columns += [force, rng.uniform(-300, 300, (COUNT, 2)), rng.normal(size=(COUNT, 1)) * 1000]
        names += [f"{plate}_{c}" for c in ("fx", "fy", "fz", f"cop{flat[0]}", f"cop{flat[1]}")]
        names.append(f"{plate}_t{up}")
        said += ["N"] * 3 + ["mm"] * 2 + ["N*mm"]
    said = [units.get(n, u) for n, u in zip(names, said, strict=True)]
    return make_stream(np.concatenate(columns, 1), time=np.arange(COUNT) / 100, channels=names,
                       units=said, kind="force", frame={"up": up}, history=["read"])  # fmt: skip


def _contact(first: int, last: int) -> Contact:
    return Contact(first / 100, last / 100, first, last, True, True)


@pytest.mark.parametrize("up", ["z", "y"])
def test_a_foot_on_two_plates_has_the_wrench_of_both(rng: np.random.Generator, up: str) -> None:
    stream = _plates(rng, up)
    one, two = find_plates(stream)
    held = {"right": [(one, _contact(5, 20)), (two, _contact(10, 25))]}
    grf = forces_by_foot(stream, held, up)
    flat = ("x", "y") if up == "z" else ("x", "z")
    assert grf.channel.values.tolist()[:6] == [
        "r_fx", "r_fy", "r_fz", f"r_cop{flat[0]}", f"r_cop{flat[1]}", f"r_t{up}"]  # fmt: skip
    axis = "xyz".index(up)
    for row in (4, 5, 9, 15, 21, 26):
        force, moment = np.zeros(3), np.zeros(3)
        for name, contact in (("p1", _contact(5, 20)), ("p2", _contact(10, 25))):
            if contact.first - 1 <= row <= contact.last + 1:
                value = dict(zip(stream.channel.values, stream.data.values[row], strict=True))
                f = np.array([value[f"{name}_f{a}"] for a in "xyz"])
                p = np.zeros(3)
                p[["xyz".index(a) for a in flat]] = [value[f"{name}_cop{a}"] for a in flat]
                free = np.zeros(3)
                free[axis] = value[f"{name}_t{up}"]
                force += f
                moment += np.cross(p, f) + free
        got = dict(zip(grf.channel.values, grf.data.values[row], strict=True))
        assert [got[f"r_f{a}"] for a in "xyz"] == pytest.approx(force)
        point = np.zeros(3)
        point[["xyz".index(a) for a in flat]] = [got[f"r_cop{a}"] for a in flat]
        free = np.zeros(3)
        free[axis] = got[f"r_t{up}"]
        # The whole wrench about the origin is that of both plates together.
        assert np.cross(point, force) + free == pytest.approx(moment, rel=1e-6)
    assert not grf.valid.values[[3, 27], :6].any()
    assert grf.valid.values[4:27, :6].all()
    assert not grf.valid.values[:, 6:].any()
    assert "2 right, 0 left" in grf.attrs["history"][-1]


def test_where_the_centre_of_pressure_is_unknown_force_still_counts(
    rng: np.random.Generator,
) -> None:
    stream = _plates(rng)
    stream["valid"][4, 3:6] = False
    grf = forces_by_foot(stream, {"left": [(find_plates(stream)[0], _contact(5, 20))]}, "z")
    assert grf.valid.values[4, 6:].tolist() == [True, True, True, False, False, False]
    assert grf.valid.values[5, 6:].all()


def test_a_component_that_no_plate_gives_is_missing_and_not_zero(rng: np.random.Generator) -> None:
    whole = _plates(rng)
    stream = whole.sel(channel=[c for c in whole.channel.values if not c.endswith("fx")])
    stream["valid"].values[12, 1] = False  # p1_fz at one instant
    one, _ = find_plates(stream)
    grf = forces_by_foot(stream, {"right": [(one, _contact(5, 20))]}, "z")
    valid = dict(zip(grf.channel.values, grf["valid"].values.T, strict=True))
    assert not valid["r_fx"].any() and not valid["r_tz"].any()
    assert valid["r_fy"][4:22].all() and valid["r_fz"][4:22].sum() == 17
    assert not valid["r_fz"][12] and not valid["r_copx"][12]


def test_units_are_kept_and_must_agree(rng: np.random.Generator) -> None:
    grf = forces_by_foot(_plates(rng), {}, "z")
    assert grf.unit.values.tolist() == (["N"] * 3 + ["mm"] * 2 + ["N*mm"]) * 2
    with pytest.raises(SchemaError, match=r"different units \(N, kN\)"):
        forces_by_foot(_plates(rng, p2_fz="kN"), {}, "z")


def test_swing_may_be_zero_between_events(rng: np.random.Generator) -> None:
    stream = _plates(rng)
    grf = forces_by_foot(stream, {"right": [(find_plates(stream)[0], _contact(1, 9))]}, "z")
    events = make_events([0.105, 0.205, 0.255], ["foot_off", "foot_strike", "foot_off"],
                         ["right"] * 3, "given")  # fmt: skip
    new = zero_in_swing(grf, events)
    was, now = grf.valid.values, new.valid.values
    assert now[11:21, [0, 1, 2, 5]].all()
    assert not now[11:21, 3:5].any()
    assert not now[21:, :6].any()
    assert not now[:, 6:].any()
    assert (new.data.values[11:21, :3] == 0).all()
    assert np.array_equal(new.data.values[was], grf.data.values[was])
