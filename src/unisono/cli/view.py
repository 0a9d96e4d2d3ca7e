"""``unisono view FILE...``: recordings on the timeline page, one file to send on."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Drawn, Stated, refuse_idle

__all__ = ["run"]


def run(
    *files: Path,
    out: Path | None = None,
    model: Path | None = None,
    drawn: Drawn | None = None,
    stated: Stated | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    open_: Annotated[bool, Parameter(name="--open", negative="")] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Write one HTML page with skeleton, force arrows, curves and events; it needs no network.

    Parameters
    ----------
    files
        Recordings, or folders of them; with several, a person chooses on the page.
    out
        The page; by default the name of the first file with .html, in this folder.
    model
        A sealed model's folder: what it generates is shown with its bands beside what was recorded.
    overwrite
        Replace a page that exists.
    open_
        Open it in the browser.
    json_
        What was written, as one JSON object.
    """
    from unisono import api

    if model is None:
        refuse_idle(drawn or Drawn(), "without --model")
    if not files:
        raise api.UnisonoError("name at least one file or folder to view.")
    target = out or Path(f"{files[0].resolve().stem}.html")
    if target.suffix.lower() not in (".html", ".htm"):
        raise api.UnisonoError(f"{target}: a page ends in .html; choose another name.")
    if target.exists() and not overwrite:
        raise api.UnisonoError(f"{target} exists; choose another name with --out, or --overwrite.")
    options = (stated or Stated()).options()
    read = [api.read(file, options) for file in api.list_files(files)]
    found = [tree for one in read for tree in (one if isinstance(one, list) else [one])]
    if model is None:
        shown = api.show(found)
    else:
        loaded, sampling = api.load_model(model), (drawn or Drawn()).options()
        shown = api.show([loaded.generate(tree, options=sampling) for tree in found])
    page = shown.save(target)
    if open_:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    said = {"written": [str(page)], "recordings": [str(t.attrs["recording"]) for t in found]}
    count = "1 recording" if len(found) == 1 else f"{len(found)} recordings"
    print(json.dumps(said) if json_ else f"wrote {page} ({count})")
    return 0
