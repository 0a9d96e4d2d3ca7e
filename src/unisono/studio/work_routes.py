"""Questions about models and jobs."""

import csv
import math
import mimetypes
import shutil
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, StreamingResponse

from unisono.core.errors import ConfigError
from unisono.studio.asking import LEARNED, Asked
from unisono.studio.desk import Desk
from unisono.studio.folder import NotThere, Place
from unisono.studio.guard import Refused, frame_policy
from unisono.studio.jobs import STATES, Job
from unisono.studio.planning import Planned, model_kind, word_files
from unisono.studio.shapes import CurveSaid, JobSaid, ModelSaid, WordSaid
from unisono.studio.uploads import TooLarge, plain_name

__all__ = ["work_routes"]

_POINTS = 500
_CARD = 100_000
_ARCHIVES = 20
"""Models from outside that may wait to be verified."""

Name = Annotated[str, Query(min_length=1, max_length=300)]
State = Annotated[str, Query(pattern=f"^({'|'.join(STATES)})?$")]


def work_routes(desk: Desk) -> APIRouter:
    """Routes of models and jobs."""
    routes = APIRouter(prefix="/api")
    _models(routes, desk)
    _words(routes, desk)
    _jobs(routes, desk)
    _results(routes, desk)
    return routes


def _models(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/models", tags=["models"])
    def list_models() -> list[ModelSaid]:
        """Models of the folder."""
        return [_model_said(place) for place in desk.folder.places("model")]

    @routes.get("/model", tags=["models"])
    def get_model(name: Name) -> ModelSaid:
        """A model and its card."""
        place = desk.folder.place("model", name)
        card = place.path / "card.md"
        text = card.read_text(encoding="utf-8")[:_CARD] if card.is_file() else ""
        return _model_said(place).model_copy(update={"card": text})

    raw = {"content": {"application/octet-stream": {"schema": {"type": "string",
           "format": "binary"}}}, "required": True}  # fmt: skip

    @routes.post("/models", status_code=202, tags=["models"], openapi_extra={"requestBody": raw})
    async def send_model(name: Name, request: Request) -> JobSaid:
        """Take in a model from outside, its folder as a .zip as the body; a job verifies it."""
        output = desk.folder.new_place("model", name)
        if len(list(desk.folder.results.glob("*/*.zip"))) >= _ARCHIVES:
            raise TooLarge(f"{_ARCHIVES} models wait to be verified already; let one of them end.")
        folder = desk.folder.new_result()
        path = folder / plain_name(f"{name}.zip", (".zip",))
        try:
            with path.open("wb") as file:
                async for piece in request.stream():
                    file.write(piece)
        except BaseException:  # a closed tab, a full disk, too much of it
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shown = output.relative_to(desk.folder.root).as_posix()
        wanted = {"path": str(path), "output": str(output), "name": shown}
        return await run_in_threadpool(desk.submit, Planned("verify", wanted))

    @routes.post("/model/verify", status_code=202, tags=["models"])
    def verify_model(name: Name) -> JobSaid:
        """Verify a model of the folder: every byte as it was sealed, weights that fit."""
        place = desk.folder.place("model", name)
        return desk.submit(Planned("verify", {"path": str(place.path), "name": place.name}))


def _words(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/words", tags=["models"])
    def list_words(model: Name) -> list[WordSaid]:
        """Words that a model of text to motion has learned."""
        found = word_files(desk.folder.place("model", model).path)
        return [WordSaid(word=word, at=file.stat().st_mtime) for word, file in found.items()]

    @routes.get("/word", tags=["models"], response_class=FileResponse)
    def get_word(model: Name, word: Annotated[str, Query(pattern=f"^{LEARNED}$")]) -> FileResponse:
        """The file of a learned word, to be kept."""
        found = word_files(desk.folder.place("model", model).path)
        if word not in found:
            raise NotThere("the model has not learned this word.")
        file = found[word]
        return FileResponse(file, filename=file.name, media_type="application/octet-stream")


def _jobs(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/jobs", tags=["jobs"])
    def list_jobs(
        state: State = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> list[JobSaid]:
        """Jobs, newest first."""
        return [desk.say(job) for job in desk.queue.listed(state=state, limit=limit)]

    @routes.post("/jobs", status_code=202, tags=["jobs"])
    def ask(asked: Asked) -> JobSaid:
        """Ask for something that takes a while; once answered, it is on the disk."""
        return desk.ask(asked)

    @routes.get("/jobs/{number}", tags=["jobs"])
    def get_job(number: int) -> JobSaid:
        """A job as it stands."""
        return desk.say(_job(desk, number))

    @routes.post("/jobs/{number}/cancel", tags=["jobs"])
    def cancel(number: int) -> JobSaid:
        """Cancel a job; a training stops with a checkpoint."""
        _job(desk, number)
        return desk.say(desk.queue.cancel(number))

    @routes.post("/jobs/{number}/again", status_code=202, tags=["jobs"])
    def again(number: int) -> JobSaid:
        """Ask again for what failed or was cancelled; a training goes on where it stopped."""
        _job(desk, number)
        return desk.again(number)

    @routes.get("/events", tags=["jobs"], response_class=StreamingResponse)
    async def events() -> StreamingResponse:
        """Server-sent events: ``job``, first each recent one, then each that changes."""
        if desk.board.is_full:
            raise Refused(503, "too many pages are listening; close some.")
        return StreamingResponse(desk.board.listen(), media_type="text/event-stream")


def _results(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/jobs/{number}/files/{name}", tags=["results"], response_class=FileResponse)
    def get_result(number: int, name: str) -> FileResponse:
        """A file that a job made, to be kept."""
        path = desk.file_of(_job(desk, number), name)
        return FileResponse(path, filename=path.name, media_type=_kind(path))

    @routes.get("/jobs/{number}/page", tags=["results"], response_class=FileResponse)
    def get_page(number: int) -> FileResponse:
        """The page that a job made, to be looked at; it runs apart from all else."""
        job = _job(desk, number)
        path = desk.file_of(job, desk.say(job).page)
        policy = {"content-security-policy": frame_policy()}
        return FileResponse(path, media_type="text/html", headers=policy)

    @routes.get("/jobs/{number}/curve", tags=["results"])
    def get_curve(number: int) -> CurveSaid:
        """Loss and previews of a training, while it runs and after."""
        run = _run_of(_job(desk, number))
        if run is None:
            return CurveSaid(step=[], loss=[], previews=[])
        steps, losses = _read_log(run / "log.csv")
        stems = [file.stem for file in sorted(run.glob("previews/step-*.png"))]
        return CurveSaid(step=steps, loss=losses, previews=[int(stem[5:]) for stem in stems])

    @routes.get("/jobs/{number}/preview", tags=["results"], response_class=FileResponse)
    def get_preview(number: int, step: Annotated[int, Query(ge=0, le=10**9)]) -> FileResponse:
        """The picture of a training after a number of steps."""
        run = _run_of(_job(desk, number))
        path = None if run is None else run / "previews" / f"step-{step:09d}.png"
        if path is None or not path.is_file():
            raise NotThere("there is no preview of this step.")
        return FileResponse(path, media_type="image/png")


def _job(desk: Desk, number: int) -> Job:
    """A job.

    Raises:
        Refused: If there is none.
    """
    if not 0 < number < 2**62:
        raise Refused(404, "there is no such job.")
    try:
        return desk.queue.get(number)
    except ConfigError as error:
        raise Refused(404, str(error)) from error


def _model_said(place: Place) -> ModelSaid:
    table = place.table
    config = table.get("config", {})
    data = config.get("data", {}) if isinstance(config, dict) else {}
    request = table.get("extra", {}).get("request", {})
    streams = [str(stream.get("name", "")) for stream in table.get("streams", [])]
    kind, is_map = model_kind(place), model_kind(place) == "map"
    if kind == "words":
        data = {"given": ["text"], "want": ["motion"]}
    return ModelSaid(
        name=place.name,
        kind=kind,
        method=str(table.get("method", "")),
        given=streams if is_map else [str(name) for name in data.get("given", [])],
        want=[str(name) for name in (request.get("by", []) if is_map else data.get("want", []))],
        made=str(table.get("made", {}).get("date", "")),
    )


def _run_of(job: Job) -> Path | None:
    """The folder of a training's run."""
    if job.kind != "train":
        return None
    output = Path(job.request["output"])
    return output.with_name(f"{output.name}.run") / "main"


def _read_log(file: Path) -> tuple[list[int], list[float | None]]:
    """Steps and losses of a log, thinned evenly; a row that is still being written is left out."""
    if not file.is_file():
        return [], []
    steps: list[int] = []
    losses: list[float | None] = []
    with file.open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            try:
                step, loss = int(row["step"]), float(row["loss"])
            except (KeyError, TypeError, ValueError):
                continue
            steps.append(step)
            losses.append(loss if math.isfinite(loss) else None)
    stride = max(-(-len(steps) // _POINTS), 1)
    return steps[::stride], losses[::stride]


def _kind(path: Path) -> str:
    """Type of a file; nothing that a browser would run in place of keeping."""
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return guessed if guessed in ("application/json", "text/csv") else "application/octet-stream"
