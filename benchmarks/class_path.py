"""From class to class on a map: does the class flip, and does what should stay, stay?

    python benchmarks/class_path.py [--recordings .data]

- children: stances of children who turn, led to walking straight, on maps of joint angles by time
  and class (biomechZoo, stance by stance; five folds of whole children, everything fitted on the
  others). What should stay: the spread of knee flexion in the stance, a person's own size.
- styles: acted motion led from the style normal to old and to giant (Bandai-Namco), on a map of
  body points by time and style; of six contents the clips in both of these styles are held out (in
  one alone, the content would tell the style) and the other styles are fitted on. What should stay:
  the content, told by a classifier fitted on the other clips, and the spread of the hips' height.

A classifier (Gaussian support vectors on codes, fitted on the training frames) votes over the
frames of a stance or clip at each share of the way. Flipped: it began in its own class and ended in
the other one. Beside the walk on the map: a move along the difference of the class means straight
in the codes, and a map of shuffled positives.
"""

import argparse
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from _maps import Array, place, table_of, train
from _record import figure, record
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from unisono.core.contracts import StreamInfo
from unisono.core.random import numpy_generator
from unisono.editing.class_paths import ClassDensity, class_path
from unisono.editing.lift import NeighbourLift
from unisono.experiments.bandai import bandai_recordings
from unisono.methods.conda import ConDA
from unisono.recordings.frame_table import FrameTable

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
MOST, DENSE, STEPS, DIMS, K = 2000, 500, 600, 8, 30
ARMS = {"map": "none", "shuffled map": "shuffled"}

Part = tuple[str, Array, dict[str, object]]


class Way(NamedTuple):
    """Sequences to lead from a class to another.

    Attributes:
        info: What a frame is.
        fitted: Stretches that everything is fitted on, labelled ``class`` and ``kept``.
        asked: Stretches of the first class.
        ends: The two classes.
        size: Channel whose spread in time should stay.
    """

    info: StreamInfo
    fitted: list[Part]
    asked: list[Part]
    ends: tuple[str, str]
    size: int


class Led(NamedTuple):
    """What became of one sequence.

    Attributes:
        flipped: Whether the vote began in the one class and ended in the other.
        began: Whether it began in its own.
        first: Share of the way at which it had flipped; NaN where it did not.
        drift: Relative change of the spread of the kept channel.
        kept: Whether the content's vote stayed right; NaN where there is none, or it began wrong.
    """

    flipped: bool
    began: bool
    first: float
    drift: float
    kept: float


def machine(x: Array, y: np.ndarray, seed: int) -> SVC:
    """A classifier of frames."""
    rows = numpy_generator(seed, "rows").permutation(len(x))[:MOST]
    made = make_pipeline(StandardScaler(), SVC(kernel="rbf", cache_size=100))
    made.fit(x[rows], y[rows])
    return made


def vote(made: SVC, codes: Array) -> str:
    """What most frames are said to be."""
    words, counts = np.unique(made.predict(codes[::3]), return_counts=True)
    return str(words[counts.argmax()])


