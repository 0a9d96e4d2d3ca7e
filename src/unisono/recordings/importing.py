"""Import files and folders into a dataset: every good one is kept, every bad one is told.

Trials are read, joined (see :mod:`unisono.recordings.merging`), checked and written one by one, in
this process or in several; a trial that fails, or whose reader crashes, does not touch the others.
The dataset appears when all are through.
"""

import errno
import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import xarray as xr

from unisono.core.errors import ConfigError, UnisonoError
from unisono.recordings.catalogue import Entry
from unisono.recordings.dataset import Dataset, DatasetWriter, store_entry
from unisono.recordings.deriving import Derived, derive
from unisono.recordings.formats.options import ReadOptions, relabel_units
from unisono.recordings.formats.registry import read_trials, recording_files
from unisono.recordings.merging import TrialFiles, group_files, join_recordings
from unisono.recordings.plausibility import Doubt, doubts
from unisono.recordings.schema import stream_names, streams
from unisono.recordings.working import cores, work_through

__all__ = ["BadFile", "ImportOptions", "ImportReport", "RecordingDoubt", "import_files"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ImportOptions:
    """How files become recordings.

    Args:
        read: What the user states about the files: units, rate, columns, subject, mass.
        merge: Whether files of one trial (``IK/walk1.mot`` and ``GRF/walk1.mot``) become one
            recording.
        folders: What the folders below the one that is imported stand for, from the top:
            ``"subject"``, ``"session"``, the name of a label, or ``""`` for nothing.
            ``("subject", "condition")`` reads ``HC039A/Turn/HC039A31.c3d`` as a recording of
            subject HC039A with the label condition Turn.
        skip: Patterns of files to leave out, of the path below the folder (``"*/Static/*"``).
        derive: Whether forces by foot and events are derived where a file has what they follow
            from and lacks them (``recordings.deriving``).
        overwrite: Whether an existing dataset may be replaced.
        processes: How many processes read and write; 0 for as many as there are cores.

    Raises:
        ConfigError: If a level is named twice or is several names, or there are fewer processes
            than none.
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    merge: bool = True
    folders: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    derive: bool = True
    overwrite: bool = False
    processes: int = 1

    def __post_init__(self) -> None:
        named = [level for level in self.folders if level]
        if len(set(named)) < len(named):
            raise ConfigError(f"folders names a level twice: {', '.join(named)}; rename one.")
        for level in named:
            if set(level) & set(",;:/"):
                problem = f"folders must be one name a level; got {level!r}"
                raise ConfigError(f"{problem}; repeat --folders for each level.")
        if self.processes < 0:
            raise ConfigError(
                f"processes must be at least 1, or 0 for one a core; got {self.processes}."
            )


@dataclass(frozen=True)
class BadFile:
    """A file that is not in the dataset, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class RecordingDoubt:
    """Something about a recording that the user should look at.

    Args:
        recording: Its name; ``""`` where it is about the import as a whole.
        message: What is doubtful.
        remedy: What to do about it.
    """

    recording: str
    message: str
    remedy: str


@dataclass(frozen=True)
class ImportReport:
    """What came of an import.

    Args:
        path: The dataset; it was not made if nothing was good.
        good: Entry of each recording in it.
        bad: Files that are not in it.
        doubts: What the user should look at.
    """

    path: Path
    good: tuple[Entry, ...]
    bad: tuple[BadFile, ...]
    doubts: tuple[RecordingDoubt, ...]

    @property
    def dataset(self) -> Dataset:
        """The dataset.

        Raises:
            SchemaError: If nothing was good, so that none was made.
        """
        return Dataset.open(self.path)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "path": str(self.path)}


class _NothingGood(Exception):
    """Leaves the writer without a dataset."""


@dataclass(frozen=True)
class _Job:
    """One trial to import; sent to another process."""

    store: Path
    trial: TrialFiles
    options: ImportOptions


@dataclass
class _Outcome:
    """What came of one trial; sent back."""

    entries: list[Entry] = field(default_factory=list)
    bad: list[BadFile] = field(default_factory=list)
    doubts: list[RecordingDoubt] = field(default_factory=list)
    units: set[str] = field(default_factory=set)


