"""Is a run that was killed and resumed the run that was not? Kill it at random moments and look.

    python benchmarks/kill_resume.py

Twenty runs are killed once with SIGKILL, ten more three times in a row, at moments drawn over the
length of a run; each is resumed to its end. Weights are compared bit for bit (a checkpoint is
named by its SHA-256), the log byte for byte, the TensorBoard curve value for value. The run is the
tests' toy: two phases with different groups, dropout, drawn noise, averaging, a contrast.
"""

import sys
import time
from pathlib import Path

from _record import figure, record

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "training"))
from killing import Trial, trials

SEED, STEPS = 0, 60


def main() -> None:
    begun = time.monotonic()
    once = trials(20, steps=STEPS, kills=1, seed=SEED)
    thrice = trials(10, steps=STEPS, kills=3, seed=SEED + 1)
    print(f"{'killed after, s':>22}  {'steps saved':>14}  weights  log")
    for trial in [*once, *thrice]:
        print(_row(trial))
    everything = [*once, *thrice]
    record(
        "kill_resume",
        "A run killed with SIGKILL at 20 random moments and resumed ends with the weights of the "
        "unbroken run, bit for bit, every time.",
        all(trial.weights_equal and trial.log_equal for trial in everything),
        [
            figure("runs killed once", len(once)),
            figure("killed once: equal in every weight", sum(t.weights_equal for t in once)),
            figure("runs killed three times", len(thrice)),
            figure(
                "killed three times: equal in every weight", sum(t.weights_equal for t in thrice)
            ),
            figure("equal in log and curve, of all", sum(t.log_equal for t in everything)),
            figure("different checkpoints met", len({s for t in everything for s in t.resumed_at})),
        ],
        [SEED, SEED + 1],
        time.monotonic() - begun,
    )


def _row(trial: Trial) -> str:
    after = ", ".join(f"{moment:.3f}" for moment in trial.after_s)
    saved = ", ".join(map(str, trial.resumed_at))
    equal = {True: "equal", False: "DIFFER"}
    weights, log = equal[trial.weights_equal], equal[trial.log_equal]
    return f"{after:>22}  {saved:>14}  {weights:<7}  {log}"


if __name__ == "__main__":
    main()
