"""Mirrors src/unisono/recordings/signals/assign.py."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.schema import events_of, make_recording, make_stream
from unisono.recordings.signals.assign import AssignRule, assign_plates
from unisono.recordings.signals.events import events_from_force

TIME = np.arange(1000) / 1000


def _markers(right: tuple[float, float], left: tuple[float, float]) -> xr.Dataset:
    """Both feet stand still along x; heel at the given place, toe 0.2 m before it."""
    time = TIME[::10]
    paths = []
    for x, y in (right, left):
        paths += [np.tile([x, y, 0.02], (100, 1)), np.tile([x + 0.2, y, 0.02], (100, 1))]
    return make_stream(np.concatenate(paths, 1), time=time, units="m", kind="position",
                       channels=[f"{m}_{a}" for m in ("RHEE", "RTOE", "LHEE", "LTOE")
                                 for a in "xyz"], frame={"up": "z"})  # fmt: skip


def _plates(*phases: tuple[int, int, float, float], corners: bool = False) -> xr.Dataset:
    """Each plate is loaded from one sample to another, at a centre of pressure in mm."""
    names, columns, units = [], [], []
    for number, (start, stop, x, y) in enumerate(phases, start=1):
        load = np.zeros(1000)
        load[start:stop] = 500.0
        cop = np.where(load > 20, 1.0, np.nan)
        columns += [0 * load, 0 * load, load, cop * x, cop * y]
        names += [f"p{number}_{c}" for c in ("fx", "fy", "fz", "copx", "copy")]
        units += ["N"] * 3 + ["mm"] * 2
    stream = make_stream(np.stack(columns, 1), time=TIME, channels=names, units=units, kind="force",
                         frame={"up": "z"})  # fmt: skip
    if corners:
        square = [[0, 0, 0], [400, 0, 0], [400, 400, 0], [0, 400, 0]]
        stream.attrs["corners"] = {"p1": square}
    return stream


def _tree(markers: xr.Dataset, plates: xr.Dataset) -> xr.DataTree:
    return make_recording({"markers": markers, "plates": plates}, recording="t", subject="s")


def test_a_contact_goes_to_the_nearer_foot_and_the_rest_is_missing() -> None:
    tree = _tree(_markers((0, 0), (0, 0.3)), _plates((100, 400, 90, 10), (500, 900, 120, 290)))
    tree, contacts = assign_plates(tree)
    assert [(c.plate, c.side, c.reason) for c in contacts] == [("p1", "right", ""),
                                                               ("p2", "left", "")]  # fmt: skip
    assert contacts[0].distance_m == pytest.approx(0.01)
    grf = tree["grf"]
    valid = {c: np.flatnonzero(grf.valid.sel(channel=c).values) for c in ("r_fz", "r_copx", "l_fz")}
    assert valid["r_fz"].tolist() == list(range(99, 401))
    assert valid["r_copx"].tolist() == list(range(100, 400))
    assert valid["l_fz"].tolist() == list(range(499, 901))
    found = events_from_force(grf.to_dataset()).to_dataframe()
    assert found["name"].tolist() == ["foot_strike", "foot_off"] * 2
    assert found["side"].tolist() == ["right"] * 2 + ["left"] * 2


@pytest.mark.parametrize(
    ("right", "left", "reason"),
    [
        ((0, 0.5), (0, -0.5), "no foot is near the centre of pressure"),
        ((0, 0.02), (0, 0.02), "both feet are on the plate"),  # at one place
        ((float("nan"), 0), (0, 0), "feet or centre of pressure are not seen"),
    ],
)
def test_contacts_of_nobody_say_why(right: tuple, left: tuple, reason: str) -> None:
    tree = _tree(_markers(right, left), _plates((100, 400, 100, 0)))
    (contact,) = assign_plates(tree).contacts
    assert contact.reason == reason
    assert (contact.side == "") == bool(reason)


def test_a_foot_hidden_all_the_contact_long_is_not_seen() -> None:
    markers = _markers((0, 0), (0, 0.3))
    for gap, reason in (((38, 42), ""), ((5, 60), "feet or centre of pressure are not seen")):
        hidden = markers.copy(deep=True)
        hidden["valid"].values[slice(*gap), :6] = False  # of the right foot
        (contact,) = assign_plates(_tree(hidden, _plates((100, 400, 90, 10)))).contacts
        assert contact.reason == reason


def test_two_feet_on_one_plate_belong_to_none() -> None:
    plates = _plates((100, 800, 100, 0))
    plates.data[400:, 4] = 300.0  # the pressure moves on to the left foot
    (contact,) = assign_plates(_tree(_markers((0, 0), (0, 0.3)), plates),
                               AssignRule(max_distance_m=0.2)).contacts  # fmt: skip
    assert (contact.side, contact.reason) == ("", "both feet are on the plate")


def test_a_foot_partly_beside_the_plate_is_not_trusted() -> None:
    for heel, reason in ((0.1, ""), (-0.02, ""), (0.3, "the foot is partly beside the plate")):
        tree = _tree(_markers((heel, 0.2), (9, 9)), _plates((100, 400, 380, 200), corners=True))
        (contact,) = assign_plates(tree, AssignRule(max_distance_m=0.3)).contacts
        assert contact.reason == reason


def test_swing_may_be_a_valid_zero() -> None:
    tree = _tree(_markers((0, 0), (0, 0.3)), _plates((100, 400, 90, 10), (700, 900, 120, 10)))
    tree = make_recording(
        {n: tree[n].to_dataset() for n in ("markers", "plates")}, recording="t", subject="s",
        events=events_from_force(tree["plates"].to_dataset(), channels={"right": "p1_fz"}),
    )  # fmt: skip
    missing = assign_plates(tree).tree["grf"]
    assert not missing.valid.sel(channel="r_fz").values[500]
    both = events_from_force(missing.to_dataset())
    tree = make_recording({n: tree[n].to_dataset() for n in ("markers", "plates")},
                          recording="t", subject="s", events=both)  # fmt: skip
    grf = assign_plates(tree, AssignRule(swing="zero")).tree["grf"].sel(channel="r_fz")
    assert grf.valid.values[99:901].all()
    assert (grf.data.values[401:699] == 0).all()


def test_what_is_missing_is_named() -> None:
    markers, plates = _markers((0, 0), (0, 0.3)), _plates((100, 400, 90, 10))
    lone = make_recording({"markers": markers}, recording="t", subject="s")
    with pytest.raises(SchemaError, match="has no stream 'plates'"):
        assign_plates(lone)
    bare = markers.sel(channel=["RHEE_x", "RHEE_y"])
    with pytest.raises(SchemaError, match="has no heel and toe markers"):
        assign_plates(_tree(bare, plates))
    other = plates.sel(channel=["p1_copx"])
    with pytest.raises(SchemaError, match="has no force plate channels"):
        assign_plates(_tree(markers, other))
    with pytest.raises(UnisonoError, match="swing must be one of missing, zero"):
        AssignRule(swing="maybe")


def test_children_stand_on_the_plates_as_their_files_say(
    children: Callable[[str], list[xr.DataTree]],
) -> None:
    """By foot against the files' own events, and against their modelled ground reaction."""
    feet, compared = 0, 0
    for tree in [*children("Straight"), *children("Turn")[:5]]:
        result = assign_plates(tree)
        given = events_of(tree).to_dataframe()
        for contact in result.contacts:
            if not contact.side:
                assert contact.reason == "both feet are on the plate"
                continue
            assert contact.distance_m < 0.02
            strikes = given[(given["name"] == "foot_strike")]
            near = strikes[np.abs(strikes["time"] - contact.start_s) < 0.05]
            assert set(near["side"]) <= {contact.side}
            feet += len(near)
            name = f"{contact.side[0].upper()}GroundReactionForce_z"
            modelled = tree["model_forces"].data.sel(channel=name)
            time = modelled.time.values
            inside = (time > contact.start_s + 0.05) & (time < contact.stop_s - 0.05)
            force = result.tree["grf"].data.sel(channel=f"{contact.side[0]}_fz")
            mine = np.interp(time[inside], force.time.values, np.nan_to_num(force.values))
            wanted = modelled.values[inside] * tree.attrs["mass_kg"]  # N/kg, whatever it says
            if np.isfinite(wanted).all():
                assert np.abs(mine - wanted).mean() < 1.0
                compared += 1
    assert feet >= 24
    assert compared >= 28


@pytest.mark.parametrize(("modelled", "side"), [(True, ""), (False, "right")])
def test_a_contact_that_the_files_own_model_denies_is_nobodys(modelled: bool, side: str) -> None:
    tree = _tree(_markers((0, 0), (0, 0.3)), _plates((100, 400, 90, 10)))
    own = make_stream(np.tile([[0.0, 9.0]], (100, 1)), time=TIME[::10], units="N/kg", kind="force",
                      channels=["RGroundReactionForce_z", "LGroundReactionForce_z"])  # fmt: skip
    streams = {n: tree[n].to_dataset() for n in ("markers", "plates")}
    tree = make_recording({**streams, "own": own}, recording="t", subject="s")
    (contact,) = assign_plates(tree, AssignRule(modelled=modelled)).contacts
    assert contact.side == side
    assert ("own model" in contact.reason) == (not side)
