"""Files of one trial that belong together, and how they become one recording.

Laboratories keep the signals of a trial in several files: ``IK/IK_walk1.mot`` beside
``GRF/GRF_walk1.mot``, or ``walk1_ik.mot`` beside ``walk1_grf.mot``. The rule ``stem``: two files
belong to one trial if they lie in one folder, not counting folders that are named after a kind of
file (``IK``, ``GRF``, ``MarkerData``), and have one stem, not counting words of that kind at its
beginning or end. Their streams must overlap in time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.schema import events_of, make_events, make_recording, stream_names, streams

__all__ = ["TrialFiles", "group_files", "join_recordings", "trial_stem"]

_WORDS = (
    "ik|id|grfs?|forces?|moments?|angles?|kinematics|kinetics|markers?|trc|mot|sto|emg|imu|"
    "inverse_?kinematics|inverse_?dynamics|external_?loads?|ground_?reactions?"
)
_BEFORE = re.compile(rf"^({_WORDS})[_\-. ]+(?=.)", re.IGNORECASE)
_AFTER = re.compile(rf"(?<=.)[_\-. ]+({_WORDS})$", re.IGNORECASE)
_DRAWER = re.compile(rf"^({_WORDS}|marker_?data|c3d|csv|mot_?files)$", re.IGNORECASE)


@dataclass(frozen=True)
class TrialFiles:
    """Files of one trial.

    Args:
        name: Name of the recording that they become.
        files: The files, the one that tells most first.
        root: Folder that the user named, or the file's own.
    """

    name: str
    files: tuple[Path, ...]
    root: Path


def trial_stem(path: Path) -> str:
    """Stem of a file without the words that say what kind of file it is.

    Example:
        >>> trial_stem(Path("GRF_gait_27.mot")), trial_stem(Path("walking2_ik.mot"))
        ('gait_27', 'walking2')
        >>> trial_stem(Path("forces.csv"))
        'forces'
    """
    stem = path.name.removesuffix(path.suffix).removesuffix(".rows")
    return _AFTER.sub("", _BEFORE.sub("", stem))


def group_files(files: Iterable[tuple[Path, Path]], *, merge: bool = True) -> list[TrialFiles]:
    """Put the files of a trial together and give every trial a name of its own.

    A trial is named by its stem; where several trials have one stem, the folders that tell them
    apart go before it (``subject2_gait_27``).

    Args:
        files: Each file with the folder that the user named.
        merge: Whether files of one trial become one recording.
    """
    groups: dict[tuple[Path, str], list[tuple[Path, Path]]] = {}
    for path, root in files:
        key = (_base(path, root), trial_stem(path)) if merge else (path, path.stem)
        groups.setdefault(key, []).append((path, root))
    paths = {
        key: tuple(sorted({path for path, _ in group}, key=_rank)) for key, group in groups.items()
    }
    places = [(key[0] if merge else key[0].parent, key[1]) for key in groups]
    names = _distinct(places)
    return [
        TrialFiles(name, paths[key], group[0][1])
        for name, (key, group) in zip(names, groups.items(), strict=True)
    ]


def _base(path: Path, root: Path) -> Path:
    """The folder of the trial: the file's own, or that above folders named after a kind of file."""
    folder = path.parent
    while folder != root and _DRAWER.match(folder.name):
        folder = folder.parent
    return folder


def _rank(path: Path) -> tuple[int, str]:
    return (0 if path.suffix.lower() == ".c3d" else 1, str(path))


def _distinct(places: Sequence[tuple[Path, str]]) -> list[str]:
    """Names for ``(folder, stem)``: the stem, with as many folders before it as are needed."""
    names = [stem for _, stem in places]
    for depth in range(1, 1 + max((len(folder.parts) for folder, _ in places), default=0)):
        count = Counter(names)
        twice = {name for name in names if count[name] > 1}
        if not twice:
            break
        names = [
            "_".join([*folder.parts[-depth:], stem]).replace("/", "_") if name in twice else name
            for name, (folder, stem) in zip(names, places, strict=True)
        ]
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def join_recordings(first: xr.DataTree, second: xr.DataTree) -> xr.DataTree:
    """Join two recordings of one trial; what only one of them knows is kept.

    Args:
        first: The recording whose name, subject and source go first.
        second: Another; its streams must have other names.

    Raises:
        SchemaError: If both hold a stream of one name, state another body mass or height, or no
            instant is common to all streams.
    """
    clash = sorted(set(stream_names(first)) & set(stream_names(second)))
    if clash:
        raise SchemaError(f"two files of {_name(first)!r} hold a stream {clash[0]!r}; rename one.")
    parts = {**dict(streams(first)), **dict(streams(second))}
    _check_overlap(_name(first), parts)
    known = {str(k): v for k, v in first.attrs.items() if k != "schema"}
    for key, value in second.attrs.items():
        if key in ("mass_kg", "height_m") and not np.isclose(known.get(key, value), value):
            raise SchemaError(
                f"two files of {_name(first)!r} state a {key} of {known[key]} and of {value}; "
                "state the true one."
            )
        if key != "schema":
            known.setdefault(str(key), value)
    known["labels"] = {**second.attrs.get("labels", {}), **first.attrs.get("labels", {})} or None
    known["captions"] = [
        *first.attrs.get("captions", []),
        *second.attrs.get("captions", []),
    ] or None
    sources = [tree.attrs["source"] for tree in (first, second) if tree.attrs.get("source")]
    if len(sources) == 2:
        earlier = sources[0].get("joined") or []
        known["source"] = {**sources[0], "joined": [*earlier, sources[1]]}
    return make_recording(parts, events=_all_events(first, second), **known)


def _name(tree: xr.DataTree) -> str:
    return str(tree.attrs.get("recording"))


def _check_overlap(name: str, parts: dict[str, xr.Dataset]) -> None:
    timed = {key: part["time"].values for key, part in parts.items() if "time" in part.dims}
    if not timed:
        return
    late = max(timed, key=lambda key: float(timed[key][0]))
    early = min(timed, key=lambda key: float(timed[key][-1]))
    if timed[late][0] > timed[early][-1]:
        raise SchemaError(
            f"the files of {name!r} do not overlap in time: {late!r} starts at "
            f"{timed[late][0]:g} s, after {early!r} ends at {timed[early][-1]:g} s; check their "
            "clocks or import them apart."
        )


def _all_events(first: xr.DataTree, second: xr.DataTree) -> xr.Dataset:
    found = dict.fromkeys(
        (float(t), str(n), str(s), str(h))
        for node in (events_of(first), events_of(second))
        for t, n, s, h in zip(
            node["time"].values, node["name"].values, node["side"].values, node["how"].values,
            strict=True,
        )
    )  # fmt: skip
    times, names, sides, hows = zip(*found, strict=True) if found else ((), (), (), ())
    return make_events(times, names, sides, hows)
