"""Jobs on words and motion: making motions from texts, and learning a word from clips."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unisono.studio.data_jobs import open_source, save_as, seal_time
from unisono.studio.plain import plain_stem
from unisono.studio.worker import Tell

if TYPE_CHECKING:
    from unisono.api import MotionModel

__all__ = ["learn_word", "speak_motion"]

_NAMED = 40
"""Letters of a text that name its files."""


def speak_motion(request: Mapping[str, Any], tell: Tell) -> object:
    """Motions of texts: ``model``, ``words`` (paths), ``out`` (folder), maybe ``source``."""
    from unisono import api

    asked, out = request["asked"], Path(request["out"])
    tell("loading", 0, 3)
    model = _motion_model(request["model"], seal_time(request["model"]))
    for file in request["words"]:
        api.add_word(model, file)
    source = request.get("source")
    clip = None if source is None else open_source(source)
    ask = api.MotionAsk(
        tuple(asked["texts"]),
        clip,
        keep_frames=asked["keep_frames"],
        keep_joints=asked["keep_joints"],
    )
    options = api.MotionSampling(
        seconds=asked["seconds"],
        samples=asked["samples"],
        steps=asked["steps"],
        guidance=asked["guidance"],
        seed=asked["seed"],
    )
    tell("making", 1, 3)
    found = api.make_motion(model, ask, options=options)
    tell("writing", 2, 3)
    stem = _stem(asked["texts"])
    saved = save_as(found.save, out / stem, asked["formats"])
    if isinstance(found, api.GeneratedMotion):
        shown = [found.recording(i) for i in range(len(found))]
    else:
        shown = list(found.recordings)
    for number, tree in enumerate(shown):
        text = " | ".join(asked["texts"])[:80]
        tree.attrs["recording"] = f"{text} ({number + 1})" if len(shown) > 1 else text
    page = api.show([*shown, *([] if clip is None else [clip])]).save(out / f"{stem}.html").name
    return {"written": [*saved.written, page], "page": page, "summary": found.summary(),
            "refused": saved.refused}  # fmt: skip


def learn_word(request: Mapping[str, Any], tell: Tell) -> object:
    """A word from clips: ``model`` (path), ``clips`` (sources), ``out`` (folder), ``asked``."""
    from unisono import api

    asked, out = request["asked"], Path(request["out"])
    file = out / f"{asked['word'].strip('*')}.word"
    if not file.exists():  # else it was learned before its worker died
        tell("reading", 0, len(request["clips"]))
        model = api.load_motion_model(request["model"])
        clips = [open_source(source) for source in request["clips"]]
        settings = api.WordSettings(
            space=asked["space"], warm=asked["warm"], steps=asked["steps"], start=asked["start"]
        )
        options = api.WordOptions(settings, seed=asked["seed"])
        learned = api.learn_word(model, asked["word"], clips, options=options, progress=tell)
        out.mkdir(exist_ok=True)
        learned.save(file)
    found = api.load_word(file)
    return {"written": [file.name], "word": found.word, **dict(found.about)}


def _stem(texts: list[str]) -> str:
    """What motions of texts are called on the disk."""
    return plain_stem(" ".join(texts), _NAMED) or "motion"


@lru_cache(maxsize=1)
def _motion_model(path: str, changed: int) -> "MotionModel":
    """A model, kept by its worker while its seal stays the same; words are read anew each time."""
    from unisono import api

    return api.load_motion_model(path)
