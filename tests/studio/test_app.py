"""Mirrors src/unisono/studio/app.py."""

import errno
from collections.abc import Callable
from typing import Any

import pytest


def test_the_page_and_its_headers(studio: Any) -> None:  # noqa: ANN401
    for path, kind in (("/", "text/html"), ("/studio.js", "text/javascript"),
                       ("/studio.css", "text/css")):  # fmt: skip
        answer = studio.client.get(path)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    about = studio.client.get("/api/about").json()
    assert about["folder"] == "lab" and ".c3d" in about["endings"] and about["waiting"] == 0


def test_it_is_documented(studio: Any) -> None:  # noqa: ANN401
    api = studio.client.get("/api/openapi.json").json()
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), (method, path)
            assert "429" in operation["responses"]
    assert {"/api/files", "/api/datasets", "/api/models", "/api/jobs", "/api/events"} <= set(
        api["paths"]
    )


@pytest.mark.parametrize(
    ("path", "status"), [("/docs", 404), ("/redoc", 404), ("/../etc/passwd", 404),
                         ("/.studio/jobs.sqlite", 404), ("/api/nothing", 404)],
)  # fmt: skip
def test_nothing_else_is_served(studio: Any, path: str, status: int) -> None:  # noqa: ANN401
    answer = studio.client.get(path)
    assert answer.status_code == status and set(answer.json()) == {"error"}


def test_errors_are_one_line_without_paths_or_traces(
    studio: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(self: object, kind: str) -> Any:  # noqa: ANN401
        raise RuntimeError("/home/somebody/secret")

    monkeypatch.setattr("unisono.studio.folder.WorkFolder.places", broken)
    answer = studio.client.get("/api/models")
    assert answer.status_code == 500
    assert answer.json() == {"error": "this is a defect of Unisono (RuntimeError)."}
    assert "secret" in capsys.readouterr().err  # in the log alone

    def full(self: object, kind: str) -> Any:  # noqa: ANN401
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("unisono.studio.folder.WorkFolder.places", full)
    answer = studio.client.get("/api/models")
    assert answer.status_code == 507 and "disk is full" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"kind": "train"}', b'{"kind": {"a": 1}}', b"\xff\xfe", b"null",
     b'{"kind":"walk","model":"m","points":[[1e999,0],[0,0]]}', b"[" * 50_000],
)  # fmt: skip
def test_malformed_questions(studio: Any, body: bytes) -> None:  # noqa: ANN401
    answer = studio.client.post(
        "/api/jobs", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422), answer.text
    assert set(answer.json()) == {"error"} and len(answer.json()["error"]) < 400
    assert studio.queue.count("queued") == 0


def test_the_way_in(make_studio: Callable[..., Any]) -> None:
    studio = make_studio(token="secret")
    assert studio.client.get("/api/jobs").status_code == 401
    assert studio.client.post("/api/session").status_code == 401
    right = {"authorization": "Bearer secret"}
    assert studio.client.post("/api/session", headers=right).status_code == 204
    assert studio.client.get("/api/jobs").json() == []


def test_too_many_requests(make_studio: Callable[..., Any]) -> None:
    client = make_studio(rate=0.001, burst=3).client
    codes = [client.get("/api/jobs").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
