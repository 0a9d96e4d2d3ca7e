"""Results of a table that holds one trial a row, written as such a table again."""

from collections.abc import Sequence
from pathlib import Path

from unisono.api.generated import Generated
from unisono.core.config import to_toml
from unisono.core.errors import OutputError
from unisono.core.files import write_text
from unisono.recordings.formats.row_trials import write_row_trials

__all__ = ["save_rows"]


def save_rows(
    results: Sequence[Generated], path: str | Path, *, overwrite: bool = False
) -> list[Path]:
    """Write what was generated for several trials, one trial a row, without a header.

    Beside the table stands a ``.rows.toml`` that says what the rows mean, so that it is read like
    any other recording. With several streams each has a table, ``<name>_<stream>.csv``.

    Args:
        results: One a trial, all of one length, as fixed windows of equal trials give them.
        path: The table, ``.csv``.
        overwrite: Whether existing files may be replaced.

    Returns:
        The files written.

    Raises:
        OutputError: If the suffix is another, a file exists, the trials differ in length, or the
            channels of a stream in unit, of which such a table has one a stream.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv" or not results:
        raise OutputError(f"{path}: results of several trials go to a .csv, one trial a row.")
    first = results[0].parts
    for name, part in first.items():
        if len(set(part.units)) > 1:
            raise OutputError(
                f"{path}: {name} has channels in {', '.join(dict.fromkeys(part.units))}, and rows "
                "have one unit a stream; save the results one by one (result.save)."
            )
    tables = {
        name: path if len(first) == 1 else path.with_name(f"{path.stem}_{name}.csv")
        for name in first
    }
    layout = path.with_name(f"{path.stem}.rows.toml")
    for file in (*tables.values(), layout):
        if file.exists() and not overwrite:
            raise OutputError(f"{file} exists; choose another name.")
    clock = next(iter(first.values())).time
    trees = [result.mean for result in results]
    written = [write_row_trials(trees, file, stream=name) for name, file in tables.items()]
    about = {
        "rate_hz": round((len(clock) - 1) / float(clock[-1] - clock[0]), 6),
        "streams": {
            name: {
                "file": tables[name].name,
                "channels": list(part.channels),
                "unit": part.units[0],
                "kind": part.kind,
            }
            for name, part in first.items()
        },
    }
    return [*written, write_text(layout, to_toml(about))]
