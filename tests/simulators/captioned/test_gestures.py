"""Mirrors src/unisono/simulators/captioned/gestures.py."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import find_peaks

from unisono.recordings.motion.kinematics import placed
from unisono.simulators.captioned.gestures import gesturing
from unisono.simulators.captioned.posing import posed
from unisono.simulators.captioned.script import Script


def places(script: Script, seed: int = 3) -> dict[str, np.ndarray]:
    plan = gesturing(script, 50.0, generator=np.random.default_rng(seed))
    motion = posed(plan)
    return dict(zip(motion.rig.names, placed(motion).positions.swapaxes(0, 1), strict=True))


@pytest.mark.parametrize("style", ["normal", "old", "happy"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_bows_jumps_and_squats_are_as_many_as_told(style: str, count: int) -> None:
    seconds = 1.0 + 1.35 * count
    for content in ("bow", "jump", "squat"):
        at = places(Script(content, style, count=count, seconds=seconds))
        signal = at["LeftToeBase"][:, 1] if content == "jump" else -at["Head"][:, 1]
        signal = signal - signal[:5].mean()
        peaks, _ = find_peaks(signal, height=0.3 * signal.max(), prominence=0.3 * signal.max())
        assert len(peaks) == count, content


def test_size_is_seen() -> None:
    def depth(content: str, size: str) -> float:
        at = places(Script(content, size=size, seconds=2.4))
        return float(np.ptp(at["Hips" if content != "bow" else "Head"][:, 1]))

    for content in ("bow", "jump", "squat"):
        small, medium, large = (depth(content, size) for size in ("small", "medium", "large"))
        assert small < 0.85 * medium and medium < 0.85 * large, content


def test_a_jump_is_a_fall_in_the_air() -> None:
    plan = gesturing(
        Script("jump", size="large", seconds=2.4), 200.0, generator=np.random.default_rng(0)
    )
    air = np.flatnonzero(plan.toes[:, 0, 1] > 0)
    middle = air[len(air) // 2 - 8 : len(air) // 2 + 8]
    fall = np.polyfit(middle / 200.0, plan.height[middle], 2)[0] * 2
    assert -13.0 < fall < -7.0


def test_the_hand_that_was_named_waves() -> None:
    for hand, other in (("left", "Right"), ("right", "Left")):
        at = places(Script(f"wave-{hand}-hand"))
        waving = at[f"{hand.capitalize()}Hand"]
        still = at[f"{other}Hand"]
        assert (
            waving[100, 1] > at["Head"][100, 1] - 0.15
            and np.ptp(waving[80:120], axis=0).max() > 0.15
        )
        assert np.ptp(still, axis=0).max() < 0.12
    at = places(Script("wave-both-hands", size="large"))
    low = places(Script("wave-both-hands", size="small"))
    assert at["LeftHand"][80:120, 1].max() > 1.5 and at["RightHand"][80:120, 1].max() > 1.5
    assert (
        np.ptp(at["LeftHand"][80:120], axis=0).max()
        > 1.5 * np.ptp(low["LeftHand"][80:120], axis=0).max()
    )


def test_the_faster_the_more_waves() -> None:
    def crossings(pace: str) -> int:
        hand = places(replace(Script("wave-left-hand"), pace=pace))["LeftHand"][60:140, 0]
        return int((np.diff(np.sign(hand - hand.mean())) != 0).sum())

    assert crossings("slow") < crossings("fast")


def test_styles_change_the_posture() -> None:
    def height(style: str) -> float:
        at = places(Script("wave-left-hand", style))
        return float((at["Head"] - at["Hips"])[:20, 1].mean())

    assert height("old") < height("tired") < height("normal")
