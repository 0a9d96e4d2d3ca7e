"""``unisono describe FILE...``: what was understood of files."""

import json
import sys
from pathlib import Path

from unisono.cli.options import Json, Stated

__all__ = ["run"]


def run(
    *files: Path,
    stated: Stated | None = None,
    json_: Json = False,
) -> int:
    """Print what was understood: streams, channels, units, axes, rates, gaps, events, doubts.

    Parameters
    ----------
    files
        Recordings: C3D, TRC, MOT, STO, BVH, CSV, Parquet, NPZ, NPY or MAT; or folders of them.
    json_
        One JSON object a recording, for machines.
    """
    from unisono import api

    if not files:
        raise api.UnisonoError("name at least one file or folder to describe.")
    options = (stated or Stated()).options()
    found = api.list_files(files)
    if not found:
        raise api.UnisonoError(f"{files[0]} holds no recording; name a file, or another folder.")
    failed = 0
    for file in found:
        try:
            described = api.describe(file, options)
        except api.UnisonoError as error:
            if len(found) == 1:
                raise
            failed += 1
            if json_:
                print(json.dumps({"file": str(file), "error": str(error)}))
            else:
                print(error, file=sys.stderr)
            continue
        for one in described:
            print(json.dumps(one.to_dict()) if json_ else one.table())
    return 2 if failed else 0
