"""A run that is killed at any moment and resumed ends with the bits of the unbroken one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

KILLS, STEPS = 20, 60


@pytest.mark.slow
def test_final_weights_after_twenty_kills_are_those_of_the_unbroken_run() -> None:
    script = Path(__file__).with_name("killing.py")
    done = subprocess.run(
        [sys.executable, str(script), str(KILLS), str(STEPS)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    trials = json.loads(done.stdout)
    assert len(trials) == KILLS
    assert all(trial["weights_equal"] for trial in trials), trials
    assert all(trial["log_equal"] for trial in trials), trials
    # the kills are spread: not all before the first checkpoint, not all at one place
    assert len({trial["resumed_at"][0] for trial in trials}) > 4
