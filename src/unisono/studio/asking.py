"""What may be asked of the studio: one model a kind of job, checked before it is queued."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from unisono.studio.folder import NAME

__all__ = ["FORMATS", "LEARNED", "Asked", "EditAsked", "EvaluateAsked", "GenerateAsked",
           "ImportAsked", "LearnAsked", "MapAsked", "PlaceAsked", "Source", "SpeakAsked",
           "TrainAsked", "TranslateAsked", "ViewAsked", "WalkAsked"]  # fmt: skip

FORMATS = ("mot", "sto", "trc", "bvh", "csv", "npz", "html")
"""Endings in which a result may be asked for."""

LEARNED = r"\*[a-z][a-z0-9-]{0,29}\*"
"""What a learned word looks like in a text."""

Word = Annotated[str, Field(min_length=1, max_length=200)]
New = Annotated[str, Field(pattern=NAME)]
FileId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Format = Literal["mot", "sto", "trc", "bvh", "csv", "npz", "html"]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Source(_Strict):
    """A recording: a dropped file, or one of a dataset.

    Attributes:
        file: Number of a dropped file.
        dataset: Name of a dataset.
        recording: Name of one of its recordings.
    """

    file: FileId | None = None
    dataset: Word | None = None
    recording: Word | None = None


class ViewAsked(_Strict):
    """The timeline page of a recording, maybe with others beside it."""

    kind: Literal["view"]
    source: Source
    beside: Annotated[list[Source], Field(max_length=11)] = []


class ImportAsked(_Strict):
    """A dataset of dropped files, each as its answers say."""

    kind: Literal["import"]
    name: New
    files: Annotated[list[FileId], Field(min_length=1, max_length=5000)]
    derive: bool = True


class TrainAsked(_Strict):
    """A model of a dataset.

    Attributes:
        name: What the model will be called.
        dataset: What it learns from.
        given: Streams that are given.
        want: Streams to generate.
        method: ``llma``, or ``llma-any`` for any part from any other.
        steps: Optimiser steps.
        size: Width of the network.
        rate_hz: Clock of a window.
        frames: Frames of a window.
        per_mass: Whether forces and moments are learned by body mass.
        calibration: Share of people who calibrate the bands.
        test: Share of people who are kept for testing.
        previews: Steps between previews; 0 for none.
        seed: Where every random draw comes from.
    """

    kind: Literal["train"]
    name: New
    dataset: Word
    given: Annotated[list[Word], Field(min_length=1, max_length=20)]
    want: Annotated[list[Word], Field(min_length=1, max_length=20)]
    method: Literal["llma", "llma-any"] = "llma"
    steps: Annotated[int, Field(ge=1, le=1_000_000)] = 3000
    size: Literal["tiny", "small", "medium"] = "small"
    rate_hz: Annotated[float, Field(gt=0, le=10_000)] = 100.0
    frames: Annotated[int, Field(ge=8, le=2000)] = 100
    per_mass: bool = True
    calibration: Annotated[float, Field(ge=0, le=0.6)] = 0.2
    test: Annotated[float, Field(ge=0, le=0.6)] = 0.2
    previews: Annotated[int, Field(ge=0, le=1_000_000)] = 200
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class GenerateAsked(_Strict):
    """What one or several models generate for a recording."""

    kind: Literal["generate"]
    models: Annotated[list[Word], Field(min_length=1, max_length=6)]
    source: Source
    samples: Annotated[int, Field(ge=1, le=1000)] = 32
    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    physics: Literal["none", "floor", "balance"] = "floor"
    formats: Annotated[list[Format], Field(max_length=7)] = ["mot", "html"]


class TranslateAsked(_Strict):
    """What a bridge carries a recording, or arrays of an ``.npz``, into."""

    kind: Literal["translate"]
    model: Word
    source: Source
    samples: Annotated[int, Field(ge=0, le=1000)] = 8
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    formats: Annotated[list[Literal["npz", "png", "obj", "glb", "mot", "sto", "csv", "bvh"]],
                       Field(min_length=1, max_length=8)] = ["npz"]  # fmt: skip


class EvaluateAsked(_Strict):
    """The report of a model on people it has not met, beside baselines."""

    kind: Literal["evaluate"]
    model: Word
    dataset: Word
    samples: Annotated[int, Field(ge=2, le=1000)] = 32


class MapAsked(_Strict):
    """A map of a dataset's dynamics, by time, labels, or both."""

    kind: Literal["map"]
    name: New
    dataset: Word
    by: Annotated[list[Word], Field(min_length=1, max_length=10)]
    streams: Annotated[list[Word], Field(max_length=10)] = []
    dims: Annotated[int, Field(ge=2, le=64)] = 3
    steps: Annotated[int, Field(ge=1, le=1_000_000)] = 2000
    rate_hz: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    controls: bool = False


