"""``unisono learn-word MODEL WORD CLIP...``: a word for a motion that has none."""

import json
from pathlib import Path

from unisono.cli.options import Json, Taught, refuse_existing

__all__ = ["run"]


def run(
    model: Path,
    word: str,
    *clips: Path,
    out: Path,
    taught: Taught | None = None,
    json_: Json = False,
) -> int:
    """Learn a word from clips of a motion; texts of this model can use it with --word.

    Parameters
    ----------
    model
        A sealed model of text to motion.
    word
        The word, between asterisks: "*limp*".
    clips
        Files that show the motion (BVH), on the model's skeleton.
    out
        Where to write the word. A file that exists is not replaced.
    taught
        How the word is learned.
    json_
        What was learned, and how, as one JSON object.
    """
    from unisono import api
    from unisono.cli.progress import progress

    refuse_existing(out)
    loaded = api.load_motion_model(model)
    options = (taught or Taught()).options()
    with progress("learn", quiet=json_) as tell:
        learned = api.learn_word(loaded, word, clips, options=options, progress=tell)
    written = learned.save(out)
    if json_:
        print(json.dumps({"written": str(written), "word": word, **learned.about}))
    else:
        print(f"{word}: learned from {len(clips)} clip(s), loss {learned.about['loss']:.3g}")
        print(f"wrote {written}")
    return 0
