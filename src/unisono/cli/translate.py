"""``unisono translate MODEL FILE``: one kind of thing into another."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Drawn, Stated, refuse_existing, refuse_idle

__all__ = ["run"]


def run(
    model: Path,
    file: Path,
    *,
    out: Path,
    drawn: Drawn | None = None,
    stated: Stated | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Carry things into what a bridge makes, and write answers, samples and spread.

    Parameters
    ----------
    model
        A sealed bridge's folder.
    file
        An .npz with the arrays that the bridge was given, or a recording with its streams.
    out
        Where to write. Arrays: .npz, .png (contact sheet of images or solids), .obj or .glb
        (solids). Recordings: .mot, .sto, .csv, .npz, .bvh, with samples in an .npz beside.
        A file that exists is not replaced.
    drawn
        How the bridge is sampled; it knows no --physics.
    stated
        What you know of a recording and it does not say; arrays say all that is read of them.
    json_
        What was written, and how, as one JSON object.
    """
    from unisono import api

    refuse_existing(out)
    drawn, stated = drawn or Drawn(), stated or Stated()
    refuse_idle(drawn, "to a bridge", ("physics",))
    loaded = api.load_translator(model)
    options = drawn.options()
    found: api.Translation | api.RecordingTranslation
    if loaded.recipe.data.is_file:
        refuse_idle(stated, "of arrays")
        found = loaded.translate(file, options=options)
    else:
        found = loaded.translate_recording(api.read_one(file, stated.options()), options=options)
    written = found.save(out)
    if json_:
        print(json.dumps({"written": [str(p) for p in written], "summary": found.summary()}))
    else:
        print(found.summary())
        print("\n".join(f"wrote {path}" for path in written))
    return 0
