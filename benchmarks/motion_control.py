"""Motions that go where they are told: paths, keyframes, and the middle of a clip made anew.

Of each test clip (pairs of content and style that were never trained) the text is said and

- ``path``: the root is led along the clip's own path;
- ``keyframes``: hands, feet and root are led through their places at three times of the clip;
- ``in-betweening``: the first and last quarter are kept, the middle half is made anew; beside it
  the shortest way between the frames kept on either side (``slerp``).

Misses are of the joints led, in centimetres and per cent of the height of the body, beside those
of the same text and noise unled; FID of the led motions beside FID of the unled. What is kept of a
clip is compared bit for bit.

    python benchmarks/motion_control.py
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from _bridge_arms import cell
from _motion_arms import Rows, Task, add_options, bench_of, spoken
from _motion_scores import evaluator_of, fid_of
from _record import figure, record
from scipy.spatial.transform import Rotation, Slerp

from unisono.api.motion_control import Places, reach
from unisono.api.motion_editing import Kept, edit_motion
from unisono.api.motion_model import MotionModel, MotionSampling
from unisono.evaluation.intervals import bootstrap_interval
from unisono.evaluation.text_motion_nets import MotionEvaluator
from unisono.methods.lead_sampling import Asking
from unisono.recordings.motion.clips import motion_of, recording_of
from unisono.recordings.motion.features import from_features, recovered_positions, to_features
from unisono.recordings.motion.kinematics import Motion, placed

HELD = ("Hips", "LeftHand", "RightHand", "LeftToeBase", "RightToeBase")
CLAIM = (
    "Led along a path, the root misses it by less than 5 cm on average; led through keyframes, "
    "joints miss them by less than 10 cm; in-betweens are nearer to the true motion than slerp; "
    "and what is kept of a clip is the same to the bit (simulated clips)."
)


def places_of(kind: str, where: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """What is wanted of a clip's places ``(L, J, 3)``: NaN where nothing is."""
    wanted = np.full(where.shape, np.nan)
    if kind == "path":
        wanted[:, 0, [0, 2]] = where[:, 0, [0, 2]]
        return wanted
    for frame in (np.array([0.25, 0.5, 0.75]) * (len(where) - 1)).astype(int):
        for joint in HELD:
            wanted[frame, names.index(joint)] = where[frame, names.index(joint)]
    return wanted


def missed_cm(where: np.ndarray, wanted: np.ndarray) -> float:
    """Mean distance, over the joints and frames in which something is wanted."""
    apart = np.where(np.isfinite(wanted), where - np.nan_to_num(wanted), 0.0)
    cells = np.isfinite(wanted).any(axis=-1)
    return float(100 * np.linalg.norm(apart, axis=-1)[cells].mean())


def led(
    kind: str, model: MotionModel, task: Task, judge: MotionEvaluator, free: Sequence[Rows]
) -> Mapping[str, list[float]]:
    """Misses of each clip led and unled, and both FIDs."""
    found: dict[str, list[float]] = {"led": [], "unled": [], "share": []}
    made: list[Rows] = []
    for name, text, plain in zip(task.test, task.captions, free, strict=True):
        rows = task.corpus[name].rows[: model.method.frames].astype(np.float64)
        where = recovered_positions(rows, model.layout)
        wanted = places_of(kind, where, model.rig.names)
        options = MotionSampling(seconds=len(rows) / model.layout.rate_hz)
        reached = reach(model, text, Places(wanted), options=options)
        made.append(reached.rows[0].astype(np.float32))
        found["led"].append(reached.missed_cm[0])
        found["share"].append(100 * reached.missed_share[0])
        there = recovered_positions(plain.astype(np.float64), model.layout)
        found["unled"].append(missed_cm(there, wanted))
    real = task.rows(task.test)
    return {**found, "fid": [fid_of(judge, made, real)], "fid unled": [fid_of(judge, free, real)]}


def slerped(motion: Motion, gap: slice) -> Motion:
    """The gap filled by the shortest way between its ends."""
    rotations, root = motion.rotations.copy(), motion.root.copy()
    ends, inside = [gap.start - 1, gap.stop], np.arange(gap.start, gap.stop)
    for joint in range(rotations.shape[1]):
        way = Slerp(ends, Rotation.from_matrix(rotations[ends, joint]))
        rotations[inside, joint] = way(inside).as_matrix()
    for axis in range(3):
        root[inside, axis] = np.interp(inside, ends, root[ends, axis])
    return replace(motion, rotations=rotations, root=root)


def filled(model: MotionModel, task: Task, judge: MotionEvaluator) -> Mapping[str, list[float]]:
    """Errors of the middle half, made anew and by slerp; how many kept numbers changed."""
    found: dict[str, list[float]] = {"made": [], "slerp": [], "changed": []}
    rows: dict[str, list[Rows]] = {"made": [], "slerp": []}
    for name, text in zip(task.test, task.captions, strict=True):
        clip = task.corpus[name].rows[: model.method.frames].astype(np.float64)
        tree = recording_of(from_features(clip, model.layout, model.rig), name=name)
        truth = motion_of(tree, model.rig)
        gap = slice(len(truth) // 4, len(truth) - len(truth) // 4)
        kept = np.ones(len(truth), dtype=bool)
        kept[gap] = False
        edited = edit_motion(model, tree, text, Kept(kept)).recordings[0]
        motions = {"made": motion_of(edited, model.rig), "slerp": slerped(truth, gap)}
        for way, motion in motions.items():
            apart = placed(motion).positions[gap] - placed(truth).positions[gap]
            found[way].append(float(100 * np.linalg.norm(apart, axis=-1).mean()))
            rows[way].append(to_features(motion, model.layout).astype(np.float32))
        same = [
            np.array_equal(
                edited[stream]["data"].values[kept].view(np.uint8),
                tree[stream]["data"].values[kept].view(np.uint8),
            )
            for stream in ("angles", "root_position")
        ]
        found["changed"].append(float(not all(same)))
    real = task.rows(task.test)
    return {**found, **{f"fid {way}": [fid_of(judge, r, real)] for way, r in rows.items()}}


def main() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, captions=52)
    parser.add_argument("--arm", default="transformer")
    args = parser.parse_args()
    begun = time.monotonic()
    bench = bench_of(args)
    task, judge = bench.task, evaluator_of(bench, args.evaluator_steps)
    model = bench.trained(args.arm, 0)
    free = spoken(model, task.captions, task.lengths, 0, Asking())
    table = {
        kind: cell(
            f"{bench.kept}/control/{kind}", lambda k=kind: led(k, model, task, judge, free)
        ).found
        for kind in ("path", "keyframes")
    }
    table["in-between"] = cell(
        f"{bench.kept}/control/between", lambda: filled(model, task, judge)
    ).found
    figures = []
    rng = np.random.default_rng(0)
    for row, columns in table.items():
        for name, values in columns.items():
            unit = "%" if name == "share" else "" if name.startswith(("fid", "changed")) else "cm"
            if len(values) < 2:
                figures.append(figure(f"{row}: {name}", values[0], unit))
                continue
            middle = bootstrap_interval(np.array(values), generator=rng)
            label = f"{row}: {name}"
            figures.append(figure(label, middle.mean, unit, low=middle.low, high=middle.high))
    between = table["in-between"]
    holds = (
        np.mean(table["path"]["led"]) < 5.0
        and np.mean(table["keyframes"]["led"]) < 10.0
        and np.mean(between["made"]) < np.mean(between["slerp"])
        and not any(between["changed"])
    )
    record("motion_control", CLAIM, holds, figures, [0], time.monotonic() - begun)


if __name__ == "__main__":
    main()
