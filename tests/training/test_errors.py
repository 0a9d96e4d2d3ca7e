from unisono.core.errors import UnisonoError
from unisono.training.errors import TrainingError, TrainingStopped


def test_both_are_the_users_to_mend_and_one_line() -> None:
    stopped = TrainingStopped(3, 9, "runs/a", "SIGINT")
    assert isinstance(stopped, TrainingError) and issubclass(TrainingError, UnisonoError)
    assert "\n" not in str(stopped) and "step 3 of 9" in str(stopped) and "resume" in str(stopped)
    assert (stopped.step, stopped.steps, stopped.reason) == (3, 9, "SIGINT")
