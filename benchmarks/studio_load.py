"""Two hundred clients ask a studio at once, while two workers generate.

    python benchmarks/studio_load.py

Each client has a connection of its own, asks for one generation (angles to forces of a recording of
a dataset, a tiny model, 4 samples), and asks every 5 s how far it is, until it has the result as a
MOT file. The server's limit of rate is the default one (50 a second for an address, 400 at once);
a client that is told to wait waits.

Goal: every client gets its result, and jobs begin in the order in which they were accepted. How
soon questions are answered is printed, with how busy the machine was before it all began.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import psutil
from _record import figure, record
from _studio_server import free_port, started

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import TINY, _walk
from unisono import api

CLIENTS, OFTEN = 200, 5.0
ASKED = {
    "kind": "generate", "models": ["models/forces"], "samples": 4, "formats": ["mot"],
    "source": {"dataset": "walks.un", "recording": "s0t0"},
}  # fmt: skip


def laboratory(folder: Path) -> None:
    """A dataset of six people and a tiny model."""
    walks = (_walk(f"s{s}t{t}", s) for s in range(6) for t in range(2))
    data = api.Dataset.create(folder / "walks.un", walks)
    output = folder / "models" / "forces"
    api.fit("llma", data, given=["angles"], want=["grf"], output=output, settings=TINY)


async def polite(client: httpx.AsyncClient, method: str, path: str, answers: list[float],
                 **more: object) -> httpx.Response:  # fmt: skip
    """Ask, and wait where told to; how long each answer took is noted."""
    while True:
        begun = time.perf_counter()
        response = await client.request(method, path, **more)  # type: ignore[arg-type]
        answers.append(time.perf_counter() - begun)
        if response.status_code != 429:
            response.raise_for_status()
            return response
        await asyncio.sleep(float(response.headers["retry-after"]))


async def one(port: int, start: asyncio.Event, answers: list[float]) -> tuple[int, float]:
    """One client; its job, and how long it waited for the file."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        await start.wait()
        begun = time.perf_counter()
        job = (await polite(client, "POST", "/api/jobs", answers, json=ASKED)).json()
        while job["state"] in ("queued", "running"):
            await asyncio.sleep(OFTEN)
            job = (await polite(client, "GET", f"/api/jobs/{job['id']}", answers)).json()
        if job["state"] != "done":
            raise SystemExit(f"a job ended as {job['state']}: {job['error']}")
        path = f"/api/jobs/{job['id']}/files/s0t0_forces.mot"
        kept = await polite(client, "GET", path, answers)
        if len(kept.content) < 1000:
            raise SystemExit("a result is not whole.")
        return job["id"], time.perf_counter() - begun


async def crowd(port: int) -> tuple[list[tuple[int, float]], list[float]]:
    start, answers = asyncio.Event(), []
    tasks = [asyncio.create_task(one(port, start, answers)) for _ in range(CLIENTS)]
    await asyncio.sleep(0.5)
    start.set()
    return list(await asyncio.gather(*tasks)), answers


def main() -> None:
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        laboratory(folder)
        others = psutil.cpu_percent(2.0)
        server = started(folder, port, rate=50.0)
        try:
            served, answers = asyncio.run(crowd(port))
        finally:
            server.terminate()
            server.wait()
        with sqlite3.connect(folder / ".studio" / "jobs.sqlite") as db:
            rows = db.execute("select id, state, began, ended from jobs order by id").fetchall()
    began = [row[2] for row in rows]
    in_order = all(a <= b for a, b in zip(began, began[1:], strict=False))
    lost = CLIENTS - len({number for number, _ in served})
    p50, p99 = np.percentile(answers, [50, 99])
    waits = np.percentile([wait for _, wait in served], [50, 99])
    span = max(row[3] for row in rows) - min(began)
    record(
        "studio_load",
        "200 clients at once, two workers generating: every client gets its result, and jobs begin "
        "in the order in which they were accepted.",
        lost == 0 and in_order and len(rows) == CLIENTS,
        [
            figure("clients served", len(served)),
            figure("jobs lost", lost),
            figure("jobs in order", float(in_order)),
            figure("answer, median", p50, "s"),
            figure("answer, 99 %", p99, "s"),
            figure("questions", len(answers)),
            figure("processor taken by others before it began", others, "%"),
            figure("from asking to the file, median", waits[0], "s"),
            figure("from asking to the file, 99 %", waits[1], "s"),
            figure("generations a second", len(rows) / span, "1/s"),
        ],
        [0],
        time.perf_counter() - begun,
    )


if __name__ == "__main__":
    main()
