"""Twelve sentences as film strips of stick figures, on one PNG, to be looked at.

python benchmarks/motion_filmstrips.py MODEL strips.png
"""

import sys
from pathlib import Path

import numpy as np

from unisono.api.motion_model import MotionSampling, load_motion_model
from unisono.core.files import atomic_file
from unisono.recordings.motion.kinematics import Motion, placed

PROMPTS = (
    "a person walks",
    "an old person walks",
    "a happy person runs",
    "a person walks slowly",
    "a person turns left",
    "a tired person turns right",
    "a person walks and stops",
    "a person waves",
    "a proud person bows",
    "a person jumps high",
    "a sad person squats",
    "a person jumps twice",
)
SECONDS = {"a person jumps twice": 3.7}
"""3 s, but for what takes longer in the corpus, where the length tells how often."""
FRAMES = 8


def strip(axes: object, motion: Motion, title: str) -> None:
    """One motion seen from its side, figures shifted along the path."""
    where, rig = placed(motion).positions, motion.rig
    ahead = where[-1, 0] - where[0, 0]
    ahead[1] = 0.0
    size = np.linalg.norm(ahead)
    way = ahead / size if size > 0.3 else np.array([0.0, 0.0, 1.0])
    shown = np.linspace(0, len(where) - 1, FRAMES).astype(int)
    for number, frame in enumerate(shown):
        along = (where[frame] - where[frame, 0]) @ way + 0.9 * number
        for joint, parent in enumerate(rig.parents):
            if parent >= 0:
                name = rig.names[joint]
                colour = "C0" if name.startswith("Left") else "C1" if name.startswith("R") else "k"
                ends = [parent, joint]
                axes.plot(along[ends], where[frame, ends, 1], color=colour, lw=1.2)  # type: ignore[attr-defined]
    axes.axhline(0.0, color="0.8", lw=0.8, zorder=0)  # type: ignore[attr-defined]
    axes.set_title(f"{title}  ({size:.1f} m)", fontsize=8)  # type: ignore[attr-defined]
    axes.set_aspect("equal")  # type: ignore[attr-defined]
    axes.set_axis_off()  # type: ignore[attr-defined]


def main(folder: str, out: str) -> None:
    from matplotlib.figure import Figure

    model = load_motion_model(folder)
    figure = Figure(figsize=(13, 12), layout="constrained")
    grid = figure.subplots(6, 2)
    for axes, text in zip(grid.flat, PROMPTS, strict=True):
        made = model.generate(text, options=MotionSampling(seconds=SECONDS.get(text, 3.0)))
        strip(axes, made.motion(), text)
    with atomic_file(Path(out)) as part:
        figure.savefig(part, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
