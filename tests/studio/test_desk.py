"""Mirrors src/unisono/studio/desk.py."""

from pathlib import Path

import pytest

from unisono.core.errors import ConfigError
from unisono.studio.desk import Crowded, Desk
from unisono.studio.events import Board
from unisono.studio.folder import NotThere, WorkFolder
from unisono.studio.jobs import JobQueue
from unisono.studio.planning import Planned
from unisono.studio.uploads import Uploads


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = WorkFolder(tmp_path)
    queue = JobQueue(folder.queue)
    return Desk(folder, queue, Uploads(folder.files), Board(queue, lambda job: {}), waiting=3)


def test_a_job_is_told_without_the_paths_of_the_server(desk: Desk) -> None:
    path = desk.folder.files / ("0" * 16) / "An_a.c3d"
    source = {"path": str(path), "name": "Anna.c3d", "answers": {}}
    out = desk.folder.new_result()
    request = {"source": source, "out": str(out), "asked": {"kind": "view", "source": {}}}
    number = desk.submit(Planned("view", request)).id
    job = desk.queue.claim("w")
    assert job is not None
    desk.queue.fail(number, "w", f"{path}, header: it is no C3D; see {desk.folder.root}.")
    said = desk.say(desk.queue.get(number))
    assert said.error == "Anna.c3d, header: it is no C3D; see the folder."
    assert str(desk.folder.root) not in said.model_dump_json()
    assert said.asked == {"kind": "view", "source": {}} and said.seconds >= 0
    assert desk.spoken(desk.queue.get(number))["state"] == "failed"


def test_only_what_a_job_made_is_given_out(desk: Desk) -> None:
    out = desk.folder.new_result()
    (out / "a.mot").write_text("a")
    (out / "secret").write_text("s")
    number = desk.submit(Planned("x", {"out": str(out)})).id
    desk.queue.claim("w")
    desk.queue.finish(number, "w", {"written": ["a.mot", "gone.csv"], "page": "", "figures": 3})
    job = desk.queue.get(number)
    assert desk.file_of(job, "a.mot").read_text() == "a"
    for name in ("secret", "../../jobs.sqlite", "gone.csv", "", "/etc/passwd"):
        with pytest.raises(NotThere):
            desk.file_of(job, name)
    said = desk.say(job)
    assert said.files == ["a.mot", "gone.csv"] and said.result == {"figures": 3}


def test_so_many_wait_and_no_more(desk: Desk) -> None:
    for _ in range(3):
        desk.submit(Planned("x", {}))
    with pytest.raises(Crowded, match="3 jobs wait"):
        desk.submit(Planned("x", {}))


def test_again(desk: Desk) -> None:
    number = desk.submit(Planned("describe", {"source": {"name": "w"}})).id
    with pytest.raises(ConfigError, match="failed or was cancelled"):
        desk.again(number)
    desk.queue.cancel(number)
    other = desk.again(number)
    assert other.id != number and other.kind == "describe" and other.asked["name"] == "w"