class PlaceAsked(_Strict):
    """The places of a map, to be drawn; maybe with the way of a recording over it."""

    kind: Literal["place"]
    model: Word
    source: Source | None = None


class WalkAsked(_Strict):
    """A walk on a map through points, and what it looks like.

    Attributes:
        model: The map.
        points: Points of the map.
        way: How they are joined.
        frames: Frames of the walk.
        formats: Endings in which what it looks like is kept.
    """

    kind: Literal["walk"]
    model: Word
    points: Annotated[
        list[Annotated[list[Number], Field(min_length=2, max_length=64)]],
        Field(min_length=2, max_length=50),
    ]
    way: Literal["line", "arc", "spline", "along"] = "spline"
    frames: Annotated[int, Field(ge=2, le=1000)] = 60
    formats: Annotated[list[Format], Field(max_length=7)] = []


class EditAsked(_Strict):
    """A recording moved on a map: towards a label's number, to a class, or onwards."""

    kind: Literal["edit"]
    model: Word
    source: Source
    toward: Word | None = None
    value: Number | None = None
    to_class: Word | None = None
    forecast: Annotated[int, Field(ge=0, le=10_000)] = 0
    share: Annotated[float, Field(ge=0, le=1)] = 1.0
    formats: Annotated[list[Format], Field(max_length=7)] = ["html"]


class SpeakAsked(_Strict):
    """Motions from words, or a part of a clip made anew.

    Attributes:
        model: A model of text to motion.
        texts: What is done; several follow one another.
        seconds: Length of each text's part.
        samples: Motions.
        steps: Solver steps; the model's own where None.
        guidance: Weight of the texts; the model's own where None.
        seed: Where the noise comes from.
        source: A clip of which a part is made anew.
        keep_frames: Frames of the clip that stay, ``0:20,60:80``.
        keep_joints: Joints of the clip that stay, ``Hips,LeftUpLeg``.
        formats: Endings in which the motions are kept.
    """

    kind: Literal["speak"]
    model: Word
    texts: Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]],
                     Field(min_length=1, max_length=12)]  # fmt: skip
    seconds: Annotated[float, Field(gt=0, le=120)] = 4.0
    samples: Annotated[int, Field(ge=1, le=32)] = 1
    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    guidance: Annotated[float, Field(ge=0, le=100)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    source: Source | None = None
    keep_frames: Annotated[str, Field(max_length=1000)] = ""
    keep_joints: Annotated[str, Field(max_length=5000)] = ""
    formats: Annotated[list[Literal["bvh", "npz", "html"]], Field(max_length=3)] = ["bvh", "html"]


class LearnAsked(_Strict):
    """A word for a motion that has none, from clips that show it.

    Attributes:
        model: A model of text to motion.
        word: The word, between asterisks.
        clips: Recordings on the model's skeleton.
        space: Where motions are compared.
        start: A word that the model knows to begin from.
        warm: Steps of comparing text and motion directly.
        steps: Steps through the diffusion.
        seed: Where every draw comes from.
    """

    kind: Literal["learn"]
    model: Word
    word: Annotated[str, Field(pattern=f"^{LEARNED}$")]
    clips: Annotated[list[Source], Field(min_length=1, max_length=50)]
    space: Literal["realigned", "latent", "noise"] = "realigned"
    start: Annotated[str, Field(max_length=60)] = ""
    warm: Annotated[int, Field(ge=0, le=100_000)] = 100
    steps: Annotated[int, Field(ge=0, le=100_000)] = 300
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


Asked = Annotated[
    ViewAsked | ImportAsked | TrainAsked | GenerateAsked | TranslateAsked | EvaluateAsked | MapAsked
    | PlaceAsked | WalkAsked | EditAsked | SpeakAsked | LearnAsked,
    Field(discriminator="kind"),
]  # fmt: skip
"""Anything that may be asked for."""
