"""Mirrors src/unisono/studio/connections.py: a real server on a real port."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from unisono.studio.connections import PromptProtocol


class Quick(PromptProtocol):
    waits_s = 0.3


async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
    """Takes its time for an answer."""
    import asyncio

    await asyncio.sleep(0.8 if scope["path"] == "/slow" else 0)
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Quick, ws="none", lifespan="off", log_level="error",
                            timeout_keep_alive=30)  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([sock],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield sock.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    sock.close()


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX: "])
def test_a_head_that_never_ends_is_not_waited_for(port: int, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(said)
        assert client.recv(100) == b""  # closed, where it would be waited for ever


def test_a_slow_answer_is_not_cut_and_the_next_head_is_watched_too(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        rest = b"".join(iter(lambda: client.recv(1000), b""))
        assert b"200" not in rest
