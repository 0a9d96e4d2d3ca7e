"""What the server's answers share: the folder, the queue, what was dropped, how jobs are told."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from unisono.core.errors import ConfigError, UnisonoError
from unisono.studio.answers import Answers, asked_on_page, offers_of
from unisono.studio.asking import Asked
from unisono.studio.events import Board
from unisono.studio.folder import NotThere, WorkFolder
from unisono.studio.jobs import Job, JobQueue
from unisono.studio.plain import told
from unisono.studio.planning import Planned, Planner, file_source
from unisono.studio.shapes import DescribedFile, FileSaid, JobSaid
from unisono.studio.uploads import Upload, Uploads

__all__ = ["Crowded", "Desk"]

_ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)


class Crowded(UnisonoError):
    """So many jobs wait that no more are taken."""


@dataclass(frozen=True)
class Desk:
    """What the server's questions share.

    Args:
        folder: The working folder.
        queue: The queue.
        uploads: What was dropped.
        board: Who listens.
        waiting: Jobs that may wait at once.
    """

    folder: WorkFolder
    queue: JobQueue
    uploads: Uploads
    board: Board
    waiting: int = 1000

    def submit(self, planned: Planned) -> JobSaid:
        """Queue a job.

        Raises:
            Crowded: If too many wait.
        """
        if self.queue.count("queued") >= self.waiting:
            raise Crowded(f"{self.waiting} jobs wait already; let some of them end.")
        return self.say(self.queue.get(self.queue.submit(planned.kind, planned.request)))

    def ask(self, asked: Asked) -> JobSaid:
        """Plan and queue what is asked.

        Raises:
            UnisonoError: If it cannot be done.
        """
        return self.submit(Planner(self.folder, self.uploads).plan(asked))

    def again(self, number: int) -> JobSaid:
        """Ask once more for what a job was asked; a training goes on from its checkpoint.

        Raises:
            ConfigError: If the job has not ended, or was done.
        """
        job = self.queue.get(number)
        if job.state not in ("failed", "cancelled"):
            raise ConfigError("only what failed or was cancelled is asked for again.")
        if "asked" not in job.request:
            return self.submit(Planned(job.kind, job.request))
        asked = _ASKED.validate_python(job.request["asked"])
        return self.submit(Planner(self.folder, self.uploads).plan(asked, again=True))

    def describe(self, upload: Upload) -> FileSaid:
        """Queue the describing of a file."""
        job = self.submit(Planned("describe", {"source": file_source(upload)}))
        return file_said(self.uploads.describe_by(upload.id, job.id))

    def described(self, number: str) -> DescribedFile:
        """A file and what was understood of it.

        Raises:
            ConfigError: If there is no such file.
        """
        upload = self.uploads.get(number)
        job = self.queue.get(upload.job)
        found = job.result[0] if job.state == "done" and job.result else None
        offers = [offers_of(doubt) for doubt in found["doubts"]] if found else []
        error = self.say(job).error
        return DescribedFile(
            file=file_said(upload), state=job.state, error=error, described=found, offers=offers
        )

    def say(self, job: Job) -> JobSaid:
        """A job as it is told: without the server's paths."""
        result = job.result if isinstance(job.result, dict) else {}
        source = job.request.get("source") or {}
        names = {}
        if "path" in source:
            names[Path(source["path"]).name] = source["name"]
        error = asked_on_page(told(job.error, self.folder.root, names))
        end = time.time() if job.ended is None else job.ended
        hidden = {"written", "page"}
        return JobSaid(
            id=job.id,
            kind=job.kind,
            state=job.state,
            asked=self._asked(job),
            attempts=job.attempts,
            stopping=job.stopping,
            doing=job.doing,
            done=job.done,
            total=job.total,
            error="" if job.state == "cancelled" else error,
            at=job.asked,
            seconds=round(max(end - job.began, 0.0), 1) if job.began else 0.0,
            files=list(result.get("written", [])),
            page=str(result.get("page", "")),
            result=_short({k: v for k, v in result.items() if k not in hidden}),
        )

    def spoken(self, job: Job) -> dict[str, Any]:
        """The same as plain values, for events: they say when it began, not how long it takes."""
        said = self.say(job).model_dump(mode="json")
        if job.ended is None:
            said["seconds"] = 0.0  # it would change at every look
        return {**said, "began": job.began}

    def file_of(self, job: Job, name: str) -> Path:
        """A file that a job made.

        Raises:
            NotThere: If it made none of this name.
        """
        result = job.result if isinstance(job.result, dict) else {}
        written, folder = result.get("written", []), job.request.get("out")
        if name not in written or folder is None:
            raise NotThere("the job made no file of this name.")
        path = Path(str(folder), str(written[written.index(name)]))
        if not path.is_file():
            raise NotThere("the file is no longer there; ask for it again.")
        return path

    def _asked(self, job: Job) -> dict[str, Any]:
        if "asked" in job.request:
            return dict(job.request["asked"])
        name = job.request.get("name") or (job.request.get("source") or {}).get("name", "")
        return {"kind": job.kind, "name": name}


def file_said(upload: Upload) -> FileSaid:
    """A dropped file as it is told."""
    return FileSaid(
        id=upload.id, name=upload.name, bytes=upload.bytes, at=upload.at,
        answers=Answers.model_validate(dict(upload.answers)), job=upload.job,
    )  # fmt: skip


def _short(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what no page shows: long lists are cut, and say so."""
    return {
        key: value[:50] if isinstance(value, list) and len(value) > 50 else value
        for key, value in result.items()
    }
