"""What is told to a person, one line without a path; and from a person's words, names of files."""

import errno
import re
import sqlite3
import unicodedata
from collections.abc import Mapping
from pathlib import Path

__all__ = ["DISK_FULL", "is_disk_full", "plain_stem", "told"]

DISK_FULL = "the disk is full; free space and ask again."
"""What is said where nothing more can be written."""

_PRIVATE = re.compile(r"\.studio/(?:files|results)/\.?[0-9a-f]{16}/")
_PATH = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:)?(?:[/\\][^\s/\\:;,'\"()]+)+[/\\]?")


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that nothing more can be written.

    Example:
        >>> is_disk_full(OSError(errno.ENOSPC, "No space left on device")), is_disk_full(OSError())
        (True, False)
    """
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def told(text: str, root: Path, names: Mapping[str, str] | None = None) -> str:
    """A line without paths: what lies below the folder by its place there, all else by its name.

    Args:
        text: What was said.
        root: The working folder.
        names: What people call files, by the name they have on the disk.

    Example:
        >>> told("/home/anna/lab/x.c3d, header: bad; see /etc/hosts.", Path("/home/anna/lab"))
        'x.c3d, header: bad; see hosts.'
    """
    line = " ".join(text.split()).replace(f"{root}/", "").replace(str(root), "the folder")
    line = _PRIVATE.sub("", line)
    line = _PATH.sub(lambda found: re.split(r"[/\\]", found[0].rstrip("/\\"))[-1], line)
    for disk, name in (names or {}).items():
        line = line.replace(disk, name)
    return line


def plain_stem(words: str, most: int, also: str = "") -> str:
    """A part of a file's name from words: letters and digits of any script, ``_`` for all else.

    Args:
        words: What a person wrote.
        most: Letters at most; no more than twice as many bytes, since a disk counts those.
        also: Further signs that are kept.

    Example:
        >>> plain_stem("../Gang Müller: 歩く", 60)
        'Gang_Müller_歩く'
    """
    # Some systems hand over a letter and its accent as two signs; marks belong to letters.
    signs = unicodedata.normalize("NFC", words)
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" or c in also else " " for c in signs)
    short = "_".join(kept.split())[:most].encode()[: 2 * most].decode(errors="ignore")
    return short.strip("_")