def import_files(
    sources: Iterable[str | Path],
    out: str | Path,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import files and folders into a new dataset.

    Args:
        sources: Files, and folders that are searched for files of known formats.
        out: Folder of the dataset.
        options: How files become recordings.
        progress: Called after each trial with the number done, of all, and its name.

    Returns:
        What was kept, what was not and why, and what is doubtful. If no file was good, no dataset
        is made.

    Raises:
        OutputError: If the folder exists and may not be replaced, or cannot be written.
    """
    options = options or ImportOptions()
    files, bad = _find(sources, options)
    trials = group_files(files, merge=options.merge)
    outcomes: dict[int, _Outcome] = {}
    try:
        with DatasetWriter.open(out, overwrite=options.overwrite) as writer:
            jobs = [_Job(writer.store, trial, options) for trial in trials]
            processes = options.processes or cores()
            for done in work_through(_import_trial, jobs, processes=processes):
                outcomes[done.number] = done.result or _crash(trials[done.number])
                if progress is not None:
                    progress(len(outcomes), len(jobs), trials[done.number].name)
            ordered = [outcomes[number] for number in sorted(outcomes)]
            for entry in (entry for outcome in ordered for entry in outcome.entries):
                writer.admit(entry)
            if not any(outcome.entries for outcome in ordered):
                raise _NothingGood
    except _NothingGood:
        pass
    return ImportReport(
        Path(out),
        tuple(entry for outcome in ordered for entry in outcome.entries),
        (*bad, *(file for outcome in ordered for file in outcome.bad)),
        (*_unused_units(ordered, options), *(d for outcome in ordered for d in outcome.doubts)),
    )


def _find(
    sources: Iterable[str | Path], options: ImportOptions
) -> tuple[list[tuple[Path, Path]], list[BadFile]]:
    """Files with the folder that the user named, and sources that hold none."""
    found: dict[Path, Path] = {}
    bad = []
    for source in map(Path, sources):
        files = recording_files(source) if source.is_dir() else [source]
        root = source if source.is_dir() else source.parent
        if not files:
            bad.append(BadFile(str(source), f"{source}: the folder holds no recordings."))
        for file in files:
            below = file.relative_to(root).as_posix()
            if not any(fnmatch.fnmatch(below, pattern) for pattern in options.skip):
                found.setdefault(file, root)
    return list(found.items()), bad


def _crash(trial: TrialFiles) -> _Outcome:
    reason = "the reader crashed on it; the file is damaged in a way that should be reported"
    return _Outcome(bad=[BadFile(str(file), f"{file}: {reason}.") for file in trial.files])


def _unused_units(outcomes: Sequence[_Outcome], options: ImportOptions) -> list[RecordingDoubt]:
    used = {key for outcome in outcomes for key in outcome.units}
    held = {name for outcome in outcomes for entry in outcome.entries for name in entry.streams}
    found = []
    for key in options.read.units:
        if key in used:
            continue
        if key in held:
            said = f"{key!r} is derived here and in no file, so that its stated unit is not used"
            found.append(RecordingDoubt("", said, "state the units of what the files hold"))
        else:
            said = f"no recording has a stream or channel {key!r}"
            found.append(RecordingDoubt("", said, "check --unit"))
    return found


def _import_trial(job: _Job) -> _Outcome:
    """Read, join, check and write one trial."""
    outcome = _Outcome()
    options = job.options
    trees: list[xr.DataTree] = []
    for file in job.trial.files:
        try:
            # Units are stated for the import, and not every file has every stream.
            read = read_trials(file, replace(options.read, skip_absent=True))
        except (UnisonoError, OSError) as error:
            outcome.bad.append(BadFile(str(file), str(error)))
        except Exception as error:  # a defect of one reader must not lose the other files
            reason = f"{file}: the reader failed ({type(error).__name__}: {error}); report it."
            outcome.bad.append(BadFile(str(file), " ".join(reason.split())))
        else:
            _take(trees, read, file, outcome)
    for tree, name in zip(trees, _names(trees, job.trial.name), strict=True):
        try:
            described = _described(tree, name, job, outcome)
            derived = derive(described) if options.derive else Derived(described, ())
            described = derived.tree
            found = doubts(described)
        except UnisonoError as error:
            outcome.bad.append(BadFile(", ".join(map(str, job.trial.files)), str(error)))
            continue
        try:
            entry = _stored(job.store, described)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise  # a disk that is full ends the import
            reason = f"the name {name!r} is too long for a file of a dataset; shorten it."
            outcome.bad.append(BadFile(", ".join(map(str, job.trial.files)), reason))
            continue
        outcome.entries.append(entry)
        outcome.doubts += [
            *(RecordingDoubt(entry.recording, _said(doubt), doubt.remedy) for doubt in found),
            *(RecordingDoubt(entry.recording, note, "") for note in derived.notes),
        ]
    return outcome


def _said(doubt: Doubt) -> str:
    return f"{doubt.stream}: {doubt.message}" if doubt.stream else doubt.message


def _take(
    trees: list[xr.DataTree], read: Sequence[xr.DataTree], file: Path, outcome: _Outcome
) -> None:
    """Join what was read to what is there; keep it apart where both hold the same stream."""
    if len(read) != 1 or not trees:
        trees.extend(read)
        return
    try:
        trees[0] = join_recordings(trees[0], read[0])
    except UnisonoError as error:
        if set(stream_names(trees[0])) & set(stream_names(read[0])):
            name = str(read[0].attrs["recording"])
            outcome.doubts.append(
                RecordingDoubt(name, str(error), "it is kept as a recording of its own")
            )
            trees.append(read[0])
        else:
            outcome.bad.append(BadFile(str(file), f"{file}: {error}"))


def _names(trees: Sequence[xr.DataTree], trial: str) -> list[str]:
    """The trial's name for its first recording; the others keep the ends of their own."""
    if len(trees) < 2:
        return [trial] * len(trees)
    names: list[str] = []
    for tree in trees:
        own = str(tree.attrs["recording"])
        name = own if own.startswith(trial) else f"{trial}_{own}"
        names.append(name if name not in names else f"{name}_{len(names) + 1}")
    return names


def _described(tree: xr.DataTree, name: str, job: _Job, outcome: _Outcome) -> xr.DataTree:
    """The recording under its name, with what folders and the user say of it."""
    tree.name = name
    tree.attrs["recording"] = name
    labels = dict(tree.attrs.get("labels") or {})
    for level, folder in _levels(job.trial, job.options.folders).items():
        if level in ("subject", "session"):
            tree.attrs[level] = folder
        else:
            labels.setdefault(level, folder)
    if job.options.read.subject:
        tree.attrs["subject"] = job.options.read.subject
    if labels:
        tree.attrs["labels"] = labels
    stated = job.options.read.units
    units = {key: unit for key, unit in stated.items() if _speaks_of(key, tree)}
    outcome.units |= set(units)
    return relabel_units(tree, units) if units else tree


def _stored(store: Path, tree: xr.DataTree) -> Entry:
    """Write a recording; where another trial has taken its name, under the next free one."""
    name = str(tree.attrs["recording"])
    number = 1
    while True:
        try:
            return store_entry(store, tree)
        except FileExistsError:
            number += 1
            tree.attrs["recording"] = f"{name}_{number}"


def _levels(trial: TrialFiles, folders: Sequence[str]) -> Mapping[str, str]:
    below = trial.files[0].parent.relative_to(trial.root).parts
    return {level: name for level, name in zip(folders, below, strict=False) if level}


def _speaks_of(key: str, tree: xr.DataTree) -> bool:
    """Whether a stated unit is about this recording."""
    names = stream_names(tree)
    stream, _, channel = key.rpartition("/")
    return key in names or any(
        stream in ("", name) and channel in node["channel"].values
        for name, node in streams(tree)
        if "channel" in node.coords
    )
