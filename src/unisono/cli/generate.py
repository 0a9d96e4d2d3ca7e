"""``unisono generate MODEL FILE``: the missing signals of a recording, or a motion from words."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from unisono.cli.options import (
    Asked,
    Drawn,
    Json,
    Spoken,
    Stated,
    refuse_existing,
    refuse_idle,
)

__all__ = ["run"]


def run(
    model: Path,
    file: Path | None = None,
    *,
    out: Path,
    asked: Spoken | None = None,
    drawn: Drawn | None = None,
    stated: Stated | None = None,
    json_: Json = False,
) -> int:
    """Generate signals for one file, or motions from words, in the format that OUT's ending names.

    Parameters
    ----------
    model
        A sealed model's folder.
    file
        A recording that holds what the model was given; or a .rows.toml, whose trials are all
        answered, one a row of a .csv. A model of text to motion needs none.
    out
        Where to write: .mot, .sto, .csv, .npz; forces in .mot also get an ExternalLoads .xml.
        Motions: .bvh, .npz, or .html: a page that plays them. A file that exists is not replaced.
    json_
        Summary, physics report and doubts as one JSON object.
    """
    from unisono import api

    said = asked or Spoken()
    _refuse_idle(said)
    if said.text is not None:
        return _speak(model, file, out, said, drawn or Drawn(), json_=json_)
    if file is None:
        raise api.UnisonoError("name a recording to generate from, or say --text '...'.")
    if out.exists():  # told before the work, not after it
        raise api.UnisonoError(f"{out} exists; choose another name.")
    loaded = api.load_model(model)
    sampling = (drawn or Drawn()).options()
    recordings = api.read(file, (stated or Stated()).options())
    if isinstance(recordings, list) and file.is_dir():
        raise api.UnisonoError(f"{file} is a folder; name one file.")
    several = isinstance(recordings, list)
    if not several or len(said.want or loaded.want) == 1:  # else a table a stream, named after it
        refuse_existing(out)
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


def _refuse_idle(said: Spoken) -> None:
    """Refuse options that would be passed over: those of words without any, and the reverse."""
    of_streams = tuple(one.name for one in fields(Asked))
    of_words = tuple(one.name for one in fields(Spoken) if one.name not in of_streams)
    spoken = said.text is not None
    how = "beside --text" if spoken else "without --text"
    refuse_idle(said, how, of_streams if spoken else of_words)


def _speak(
    model: Path, file: Path | None, out: Path, spoken: Spoken, drawn: Drawn, *, json_: bool
) -> int:
    """Motions from words."""
    from unisono import api

    refuse_idle(drawn, "beside --text", ("physics",))
    if drawn.samples in (None, 1) or out.suffix.lower() == ".html":  # else a file each, numbered
        refuse_existing(out)
    loaded = api.load_motion_model(model)
    for word in spoken.word or ():
        api.add_word(loaded, word)
    options = api.MotionSampling(
        seconds=spoken.seconds,
        samples=1 if drawn.samples is None else drawn.samples,
        steps=drawn.steps,
        seed=drawn.seed,
        guidance=spoken.guidance,
        hold_feet=spoken.hold_feet,
    )
    ask = api.MotionAsk(
        tuple(spoken.text or ()),
        file,
        path=spoken.path,
        keyframes=spoken.keyframes,
        keep_frames=spoken.keep_frames,
        keep_joints=spoken.keep_joints,
    )
    found = api.make_motion(loaded, ask, options=options)
    written = found.save(out)
    if json_:
        about = {"written": [str(path) for path in written], "summary": found.summary()}
        print(json.dumps(about))
    else:
        print(found.summary())
        print("\n".join(f"wrote {path}" for path in written))
    return 0
