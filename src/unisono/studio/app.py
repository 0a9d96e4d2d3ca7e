"""The application: routes, errors, and what begins and ends with it."""

import asyncio
import importlib.metadata
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from unisono.core.errors import OutputError, UnisonoError
from unisono.studio.asking import FORMATS
from unisono.studio.data_routes import data_routes
from unisono.studio.desk import Crowded, Desk
from unisono.studio.events import Board
from unisono.studio.folder import NotThere, WorkFolder
from unisono.studio.guard import COOKIE, Guard, GuardSettings, check_token
from unisono.studio.handlers import LIMITS, QUICK
from unisono.studio.jobs import JobQueue
from unisono.studio.plain import DISK_FULL, is_disk_full, told
from unisono.studio.pool import WorkerPool
from unisono.studio.shapes import About, Problem
from unisono.studio.shell import DOCUMENT, script, stylesheet
from unisono.studio.uploads import ENDINGS, TooLarge, Uploads
from unisono.studio.work_routes import work_routes
from unisono.studio.worker import WorkerSettings

__all__ = ["StudioSettings", "make_app"]

_VERSION = importlib.metadata.version("unisono")
_HANDLERS = "unisono.studio.handlers:HANDLERS"
_STATUS: tuple[tuple[type[UnisonoError], int], ...] = (
    (NotThere, 404), (TooLarge, 413), (Crowded, 429), (OutputError, 507),
)  # fmt: skip
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 404, 408, 413, 422, 429)
}


@dataclass(frozen=True)
class StudioSettings:
    """How a studio is.

    Args:
        folder: Its working folder.
        workers: Processes for long jobs; one more serves what a person waits for. 0 for none, where
            something else does the jobs of the queue.
        guard: How strict it is with requests.
        files: How many files may be dropped.
        handlers: What does each kind of job, as ``package.module:NAME``.
    """

    folder: Path
    workers: int = 2
    guard: GuardSettings = field(default_factory=GuardSettings)
    files: int = 5000
    handlers: str = _HANDLERS


def make_app(settings: StudioSettings) -> Callable[..., Any]:
    """The application, guarded; its workers begin and end with it.

    Args:
        settings: How it is.

    Raises:
        OutputError: If the folder cannot be used, or another studio has it.
    """
    folder = WorkFolder(settings.folder)
    lock = folder.lock()
    queue = JobQueue(folder.queue)
    uploads = Uploads(folder.files, settings.guard.upload, settings.files)
    board = Board(queue, lambda job: desk.spoken(job))
    desk = Desk(folder, queue, uploads, board)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = _pool(settings, folder) if settings.workers else None
        if pool is not None:
            pool.start()
        try:
            async with board.running():
                yield
        finally:
            if pool is not None:
                await asyncio.to_thread(pool.close)
            queue.close()
            lock.release()

    app = FastAPI(
        title="Unisono studio",
        version=_VERSION,
        description="Datasets, models and jobs of one working folder.",
        lifespan=lifespan,
        docs_url=None,  # its page would be fetched from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=_RESPONSES,
    )
    _handle_errors(app, folder)
    _shell(app, settings, desk)
    app.include_router(data_routes(desk))
    app.include_router(work_routes(desk))
    return Guard(app, settings.guard)


def _pool(settings: StudioSettings, folder: WorkFolder) -> WorkerPool:
    """The workers, of which one does nothing but what a person waits for."""
    return WorkerPool(
        WorkerSettings(folder.queue, limits=LIMITS),
        handlers=settings.handlers,
        workers=settings.workers,
        quick=QUICK if settings.handlers == _HANDLERS else (),
    )


def _shell(app: FastAPI, settings: StudioSettings, desk: Desk) -> None:
    """The page, and what it asks first."""

    @app.get("/", include_in_schema=False)
    def document() -> HTMLResponse:
        return HTMLResponse(DOCUMENT)

    @app.get("/studio.js", include_in_schema=False)
    def javascript() -> Response:
        return Response(script(), media_type="text/javascript")

    @app.get("/studio.css", include_in_schema=False)
    def styles() -> Response:
        return Response(stylesheet(), media_type="text/css")

    @app.post("/api/session", status_code=204, tags=["studio"])
    def begin(request: Request, response: Response) -> None:
        """Exchange the token of the ``Authorization`` header for a cookie."""
        token = settings.guard.token
        if not token:
            return
        check_token(request.headers, token)
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/")

    @app.get("/api/about", tags=["studio"])
    def about() -> About:
        """What the studio is and takes."""
        return About(
            version=_VERSION,
            folder=desk.folder.root.name,
            endings=list(ENDINGS),
            file_mb=settings.guard.upload / 1e6,
            formats=list(FORMATS),
            waiting=desk.queue.count("queued"),
            running=desk.queue.count("running"),
        )


def _handle_errors(app: FastAPI, folder: WorkFolder) -> None:
    """Every error is one line of JSON, without a path or a trace."""
    say = partial(told, root=folder.root)

    @app.exception_handler(UnisonoError)
    def mendable(request: Request, error: Exception) -> JSONResponse:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 422)
        return JSONResponse({"error": say(str(error))}, status)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: Exception) -> JSONResponse:
        found = error.errors()[0] if isinstance(error, RequestValidationError) else {}
        where = ".".join(str(part) for part in found.get("loc", ())[1:])[:100]
        line = f"{where or 'the request'}: {str(found.get('msg', 'not understood'))[:200]}."
        return JSONResponse({"error": say(line)}, 422)

    @app.exception_handler(ClientDisconnect)
    def left(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": "the request was not finished."}, 400)  # nobody hears it

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = str(error.detail) if isinstance(error, HTTPException) else "refused"
        headers = error.headers if isinstance(error, HTTPException) else None
        return JSONResponse({"error": say(detail)}, status, headers)

    @app.exception_handler(Exception)
    def defect(request: Request, error: Exception) -> JSONResponse:
        if is_disk_full(error):
            return JSONResponse({"error": DISK_FULL}, 507)
        traceback.print_exception(error, file=sys.stderr)
        kind = type(error).__name__
        return JSONResponse({"error": f"this is a defect of Unisono ({kind})."}, 500)
