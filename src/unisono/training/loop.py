"""The one training loop.

A method gives phases, groups of parameters, a loss and ``generate``; the loop gives everything
else. A run that was killed at any moment and resumed ends with the same bits as one that was not,
on one machine with one number of threads.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from unisono.core.contracts import Method
from unisono.core.distributed import world
from unisono.core.freezing import freeze
from unisono.training.data import Source
from unisono.training.device import resolve_machine
from unisono.training.distributed import check_agreement, joined, local_rank, share_weights
from unisono.training.errors import TrainingStopped
from unisono.training.folder import checkpoints_of, opened, preview_path
from unisono.training.log import TrainingLog
from unisono.training.phases import check_method
from unisono.training.preview import Preview, write_preview
from unisono.training.progress import Pace, Progress, ProgressHook
from unisono.training.run import Run
from unisono.training.settings import TrainingSettings
from unisono.training.step import Step, make_step
from unisono.training.stopping import StopRequest

__all__ = ["Hooks", "TrainingResult", "train"]


@dataclass(frozen=True)
class Hooks:
    """What else happens while a run goes on; none of it changes the run.

    Args:
        progress: Called after every step, on the first rank.
        preview: What is previewed, every ``settings.preview_every`` steps.
        stop: Asked before every step; True stops the run with a checkpoint, as Ctrl-C does.
    """

    progress: ProgressHook | None = None
    preview: Preview | None = None
    stop: Callable[[], bool] | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A finished run. The method that was given holds the final (averaged) weights, frozen.

    Args:
        folder: The run's folder.
        steps: Optimiser steps of the whole run.
        resumed_at: Steps that were done before this call.
        loss: Loss of the last step of this call; NaN where there was none left to make.
        seconds: Time of this call, s.
    """

    folder: Path
    steps: int
    resumed_at: int
    loss: float
    seconds: float


def train(
    method: Method,
    source: Source,
    settings: TrainingSettings,
    folder: str | Path,
    *,
    resume: bool = False,
    hooks: Hooks | None = None,
) -> TrainingResult:
    """Train a method through all of its phases.

    Under ``torchrun`` every rank makes this same call.

    Args:
        method: What is trained, in place; also a ``torch.nn.Module``.
        source: The data.
        settings: How it is trained.
        folder: Where log, checkpoints and previews go.
        resume: Go on from the newest whole checkpoint in the folder; from the start where there is
            none yet.
        hooks: Progress, previews and a way to stop.

    Raises:
        ConfigError: If phases, groups or settings cannot be trained.
        OutputError: If the folder holds a run and ``resume`` is False, or the disk is full.
        TrainingError: If a loss or gradient is not finite, or the folder holds another run.
        TrainingStopped: If a signal or ``hooks.stop`` asked for it; a checkpoint was written.
    """
    folder, hooks, begun = Path(folder), hooks or Hooks(), time.monotonic()
    check_method(method)
    with ExitStack() as stack:
        stack.enter_context(joined(settings.device))
        is_first = world().rank == 0
        if is_first:
            stack.enter_context(opened(folder, resume=resume))
        run = _start(method, source, settings, folder, resume=resume)
        resumed_at = run.step
        log = stack.enter_context(TrainingLog(folder, step=run.step)) if is_first else None
        loss = _walk(run, source, folder, hooks, log)
    freeze(run.module)
    return TrainingResult(folder, run.steps, resumed_at, loss, time.monotonic() - begun)


def _start(
    method: Method, source: Source, settings: TrainingSettings, folder: Path, *, resume: bool
) -> Run:
    """Prepare the method and put it where the run is."""
    # also before resuming, for a method may size its buffers here
    method.prepare(source.windows.batch(source.rows))
    machine = resolve_machine(settings, local_rank=local_rank())
    run = Run(method, settings, machine, digest=source.digest)
    share_weights(run.module)
    checkpoints = checkpoints_of(folder)
    if world().rank == 0:
        checkpoints.sweep()
    saved = checkpoints.latest() if resume else None
    if saved is None:
        run.enter_phase()
    else:
        run.restore(saved)
    check_agreement(run.step, machine.device)
    return run


def _walk(run: Run, source: Source, folder: Path, hooks: Hooks, log: TrainingLog | None) -> float:
    """Make every step that is left; return the last one's loss."""
    pace, loss = Pace(), float("nan")
    with StopRequest(hooks.stop) as request:
        while not run.finished:
            step = make_step(run, source, folder, stop=request.reason is not None)
            seconds, loss = pace.tick(), step.loss
            if log is not None:
                _tell(run, step, seconds, hooks, log)
                _preview(run, source, folder, hooks, log)
            _save(run, step, folder, log)
            if step.stop and not run.finished:
                reason = request.reason or "another rank was asked to"
                raise TrainingStopped(run.step, run.steps, folder, reason)
    return loss


def _tell(run: Run, step: Step, seconds: float, hooks: Hooks, log: TrainingLog) -> None:
    """Log the step and report progress."""
    speed = step.windows / max(seconds, 1e-9)
    run.collect(step.row())
    if run.step % run.settings.log_every == 0 or _at_border(run):
        log.write(run.step, step.phase, run.take_means())
        log.speed(run.step, speed)
    if hooks.progress is not None:
        left = (run.steps - run.step) * seconds
        hooks.progress(
            Progress(
                run.step,
                run.steps,
                step.phase,
                step.loss,
                step.parts,
                step.learning_rate,
                speed,
                left,
            )
        )


def _preview(run: Run, source: Source, folder: Path, hooks: Hooks, log: TrainingLog) -> None:
    every, preview = run.settings.preview_every, hooks.preview
    if preview is None or not every or run.step % every or run.finished:
        return
    batch = source.windows.batch(preview.rows).to(run.machine.device)
    with run.average.applied(), run.machine.autocast():
        picture = write_preview(
            run.method, batch, preview, preview_path(folder, run.step), seed=run.settings.seed
        )
    if picture is not None:
        log.picture(run.step, picture)


def _save(run: Run, step: Step, folder: Path, log: TrainingLog | None) -> None:
    """Write a checkpoint where one is due: log first, so that it never counts a row not there."""
    due = run.step % run.settings.checkpoint_every == 0 or _at_border(run) or step.stop
    if due and log is not None:
        log.flush()
        checkpoints_of(folder).write(run.capture())


def _at_border(run: Run) -> bool:
    """Whether a phase has just ended."""
    return run.finished or run.place.step == 0
