"""Mirrors src/unisono/recordings/deriving.py, on real children's trials."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unisono.recordings.deriving import derive
from unisono.recordings.formats.c3d import read_c3d
from unisono.recordings.schema import events_of, make_recording, streams


@pytest.fixture
def trial(shared_data: Callable[[str], Path]) -> Path:
    return shared_data("biomechzoo")


def test_forces_by_foot_and_no_event_of_the_file_is_touched(trial: Path) -> None:
    tree = read_c3d(trial / "HC030A" / "Straight" / "HC030A05.c3d")
    derived = derive(tree).tree
    assert "grf" in derived.children
    stated, now = events_of(tree), events_of(derived)
    assert set(stated["time"].values) <= set(now["time"].values)
    assert (now["how"].values == "given").sum() == len(stated["time"])
    forces = derived["grf"].to_dataset().sel(channel=["r_fz", "l_fz"])
    peak = np.nanmax(np.where(forces["valid"].values, forces["data"].values, np.nan))
    assert 0.9 < peak / (9.81 * tree.attrs["mass_kg"]) < 1.6


def test_a_file_without_events_gets_them_from_its_forces(trial: Path) -> None:
    tree = read_c3d(trial / "HC031A" / "Straight" / "HC031A06.c3d")
    assert not len(events_of(tree)["time"])
    events = events_of(derive(tree).tree)
    assert set(events["how"].values) == {"force"}
    assert set(events["name"].values) == {"foot_strike", "foot_off"}


def test_without_plates_the_markers_tell(trial: Path) -> None:
    tree = read_c3d(trial / "HC030A" / "Straight" / "HC030A05.c3d")
    parts = {name: node for name, node in streams(tree) if name in ("markers", "angles")}
    alone = make_recording(parts, recording="a", subject="s")
    assert set(events_of(derive(alone).tree)["how"].values) == {"kinematics"}


def test_a_foot_partly_beside_its_plate_is_told(trial: Path) -> None:
    tree = read_c3d(trial / "HC030A" / "Straight" / "HC030A05.c3d")
    assert not any("beside the plate" in note for note in derive(tree).notes)
    corners = tree["plates"].attrs["corners"]
    middle = {name: np.mean(points, axis=0) for name, points in corners.items()}
    tree["plates"].attrs["corners"] = {  # a tenth as large, so that no foot has room
        name: (middle[name] + (np.array(points) - middle[name]) / 10).tolist()
        for name, points in corners.items()
    }
    assert any("partly beside the plate" in note for note in derive(tree).notes)


def test_a_contact_by_both_feet_is_told(trial: Path) -> None:
    tree = read_c3d(trial / "HC031A" / "Turn" / "HC031A23.c3d")
    assert any("both feet are on the plate" in note for note in derive(tree).notes)
