"""``unisono cite MODEL``: the references of exactly what a model uses."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

__all__ = ["run"]


def run(
    model: Path,
    *,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Print how to cite a model: its method, process, losses and data.

    Parameters
    ----------
    model
        A sealed model's folder.
    json_
        The references as one JSON object.
    """
    from unisono import api

    text = api.cite(api.load(model))
    print(json.dumps({"references": text.splitlines()}) if json_ else text)
    return 0
