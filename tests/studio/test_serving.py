"""Mirrors src/unisono/studio/serving.py: real servers, on real ports."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from unisono.core.errors import ConfigError, OutputError, UnisonoError
from unisono.studio.folder import WorkFolder
from unisono.studio.serving import Listening, is_local, serve


def test_only_its_own_machine_is_local() -> None:
    assert all(map(is_local, ("127.0.0.1", "127.0.0.9", "localhost", "::1", "[::1]")))
    assert not any(map(is_local, ("0.0.0.0", "::", "192.168.0.3", "example.org", "")))


@pytest.mark.parametrize("wrong", [{"port": 70000}, {"port": -1}, {"workers": 0}, {"file_mb": 0}])
def test_what_is_out_of_range(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Listening(**wrong)  # type: ignore[arg-type]


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match="choose another with --port"):
            serve(tmp_path, Listening(port=other.getsockname()[1], opens=False))


def test_two_servers_on_one_folder(tmp_path: Path) -> None:
    lock = WorkFolder(tmp_path).lock()
    with pytest.raises(OutputError, match="already open in another studio"):
        serve(tmp_path, Listening(port=0, opens=False))
    lock.release()


def test_without_the_extra_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UnisonoError, match=r"pip install 'unisono\[studio\]'"):
        serve(tmp_path)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    running: list[subprocess.Popen[str]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "unisono", "studio", str(tmp_path), "--no-browser",
                   "--port", "0", *words]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        return process, line.split()[2]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_open_to_others_it_takes_the_token_and_outlives_a_tab_that_closes(
    started: Callable[..., tuple[subprocess.Popen[str], str]],
    tmp_path: Path,
) -> None:
    process, address = started("--host", "0.0.0.0")
    files = tmp_path / ".studio" / "files"
    port, token = address.rsplit(":", 1)[1].split("/#token=")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        assert client.get("/").status_code == 200
        assert client.get("/api/about").status_code == 401
        wrong = {"authorization": f"Bearer {token[:-1]}"}
        assert client.post("/api/session", headers=wrong).status_code == 401
        right = {"authorization": f"Bearer {token}"}
        entered = client.post("/api/session", headers=right)
        assert entered.status_code == 204
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        assert client.get("/api/about").status_code == 200  # by the cookie
        head = (
            f"POST /api/files?name=w.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        )
        with socket.create_connection(("127.0.0.1", int(port)), 10) as tab:  # closed in the middle
            tab.sendall(f"{head}Content-Length: 1000\r\n\r\ntime,a\n".encode())
            while not list(files.iterdir()):
                time.sleep(0.01)
        while list(files.iterdir()):
            time.sleep(0.01)
        assert client.get("/api/files").json() == []
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert time.monotonic() - begun < 15
