"""Mirrors src/unisono/viewing/scene_streams.py."""

import numpy as np
import pytest

from unisono.recordings.schema import make_stream
from unisono.viewing.packing import Packer, unpack
from unisono.viewing.scene_streams import OverlayStream, clock_of, make_panels, page_streams

TIME = np.arange(10) / 100


def test_a_gap_stays_a_gap_and_values_come_back() -> None:
    data = np.arange(20.0).reshape(10, 2)
    data[3, 1] = np.nan
    valid = np.ones((10, 2), bool)
    valid[7, 0] = False
    stream = make_stream(
        data, time=TIME, channels=["r_a", "l_a"], units="deg", kind="angle", valid=valid
    )
    packer = Packer()
    (one,) = page_streams({"angles": stream}, {}, packer, mass_kg=None)
    back = unpack(packer.text(), one.about["data"]).reshape(2, 10)
    wanted = data.T.copy()
    wanted[0, 7] = np.nan
    np.testing.assert_array_equal(back, wanted)
    assert one.about["clock"] == {"start": 0.0, "step": pytest.approx(0.01), "count": 10}


def test_an_uneven_clock_keeps_every_stamp() -> None:
    time = TIME.copy()
    time[4] += 1e-4
    packer = Packer()
    clock = clock_of(time, packer)
    np.testing.assert_array_equal(unpack(packer.text(), clock["times"]), time)
    assert clock_of(np.array([2.0]), packer) == {"start": 2.0, "step": 0.0, "count": 1}


def overlay(unit: str) -> OverlayStream:
    mean = make_stream(
        np.full((10, 2), 9.80665), time=TIME, channels=["r_fz", "l_fz"], units=unit, kind="force"
    )
    ones = np.ones((2, 10, 2))
    return OverlayStream(mean, (0.9, 0.5), -ones, ones, np.ones((40, 10, 2)))


def test_what_was_generated_takes_the_recorded_unit_and_its_own_panels() -> None:
    recorded = make_stream(
        np.zeros((10, 3)), time=TIME, channels=["r_fz", "l_fz", "r_tz"],
        units=["N", "N", "N*m"], kind="force",
    )  # fmt: skip
    packer = Packer()
    found = page_streams({"grf": recorded}, {"grf": overlay("N/kg")}, packer, mass_kg=50.0)
    made = found[1].about
    np.testing.assert_allclose(unpack(packer.text(), made["data"]), 490.3325, rtol=1e-6)
    assert [b["level"] for b in made["bands"]] == [0.5, 0.9]  # inner first
    np.testing.assert_allclose(unpack(packer.text(), made["bands"][0]["upper"]), 50)
    assert made["samples"]["count"] == 16
    panels = make_panels(found)
    shown = {
        p["title"]: [found[line["stream"]].about["origin"] for line in p["lines"]] for p in panels
    }
    assert shown == {
        "r_fz": ["recorded", "generated"], "l_fz": ["recorded", "generated"], "tz": ["recorded"],
    }  # fmt: skip
    assert [p["title"] for p in panels if p["open"]] == ["r_fz", "l_fz"]


def test_without_a_mass_the_units_do_not_meet() -> None:
    recorded = make_stream(
        np.zeros((10, 2)), time=TIME, channels=["r_fz", "l_fz"], units="N", kind="force"
    )
    found = page_streams({"grf": recorded}, {"grf": overlay("N/kg")}, Packer(), mass_kg=None)
    panels = make_panels(found)
    assert {(p["title"], p["unit"]) for p in panels} == {
        ("r_fz", "N"), ("l_fz", "N"), ("r_fz", "N/kg"), ("l_fz", "N/kg"),
    }  # fmt: skip


def test_both_sides_share_a_panel_and_empty_channels_stay_closed() -> None:
    data = np.ones((10, 4))
    data[:, 3] = np.nan
    stream = make_stream(
        data, time=TIME, channels=["r_knee_flexion", "l_knee_flexion", "trunk", "neck"],
        units="deg", kind="angle",
    )  # fmt: skip
    panels = make_panels(page_streams({"angles": stream}, {}, Packer(), mass_kg=None))
    knee = panels[0]
    assert knee["title"] == "knee_flexion"
    assert [line["side"] for line in knee["lines"]] == ["right", "left"]
    assert {p["title"]: p["open"] for p in panels} == {
        "knee_flexion": True, "trunk": True, "neck": False,
    }  # fmt: skip


def test_every_stream_has_a_curve_open_but_not_more_than_a_page_holds() -> None:
    parts = {
        f"s{k:02}": make_stream(
            np.ones((10, 6)), time=TIME, channels=[f"c{i}" for i in range(6)], units="1",
            kind="feature",
        )
        for k in range(20)
    }  # fmt: skip
    panels = make_panels(page_streams(parts, {}, Packer(), mass_kg=None))
    assert {p["group"] for p in panels if p["open"]} == set(parts)
    assert sum(p["open"] for p in panels) == 20
