"""Mirrors src/unisono/studio/events.py."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from unisono.studio.events import Board
from unisono.studio.jobs import JobQueue


def test_every_listener_hears_what_is_and_what_changes(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:  # a browser's tests may have left a loop in this thread
        pool.submit(_listen, tmp_path).result()


def _listen(tmp_path: Path) -> None:
    queue = JobQueue(tmp_path / "jobs.sqlite")
    old = queue.submit("x", {})
    board = Board(queue, lambda job: {"id": job.id, "state": job.state, "done": job.done}, most=2)

    async def main() -> None:
        async with board.running():
            while not board._seen:
                await asyncio.sleep(0.01)
            first, second = board.listen(), board.listen()
            assert await anext(first) == await anext(second) == "retry: 1000\n\n"
            assert board.is_full
            for listener in (first, second):
                event = await anext(listener)
                assert event.startswith("event: job\ndata: ") and event.endswith("\n\n")
                assert json.loads(event.split("data: ")[1]) == {
                    "id": old, "state": "queued", "done": 0,
                }  # fmt: skip
            other = JobQueue(tmp_path / "jobs.sqlite")
            other.claim("w")
            for k in range(5):  # a listener that does not keep up hears of the last alone
                other.tell(old, "w", "steps", k, 9)
            last, heard = "", 0
            while '"done": 4' not in last:
                last = await anext(first)
                heard += last.startswith("event: job")
            assert heard <= 6
            await first.aclose()
            assert not board.is_full
            await second.aclose()
        queue.close()

    asyncio.run(asyncio.wait_for(main(), 120))
