"""A studio without a socket: the application, and its jobs done in this process when asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from fastapi.testclient import TestClient

from unisono.recordings.formats.registry import write
from unisono.studio.app import StudioSettings, make_app
from unisono.studio.guard import GuardSettings
from unisono.studio.handlers import HANDLERS
from unisono.studio.jobs import JobQueue
from unisono.studio.worker import WorkerSettings, work_once


@dataclass
class Studio:
    """A studio to talk to."""

    root: Path
    client: TestClient

    @property
    def queue(self) -> JobQueue:
        return JobQueue(self.root / ".studio" / "jobs.sqlite")

    def work(self) -> None:
        """Do every job that waits."""
        queue = self.queue
        while work_once("tests", queue, WorkerSettings(queue.path), HANDLERS):
            pass

    def drop(self, path: Path, name: str = "") -> str:
        """Drop a file and have it described; its number."""
        answer = self.client.post(
            "/api/files", params={"name": name or path.name}, content=path.read_bytes()
        )
        assert answer.status_code == 201, answer.text
        self.work()
        return str(answer.json()["id"])

    def ask(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
        """Ask for a job and have it done; the job."""
        answer = self.client.post("/api/jobs", json=asked)
        assert answer.status_code == 202, answer.text
        self.work()
        found: dict[str, Any] = self.client.get(f"/api/jobs/{answer.json()['id']}").json()
        return found


def open_studio(root: Path, **guard: Any) -> Studio:  # noqa: ANN401
    app = make_app(StudioSettings(root, guard=GuardSettings(**guard)))
    client = TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)
    return Studio(root, client)


@pytest.fixture
def make_studio(tmp_path: Path) -> Callable[..., Studio]:
    """``make_studio(token=...)``: a studio on an empty folder, as strict as said."""
    return lambda **guard: open_studio(tmp_path / "lab", **guard)


@pytest.fixture
def studio(make_studio: Callable[..., Studio]) -> Iterator[Studio]:
    yield make_studio(rate=1e6, burst=1e6)


@pytest.fixture
def walk_file(make_walk: Callable[..., xr.DataTree], tmp_path: Path) -> Path:
    """A recording as a file, whose forces are said to be in newtons."""
    write(make_walk("w", 1), tmp_path / "w.npz")
    return tmp_path / "w.npz"
