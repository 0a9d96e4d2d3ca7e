"""``unisono studio [FOLDER]``: the browser."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Json

__all__ = ["run"]


def run(
    folder: Path = Path(),
    *,
    port: int = 8765,
    host: str = "127.0.0.1",
    browser: bool = True,
    workers: int = 2,
    file_mb: Annotated[float, Parameter(name="--file-mb")] = 512.0,
    json_: Json = False,
) -> int:
    """Open the studio on a folder: drop files, train, generate, walk on maps, in the browser.

    Parameters
    ----------
    folder
        Working folder: its datasets and models are shown, new ones are made in it.
    port
        Port; 0 for any that is free.
    host
        Address to listen at. Anything but this machine's own takes a token, which is printed.
    browser
        Open the browser.
    workers
        Processes for training and generating.
    file_mb
        Largest file that may be dropped.
    json_
        The address as one JSON object, for machines.
    """
    from unisono.studio.serving import Listening, serve

    serve(folder, Listening(host, port, browser, workers, file_mb, json_))
    return 0
