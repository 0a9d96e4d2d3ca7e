"""Sites lie where they are said to; envelopes are positive and follow their moments."""

import numpy as np

from unisono.simulators.gait.sensors import EMG, IMUS, MARKERS, envelopes
from unisono.simulators.gait.trial import Trial


def test_seven_imus_and_unique_markers() -> None:
    assert len(IMUS) == 7
    assert len({m.name for m in MARKERS}) == len(MARKERS)


def test_sides_mirror() -> None:
    sites = {m.name: m for m in MARKERS}
    for name, site in sites.items():
        if name.startswith("r_"):
            other = sites["l_" + name[2:]]
            assert (site.ahead, site.left, site.up) == (other.ahead, -other.left, other.up)


def test_envelopes_are_positive_and_lead_their_moments(walk: Trial) -> None:
    got = envelopes(walk.joints, walk.subject.mass_kg, 100.0)
    assert got.shape == (len(EMG), len(walk.time))
    assert got.min() > 0
    calf = got[EMG.index("r_gastrocnemius")]
    ankle = walk.joints.moment[1, 0, 2, 0]
    assert (np.argmax(ankle) - np.argmax(calf)) % len(calf) == 5  # 50 ms
