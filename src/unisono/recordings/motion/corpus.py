"""A corpus of motion: clips of one rig as rows of one layout, with captions and labels.

Axes: ``L`` rows of a clip, ``F`` numbers of a row (``Layout.size``). A corpus is kept as a folder
of two files, ``corpus.json`` (clips, captions, labels, layout, rig) and ``rows.npz`` (all rows, end
to end), and nothing in it is unpickled.

Clips are parted by the pair of their labels ``content`` and ``style``: whole pairs are held out, so
that a test asks for combinations that were never trained, of halves that were. Clips that come
with a part of their own (the label ``part``, as a published split has) keep it. Pieces of one
recording (the label ``recording``) are in one part always.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import SchemaError, ShapeError, UnisonoError
from unisono.core.files import atomic_folder
from unisono.recordings.motion.captions import unseen_pairs
from unisono.recordings.motion.features import Layout
from unisono.recordings.motion.rig import Rig

__all__ = ["CORPUS_PARTS", "CorpusParts", "LeftOut", "MotionClip", "MotionCorpus"]

Rows = npt.NDArray[np.float32]

CORPUS_PARTS = ("train", "valid", "test")
"""Names of the parts of a corpus."""

_FORMAT = 1
_TABLE, _ROWS = "corpus.json", "rows.npz"


@dataclass(frozen=True)
class MotionClip:
    """One clip.

    Args:
        name: Its name, once in a corpus.
        rows: ``(L, F)``, two rows or more.
        captions: What it shows, one sentence or more.
        labels: ``content``, ``style``, ``subject``, ``part``, as far as they are known, and
            ``recording`` for a piece of one.
        rate_hz: Rows a second.

    Raises:
        ShapeError: If the rows are no table of two rows or more, or not finite.
        SchemaError: If a caption is empty, or there is none.
    """

    name: str
    rows: Rows
    captions: tuple[str, ...]
    labels: Mapping[str, str]
    rate_hz: float

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or len(self.rows) < 2:
            raise ShapeError(
                f"clip {self.name!r} should be (2 rows or more, features); got {self.rows.shape}."
            )
        if not np.isfinite(self.rows).all():
            raise ShapeError(f"clip {self.name!r} has rows that are not finite; leave it out.")
        if not self.captions or not all(text.strip() for text in self.captions):
            raise SchemaError(f"clip {self.name!r} needs captions, none of them empty.")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)


class LeftOut(NamedTuple):
    """A clip that could not be taken, and why."""

    name: str
    reason: str


class CorpusParts(NamedTuple):
    """Names of the clips of each part, no name in two."""

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class MotionCorpus:
    """Clips of one rig in one layout.

    Args:
        clips: The clips.
        layout: What a row holds.
        rig: Whose motion it is.
        left_out: What could not be taken.
        about: Source, licence, and what was done, in words.

    Raises:
        SchemaError: If there is no clip, or a name comes twice.
        ShapeError: If a clip is of another layout or rate.

    Example:
        >>> from unisono.recordings.motion.humanoid import humanoid_rig
        >>> layout = Layout(22, 4, 20.0)
        >>> rows = np.zeros((40, layout.size), dtype=np.float32)
        >>> clip = MotionClip("a", rows, ("a person stands",), {}, 20.0)
        >>> MotionCorpus((clip,), layout, humanoid_rig())["a"].captions
        ('a person stands',)
    """

    clips: tuple[MotionClip, ...]
    layout: Layout
    rig: Rig
    left_out: tuple[LeftOut, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.clips:
            why = f" ({self.left_out[0].name}: {self.left_out[0].reason})" if self.left_out else ""
            raise SchemaError(f"a corpus needs clips; none could be taken{why}.")
        if self.layout.joints != len(self.rig.names):
            raise ShapeError(
                f"the layout has {self.layout.joints} joints, the rig {len(self.rig.names)}."
            )
        seen: set[str] = set()
        for clip in self.clips:
            if clip.name in seen:
                raise SchemaError(f"the clip {clip.name!r} comes twice; rename one.")
            seen.add(clip.name)
            if clip.rows.shape[1] != self.layout.size:
                raise ShapeError(
                    f"clip {clip.name!r} has {clip.rows.shape[1]} features, the layout "
                    f"{self.layout.size}."
                )
            if abs(clip.rate_hz / self.layout.rate_hz - 1) > 1e-4:
                raise ShapeError(
                    f"clip {clip.name!r} is at {clip.rate_hz:g} Hz, the layout at "
                    f"{self.layout.rate_hz:g} Hz; resample it."
                )

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.clips)

    def __getitem__(self, name: str) -> MotionClip:
        """The clip of a name.

        Raises:
            SchemaError: If there is none.
        """
        return self.clips[int(self.indices([name])[0])]

    @property
    def rate_hz(self) -> float:
        """Rows a second."""
        return self.layout.rate_hz

    def indices(self, names: Sequence[str]) -> npt.NDArray[np.int64]:
        """Numbers of the clips of these names.

        Raises:
            SchemaError: If a name is no clip's.
        """
        where = {clip.name: number for number, clip in enumerate(self.clips)}
        unknown = [name for name in names if name not in where]
        if unknown:
            raise SchemaError(f"the corpus has no clip {unknown[0]!r}.")
        return np.array([where[name] for name in names], dtype=np.int64)

    def take(self, names: Sequence[str]) -> "MotionCorpus":
        """The corpus of these clips alone, in this order."""
        clips = tuple(self.clips[int(i)] for i in self.indices(names))
        return MotionCorpus(clips, self.layout, self.rig, (), self.about)

    def parts(
        self, *, test: float = 0.15, valid: float = 0.1, generator: np.random.Generator
    ) -> CorpusParts:
        """Names of the clips to train on, to choose by, and to test on.

        By the clips' own parts where all have one; otherwise by pairs of content and style where
        pairs can be held out; otherwise by recording.

        Args:
            test: Share of the pairs (or recordings) for the test, in (0, 1).
            valid: Share of them to choose by.
            generator: Which ones.

        Raises:
            UnisonoError: If the shares leave nothing to train on.
        """
        check_range("test", test, 0.0, 1.0)
        check_range("valid", valid, 0.0, 1.0 - test)
        if all(clip.labels.get("part") in CORPUS_PARTS for clip in self.clips):
            chosen = [str(clip.labels["part"]) for clip in self.clips]
        else:
            chosen = self._by_pairs(test, valid, generator) or self._by_recordings(
                test, valid, generator
            )
        named: dict[str, list[str]] = {part: [] for part in CORPUS_PARTS}
        for clip, part in zip(self.clips, chosen, strict=True):
            named[part].append(clip.name)
        if not named["train"]:
            raise UnisonoError(f"no clip of {len(self)} is left to train on; hold out fewer.")
        return CorpusParts(*(tuple(named[part]) for part in CORPUS_PARTS))

    def _by_pairs(self, test: float, valid: float, generator: np.random.Generator) -> list[str]:
        """Part of each clip by its pair of labels; empty where pairs cannot be held out."""
        labels = [(c.labels.get("content", ""), c.labels.get("style", "")) for c in self.clips]
        if not all(content and style for content, style in labels):
            return []
        try:
            tested = unseen_pairs(labels, share=test, generator=generator)
            rest = [pair for pair in labels if pair not in tested]
            chosen = unseen_pairs(rest, share=valid / (1 - test), generator=generator)
        except UnisonoError:
            return []
        return [
            "test" if pair in tested else "valid" if pair in chosen else "train" for pair in labels
        ]

    def _by_recordings(
        self, test: float, valid: float, generator: np.random.Generator
    ) -> list[str]:
        keys = [clip.labels.get("recording", clip.name) for clip in self.clips]
        known = list(dict.fromkeys(keys))
        order = generator.permutation(len(known))
        first, second = round(test * len(known)), round((test + valid) * len(known))
        part = dict.fromkeys(known, "train")
        part |= dict.fromkeys((known[i] for i in order[:first]), "test")
        part |= dict.fromkeys((known[i] for i in order[first:second]), "valid")
        return [part[key] for key in keys]

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the corpus as a folder, whole or not at all.

        Raises:
            OutputError: If the folder exists and may not be replaced, or cannot be written.
        """
        table = {
            "format": _FORMAT,
            "layout": asdict(self.layout),
            "rig": self.rig.to_dict(),
            "about": dict(self.about),
            "left_out": [list(entry) for entry in self.left_out],
            "clips": [
                {"name": c.name, "rows": len(c), "captions": c.captions, "labels": dict(c.labels)}
                for c in self.clips
            ],
        }
        with atomic_folder(folder, overwrite=overwrite) as part:
            (part / _TABLE).write_text(json.dumps(table) + "\n", encoding="utf-8")
            rows = np.concatenate([clip.rows for clip in self.clips]).astype(np.float32)
            np.savez(part / _ROWS, rows=rows)
        return Path(folder)

    @classmethod
    def load(cls, folder: str | Path) -> "MotionCorpus":
        """Read what :meth:`save` wrote.

        Raises:
            SchemaError: If it is no such folder, is of a newer format, or is damaged.
        """
        folder = Path(folder)
        if not (folder / _TABLE).is_file():
            raise SchemaError(
                f"{folder} is no corpus of motion (it has no {_TABLE}); of a folder of BVH files "
                "with captions, unisono.api.read_corpus(folder).save(name) makes one."
            )
        try:
            table = json.loads((folder / _TABLE).read_text(encoding="utf-8"))
            if table["format"] != _FORMAT:
                raise SchemaError(
                    f"{folder} is of format {table['format']}, this unisono reads {_FORMAT}; "
                    "upgrade unisono."
                )
            with (
                (folder / _ROWS).open("rb") as handle,
                np.load(handle, allow_pickle=False) as stored,
            ):
                rows = np.asarray(stored["rows"], dtype=np.float32)
            return cls._from_table(table, rows)
        except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
            if isinstance(error, UnisonoError):
                raise
            reason = " ".join(str(error).split())[:200]
            raise SchemaError(f"{folder} is damaged ({reason}); save the corpus again.") from error

    @classmethod
    def _from_table(cls, table: Mapping[str, Any], rows: Rows) -> "MotionCorpus":
        layout = Layout(**table["layout"])
        ends = np.cumsum([entry["rows"] for entry in table["clips"]])
        if not len(ends) or ends[-1] != len(rows):
            raise SchemaError("rows and clips of the corpus disagree; save it again.")
        clips = tuple(
            MotionClip(entry["name"], part, tuple(entry["captions"]), entry["labels"],
                       layout.rate_hz)
            for entry, part in zip(table["clips"], np.split(rows, ends[:-1]), strict=True)
        )  # fmt: skip
        left = tuple(LeftOut(*entry) for entry in table["left_out"])
        return cls(clips, layout, Rig.from_dict(table["rig"]), left, table["about"])
