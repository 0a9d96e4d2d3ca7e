"""What is told to a person: one line, without a path of the machine."""

import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["told"]

_PRIVATE = re.compile(r"\.studio/(?:files|results)/\.?[0-9a-f]{16}/")
_PATH = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:)?(?:[/\\][^\s/\\:;,'\"()]+)+[/\\]?")


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
