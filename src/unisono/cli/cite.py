"""``unisono cite MODEL``: the references of exactly what a model uses."""

import json
from pathlib import Path

from unisono.cli.options import Json

__all__ = ["run"]


def run(
    model: Path,
    *,
    json_: Json = False,
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

    text = api.cite(model)
    print(json.dumps({"references": text.splitlines()}) if json_ else text)
    return 0
