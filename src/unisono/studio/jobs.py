"""A queue of jobs in one SQLite file: it survives its server, and every job ends exactly once.

A job is **queued**, then **running** in one worker, then **done**, **failed** or **cancelled**,
for ever. A worker holds a job by a lease that it renews; who lets it lapse, or is known to have
died, has lost it, and the job is queued once more, then failed. Every change of state is one
transaction that names the state it changes and the worker that holds the job, so that a worker that
was thought dead and returns cannot end a job a second time.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from unisono.core.checks import nearest
from unisono.core.errors import ConfigError

__all__ = ["ENDED", "STATES", "Job", "JobQueue"]

STATES = ("queued", "running", "done", "failed", "cancelled")
"""What a job can be."""

ENDED = ("done", "failed", "cancelled")
"""States that never change."""

_ATTEMPTS = 2
_TABLE = """
create table if not exists jobs (
  id integer primary key autoincrement,
  kind text not null,
  request text not null,
  state text not null default 'queued',
  worker text,
  lease real,
  attempts integer not null default 0,
  stopping integer not null default 0,
  done integer not null default 0,
  total integer not null default 0,
  doing text not null default '',
  result text,
  error text not null default '',
  asked real not null,
  began real,
  ended real
);
create index if not exists jobs_state on jobs (state, id);
"""
_COLUMNS = (
    "id, kind, request, state, attempts, stopping, doing, done, total, result, error, asked, began,"
    " ended"
)


class Job(NamedTuple):
    """A job as it stands.

    Attributes:
        id: Its number, growing.
        kind: What is to be done.
        request: With what.
        state: One of :data:`STATES`.
        attempts: How often a worker began it.
        stopping: Whether it is asked to stop.
        doing: What it is at.
        done: How much of that is done.
        total: How much there is; 0 where unknown.
        result: What it came to; None unless done.
        error: Why it failed.
        asked: When it was submitted, s since 1970.
        began: When its last attempt began; None before.
        ended: When it ended; None before.
    """

    id: int
    kind: str
    request: Mapping[str, Any]
    state: str
    attempts: int
    stopping: bool
    doing: str
    done: int
    total: int
    result: Any
    error: str
    asked: float
    began: float | None
    ended: float | None


class JobQueue:
    """Jobs in a file. Any number of processes may use one at a time.

    Args:
        path: The SQLite file; made when missing.
        lease_s: Seconds after which a worker that does not renew its lease has lost its job.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     queue = JobQueue(Path(folder) / "jobs.sqlite")
        ...     number = queue.submit("add", {"a": 1})
        ...     job = queue.claim("w1")
        ...     ended = queue.finish(job.id, "w1", 3)
        ...     job.request, ended, queue.finish(job.id, "w1", 4), queue.get(number).result
        ({'a': 1}, True, False, 3)
    """

    def __init__(self, path: str | Path, *, lease_s: float = 10.0) -> None:
        self.path, self.lease_s = Path(path), lease_s
        self._watching: sqlite3.Connection | None = None
        self._watching_lock = threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("pragma journal_mode = wal")
            for statement in _TABLE.split(";"):
                db.execute(statement)

    @contextmanager
    def _open(self, *, flushed: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection; with ``flushed``, what it changes outlives the machine, not only us."""
        db = sqlite3.connect(self.path, timeout=30.0, isolation_level=None)
        try:
            db.execute(f"pragma synchronous = {'full' if flushed else 'normal'}")
            yield db
        finally:
            db.close()

    def submit(self, kind: str, request: Mapping[str, Any]) -> int:
        """Queue a job; when this returns, it is on the disk.

        Args:
            kind: What is to be done.
            request: With what, plain values.
        """
        with self._open(flushed=True) as db:
            text = json.dumps(dict(request))
            made = db.execute(
                "insert into jobs (kind, request, asked) values (?, ?, ?)",
                (kind, text, time.time()),
            )
            return int(made.lastrowid or 0)

    def get(self, number: int) -> Job:
        """A job as it stands.

        Raises:
            ConfigError: If there is no such job.
        """
        with self._open() as db:
            row = db.execute(f"select {_COLUMNS} from jobs where id = ?", (number,)).fetchone()
        if row is None:
            raise ConfigError(f"there is no job {number}; list the jobs to see those there are.")
        return _job(row)

    def listed(self, *, state: str = "", limit: int = 100) -> list[Job]:
        """Jobs, newest first.

        Args:
            state: Only those of one state.
            limit: At most so many.

        Raises:
            ConfigError: If there is no such state.
        """
        if state and state not in STATES:
            raise ConfigError(f"no job is ever {state!r}.{nearest(state, STATES)}")
        with self._open() as db:
            rows = db.execute(
                f"select {_COLUMNS} from jobs where ? in ('', state) order by id desc limit ?",
                (state, limit),
            ).fetchall()
        return [_job(row) for row in rows]

    def recent(self, since: float, *, limit: int = 200) -> list[Job]:
        """Jobs that run, wait, or ended since an instant; those that run first, then newest first.

        Args:
            since: Seconds since 1970.
            limit: At most so many.
        """
        with self._open() as db:
            rows = db.execute(
                f"select {_COLUMNS} from jobs where state in ('queued', 'running') or ended >= ?"
                " order by state = 'running' desc, id desc limit ?",
                (since, limit),
            ).fetchall()
        return [_job(row) for row in rows]

    def claim(self, worker: str, kinds: Collection[str] = ()) -> Job | None:
        """Take the job that waits longest; None where none waits.

        Args:
            worker: Who takes it.
            kinds: Only those of these kinds; empty for any.
        """
        among = f" and kind in ({','.join('?' * len(kinds))})" if kinds else ""
        with self._open() as db:
            db.execute("begin immediate")  # the clock is read while nobody else claims
            now = time.time()
            row = db.execute(
                "update jobs set state = 'running', worker = ?, lease = ?, attempts = attempts + 1,"
                " doing = '', done = 0, total = 0, began = ? where id ="
                f" (select id from jobs where state = 'queued'{among} order by id limit 1)"
                f" returning {_COLUMNS}",
                (worker, now + self.lease_s, now, *kinds),
            ).fetchone()
            db.execute("commit")
        return None if row is None else _job(row)

    def version(self) -> int:
        """A number that changes when another connection changes the queue."""
        with self._watching_lock:
            if self._watching is None:
                self._watching = sqlite3.connect(self.path, check_same_thread=False)
            return int(self._watching.execute("pragma data_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        with self._watching_lock:
            if self._watching is not None:
                self._watching.close()
                self._watching = None

    def count(self, *states: str) -> int:
        """How many jobs are in one of these states."""
        with self._open() as db:
            row = db.execute(
                f"select count(*) from jobs where state in ({','.join('?' * len(states))})", states
            ).fetchone()
        return int(row[0])

    def give_back(self, worker: str) -> list[int]:
        """A worker leaves and is not to blame: its job waits again, the attempt not counted.

        Returns:
            The jobs it held.
        """
        with self._open() as db:
            rows = db.execute(
                "update jobs set state = case when stopping then 'cancelled' else 'queued' end,"
                " error = case when stopping then 'cancelled' else error end,"
                " ended = case when stopping then ? end, attempts = attempts - 1,"
                " worker = null, lease = null where state = 'running' and worker = ? returning id",
                (time.time(), worker),
            ).fetchall()
        return sorted(int(row[0]) for row in rows)

    def beat(self, number: int, worker: str) -> bool:
        """Renew a lease; False where the job is no longer this worker's or is asked to stop."""
        with self._open() as db:
            row = db.execute(
                "update jobs set lease = ? where id = ? and worker = ? and state = 'running'"
                " returning stopping",
                (time.time() + self.lease_s, number, worker),
            ).fetchone()
        return row is not None and not row[0]

    def tell(self, number: int, worker: str, doing: str, done: int, total: int) -> None:
        """Say how far a job is."""
        with self._open() as db:
            db.execute(
                "update jobs set doing = ?, done = ?, total = ?"
                " where id = ? and worker = ? and state = 'running'",
                (doing, done, total, number, worker),
            )

    def finish(self, number: int, worker: str, result: object) -> bool:
        """End a job with its result; False where it was no longer this worker's."""
        return self._end(number, worker, "done", result=json.dumps(result))

    def fail(self, number: int, worker: str, error: str) -> bool:
        """End a job with an error; False where it was no longer this worker's."""
        return self._end(number, worker, "failed", error=error)

    def stopped(self, number: int, worker: str) -> bool:
        """End a job that stopped when asked; False where it was no longer this worker's."""
        return self._end(number, worker, "cancelled", error="cancelled")

    def _end(
        self, number: int, worker: str, state: str, *, result: str | None = None, error: str = ""
    ) -> bool:
        with self._open(flushed=True) as db:
            row = db.execute(
                "update jobs set state = ?, result = ?, error = ?, ended = ?"
                " where id = ? and worker = ? and state = 'running' returning id",
                (state, result, error, time.time(), number, worker),
            ).fetchone()
        return row is not None

    def cancel(self, number: int) -> Job:
        """Cancel a job that waits; ask one that runs to stop; leave one that has ended.

        Raises:
            ConfigError: If there is no such job.
        """
        with self._open(flushed=True) as db:
            db.execute(
                "update jobs set state = case state when 'queued' then 'cancelled' else state end,"
                " error = case state when 'queued' then 'cancelled' else error end,"
                " ended = case state when 'queued' then ? else ended end,"
                " stopping = 1 where id = ? and state in ('queued', 'running')",
                (time.time(), number),
            )
        return self.get(number)

    def lost(self, worker: str) -> list[int]:
        """A worker is known to have died: its job is queued once more, or fails.

        Returns:
            The jobs it held.
        """
        return self._take_back("worker = ?", worker)

    def recover(self) -> list[int]:
        """Take back the jobs whose leases have lapsed, e.g. after a restart."""
        return self._take_back("lease < ?", time.time())

    def _take_back(self, whose: str, value: object) -> list[int]:
        with self._open() as db:
            rows = db.execute(
                "update jobs set"
                " state = case when stopping then 'cancelled'"
                f" when attempts < {_ATTEMPTS} then 'queued' else 'failed' end,"
                " error = case when stopping then 'cancelled'"
                " else 'its worker was killed' || case when attempts < "
                f"{_ATTEMPTS} then '; it is tried once more' else ' twice' end end,"
                f" ended = case when stopping or attempts >= {_ATTEMPTS} then ? end,"
                f" worker = null, lease = null where state = 'running' and {whose} returning id",
                (time.time(), value),
            ).fetchall()
        return sorted(int(row[0]) for row in rows)


def _job(row: tuple[Any, ...]) -> Job:
    number, kind, request, state, attempts, stopping, doing, done, total, result, *rest = row
    return Job(
        number, kind, json.loads(request), state, attempts, bool(stopping), doing, done, total,
        None if result is None else json.loads(result), *rest,
    )  # fmt: skip
