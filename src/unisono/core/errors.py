"""Errors that the user can mend.

Every one of them is a ``ValueError`` whose text is one line: what is wrong, where, and the remedy.
The command line prints that line and exits with 2; any other exception is a defect of ours.
"""

from pathlib import Path

__all__ = [
    "ConfigError",
    "FileFormatError",
    "LeakError",
    "ModelError",
    "OutputError",
    "SchemaError",
    "ShapeError",
    "UnisonoError",
    "UnitError",
]


class UnisonoError(ValueError):
    """Base of every error that is the user's to mend."""


class ShapeError(UnisonoError):
    """An array's axes do not fit what the callee declares."""


class SchemaError(UnisonoError):
    """A recording breaks the documented schema (``recordings/schema.py``)."""


class UnitError(UnisonoError):
    """A unit is unknown, or two units cannot be converted into one another."""


class ConfigError(UnisonoError):
    """A recipe or an option holds an unknown key or a value out of range."""


class LeakError(UnisonoError):
    """Something of the test part reached training, normalising or calibration."""


class ModelError(UnisonoError):
    """A model folder is damaged, of a newer format, or does not fit the recording."""


class OutputError(UnisonoError):
    """A result cannot be written: it exists, the disk is full, or the place is not writable."""


class FileFormatError(UnisonoError):
    """A file cannot be read as what it claims to be.

    Args:
        file: The file.
        place: Where in it, in words ("header", "line 12", "POINT:LABELS"), or "".
        problem: What is wrong there.
        remedy: What the user can do about it.

    Example:
        >>> print(FileFormatError("walk.mot", "line 3", "nColumns is not a number", "re-export it"))
        walk.mot, line 3: nColumns is not a number; re-export it.
    """

    def __init__(self, file: str | Path, place: str, problem: str, remedy: str) -> None:
        self.file, self.place, self.problem, self.remedy = str(file), place, problem, remedy
        where = f"{file}, {place}" if place else f"{file}"
        text = " ".join(f"{where}: {problem}; {remedy}".split())  # one line, whatever came in
        super().__init__(text if text.endswith("?") else text.rstrip(".") + ".")
