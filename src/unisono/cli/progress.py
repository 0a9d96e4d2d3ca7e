"""One progress line with the time left, for every long command."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Tell | None]:
    """Yield a callback that draws progress on standard error; None if ``quiet``."""
    if quiet:
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as drawn:
        tasks: dict[str, int] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = drawn.add_task(f"{title}: {what}", total=max(total, 1))
            drawn.update(tasks[what], completed=done, total=max(total, 1))  # type: ignore[arg-type]

        yield tell
