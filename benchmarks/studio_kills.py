"""Workers and servers of a studio are killed at fifty random moments.

    python benchmarks/studio_kills.py

Real processes and real kills (SIGKILL); a job sleeps 0.3 s in small pieces and then writes a line,
so that kills meet jobs in every state. A client goes on asking for jobs all the while; what counts
is every job whose acceptance it heard. A killed server is started again at once. A trigger in the
queue's file, which the studio knows nothing of, notes every end of a job.

Goal: every accepted job ends exactly once, and only jobs whose worker was killed twice fail.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil
from _record import figure, record
from _studio_server import free_port, started

KILLS, SEED = 50, 0
HANDLERS = """
import time
from pathlib import Path
def slow(request, tell):
    for k in range(15):
        tell("sleeping", k, 15)
        time.sleep(0.02)
    with open(Path(request["out"]) / "ran.txt", "a") as file:
        file.write("x\\n")
    return {"written": ["ran.txt"]}
HANDLERS = {"view": slow, "describe": lambda request, tell: []}
"""
TRIGGER = """
create table ends (job integer, state text);
create trigger noted after update of state on jobs
  when new.state in ('done', 'failed', 'cancelled') and old.state <> new.state
  begin insert into ends values (new.id, new.state); end;
create trigger changed after update on jobs when old.state in ('done', 'failed', 'cancelled')
  begin insert into ends values (new.id, 'changed'); end;
"""


class Client(threading.Thread):
    """Asks for jobs until told to end; keeps the numbers of those that were accepted."""

    def __init__(self, port: int, file: str) -> None:
        super().__init__(daemon=True)
        self.address, self.file = f"http://127.0.0.1:{port}", file
        self.accepted: list[int] = []
        self.ends = threading.Event()

    def run(self) -> None:
        """Ask."""
        while not self.ends.wait(0.12):
            try:
                asked = {"kind": "view", "source": {"file": self.file}}
                answer = httpx.post(f"{self.address}/api/jobs", json=asked, timeout=60)
            except httpx.HTTPError:
                continue  # nobody answered, and nothing was accepted
            if answer.status_code == 202:
                self.accepted.append(answer.json()["id"])
            else:
                print(f"refused: {answer.status_code} {answer.text}", file=sys.stderr)


def workers_of(server: subprocess.Popen[bytes]) -> list[int]:
    """Processes of the server that do jobs."""
    try:
        children = psutil.Process(server.pid).children()
        return [c.pid for c in children if "spawn_main" in " ".join(c.cmdline())]
    except psutil.Error:
        return []


def kill(rng: random.Random, server: subprocess.Popen[bytes]) -> str:
    """Kill a worker or the server; which."""
    workers = workers_of(server)
    if workers and rng.random() < 0.6:
        os.kill(rng.choice(workers), signal.SIGKILL)
        return "worker"
    server.send_signal(signal.SIGKILL)
    server.wait()
    return "server"


def main() -> None:
    begun, rng = time.perf_counter(), random.Random(SEED)
    with tempfile.TemporaryDirectory() as place:
        folder, code, port = Path(place) / "lab", Path(place) / "code", free_port()
        code.mkdir()
        (code / "bench_kinds.py").write_text(HANDLERS)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(code), os.environ.get("PYTHONPATH", "")])
        where = "bench_kinds:HANDLERS"
        server = started(folder, port, handlers=where)
        queue = folder / ".studio" / "jobs.sqlite"
        with sqlite3.connect(queue) as db:
            db.executescript(TRIGGER)
        dropped = httpx.post(
            f"http://127.0.0.1:{port}/api/files",
            params={"name": "w.csv"},
            content=b"time,a\n0,1\n",
            timeout=60,
        )
        client = Client(port, dropped.json()["id"])
        client.start()
        killed = {"worker": 0, "server": 0}
        for turn in range(KILLS):
            before = len(client.accepted)
            while len(client.accepted) == before:  # the studio is at work again
                time.sleep(0.05)
            time.sleep(rng.uniform(0.0, 2.0))
            what = kill(rng, server)
            killed[what] += 1
            if what == "server":
                server = started(folder, port, handlers=where)
            print(f"{turn + 1} kills, {len(client.accepted)} jobs", file=sys.stderr)
        client.ends.set()
        client.join()
        waiting = "select count(*) from jobs where state in ('queued', 'running')"
        with sqlite3.connect(queue, timeout=30) as db:
            while db.execute(waiting).fetchone()[0]:
                time.sleep(0.2)
            ends: dict[int, list[str]] = {}
            for number, state in db.execute("select job, state from ends"):
                ends.setdefault(number, []).append(state)
            errors = [r[0] for r in db.execute("select error from jobs where state = 'failed'")]
        server.terminate()
        server.wait()
        counts = [len(ends.get(number, [])) for number in client.accepted]
    once = sum(count == 1 for count in counts)
    wrong = [error for error in errors if error != "its worker was killed twice"]
    done = sum(ends.get(number) == ["done"] for number in client.accepted)
    record(
        "studio_kills",
        f"Workers and servers killed at {KILLS} random moments: every accepted job ends exactly "
        "once, and only jobs whose worker was killed twice fail.",
        once == len(counts) > 100 and not wrong,
        [
            figure("kills of workers", killed["worker"]),
            figure("kills of servers", killed["server"]),
            figure("accepted jobs", len(counts)),
            figure("ended exactly once", once),
            figure("done", done),
            figure("failed, killed twice", len(errors) - len(wrong)),
            figure("failed otherwise", len(wrong)),
        ],
        [SEED],
        time.perf_counter() - begun,
    )


if __name__ == "__main__":
    main()
