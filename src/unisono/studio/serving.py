"""Serving a studio: where it listens, who may ask, and the line that says so."""

import ipaddress
import json
import secrets
import socket
import sys
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from unisono.core.checks import check_range
from unisono.core.errors import ConfigError

__all__ = ["Listening", "is_local", "serve"]

_IDLE = 15
"""Seconds that a connection may be idle between two requests."""

_AT_ONCE = 1000
"""Connections at once."""


@dataclass(frozen=True)
class Listening:
    """Where a studio listens.

    Args:
        host: Address or name; anything but this machine's own takes a token.
        port: Port; 0 for any that is free.
        opens: Whether a browser is opened.
        workers: Processes for long jobs.
        file_mb: Largest file that may be dropped, MB.
        machine: Whether the address is said as one JSON object.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    opens: bool = True
    workers: int = 2
    file_mb: float = 512.0
    machine: bool = False

    def __post_init__(self) -> None:
        check_range("port", self.port, 0, 65535, closed=True)
        check_range("workers", self.workers, 1, 64, closed=True)
        check_range("file_mb", self.file_mb, 0.001, 100_000, closed=True)


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address.

    Example:
        >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
        (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def serve(folder: Path, listening: Listening = Listening()) -> None:  # noqa: B008 - frozen
    """Serve a folder until it is interrupted.

    Args:
        folder: The working folder.
        listening: Where.

    Raises:
        ConfigError: If what serves is not installed, or the port is taken.
        OutputError: If the folder cannot be used, or another studio has it.
    """
    try:
        import uvicorn

        from unisono.studio.app import StudioSettings, make_app
        from unisono.studio.connections import PromptProtocol
        from unisono.studio.guard import GuardSettings
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the studio needs {error.name}; install it with: pip install 'unisono[studio]'"
        ) from error
    token = "" if is_local(listening.host) else secrets.token_urlsafe(24)
    guard = GuardSettings(token=token, upload=round(listening.file_mb * 1e6))
    sock = _bound(listening)
    try:
        app = make_app(StudioSettings(folder, listening.workers, guard))
        address = _address(listening.host, sock.getsockname()[1], token)
        said = f"Unisono studio: {address}  (Ctrl-C ends it)"
        print(json.dumps({"address": address}) if listening.machine else said, flush=True)
        if listening.opens:
            threading.Timer(0.8, webbrowser.open, (address,)).start()
        config = uvicorn.Config(
            app, http=PromptProtocol, log_level="warning", access_log=False,
            server_header=False, ws="none",
            timeout_keep_alive=_IDLE, limit_concurrency=_AT_ONCE, timeout_graceful_shutdown=2,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[sock])
    finally:
        sock.close()
    print("Unisono studio: closed.", file=sys.stderr)


def _bound(listening: Listening) -> socket.socket:
    """A socket at the address, so that a port that is taken is said before anything begins."""
    host = listening.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, listening.port))
    except OSError as error:
        sock.close()
        raise ConfigError(
            f"{listening.host}:{listening.port} cannot be listened at ({error.strerror}); "
            "choose another with --port or --host."
        ) from error
    return sock


def _address(host: str, port: int, token: str) -> str:
    """The link for a browser; the token stands behind the #, which no browser sends on."""
    try:
        named = socket.gethostname() if ipaddress.ip_address(host).is_unspecified else host
    except ValueError:
        named = host
    shown = f"[{named}]" if ":" in named and "[" not in named else named
    return f"http://{shown}:{port}/" + (f"#token={token}" if token else "")
