"""Mirrors src/unisono/studio/data_routes.py."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from unisono.recordings.formats.registry import write
from unisono.recordings.schema import make_stream


def test_from_a_dropped_file_to_a_dataset(
    studio: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    tree = make_walk("w", 1)
    grf = tree["grf"].to_dataset()
    tree["grf"] = xr.DataTree(
        make_stream(
            grf["data"].values / 61.0, time=grf["time"].values, units="N", kind="force",
            channels=list(grf["channel"].values), frame=dict(grf.attrs["frame"]),
        )
    )  # fmt: skip
    write(tree, tmp_path / "w.npz")
    number = studio.drop(tmp_path / "w.npz", "../Eva's walk.npz")
    (listed,) = studio.client.get("/api/files").json()
    assert (listed["id"], listed["name"]) == (number, "../Eva's walk.npz")
    found = studio.client.get(f"/api/files/{number}").json()
    assert found["state"] == "done" and found["error"] == ""
    offers = [offer for row in found["offers"] for offer in row]
    (offer,) = [one for one in offers if one["label"] == "grf in N/kg"]
    answers = {**offer["answer"], "subject": "Eva"}
    said = studio.client.put(f"/api/files/{number}/answers", json=answers)
    assert said.status_code == 200
    studio.work()
    found = studio.client.get(f"/api/files/{number}").json()
    kinds = [doubt["kind"] for doubt in found["described"]["doubts"]]
    assert "unit" not in kinds and found["described"]["subject"] == "Eva"
    job = studio.ask(kind="import", name="lab", files=[number])
    assert job["state"] == "done" and len(job["result"]["kept"]) == 1
    (data,) = studio.client.get("/api/datasets").json()
    assert (data["name"], data["subjects"]) == ("lab.un", 1) and data["streams"]["grf"] == 1
    (one,) = studio.client.get("/api/recordings", params={"dataset": "lab.un"}).json()
    assert one["subject"] == "Eva" and one["duration_s"] > 2.9
    assert studio.client.delete(f"/api/files/{number}").status_code == 204
    assert studio.client.get("/api/files").json() == []
    assert studio.client.get(f"/api/files/{number}").status_code == 404


def test_what_is_no_recording_is_said_with_its_name(studio: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "x.c3d").write_bytes(b"MZ this is a program")
    number = studio.drop(tmp_path / "x.c3d", "my walk.c3d")
    found = studio.client.get(f"/api/files/{number}").json()
    assert found["state"] == "failed" and found["described"] is None
    assert found["error"].startswith("my walk.c3d") and str(tmp_path) not in found["error"]


def test_a_file_without_times_is_read_once_its_rate_is_said(studio: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "w.csv").write_text("hip [deg],knee [deg]\n1,4\n2,5\n3,6\n")
    number = studio.drop(tmp_path / "w.csv")
    error = studio.client.get(f"/api/files/{number}").json()["error"]
    assert "state the frames a second (rate_hz), or name the column 'time'" in error
    asked = {"kind": "import", "name": "lab", "files": [number]}
    assert "state the frames a second" in studio.ask(**asked)["error"]
    assert "--" not in error + studio.ask(**asked)["error"]
    answers = {"rate_hz": 50.0, "height_m": 1.7}
    studio.client.put(f"/api/files/{number}/answers", json=answers)
    studio.work()
    found = studio.client.get(f"/api/files/{number}").json()
    assert found["error"] == "" and found["described"]["streams"][0]["measured_hz"] == 50.0
    assert found["described"]["known"]["height_m"] == 1.7


def test_a_name_of_any_script_is_kept(studio: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "w.csv").write_text("time,knee [deg]\n0,1\n0.1,2\n")
    number = studio.drop(tmp_path / "w.csv", "Gang Müller.csv")
    job = studio.ask(kind="import", name="lab", files=[number])
    assert job["result"]["kept"] == ["Gang_Müller"]
    job = studio.ask(kind="view", source={"dataset": "lab.un", "recording": "Gang_Müller"})
    assert job["files"] == ["Gang_Müller.html"]
    page = studio.client.get(f"/api/jobs/{job['id']}/files/Gang_Müller.html")
    assert page.status_code == 200 and "Gang_Müller" in page.text


def test_what_is_not_taken(make_studio: Callable[..., Any]) -> None:
    studio = make_studio(upload=1000)
    post = studio.client.post
    assert post("/api/files", params={"name": "x.exe"}, content=b"a").status_code == 422
    assert post("/api/files", params={"name": "x.csv"}, content=b"").status_code == 422
    assert post("/api/files", content=b"a").status_code == 422

    def pieces() -> Iterator[bytes]:  # no length is said beforehand
        for _ in range(100):
            yield b"x" * 100

    large = post("/api/files", params={"name": "x.csv"}, content=pieces())
    assert large.status_code == 413 and "the most" in large.json()["error"]
    said = post("/api/files", params={"name": "x.csv"}, content=b"x" * 1001)
    assert said.status_code == 413
    files = studio.root / ".studio" / "files"
    assert list(files.iterdir()) == [] and studio.queue.count("queued") == 0


def test_what_is_not_there(studio: Any) -> None:  # noqa: ANN401
    get = studio.client.get
    assert get("/api/files/0123456789abcdef").status_code == 404
    assert get("/api/files/..%2f..%2fx").status_code in (404, 422)
    assert get("/api/recordings", params={"dataset": "../.."}).status_code == 404
    (studio.root / "bad.un").mkdir()
    (studio.root / "bad.un" / "dataset.toml").write_text("recordings = [{}]")
    assert get("/api/recordings", params={"dataset": "bad.un"}).status_code == 422
    assert get("/api/datasets").json()[0]["recordings"] == 1
    assert np.isfinite(get("/api/about").json()["file_mb"])
