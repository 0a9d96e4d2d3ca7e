"""The wake behind a cylinder: shedding frequency and drag against published values, and its speed.

    python benchmarks/flow_simulator.py [--reynolds 20 40 60 80 100 120 140 150] [--frames 600]

Published for an unbounded stream: Re 20 and 40: drag 2.05 and 1.54 (Dennis & Chang, J. Fluid Mech.
42, 1970: 2.045, 1.522; Fornberg 1980: 2.00, 1.50); Re 60: 1.42, Strouhal .136; Re 100: 1.33 to
1.35, .164 to .166 (Park, Kwon & Choi, KSME Int. J. 12, 1998; Williamson, 1989: St = -3.3265/Re +
0.1816 + 1.6e-4 Re).
"""

import argparse
import time

import numpy as np
from _record import figure, record

from unisono.simulators.flow import Camera, wake_recordings

DRAG = {20.0: 2.045, 40.0: 1.522, 100.0: 1.33}
TOLERANCE = 0.1


def strouhal(lift: np.ndarray, seconds: float) -> float:
    """Frequency between upward zero crossings, in U/D; NaN where nothing is shed."""
    lift = lift - lift.mean()
    at = np.flatnonzero((lift[:-1] < 0) & (lift[1:] >= 0))
    if len(at) < 3 or np.abs(lift).max() < 0.02:
        return float("nan")
    exact = at - lift[at] / (lift[at + 1] - lift[at])
    return float(1 / np.diff(exact).mean() / seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    numbers = [20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0, 150.0]
    parser.add_argument("--reynolds", type=float, nargs="*", default=numbers)
    parser.add_argument("--frames", type=int, default=600)
    given = parser.parse_args()
    camera = Camera(frames=given.frames)
    begun, worked = time.monotonic(), time.process_time()
    figures, holds = [], True
    wakes = wake_recordings(given.reynolds, seed=0, camera=camera)
    for reynolds, tree in zip(given.reynolds, wakes, strict=True):
        drag, lift = tree["forces"]["data"].values[given.frames // 3 :].T
        mean, rate = float(drag.mean()), strouhal(lift, camera.seconds)
        figures.append(figure(f"drag at Re {reynolds:g}", mean))
        if np.isfinite(rate):
            figures.append(figure(f"Strouhal number at Re {reynolds:g}", rate))
        if reynolds in DRAG:
            holds &= abs(mean / DRAG[reynolds] - 1) < TOLERANCE
        if reynolds == 100:
            holds &= 0.16 <= rate <= 0.18
        holds &= np.isfinite(rate) == (reynolds > 50)
    seconds, worked = time.monotonic() - begun, time.process_time() - worked
    # of the processor: a machine that does other work besides is no slower simulator
    figures.append(figure("processor time of all sequences", worked, "s"))
    claim = (
        "Flow past a cylinder: Strouhal number .16 to .18 at Re 100, drag within 10 % of published "
        "values at Re 20, 40 and 100, steady below Re 47 and shedding above, and at least 8 "
        "sequences of 600 frames of 64 x 64 in under 10 minutes of one core"
    )
    enough = len(given.reynolds) >= 8 and given.frames >= 600
    record("flow_simulator", claim, bool(holds and enough and worked < 600), figures, [0], seconds)


if __name__ == "__main__":
    main()
