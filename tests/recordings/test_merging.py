"""Mirrors src/unisono/recordings/merging.py."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.merging import group_files, join_recordings, trial_stem
from unisono.recordings.schema import events_of, make_events, make_recording, make_stream


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("GRF_gait_27.mot", "gait_27"),
        ("ID_gait_27.sto", "gait_27"),
        ("walking2_ik.mot", "walking2"),
        ("walking2_grf.mot", "walking2"),
        ("walk1_forces.csv", "walk1"),
        ("walk1 markers.trc", "walk1"),
        ("walk1.trc", "walk1"),
        ("ik.mot", "ik"),
        ("idle_1.bvh", "idle_1"),
        ("runs.rows.toml", "runs"),
        ("DJ1_ik_per_marker_error_report.csv", "DJ1_ik_per_marker_error_report"),
    ],
)
def test_stems(name: str, stem: str) -> None:
    assert trial_stem(Path(name)) == stem


def grouped(*names: str, merge: bool = True) -> dict[str, list[str]]:
    root = Path("lab")
    trials = group_files([(root / name, root) for name in names], merge=merge)
    return {t.name: [f.relative_to(root).as_posix() for f in t.files] for t in trials}


def test_sibling_folders_and_suffixes_of_a_stem_are_one_trial() -> None:
    assert grouped("s2/GRF/GRF_gait_1.mot", "s2/ID/ID_gait_1.sto", "s2/IK/IK_gait_1.mot") == {
        "gait_1": ["s2/GRF/GRF_gait_1.mot", "s2/ID/ID_gait_1.sto", "s2/IK/IK_gait_1.mot"]
    }
    assert grouped("ID/w2_grf.mot", "IK/w2_ik.mot", "MarkerData/w2.trc", "w2.c3d") == {
        "w2": ["w2.c3d", "ID/w2_grf.mot", "IK/w2_ik.mot", "MarkerData/w2.trc"]
    }
    assert len(grouped("IK/w1.mot", "IK/w2.mot", "GRF/w1.mot")) == 2


def test_trials_of_one_stem_are_told_apart_by_their_folders() -> None:
    assert set(grouped("s1/IK/walk.mot", "s2/IK/walk.mot", "s2/run.mot")) == {
        "s1_walk", "s2_walk", "run",
    }  # fmt: skip
    assert set(grouped("a/x/walk.mot", "b/x/walk.mot")) == {"a_x_walk", "b_x_walk"}
    assert set(grouped("a_b/walk.mot", "b/a_b_walk.mot", "c/walk.mot")) >= {"c_walk"}


def test_without_merging_every_file_is_a_trial() -> None:
    found = grouped("IK/w1.mot", "GRF/w1.mot", "w2.trc", merge=False)
    assert found == {"IK_w1": ["IK/w1.mot"], "GRF_w1": ["GRF/w1.mot"], "w2": ["w2.trc"]}


def test_names_are_always_distinct() -> None:
    names = [f"{folder}/{stem}.mot" for folder in ("a", "a_b", "a/b") for stem in ("b_c", "c", "b")]
    found = grouped(*names)
    assert len(found) == len(names)


def piece(name: str, stream: str, start: float = 0.0, **known: object) -> xr.DataTree:
    time = start + np.arange(11) / 10
    node = make_stream(
        np.full((11, 1), start), time=time, channels=["x"], units="m", kind="feature"
    )
    return make_recording({stream: node}, recording=name, subject="s", **known)


def test_what_only_one_file_knows_is_kept() -> None:
    events = make_events([0.2, 0.5], ["a", "b"], ["", ""], "given")
    more = make_events([0.5, 0.7], ["b", "c"], ["", ""], "given")
    first = piece("w", "angles", mass_kg=70, source={"file": "1"}, labels={"a": 1}, events=events)
    second = piece("v", "grf", 0.5, mass_kg=70.0, height_m=1.8, source={"file": "2"}, events=more)
    both = join_recordings(first, second)
    third = piece("u", "imu", source={"file": "3"}, labels={"a": 2, "b": 3}, captions=["hop"])
    whole = join_recordings(both, third)
    assert list(whole.children) == ["angles", "grf", "imu", "events"]
    assert whole.attrs["recording"] == "w"
    assert whole.attrs["height_m"] == 1.8
    assert whole.attrs["labels"] == {"a": 1, "b": 3}
    assert whole.attrs["captions"] == ["hop"]
    assert whole.attrs["source"] == {"file": "1", "joined": [{"file": "2"}, {"file": "3"}]}
    assert events_of(whole)["name"].values.tolist() == ["a", "b", "c"]
    assert "labels" not in join_recordings(piece("a", "x"), piece("b", "y")).attrs


def test_files_that_do_not_fit_are_one_clear_line() -> None:
    with pytest.raises(
        SchemaError, match=r"'w' do not overlap in time: 'grf' starts at 5 s, after"
    ):
        join_recordings(piece("w", "angles"), piece("w", "grf", 5.0))
    with pytest.raises(SchemaError, match="hold a stream 'grf'"):
        join_recordings(piece("w", "grf"), piece("w", "grf"))
    with pytest.raises(SchemaError, match="a mass_kg of 70 and of 71"):
        join_recordings(piece("w", "a", mass_kg=70), piece("w", "b", mass_kg=71))
