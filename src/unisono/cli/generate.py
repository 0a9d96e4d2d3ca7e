"""``unisono generate MODEL FILE``: the missing signals of a recording."""

import json
from pathlib import Path
from typing import Any

from unisono.cli.options import Asked, Drawn, Json, Stated

__all__ = ["run"]


def run(
    model: Path,
    file: Path,
    *,
    out: Path,
    asked: Asked | None = None,
    drawn: Drawn | None = None,
    stated: Stated | None = None,
    json_: Json = False,
) -> int:
    """Generate signals for one file and write them in the format that OUT's ending names.

    Parameters
    ----------
    model
        A sealed model's folder.
    file
        A recording that holds what the model was given; or a .rows.toml, whose trials are all
        answered, one a row of a .csv.
    out
        Where to write: .mot, .sto, .csv, .npz; forces in .mot also get an ExternalLoads .xml.
        A file that exists is not replaced.
    json_
        Summary, physics report and doubts as one JSON object.
    """
    from unisono import api

    loaded, said = api.load_model(model), asked or Asked()
    sampling = (drawn or Drawn()).options()
    recordings = api.read(file, (stated or Stated()).options())
    if isinstance(recordings, list) and file.is_dir():
        raise api.UnisonoError(f"{file} is a folder; name one file.")
    several = isinstance(recordings, list)
    results = [
        loaded.generate(tree, want=said.want, given=said.given, options=sampling)
        for tree in (recordings if isinstance(recordings, list) else [recordings])
    ]
    written = api.save_rows(results, out) if several else results[0].save(out)
    if json_:
        reports = [result.report() for result in results]
        about: dict[str, Any] = {"trials": reports} if several else reports[0]
        print(json.dumps({"written": [str(p) for p in written], **about}))
    else:
        print("\n".join(result.summary() for result in results))
        print("\n".join(f"wrote {path}" for path in written))
    return 0
