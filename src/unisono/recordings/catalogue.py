"""The catalogue of a dataset: one entry a recording, the named splits, and ``dataset.toml``.

``dataset.toml`` holds ``format`` (version of the folder's layout), ``schema`` (version of the
recordings' layout), ``unisono`` (version that wrote it), ``digest`` (of all contents), one
``[[recordings]]`` table a recording and one ``[splits.<name>]`` table a split. A recording that
is not in the catalogue is not part of the dataset.

The digest of a dataset is over the names and digests of its recordings; splits do not change it.
"""

import hashlib
import importlib.metadata
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.schema import SCHEMA, stream_names, streams
from unisono.recordings.splits import Split
from unisono.recordings.zarr_nodes import plain

__all__ = ["FORMAT", "Catalogue", "Entry", "entry_of", "label_columns"]

FORMAT = 2
"""Version of the layout of a dataset's folder: 1 had folders of recordings, 2 has zips."""

COLUMNS = (
    "recording", "subject", "session", "mass_kg", "height_m", "duration_s", "streams", "source",
    "digest", "side", "start_s", "stop_s", "speed",
)  # fmt: skip
"""Columns of the tables of recordings and windows; a label of such a name gets ``label_``."""


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one recording.

    Args:
        recording: Its name.
        subject: Who was recorded.
        digest: Digest of its contents.
        duration_s: From the first sample of any stream to the last of any, in seconds.
        streams: Names of its streams.
        session: Session, or ``""``.
        source: The file it came from, or ``""``.
        mass_kg: Body mass, or None.
        height_m: Body height, or None.
        labels: Labels by name.
    """

    recording: str
    subject: str
    digest: str
    duration_s: float
    streams: tuple[str, ...]
    session: str = ""
    source: str = ""
    mass_kg: float | None = None
    height_m: float | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)


def entry_of(tree: xr.DataTree, digest: str) -> Entry:
    """Return the entry of a recording whose digest is known."""
    times = [node["time"].values for _, node in streams(tree) if node.sizes.get("time")]
    source = tree.attrs.get("source") or {}
    known = {key: tree.attrs.get(key) for key in ("mass_kg", "height_m")}
    return Entry(
        recording=str(tree.attrs["recording"]),
        subject=str(tree.attrs["subject"]),
        digest=digest,
        duration_s=float(max(t[-1] for t in times) - min(t[0] for t in times)) if times else 0.0,
        streams=tuple(stream_names(tree)),
        session=str(tree.attrs.get("session", "")),
        source=str(source.get("file", "")) if isinstance(source, Mapping) else str(source),
        labels=plain(tree.attrs.get("labels") or {}),
        **{key: None if value is None else float(value) for key, value in known.items()},
    )


def label_columns(labels: Mapping[str, Any]) -> dict[str, Any]:
    """Labels as columns of a table; ``label_`` goes before a name that is taken.

    Example:
        >>> label_columns({"condition": "fast", "speed": 2.0})
        {'condition': 'fast', 'label_speed': 2.0}
    """
    return {f"label_{k}" if k in COLUMNS else str(k): v for k, v in labels.items()}


@dataclass(frozen=True)
class Catalogue:
    """The entries and the splits of a dataset.

    Args:
        entries: One a recording, in the order in which they were added.
        splits: Splits by name.
        schema: Version of the recordings' layout.

    Raises:
        SchemaError: If two recordings have one name.
    """

    entries: tuple[Entry, ...] = ()
    splits: Mapping[str, Split] = field(default_factory=dict)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for entry in self.entries:
            if entry.recording in seen:
                raise SchemaError(
                    f"two recordings are named {entry.recording!r}; rename one of them."
                )
            seen.add(entry.recording)

    @property
    def digest(self) -> str:
        """SHA-256 over the names and digests of the recordings, sorted."""
        lines = sorted(f"{entry.recording}\t{entry.digest}\n" for entry in self.entries)
        return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"

    @property
    def table(self) -> pd.DataFrame:
        """One row a recording; a column for each label, empty where a recording lacks it."""
        rows = [
            {k: v for k, v in asdict(entry).items() if k != "labels"} | label_columns(entry.labels)
            for entry in self.entries
        ]
        fixed = list(asdict(Entry("", "", "", 0.0, ())))[:-1]
        labels = sorted({key for row in rows for key in row} - set(fixed))
        table = pd.DataFrame(rows, columns=[*fixed, *labels])
        return table.astype({"mass_kg": float, "height_m": float, "duration_s": float})

    def to_toml(self) -> str:
        """The text of ``dataset.toml``."""
        content = {
            "format": FORMAT,
            "schema": self.schema,
            "unisono": importlib.metadata.version("unisono"),
            "digest": self.digest,
            "recordings": [plain(asdict(entry)) for entry in self.entries],
            "splits": {name: split.to_dict() for name, split in self.splits.items()},
        }
        return tomli_w.dumps(content)

    @classmethod
    def from_toml(cls, path: Path) -> "Catalogue":
        """Read ``dataset.toml``.

        Raises:
            SchemaError: If it is damaged, of a newer version, or its digest is not that of its
                recordings.
            LeakError: If a split holds a key in two parts.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            newer = int(content["format"]) > FORMAT or int(content["schema"]) > SCHEMA
            rows: Sequence[dict[str, Any]] = () if newer else content.get("recordings", ())
            entries = tuple(Entry(**row | {"streams": tuple(row["streams"])}) for row in rows)
            stored = {} if newer else dict(content.get("splits", {}))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            problem = " ".join(str(error).split())[:200]
            raise SchemaError(f"{path} cannot be read ({problem}); import it again.") from error
        if newer:
            raise SchemaError(
                f"{path} has format {content['format']} and schema {content['schema']}, newer "
                f"than {FORMAT} and {SCHEMA}; update unisono."
            )
        splits = {name: Split.from_dict(split) for name, split in stored.items()}
        catalogue = cls(entries, splits, int(content["schema"]))
        if catalogue.digest != content.get("digest"):
            raise SchemaError(
                f"{path}: the digest is not that of its recordings; the file was edited or "
                "damaged: import it again."
            )
        return catalogue
