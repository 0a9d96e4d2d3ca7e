"""``unisono import SRC... --out D``: files to a dataset."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from unisono.cli.options import Json, Stated, Words

if TYPE_CHECKING:
    from unisono.recordings.importing import ImportReport, RecordingDoubt

__all__ = ["Importing", "run"]


@Parameter(name="*")
@dataclass(frozen=True)
class Importing:
    """How files become recordings.

    Parameters
    ----------
    merge
        "stem" joins the files of one trial (walk1_ik.mot, walk1_grf.mot); "none" does not.
    folders
        What each level of folders below SRC stands for: subject, session, a label, or - for
        nothing. Repeatable, from the top.
    skip
        Pattern of files to leave out, e.g. "*/Static/*". Repeatable.
    as_is
        Do not derive forces by foot (from plates and markers) nor events (from forces or markers).
    jobs
        Processes; 0 for as many as there are cores.
    overwrite
        Replace a dataset that exists.
    """

    merge: Literal["stem", "none"] = "stem"
    folders: Words = None
    skip: Words = None
    as_is: Annotated[bool, Parameter(negative="")] = False
    jobs: int = 0
    overwrite: Annotated[bool, Parameter(negative="")] = False


def run(
    *sources: Path,
    out: Path,
    stated: Stated | None = None,
    how: Importing | None = None,
    json_: Json = False,
) -> int:
    """Import files into a dataset; every good one is kept, every bad one is listed (exit 2).

    Parameters
    ----------
    sources
        Files, or folders that are searched for recordings.
    out
        The dataset's folder, e.g. gait.un.
    json_
        The report as one JSON object.
    """
    from unisono import api
    from unisono.cli.progress import progress

    if not sources:
        raise api.UnisonoError("name at least one file or folder to import.")
    given = how or Importing()
    if out.exists() and not given.overwrite:
        raise api.UnisonoError(f"{out} exists; choose another name with --out, or --overwrite.")
    options = api.ImportOptions(
        read=(stated or Stated()).options(),
        merge=given.merge == "stem",
        folders=tuple("" if word == "-" else word for word in given.folders or ()),
        skip=tuple(given.skip or ()),
        derive=not given.as_is,
        overwrite=given.overwrite,
        processes=given.jobs,
    )
    with progress("import", quiet=json_) as tell:
        report = api.import_files(sources, out, options, progress=tell)
    print(json.dumps(report.to_dict()) if json_ else _table(report))
    if report.bad:
        said = "1 file was" if len(report.bad) == 1 else f"{len(report.bad)} files were"
        kept = "1 recording was" if len(report.good) == 1 else f"{len(report.good)} recordings were"
        print(f"unisono import: {said} not imported; {kept} kept.", file=sys.stderr)
    return 2 if report.bad else 0


def _table(report: "ImportReport") -> str:
    """What was kept, what was not and why, and what is doubtful."""
    people = {entry.subject for entry in report.good}
    recordings = f"{len(report.good)} recording{'' if len(report.good) == 1 else 's'}"
    subjects = f"{len(people)} subject{'' if len(people) == 1 else 's'}"
    lines = [f"{recordings} of {subjects} in {report.path}"]
    lines += [f"NOT IMPORTED {bad.reason}" for bad in report.bad]
    # One line a kind of doubt, not one a recording: figures in a message differ from file to file.
    grouped: dict[tuple[str, str], list[RecordingDoubt]] = {}
    for doubt in report.doubts:
        kind = re.sub(r"-?[0-9][0-9.e+-]*", "#", doubt.message)
        grouped.setdefault((kind, doubt.remedy), []).append(doubt)
    for doubts in grouped.values():
        first = doubts[0]
        more = f" (and {len(doubts) - 1} more)" if len(doubts) > 1 else ""
        remedy = f"; {first.remedy}" if first.remedy else ""
        whose = f"{first.recording}{more}: " if first.recording else ""
        lines.append(f"doubt: {whose}{first.message}{remedy}")
    return "\n".join(lines)
