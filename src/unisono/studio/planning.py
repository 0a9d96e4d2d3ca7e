"""From what is asked to a job: names become the paths that the folder knows, and room is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError
from unisono.studio.asking import (
    LEARNED,
    Asked,
    EditAsked,
    EvaluateAsked,
    GenerateAsked,
    ImportAsked,
    LearnAsked,
    MapAsked,
    PlaceAsked,
    Source,
    SpeakAsked,
    TrainAsked,
    TranslateAsked,
    ViewAsked,
    WalkAsked,
)
from unisono.studio.folder import NotThere, Place, WorkFolder
from unisono.studio.uploads import Upload, Uploads

__all__ = ["Planned", "Planner", "file_source", "model_kind", "word_files", "word_folder"]

_METHODS = {"conda": "map", "lddbm": "bridge", "lead": "words"}


class Planned(NamedTuple):
    """A job before it is queued.

    Attributes:
        kind: What is to be done.
        request: With what; ``asked`` is what the person asked, all else is the server's.
    """

    kind: str
    request: Mapping[str, Any]


def model_kind(place: Place) -> str:
    """``generator``, ``map``, ``bridge`` or ``words``; empty where the model cannot be read."""
    method = str(place.table.get("method", ""))
    return _METHODS.get(method, "generator") if method else ""


def word_folder(model: Path) -> Path:
    """Where the learned words of a model lie: beside it, since a sealed folder stays as it is."""
    return model.with_name(f"{model.name}.words")


def word_files(model: Path) -> dict[str, Path]:
    """Files of a model's learned words, by the word as it is written in a text."""
    found = {f"*{file.stem}*": file for file in sorted(word_folder(model).glob("*.word"))}
    return {word: file for word, file in found.items() if re.fullmatch(LEARNED, word)}


def file_source(upload: Upload) -> dict[str, Any]:
    """A dropped file as the jobs take it."""
    return {"path": str(upload.path), "name": upload.name, "answers": dict(upload.answers)}


@dataclass(frozen=True)
class Planner:
    """Makes jobs of what is asked.

    Args:
        folder: Where datasets, models and results lie.
        uploads: What was dropped.
    """

    folder: WorkFolder
    uploads: Uploads

    def plan(self, asked: Asked, *, again: bool = False) -> Planned:
        """A job for what is asked.

        Args:
            asked: What.
            again: Whether it was asked before, so that a training may go on.

        Raises:
            ConfigError: If a name is unknown, taken, or of another kind than is needed.
        """
        made: dict[str, Any]
        match asked:
            case ViewAsked():
                beside = [self._source(one) for one in asked.beside]
                made = {"source": self._source(asked.source), "beside": beside}
            case SpeakAsked():
                made = self._speak(asked)
            case LearnAsked():
                made = self._learn(asked)
            case ImportAsked():
                made = self._import(asked)
            case TrainAsked():
                made = self._train(asked, again=again)
            case GenerateAsked():
                models = {name: self._model(name, "generator") for name in asked.models}
                made = {"models": models, "source": self._source(asked.source)}
            case MapAsked():
                dataset = self.folder.place("dataset", asked.dataset)
                output = self.folder.new_place("model", asked.name)
                made = {"dataset": str(dataset.path), "output": str(output)}
                made["name"] = output.relative_to(self.folder.root).as_posix()
            case EvaluateAsked():
                made = {
                    "model": self._model(asked.model, "generator"),
                    "dataset": str(self.folder.place("dataset", asked.dataset).path),
                }
            case _:
                made = self._on_model(asked)
        if "output" not in made and "out" not in made:
            made["out"] = str(self.folder.new_result())
        return Planned(asked.kind, {**made, "asked": asked.model_dump(mode="json")})

    def _on_model(
        self, asked: TranslateAsked | PlaceAsked | WalkAsked | EditAsked
    ) -> dict[str, Any]:
        kind = "bridge" if isinstance(asked, TranslateAsked) else "map"
        made: dict[str, Any] = {"model": self._model(asked.model, kind)}
        if not isinstance(asked, WalkAsked) and asked.source is not None:
            made["source"] = self._source(asked.source)
        return made

    def _speak(self, asked: SpeakAsked) -> dict[str, Any]:
        model = Path(self._model(asked.model, "words"))
        known = word_files(model)
        used = [word for text in asked.texts for word in re.findall(LEARNED, text.lower())]
        for word in used:
            if word not in known:
                raise NotThere(
                    f"the model has not learned {word}; teach it first.{nearest(word, known)}"
                )
        words = [str(known[word]) for word in dict.fromkeys(used)]
        source = {} if asked.source is None else {"source": self._source(asked.source)}
        return {"model": str(model), "words": words, **source}

    def _learn(self, asked: LearnAsked) -> dict[str, Any]:
        model = Path(self._model(asked.model, "words"))
        if asked.word in word_files(model):
            raise ConfigError(f"the model has learned {asked.word} already; choose another word.")
        clips = [self._source(clip) for clip in asked.clips]
        return {"model": str(model), "clips": clips, "out": str(word_folder(model))}

    def _source(self, source: Source) -> dict[str, Any]:
        if source.file is not None:
            return file_source(self.uploads.get(source.file))
        if source.dataset is None or source.recording is None:
            raise ConfigError("name a file, or a dataset and one of its recordings.")
        place = self.folder.place("dataset", source.dataset)
        names = {entry.get("recording") for entry in place.table.get("recordings", [])}
        if source.recording not in names:
            raise NotThere("the dataset holds no recording of this name.")
        return {"dataset": str(place.path), "recording": source.recording}

    def _model(self, name: str, kind: str) -> str:
        place = self.folder.place("model", name)
        if model_kind(place) != kind:
            raise ConfigError(f"{name} is no {kind}; choose another model.")
        return str(place.path)

    def _import(self, asked: ImportAsked) -> dict[str, Any]:
        if len(set(asked.files)) < len(asked.files):
            raise ConfigError("a file is named twice.")
        sources = [file_source(self.uploads.get(number)) for number in asked.files]
        out = self.folder.new_place("dataset", asked.name)
        return {"sources": sources, "out": str(out), "derive": asked.derive}

    def _train(self, asked: TrainAsked, *, again: bool) -> dict[str, Any]:
        dataset = self.folder.place("dataset", asked.dataset)
        entries = dataset.table.get("recordings", [])
        known = {str(stream) for entry in entries for stream in entry.get("streams", [])}
        for stream in (*asked.given, *asked.want):
            if stream not in known:
                there = ", ".join(sorted(known))
                raise ConfigError(f"the dataset has no stream {stream!r}; it has {there}.")
        if asked.method == "llma" and set(asked.given) & set(asked.want):
            raise ConfigError("a stream is both given and wanted; choose 'any from any' for that.")
        output = self.folder.new_place("model", asked.name)
        run = output.with_name(f"{output.name}.run")
        if run.exists() and not again:
            raise ConfigError(
                f"a training named {asked.name!r} was begun; resume it, or choose another name."
            )
        name = output.relative_to(self.folder.root).as_posix()
        return {"dataset": str(dataset.path), "output": str(output), "name": name}
