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
