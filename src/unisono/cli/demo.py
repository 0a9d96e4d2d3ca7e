"""``unisono demo``: the main job, end to end, on simulated gait."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Json

__all__ = ["run"]


def run(
    *,
    out: Path = Path("demo"),
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    json_: Json = False,
) -> int:
    """Simulate walkers, train, generate forces for people never seen, and write the report.

    Parameters
    ----------
    out
        Folder of the results: report.html, report.json, a .mot, the model and the dataset.
    set_
        KEY.PATH=VALUE overrides the demo's recipe. May be repeated.
    json_
        Print report.json.
    """
    from unisono import api
    from unisono.cli.progress import progress

    with progress("demo", quiet=json_) as tell:
        report = api.demo(out, settings=set_ or [], progress=tell)
    print(json.dumps(report.content) if json_ else report.table())
    if not json_:
        print(f"wrote {report.page}")
    return 2 if report.content["leaks"] else 0