def density(points: Array) -> ClassDensity:
    """Of at most so many points."""
    return ClassDensity(points[:: max(len(points) // DENSE, 1)])


def leads(method: ConDA, table: FrameTable, way: Way, straight: bool) -> list:
    """Functions from codes, points and a share to led codes."""
    placed = place(method, table)
    word = table.labels["class"].astype(str)
    first, last = (word == end for end in way.ends)
    if straight:
        move = placed.codes[last].mean(axis=0) - placed.codes[first].mean(axis=0)
        return [lambda codes, points, share: codes + share * move]
    source, target = density(placed.points[first]), density(placed.points[last])
    lift = NeighbourLift(placed.bank(table), k=K)

    def along(codes: Array, points: Array, share: float) -> Array:
        if share == 0:
            return codes
        led = np.concatenate([class_path(p, source, target, [share]) for p in points])
        return np.asarray(codes + lift.lift(led).codes - lift.lift(points).codes)

    return [along]


def measure(way: Way, seed: int) -> dict[str, list[Led]]:
    """Everything of one way."""
    table = table_of(way.fitted)
    word, kept = (table.labels[k].astype(str) for k in ("class", "kept"))
    found: dict[str, list[Led]] = {}
    width = min(table.values.shape[1], 40)
    for arm, control in ARMS.items():
        words = [f"steps={STEPS}", "begin=axes", "offset=2", f"codes={width}", f"seed={seed}"]
        method = train(table, way.info, ["time", "class"], words, dims=DIMS, control=control)
        codes = place(method, table).codes
        pair = np.isin(word, way.ends)
        judge = machine(codes[pair], word[pair], seed)
        content = machine(codes, kept, seed) if len(np.unique(kept)) > 1 else None
        for name, straight in ((arm, False), ("difference of means", True)):
            if straight and arm != "map":
                continue
            lead = leads(method, table, way, straight)[0]
            for part in way.asked:
                asked = place(method, table_of([part]))
                steps = [lead(asked.codes, asked.points, share) for share in SHARES]
                found.setdefault(name, []).append(_told(method, way, part, steps, judge, content))
    return found


def _told(method, way, part, steps, judge, content) -> Led:  # noqa: ANN001, PLR0913 - a row
    votes = [vote(judge, codes) for codes in steps]
    fields = [
        method.decode(torch.from_numpy(c.astype(np.float32))).numpy() for c in (steps[0], steps[-1])
    ]
    before, after = (float(f[:, way.size].std()) for f in fields)
    stayed = np.nan
    if content is not None and vote(content, steps[0]) == part[2]["kept"]:
        stayed = float(vote(content, steps[-1]) == part[2]["kept"])
    began, ended = votes[0] == way.ends[0], votes[-1] == way.ends[1]
    first = next((s for s, v in zip(SHARES, votes, strict=True) if v == way.ends[1]), np.nan)
    return Led(began and ended, began, first, abs(after / before - 1), stayed)


def children(recordings: Path) -> list[Way]:
    """Turn to straight, by folds of children."""
    with np.load(recordings / "biomechzoo" / "stance_dev.npz", allow_pickle=False) as held:
        curves, about = held["X"], json.loads(str(held["meta"]))
        columns = json.loads(str(held["cols"]))
    angles = [i for i, name in enumerate(columns) if "Angle" in name]
    values = curves[:, :, angles]
    values = values / values.std(axis=(0, 1))
    names = tuple(columns[i] for i in angles)
    info = StreamInfo("angles", names, ("1",) * len(names), "angle", 100.0)
    whole = [
        (a["sub"], (f"{i}", values[i], {"class": a["cond"], "kept": "gait"}))
        for i, a in enumerate(about)
    ]
    everybody = sorted({child for child, _ in whole})
    ways = []
    for fold in range(5):
        out = everybody[fold::5]
        ways.append(
            Way(
                info,
                [part for child, part in whole if child not in out],
                [p for child, p in whole if child in out and p[2]["class"] == "Turn"],
                ("Turn", "Straight"),
                names.index("kneeAngle_x"),
            )
        )
    return ways


def styles(recordings: Path) -> list[Way]:
    """Normal to old and to giant."""
    folder = recordings / "bandai" / "Bandai-Namco-Research-Motiondataset-1" / "data"
    held = {"walk", "run", "dash", "bow", "guide", "walk-left"}
    parts, names = [], ()
    for tree in bandai_recordings(folder):
        values = tree["body"]["data"].values[::2]
        names = tuple(map(str, tree["body"]["channel"].values))
        labels = tree.attrs["labels"]
        told = {"class": labels["style"], "kept": labels["content"]}
        parts.append((str(tree.attrs["recording"]), np.asarray(values, float), told))
    info = StreamInfo("body", names, ("m",) * len(names), "feature", 15.0)
    ways = []
    for last in ("old", "giant"):
        both = {p[2]["kept"] for p in parts if p[2]["class"] == last}  # acted in this style too

        def is_held(part: Part, ends: tuple[str, ...] = ("normal", last)) -> bool:
            return part[2]["class"] in ends and part[2]["kept"] in held

        ways.append(
            Way(
                info,
                [p for p in parts if p[2]["kept"] in both and not is_held(p)],
                [p for p in parts if p[2]["kept"] in both and is_held(p, ("normal",))],
                ("normal", last),
                names.index("Hips_y"),
            )
        )
    return ways


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--recordings", type=Path, default=Path(".data"))
    given = parser.parse_args()
    begun, figures, holds = time.monotonic(), [], True
    for title, make in (("children", children), ("styles", styles)):
        found: dict[str, list[Led]] = {}
        for number, way in enumerate(make(given.recordings)):
            for name, rows in measure(way, number).items():
                found.setdefault(name, []).extend(rows)
        for name, rows in found.items():
            able = [row for row in rows if row.began]
            flipped = float(np.mean([row.flipped for row in able])) if able else float("nan")
            drift = float(np.median([row.drift for row in rows]))
            figures += [
                figure(f"{title}, {name}: sequences", len(rows)),
                figure(f"{title}, {name}: share in its own class at first", len(able) / len(rows)),
                figure(f"{title}, {name}: share of those that flipped", flipped),
                figure(f"{title}, {name}: median drift of the spread that should stay", drift),
                figure(f"{title}, {name}: share with a drift below 20 %",
                       float(np.mean([row.drift < 0.2 for row in rows]))),
            ]  # fmt: skip
            kept = [row.kept for row in rows if np.isfinite(row.kept)]
            if kept:
                figures += [
                    figure(f"{title}, {name}: contents told rightly at first", len(kept)),
                    figure(f"{title}, {name}: share of those that were kept", np.mean(kept)),
                ]
            if name == "map":
                holds &= flipped >= 0.8 and drift < 0.2 and (not kept or np.mean(kept) >= 0.8)
    claim = (
        "Class paths on a map flip the class of at least 80 % of unseen children's stances (turn "
        "to straight) and of held-out clips (style to style) while the size of the movement drifts "
        "by less than 20 % (median) and the content stays in at least 80 %"
    )
    record("class_path", claim, bool(holds), figures, [0, 1, 2, 3, 4], time.monotonic() - begun)


if __name__ == "__main__":
    main()
