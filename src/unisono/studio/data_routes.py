"""Questions about recordings: what was dropped, and datasets."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from unisono.core.errors import ConfigError
from unisono.studio.answers import Answers
from unisono.studio.asking import FileId
from unisono.studio.desk import Desk, file_said
from unisono.studio.folder import Place
from unisono.studio.shapes import DatasetSaid, DescribedFile, FileSaid, RecordingSaid

__all__ = ["data_routes"]

FileName = Annotated[str, Query(min_length=1, max_length=300, description="What it is called")]


def data_routes(desk: Desk) -> APIRouter:
    """Routes of files and datasets."""
    routes = APIRouter(prefix="/api")
    _files(routes, desk)
    _datasets(routes, desk)
    return routes


def _files(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/files", tags=["files"])
    def list_files() -> list[FileSaid]:
        """What was dropped, newest first."""
        return [file_said(one) for one in desk.uploads.listed()]

    raw = {"content": {"application/octet-stream": {"schema": {"type": "string",
           "format": "binary"}}}, "required": True}  # fmt: skip

    @routes.post("/files", status_code=201, tags=["files"], openapi_extra={"requestBody": raw})
    async def drop_file(name: FileName, request: Request) -> FileSaid:
        """Take in a file, its bytes as the body; a job describes it."""
        with desk.uploads.arriving(name) as arriving:
            async for piece in request.stream():
                arriving.add(piece)
            upload = await run_in_threadpool(arriving.keep)
        return await run_in_threadpool(desk.describe, upload)

    @routes.get("/files/{number}", tags=["files"])
    def get_file(number: FileId) -> DescribedFile:
        """A file, what was understood of it, its doubts, and answers that one click gives."""
        return desk.described(number)

    @routes.put("/files/{number}/answers", tags=["files"])
    def answer(number: FileId, answers: Answers) -> FileSaid:
        """Say what the file does not: units, axes, who it was; it is described anew."""
        return desk.describe(desk.uploads.say(number, answers))

    @routes.delete("/files/{number}", status_code=204, tags=["files"])
    def remove_file(number: FileId) -> None:
        """Remove a file; datasets that it went into keep it."""
        desk.uploads.remove(number)


def _datasets(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/datasets", tags=["datasets"])
    def list_datasets() -> list[DatasetSaid]:
        """Datasets of the folder."""
        return [_dataset_said(place) for place in desk.folder.places("dataset")]

    @routes.get("/recordings", tags=["datasets"])
    def list_recordings(
        dataset: Annotated[str, Query(max_length=300)],
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    ) -> list[RecordingSaid]:
        """Recordings of a dataset."""
        table = desk.folder.place("dataset", dataset).table
        try:
            return [
                RecordingSaid(
                    name=entry["recording"],
                    subject=entry["subject"],
                    duration_s=entry["duration_s"],
                    streams=list(entry["streams"]),
                )
                for entry in table.get("recordings", [])[:limit]
            ]
        except KeyError as error:
            raise ConfigError("its dataset.toml is damaged; import it again.") from error


def _dataset_said(place: Place) -> DatasetSaid:
    entries = place.table.get("recordings", [])
    streams = Counter(str(s) for entry in entries for s in entry.get("streams", []))
    labels = {str(name) for entry in entries for name in entry.get("labels", {})}
    return DatasetSaid(
        name=place.name,
        recordings=len(entries),
        subjects=len({entry.get("subject") for entry in entries}),
        streams=dict(sorted(streams.items())),
        labels=sorted(labels),
    )
