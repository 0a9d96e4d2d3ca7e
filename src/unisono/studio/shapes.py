"""What the studio answers: the shapes that its OpenAPI description documents."""

from typing import Any

from pydantic import BaseModel

from unisono.studio.answers import Answers, Offer

__all__ = ["About", "CurveSaid", "DatasetSaid", "DescribedFile", "FileSaid", "JobSaid", "ModelSaid",
           "Problem", "RecordingSaid", "WordSaid"]  # fmt: skip


class Problem(BaseModel):
    """What went wrong, in one line with its remedy.

    Attributes:
        error: The line.
    """

    error: str


class About(BaseModel):
    """What the studio is and takes.

    Attributes:
        version: Version of Unisono.
        folder: Name of the working folder.
        endings: Endings of files that may be dropped.
        file_mb: Largest file, MB.
        formats: Endings of results.
        waiting: Jobs that wait.
        running: Jobs that run.
    """

    version: str
    folder: str
    endings: list[str]
    file_mb: float
    formats: list[str]
    waiting: int
    running: int


class FileSaid(BaseModel):
    """A dropped file.

    Attributes:
        id: Its number.
        name: What it was called.
        bytes: How large it is.
        at: When it came, s since 1970.
        answers: What a person says of it.
        job: The job that describes it.
    """

    id: str
    name: str
    bytes: int
    at: float
    answers: Answers
    job: int


class DescribedFile(BaseModel):
    """A dropped file and what was understood of it.

    Attributes:
        file: The file.
        state: State of the job that describes it.
        error: Why it cannot be read, or ``""``.
        described: What was understood; None before that is known.
        offers: For each doubt, answers that one click gives.
    """

    file: FileSaid
    state: str
    error: str
    described: dict[str, Any] | None
    offers: list[list[Offer]]


class DatasetSaid(BaseModel):
    """A dataset.

    Attributes:
        name: Its name.
        recordings: How many recordings.
        subjects: How many people.
        streams: How many recordings hold each stream.
        labels: Names of labels.
    """

    name: str
    recordings: int
    subjects: int
    streams: dict[str, int]
    labels: list[str]


class RecordingSaid(BaseModel):
    """A recording of a dataset.

    Attributes:
        name: Its name.
        subject: Who was recorded.
        duration_s: How long it is.
        streams: Its streams.
    """

    name: str
    subject: str
    duration_s: float
    streams: list[str]


class ModelSaid(BaseModel):
    """A model.

    Attributes:
        name: Its name.
        kind: ``generator``, ``map``, ``bridge`` or ``words``; empty where it cannot be read.
        method: Its method.
        given: What it is given.
        want: What it makes.
        made: When it was sealed.
        card: Its card, in Markdown.
    """

    name: str
    kind: str
    method: str
    given: list[str]
    want: list[str]
    made: str
    card: str = ""


class WordSaid(BaseModel):
    """A word that a model of text to motion has learned.

    Attributes:
        word: As it is written in a text, between asterisks.
        at: When it was learned, s since 1970.
    """

    word: str
    at: float


class JobSaid(BaseModel):
    """A job.

    Attributes:
        id: Its number.
        kind: What is done.
        state: ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``.
        asked: What was asked.
        attempts: How often a worker began it.
        stopping: Whether it is asked to stop.
        doing: What it is at.
        done: How much of that is done.
        total: How much there is; 0 where unknown.
        error: Why it failed, or that its worker was killed and it is tried once more.
        at: When it was asked, s since 1970.
        seconds: How long its last attempt took, or takes by now.
        files: Names of what it made, to be fetched.
        page: Which of them is a page to look at, or ``""``.
        result: What it came to, in figures and words.
    """

    id: int
    kind: str
    state: str
    asked: dict[str, Any]
    attempts: int
    stopping: bool
    doing: str
    done: int
    total: int
    error: str
    at: float
    seconds: float
    files: list[str]
    page: str
    result: Any


class CurveSaid(BaseModel):
    """A training's log.

    Attributes:
        step: Steps done.
        loss: Loss of each of these steps, as the mean since the one before.
        previews: Steps of which there is a picture.
    """

    step: list[int]
    loss: list[float | None]
    previews: list[int]
