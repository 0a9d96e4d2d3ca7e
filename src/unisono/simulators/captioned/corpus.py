"""The procedural corpus: scripts performed, as clips with captions."""

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.recordings.motion.corpus import MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout, to_features
from unisono.recordings.motion.humanoid import humanoid_rig
from unisono.recordings.motion.kinematics import Motion
from unisono.recordings.motion.rotations import about_vertical
from unisono.simulators.captioned.gestures import gesturing
from unisono.simulators.captioned.posing import posed
from unisono.simulators.captioned.script import CONTENTS, STYLES, Script, draw_script
from unisono.simulators.captioned.stepping import going
from unisono.simulators.captioned.wording import captions_for

__all__ = ["captioned_corpus", "captioned_motion"]

_ABOUT = {
    "source": "simulated by unisono.simulators.captioned",
    "licence": "Apache-2.0, nothing recorded",
}


def captioned_motion(
    script: Script, rate_hz: float = 20.0, *, generator: np.random.Generator
) -> Motion:
    """A script performed by the default body, facing anywhere.

    Args:
        script: What is done.
        rate_hz: Frames a second, 10 or more.
        generator: Whatever the script leaves open: small habits of the clip, phase, heading.

    Raises:
        UnisonoError: If the rate is out of range.
    """
    check_range("rate_hz", rate_hz, 10.0, 500.0, closed=True)
    act = going if script.content in CONTENTS[:6] else gesturing
    motion = posed(act(script, rate_hz, generator=generator))
    way = about_vertical(np.asarray(generator.uniform(-np.pi, np.pi)))
    turns = motion.rotations.copy()
    turns[:, 0] = way @ turns[:, 0]
    return Motion(motion.rig, turns, motion.root @ way.T, rate_hz)


def captioned_corpus(
    clips: int = 2000,
    *,
    rate_hz: float = 20.0,
    captions: int = 8,
    generator: np.random.Generator,
) -> MotionCorpus:
    """Clips of all contents in all styles, as many of each pair as of any other (or one more).

    Args:
        clips: How many.
        rate_hz: Frames a second.
        captions: Captions a clip, at most.
        generator: All that is drawn; clip by clip, so that a shorter corpus is the beginning of a
            longer one drawn from a generator in the same state.

    Raises:
        UnisonoError: If a number is out of range.
    """
    check_range("clips", clips, 1, 1_000_000, closed=True)
    check_range("captions", captions, 1, 1000, closed=True)
    pairs = [(content, style) for style in STYLES for content in CONTENTS]
    seeds = generator.integers(2**62, size=2)
    made = tuple(_clip(number, pairs, rate_hz, captions, seeds) for number in range(clips))
    layout = Layout(22, 4, rate_hz)
    return MotionCorpus(made, layout, humanoid_rig(), (), _ABOUT)


def _clip(
    number: int,
    pairs: list[tuple[str, str]],
    rate_hz: float,
    captions: int,
    seeds: npt.NDArray[np.int64],
) -> MotionClip:
    own = np.random.default_rng([*seeds.tolist(), number])
    order = np.random.default_rng(seeds).permutation(len(pairs))
    content, style = pairs[int(order[number % len(pairs)])]
    script = draw_script(content, style, generator=own)
    motion = captioned_motion(script, rate_hz, generator=own)
    rows = to_features(motion, Layout.of(motion)).astype(np.float32)
    labels = {
        "content": content,
        "style": style,
        "pace": script.pace,
        "size": script.size,
        "count": str(script.count),
        "subject": "simulated",
    }
    told = tuple(captions_for(script, count=captions, generator=own))
    return MotionClip(f"{content}_{style}_{number:05d}", rows, told, labels, rate_hz)
