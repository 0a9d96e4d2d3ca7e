"""What every request passes before anything of the studio sees it.

- Who asks: where the studio is open to more than its own machine, a token, compared in constant
  time; else a ``Host`` of this machine, so that a foreign page cannot reach it under a name of its
  own. A page of another origin may change nothing.
- How often: a bucket of requests for each address, refilled at a steady rate.
- How much: a body no larger than what is asked for needs, whatever its header says, and no slower.
- Every answer carries the headers that keep a browser from being used against the person.
"""

import asyncio
import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.exceptions import HTTPException

__all__ = ["COOKIE", "Guard", "GuardSettings", "Refused", "check_token", "frame_policy"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "unisono_studio"
"""The cookie that stands for the token, for frames, downloads and events."""

_OPEN = {"/", "/studio.js", "/studio.css", "/api/session", "/api/openapi.json"}
"""What is shown to anyone: the page without what it shows, and the way in."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)
_ADDRESSES = 4096


def frame_policy() -> str:
    """Policy of a page that is shown inside the studio's: its own script, no origin, no network."""
    return (
        "sandbox allow-scripts allow-downloads; frame-ancestors 'self'; default-src 'none'; "
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
        "connect-src data:; frame-src 'self' about: data:; base-uri 'none'; form-action 'none'"
    )


@dataclass(frozen=True)
class GuardSettings:
    """How strict the guard is.

    Args:
        token: The token; ``""`` where only this machine may ask.
        rate: Requests a second that an address may make for ever.
        burst: Requests that it may make at once.
        body: Largest body of a question, bytes.
        upload: Largest body of a file, bytes.
        pause_s: Longest wait for the next piece of a body.
    """

    token: str = ""
    rate: float = 50.0
    burst: float = 400.0
    body: int = 1_000_000
    upload: int = 512_000_000
    pause_s: float = 30.0


class Refused(HTTPException):
    """The request ends here.

    Args:
        status: Status of the answer.
        line: What is said.
        headers: Further headers.
    """

    def __init__(self, status: int, line: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, line, headers)


@dataclass
class _Request:
    """The parts of a request that are looked at."""

    method: str
    path: str
    headers: dict[str, str]
    address: str


@dataclass
class Guard:
    """Wraps an application.

    Args:
        app: What is guarded.
        settings: How strictly.
        clock: Returns seconds.
    """

    app: App
    settings: GuardSettings = field(default_factory=GuardSettings)
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no other protocol is spoken
        asked = _Request(
            scope["method"],
            scope["path"],
            {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            (scope.get("client") or ("", 0))[0],
        )
        begun = [False]
        dressed = self._dressed(send, begun)
        try:
            most = self._check(asked)
            await self.app(scope, self._counted(receive, most), dressed)
        except Refused as refused:
            if not begun[0]:
                await _answer(dressed, refused)

    def _check(self, asked: _Request) -> int:
        """Refuse what may not pass; how large the body may be."""
        self._often(asked)
        self._who(asked)
        most = self.settings.upload if _is_upload(asked) else self.settings.body
        length = asked.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            raise Refused(413, f"this is larger than {most / 1e6:g} MB, which is the most.")
        return most

    def _often(self, asked: _Request) -> None:
        now, rate = self.clock(), self.settings.rate
        left, since = self._buckets.pop(asked.address, (self.settings.burst, now))
        left = min(left + (now - since) * rate, self.settings.burst)
        self._buckets[asked.address] = (max(left - 1, 0.0), now)
        while len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        if left < 1:
            wait = str(max(1, round((1 - left) / rate)))
            raise Refused(429, "too many requests; wait a moment.", {"retry-after": wait})

    def _who(self, asked: _Request) -> None:
        headers = asked.headers
        if not self.settings.token:
            if _host_name(headers.get("host", "")) not in ("127.0.0.1", "localhost", "[::1]"):
                raise Refused(403, "the studio answers under 127.0.0.1 and localhost alone.")
        elif asked.path not in _OPEN:
            check_token(headers, self.settings.token)
        if asked.method in ("GET", "HEAD", "OPTIONS"):
            return
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        if origin is not None and origin.partition("://")[2] != headers.get("host"):
            raise Refused(403, "a page of another origin may not ask for this.")
        if site not in ("same-origin", "none"):
            raise Refused(403, "a page of another origin may not ask for this.")

    def _counted(self, receive: Receive, most: int) -> Receive:
        """The body, piece by piece, refused where it is too long or too slow."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            try:
                wait = None if seen < 0 else self.settings.pause_s
                message = await asyncio.wait_for(receive(), wait)
            except TimeoutError as error:
                raise Refused(408, "the request came too slowly.") from error
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > most:
                    raise Refused(413, f"this is larger than {most / 1e6:g} MB, the most.")
                if not message.get("more_body", False):
                    seen = -1  # whatever comes now is the end of the connection
            return message

        return counted

    def _dressed(self, send: Send, begun: list[bool]) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun[0] = True
                own = {name for name, _ in message.get("headers", [])}
                policy = (b"content-security-policy", _POLICY.encode())
                more = [pair for pair in (policy, *_HEADERS) if pair[0] not in own]
                message["headers"] = [*message.get("headers", []), *more]
            await send(message)

        return dressed


def _is_upload(asked: _Request) -> bool:
    return asked.method == "POST" and asked.path in ("/api/files", "/api/models")


def _host_name(host: str) -> str:
    """The name without the port."""
    return host[: host.index("]") + 1] if "]" in host else host.partition(":")[0]


def _token_of(headers: Mapping[str, str]) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def check_token(headers: Mapping[str, str], token: str) -> None:
    """Look at the token of a request, in a time that does not depend on how much of it is right.

    Args:
        headers: Headers of the request, in lower case.
        token: The token.

    Raises:
        Refused: If it is missing or wrong.
    """
    said = _token_of(headers).encode("utf-8", "replace")
    if not hmac.compare_digest(said, token.encode()):
        raise Refused(401, "the token is missing or wrong; open the link that was printed.")


async def _answer(send: Send, refused: Refused) -> None:
    body = json.dumps({"error": refused.detail}).encode()
    more = dict(refused.headers or {})
    if refused.status_code in (408, 413):
        more["connection"] = "close"  # the rest of the body is not read
    headers = {"content-type": "application/json", "content-length": str(len(body)), **more}
    await send({
        "type": "http.response.start", "status": refused.status_code,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": body})
