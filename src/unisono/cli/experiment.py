"""``unisono experiment NAME``: a paper's table on our data."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Json

__all__ = ["run"]


def run(
    name: str = "",
    *,
    out: Path = Path("runs"),
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    json_: Json = False,
) -> int:
    """Run an experiment; killed and started again, it goes on where it stopped.

    Parameters
    ----------
    name
        Which one; without a name they are listed.
    out
        Folder of its state and results.
    set_
        KEY=VALUE overrides its settings, e.g. data.path=gait.un. May be repeated.
    json_
        The result as JSON.
    """
    from unisono import experiments

    if not name:
        known = experiments.listed()
        lines = [f"{key}: {text}" for key, text in known.items()]
        print(json.dumps({"experiments": known}) if json_ else "\n".join(lines))
        return 0
    result = experiments.run(name, out / name, settings=set_ or [])
    print(json.dumps(result.content) if json_ else result.table())
    return 0
