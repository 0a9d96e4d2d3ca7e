"""Mirrors src/unisono/recordings/formats/naming.py."""

import pytest

from unisono.recordings.formats.naming import guess_subject


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("/d/predictsim3d/subject2/IK/IK_gait_15.mot", "subject2"),
        ("/d/biomechzoo/HC039A/Straight/HC039A17.c3d", "HC039A"),
        ("/d/opencap_subjectA/MarkerData/walking2.trc", "opencap_subjectA"),
        ("/d/lab/sub-03/ses-1/walk.c3d", "sub-03"),
        ("/d/lab/S01/walk.c3d", "S01"),
        ("/d/lab/S02_walk1.trc", "S02"),
        ("/d/camargo/levelground_01_01_grf.mot", "camargo"),
        ("/d/camargo/levelground_01_01_ik.mot", "camargo"),
        ("/d/study/data/walk01.csv", "study"),
        ("/d/study/trial1/walk01.csv", "trial1"),
        ("/walk.csv", "walk"),
    ],
)
def test_subject_from_names(path: str, subject: str) -> None:
    assert guess_subject(path) == subject


@pytest.mark.parametrize(
    "below",
    [
        "week1/w.c3d", "wk3/w.c3d", "t2/w.c3d", "IK1/w.mot", "emg2/w.csv", "sp12/w.c3d",
        "pre1/fast2/w.c3d",
    ],
)  # fmt: skip
def test_what_lies_below_a_subject_makes_no_other_subject(below: str) -> None:
    for subject in ("S01", "s01", "sub-03"):
        assert guess_subject(f"/d/study/{subject}/{below}") == subject
    assert guess_subject("/scratch/ab1234/S01/T2/w.c3d") == "S01"


@pytest.mark.parametrize("folder", ["walking", "fast", "overground"])
def test_conditions_of_a_named_person_are_no_subjects(folder: str) -> None:
    assert guess_subject(f"/d/study/Anna/{folder}/w1.c3d") == "Anna"


@pytest.mark.parametrize(
    "place", ["/home/ab1234/gait", "/Users/jd42", "/data2/gait", "/mnt/disk1/gait", "/d/study/exp2"]
)
def test_where_files_are_kept_is_no_subject(place: str) -> None:
    assert guess_subject(f"{place}/S01_walk1.c3d") == "S01"
    assert guess_subject(f"{place}/s07/walk1.c3d") == "s07"
