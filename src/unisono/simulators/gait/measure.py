"""Compute the mean joint curves of real people that the simulator aims at.

``python -m unisono.simulators.gait.measure DATA`` writes ``curves.json`` beside this module from
three public sets of recordings, of which only the harmonics printed there are shipped:

- walking at 1.3 m/s: seven strides of one adult, from the 3dpredictsim example data (MIT);
- running at 2.5 m/s: the mean over 36 runners of their mean strides, from R. Fukuchi et al.,
  BMC-RIC running biomechanics (CC BY 4.0);
- its change at 3.5 and 4.5 m/s: the differences of one runner between the speeds, from R. Fukuchi,
  C. Fukuchi, M. Duarte, "A public dataset of running biomechanics", PeerJ 5 (2017) e3298
  (CC BY 4.0).

The sets give the hip against the pelvis; the thigh's elevation is that less the pelvis' forward
tilt, which is measured in walking and taken as 5 degrees in running, where the sets leave it out.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from unisono.core.errors import FileFormatError
from unisono.core.files import write_text

__all__ = ["MeanCurves", "harmonics", "main", "measure_run", "measure_walk"]

Array = npt.NDArray[np.float64]

JOINTS = ("thigh", "knee", "ankle")
_ORDER = 8
_RUN_TILT_DEG = 5.0


class MeanCurves(NamedTuple):
    """Mean curves at one speed.

    Attributes:
        speed: m/s.
        stance: Part of the stride that is stance.
        thigh: Elevation at 100 even points of the stride, degrees.
        knee: Flexion.
        ankle: Dorsiflexion.
    """

    speed: float
    stance: float
    thigh: Array
    knee: Array
    ankle: Array


def harmonics(y: Array, order: int = _ORDER) -> Array:
    """Cosine and sine terms ``(order + 1, 2)`` of a curve at even points of one period.

    Example:
        >>> u = np.arange(100) / 100
        >>> (harmonics(2 + np.sin(2 * np.pi * u), 1).round(6) + 0.0).tolist()
        [[2.0, 0.0], [0.0, 1.0]]
    """
    terms = np.fft.rfft(y)[: order + 1] * 2 / len(y)
    terms[0] /= 2
    return np.stack([terms.real, -terms.imag], axis=1)


def _even(time: Array, y: Array, start: float, period: float) -> Array:
    """Resample one stride to 100 points and spread its open end over it."""
    at = start + period * np.arange(101) / 100
    curve = np.interp(at, time, y)
    closed: Array = curve[:100] - (curve[100] - curve[0]) * (np.arange(100) / 100 - 0.5)
    return closed


def _table(file: Path) -> pd.DataFrame:
    lines = file.read_text().splitlines()
    head = next((i for i, line in enumerate(lines) if line.strip().startswith("time")), None)
    if head is None:
        raise FileFormatError(file, "header", "no line begins with 'time'", "give a MOT file")
    return pd.read_csv(file, sep=r"\s+", skiprows=head)


def measure_walk(folder: Path) -> MeanCurves:
    """Mean stride of the walking adult, over all trials, from inverse kinematics and plates."""
    rows, stances, speeds = [], [], []
    for file in sorted(folder.glob("subject2/IK/IK_gait_*.mot")):
        angles = _table(file)
        force = _table(file.parent.parent / "GRF" / file.name.replace("IK", "GRF"))
        time = angles["time"].to_numpy()
        contacts = sorted(
            (float(on.iloc[0]), float(on.iloc[-1]))
            for on in (
                force["time"][force[name] > 20] for name in ("ground_force_vy", "1_ground_force_vy")
            )
        )
        strike, period = contacts[0][0], 2 * (contacts[1][0] - contacts[0][0])
        hips = [np.interp(strike, time, angles[f"hip_flexion_{s}"]) for s in "rl"]
        s = "r" if hips[0] > hips[1] else "l"
        columns = (
            angles[f"hip_flexion_{s}"] + angles["pelvis_tilt"],
            -angles[f"knee_angle_{s}"],
            angles[f"ankle_angle_{s}"],
        )
        rows.append([_even(time, c.to_numpy(), strike, period) for c in columns])
        stances += [(off - on) / period for on, off in contacts]
        speeds.append(np.polyfit(time, angles["pelvis_tx"], 1)[0])
    mean = np.mean(rows, axis=0)
    return MeanCurves(float(np.mean(speeds)), float(np.mean(stances)), *mean)


def measure_run(many: Path, one: Path) -> list[MeanCurves]:
    """Mean stride of runners at 2.5 m/s, and at 3.5 and 4.5 m/s by one runner's change."""
    subjects: dict[str, list[Array]] = {}
    for file in sorted((many / "data").glob("g*.txt")):
        values = pd.read_csv(file, sep="\t")[["Hip_Z", "Knee_Z", "Ankle_Z"]].to_numpy()
        subjects.setdefault(file.name[:6], []).append(values)
    mean = np.mean([np.mean(trials, axis=0) for trials in subjects.values()], axis=0)
    base = np.stack([-mean[:, 0] - _RUN_TILT_DEG, mean[:, 1], -mean[:, 2]])
    runner = pd.read_csv(one / "RBDS001processed.txt", sep="\t")

    def of_one(speed: int) -> tuple[float, Array]:
        force = runner[f"RgrfY{speed}"].to_numpy()
        stance = float(np.mean(force > 0.05 * np.nanmax(force)))
        names = ("RhipAngZ", "RkneeAngZ", "RankleAngZ")
        return stance, np.stack([runner[f"{n}{speed}"].to_numpy() for n in names])

    out = []
    grid = np.linspace(0, 1, 101)
    for speed in (25, 35, 45):
        stance, angles = of_one(speed)
        curves = base + angles - of_one(25)[1]
        out.append(MeanCurves(speed / 10, stance, *(_even(grid, c, 0.0, 1.0) for c in curves)))
    return out


def _entry(rows: Sequence[MeanCurves]) -> dict[str, list[object]]:
    return {
        "speed": [round(r.speed, 3) for r in rows],
        "stance": [round(r.stance, 4) for r in rows],
        **{j: [harmonics(getattr(r, j)).round(3).tolist() for r in rows] for j in JOINTS},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write ``curves.json`` from the unpacked recordings."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("data", type=Path, help="folder that holds predictsim3d, bmc_ric, rbds_raw")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("curves.json"))
    given = parser.parse_args(arguments)
    walk = [measure_walk(given.data / "predictsim3d")]
    run = measure_run(given.data / "bmc_ric", given.data / "rbds_raw")
    table = {
        "unit": "degrees; [cosine, sine] of harmonics 0 to 8 over the stride",
        "source": {
            "walk": "3dpredictsim example data, one adult, 7 strides (MIT)",
            "run": "Fukuchi et al., BMC-RIC, 36 runners at 2.5 m/s (CC BY 4.0); change with "
            "speed: Fukuchi et al. 2017, PeerJ 5:e3298, one runner (CC BY 4.0)",
        },
        "curves": {"walk": _entry(walk), "run": _entry(run)},
    }
    write_text(given.out, json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
