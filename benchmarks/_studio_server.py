"""A studio for benchmarks, in a process of its own, and talking to it.

    python benchmarks/_studio_server.py FOLDER PORT WORKERS RATE HANDLERS

Its limit of rate can be lifted, so that what lies behind it is measured, and what its jobs do can
be replaced by handlers of a module.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["REAL", "free_port", "started"]

REAL = "unisono.studio.handlers:HANDLERS"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def started(
    folder: Path, port: int, *, workers: int = 2, rate: float = 1e6, handlers: str = REAL
) -> subprocess.Popen[bytes]:
    """Start a server and wait until it listens."""
    words = [str(folder), str(port), str(workers), str(rate), handlers]
    process = subprocess.Popen([sys.executable, __file__, *words])
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the server did not start.")


def main() -> None:
    import uvicorn  # here, since every worker imports this file

    from unisono.studio.app import StudioSettings, make_app
    from unisono.studio.connections import PromptProtocol
    from unisono.studio.guard import GuardSettings

    folder, port, workers, rate, handlers = sys.argv[1:]
    guard = GuardSettings(rate=float(rate), burst=max(float(rate), 400.0), pause_s=2.0)
    app = make_app(StudioSettings(Path(folder), int(workers), guard, handlers=handlers))
    PromptProtocol.waits_s = 10.0
    uvicorn.run(
        app, http=PromptProtocol, port=int(port), log_level="error", ws="none", backlog=4096
    )


if __name__ == "__main__":
    main()
