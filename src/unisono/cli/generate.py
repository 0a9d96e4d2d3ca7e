"""``unisono generate MODEL FILE``: the missing signals of a recording."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Drawn, Stated, Words

__all__ = ["run"]


def run(
    model: Path,
    file: Path,
    *,
    out: Path,
    want: Words = None,
    drawn: Drawn | None = None,
    stated: Stated | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Generate signals for one file and write them in the format that OUT's ending names.

    Parameters
    ----------
    model
        A sealed model's folder.
    file
        A recording that holds what the model was given.
    out
        Where to write: .mot, .sto, .csv, .npz; forces in .mot also get an ExternalLoads .xml.
        A file that exists is not replaced.
    want
        Streams to generate; by default all that the model was trained to.
    json_
        Summary, physics report and doubts as one JSON object.
    """
    from unisono import api

    loaded = api.load(model)
    recording = api.read_one(file, (stated or Stated()).options())
    generated = loaded.generate(recording, want=want, options=(drawn or Drawn()).options())
    written = generated.save(out)
    if json_:
        print(json.dumps({"written": [str(p) for p in written], **generated.report()}))
    else:
        print(generated.summary())
        print("\n".join(f"wrote {path}" for path in written))
    return 0
