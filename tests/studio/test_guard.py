"""Mirrors src/unisono/studio/guard.py."""

import asyncio
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from unisono.studio.guard import Guard, GuardSettings, Refused, check_token, frame_policy


async def echo(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
    """Reads the whole body and says how long it was."""
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def request(
    guard: Guard,
    method: str = "GET",
    path: str = "/api/about",
    headers: dict[str, str] | None = None,
    *,
    pieces: tuple[bytes, ...] = (b"",),
    wait: float = 0.0,
) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(wait)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:  # noqa: ANN401
        sent.append(message)

    told = {"host": "127.0.0.1:8765", **(headers or {})}
    scope = {
        "type": "http", "method": method, "path": path, "client": ("127.0.0.1", 1),
        "headers": [(k.encode(), v.encode()) for k, v in told.items()],
    }  # fmt: skip
    asyncio.run(guard(scope, receive, send))
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:])


def test_every_answer_carries_the_headers() -> None:
    for headers in ({}, {"host": "evil.example"}):
        _, found, _ = request(Guard(echo), headers=headers)
        assert "script-src 'self'" in found["content-security-policy"]
        assert "unsafe" not in found["content-security-policy"]
        assert found["x-content-type-options"] == "nosniff"
        assert found["cache-control"] == "no-store"
    assert frame_policy().startswith("sandbox allow-scripts allow-downloads;")
    assert "allow-same-origin" not in frame_policy()


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost", "[::1]:8765"])
def test_this_machine_by_its_names(host: str) -> None:
    assert request(Guard(echo), headers={"host": host})[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.x:80"])
def test_a_foreign_name_is_refused(host: str) -> None:
    assert request(Guard(echo), headers={"host": host})[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_origin_changes_nothing(headers: dict[str, str]) -> None:
    assert request(Guard(echo), "POST", headers=headers)[0] == 403
    own = {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}
    assert request(Guard(echo), "POST", headers=own)[0] == 200


def test_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard(echo, GuardSettings(token="secret"))
    assert request(guard)[0] == 401
    assert request(guard, headers={"authorization": "Bearer secre"})[0] == 401
    assert request(guard, headers={"authorization": "Basic secret"})[0] == 401
    assert request(guard, headers={"cookie": "unisono_studio=\xff"})[0] == 401
    for headers in (
        {"authorization": "Bearer secret"},
        {"cookie": "a=b; unisono_studio=secret"},
        {"authorization": "Bearer secret", "host": "lab.example"},
    ):
        assert request(guard, headers=headers)[0] == 200
    assert request(guard, path="/")[0] == 200  # the page without what it shows
    assert request(guard, path="/api/jobs")[0] == 401
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(
        "unisono.studio.guard.hmac.compare_digest",
        lambda a, b: compared.append((a, b)) or real(a, b),
    )
    with pytest.raises(Refused):
        check_token({"authorization": "Bearer x"}, "secret")
    assert compared == [(b"x", b"secret")]


def test_how_often() -> None:
    now = [0.0]
    guard = Guard(echo, GuardSettings(rate=2, burst=5), clock=lambda: now[0])
    assert [request(guard)[0] for _ in range(7)] == [200] * 5 + [429] * 2
    status, headers, _ = request(guard)
    assert status == 429 and int(headers["retry-after"]) >= 1
    now[0] += 1.0
    assert [request(guard)[0] for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/api/jobs", 10, 200), ("/api/jobs", 11, 413), ("/api/files", 100, 200),
     ("/api/files", 101, 413)],
)  # fmt: skip
def test_how_much_whatever_the_header_says(path: str, size: int, status: int) -> None:
    guard = Guard(echo, GuardSettings(body=10, upload=100))
    pieces = tuple(b"x" for _ in range(size))
    assert request(guard, "POST", path, pieces=pieces)[0] == status
    said = {"content-length": str(size)}
    assert request(guard, "POST", path, said, pieces=pieces)[0] == status


def test_two_gigabytes_are_refused_before_a_byte_of_them_is_read() -> None:
    read: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        read.append(1)

    said = {"content-length": str(2_000_000_000)}
    status, _, body = request(Guard(app), "POST", "/api/files", said, pieces=(b"x",))
    assert status == 413 and b"larger than 512 MB" in body and read == []


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "99999999999999999999"])
def test_lengths_that_are_none(length: str) -> None:
    assert request(Guard(echo), "POST", headers={"content-length": length})[0] == 413


def test_how_slow() -> None:
    guard = Guard(echo, GuardSettings(pause_s=0.02))
    assert request(guard, "POST", "/api/files", pieces=(b"a", b"b"), wait=0.2)[0] == 408


def test_no_other_protocol() -> None:
    calls: list[object] = []

    async def app(*words: object) -> None:
        calls.append(words)

    async def nothing(*words: object) -> Any:  # noqa: ANN401
        raise AssertionError

    closed: Callable[..., Any] = Guard(app)
    asyncio.run(closed({"type": "websocket"}, nothing, nothing))
    assert calls == []
    asyncio.run(closed({"type": "lifespan"}, nothing, nothing))
    assert len(calls) == 1
