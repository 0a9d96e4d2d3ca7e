"""Mirrors src/unisono/studio/work_routes.py."""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unisono.recordings.formats.registry import read_file
from unisono.studio.work_routes import _read_log

TRAIN = {"name": "forces", "dataset": "walks.un", "given": ["angles"], "want": ["grf"], "steps": 6,
         "size": "tiny", "rate_hz": 50, "frames": 32, "test": 0.34, "calibration": 0.34,
         "previews": 3}  # fmt: skip


@pytest.mark.slow
def test_train_then_generate_then_keep(
    studio: Any,  # noqa: ANN401
    walks: Any,  # noqa: ANN401
    walk_file: Path,
    tmp_path: Path,
) -> None:
    shutil.copytree(walks.path, studio.root / "walks.un")
    trained = studio.ask(kind="train", **TRAIN)
    assert trained["state"] == "done", trained["error"]
    curve = studio.client.get(f"/api/jobs/{trained['id']}/curve").json()
    assert curve["step"] == [1, 2, 3, 4, 5, 6] and curve["previews"] == [3]
    assert all(isinstance(loss, float) for loss in curve["loss"])
    preview = studio.client.get(f"/api/jobs/{trained['id']}/preview", params={"step": 3})
    assert preview.content.startswith(b"\x89PNG")
    gone = studio.client.get(f"/api/jobs/{trained['id']}/preview", params={"step": 4})
    assert gone.status_code == 404
    (model,) = studio.client.get("/api/models").json()
    assert (model["name"], model["kind"]) == ("models/forces", "generator")
    assert (model["given"], model["want"]) == (["angles"], ["grf"])
    card = studio.client.get("/api/model", params={"name": "models/forces"}).json()["card"]
    assert "no medical device" in card

    number = studio.drop(walk_file)
    job = studio.ask(kind="generate", models=["models/forces"], source={"file": number}, samples=4)
    assert job["state"] == "done", job["error"]
    assert job["page"] == "w.html" and "w_forces.mot" in job["files"]
    kept = studio.client.get(f"/api/jobs/{job['id']}/files/w_forces.mot")
    assert kept.headers["content-disposition"] == 'attachment; filename="w_forces.mot"'
    assert kept.headers["content-type"] == "application/octet-stream"
    (tmp_path / "back.mot").write_bytes(kept.content)
    assert read_file(tmp_path / "back.mot")
    page = studio.client.get(f"/api/jobs/{job['id']}/page")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts") and "allow-same-origin" not in policy
    assert "<!doctype html>" in page.text
    for name in ("../jobs.sqlite", "..%2f..%2fjobs.sqlite", "w.npz", "%00"):
        assert studio.client.get(f"/api/jobs/{job['id']}/files/{name}").status_code == 404
    assert str(studio.root) not in studio.client.get("/api/jobs").text


@pytest.mark.slow
def test_a_model_sent_from_outside(studio: Any, tiny_model: Any) -> None:  # noqa: ANN401
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in tiny_model.folder.iterdir():
            archive.write(file, f"forces/{file.name}")
    sent = studio.client.post("/api/models", params={"name": "copy"}, content=packed.getvalue())
    assert sent.status_code == 202
    studio.work()
    assert studio.client.get(f"/api/jobs/{sent.json()['id']}").json()["state"] == "done"
    names = [one["name"] for one in studio.client.get("/api/models").json()]
    assert names == ["models/copy"]
    whole = studio.client.post("/api/model/verify", params={"name": "models/copy"})
    studio.work()
    assert studio.client.get(f"/api/jobs/{whole.json()['id']}").json()["state"] == "done"


@pytest.mark.slow
def test_words_are_learned_listed_used_and_kept(studio: Any, motion_model_folder: Path) -> None:  # noqa: ANN401
    shutil.copytree(motion_model_folder, studio.root / "talks")
    get = studio.client.get
    (model,) = get("/api/models").json()
    assert (model["kind"], model["given"], model["want"]) == ("words", ["text"], ["motion"])
    assert get("/api/words", params={"model": "talks"}).json() == []
    first = studio.ask(kind="speak", model="talks", texts=["a person walks"], seconds=1.0)
    assert first["state"] == "done", first["error"]
    clip = get(f"/api/jobs/{first['id']}/files/a_person_walks.bvh").content
    dropped = studio.client.post("/api/files", params={"name": "walk.bvh"}, content=clip).json()
    learned = studio.ask(kind="learn", model="talks", word="*odd*", clips=[{"file": dropped["id"]}],
                         warm=2, steps=2)  # fmt: skip
    assert learned["state"] == "done", learned["error"]
    (word,) = get("/api/words", params={"model": "talks"}).json()
    kept = get("/api/word", params={"model": "talks", "word": word["word"]})
    assert kept.headers["content-disposition"] == 'attachment; filename="odd.word"'
    assert kept.content == get(f"/api/jobs/{learned['id']}/files/odd.word").content
    used = studio.ask(kind="speak", model="talks", texts=["an *odd* person"], seconds=1.0)
    assert used["state"] == "done" and "an_odd_person.bvh" in used["files"]
    for wrong, status in (("*x*", 404), ("../talks", 422)):
        asked = {"model": "talks", "word": wrong}
        assert get("/api/word", params=asked).status_code == status
    whole = studio.client.post("/api/model/verify", params={"name": "talks"})
    studio.work()
    found = get(f"/api/jobs/{whole.json()['id']}").json()
    assert found["state"] == "done" and found["result"]["kind"] == "words"
    assert "talks.words" not in {one["name"] for one in get("/api/models").json()}


def test_cancelling_and_asking_again(studio: Any, walk_file: Path) -> None:  # noqa: ANN401
    number = studio.drop(walk_file)
    asked = {"kind": "view", "source": {"file": number}}
    first = studio.client.post("/api/jobs", json=asked).json()
    cancelled = studio.client.post(f"/api/jobs/{first['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    studio.work()
    again = studio.client.post(f"/api/jobs/{first['id']}/again")
    assert again.status_code == 202 and again.json()["asked"]["source"]["file"] == number
    studio.work()
    assert studio.client.get(f"/api/jobs/{again.json()['id']}").json()["state"] == "done"
    refused = studio.client.post(f"/api/jobs/{again.json()['id']}/again")
    assert refused.status_code == 422
    states = {"cancelled": 1, "done": 2, "failed": 0}
    for state, count in states.items():
        found = studio.client.get("/api/jobs", params={"state": state}).json()
        assert len(found) == count
    assert studio.client.get("/api/jobs", params={"state": "gone"}).status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "999", str(2**70), "x"])
def test_jobs_that_are_not_there(studio: Any, number: str) -> None:  # noqa: ANN401
    for method, path in (("GET", ""), ("GET", "/page"), ("GET", "/files/a.mot"), ("GET", "/curve"),
                         ("POST", "/cancel"), ("POST", "/again")):  # fmt: skip
        answer = studio.client.request(method, f"/api/jobs/{number}{path}")
        assert answer.status_code in (404, 422) and set(answer.json()) == {"error"}


def test_models_from_outside_are_whole_or_not_at_all(
    make_studio: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = make_studio(rate=1e6, burst=1e6, upload=1000)
    results = studio.root / ".studio" / "results"

    def pieces() -> Iterator[bytes]:  # no length is said beforehand
        for _ in range(100):
            yield b"x" * 100

    large = studio.client.post("/api/models", params={"name": "m"}, content=pieces())
    assert large.status_code == 413 and list(results.iterdir()) == []
    monkeypatch.setattr("unisono.studio.work_routes._ARCHIVES", 2)
    sent = [
        studio.client.post("/api/models", params={"name": f"m{k}"}, content=b"PK") for k in range(3)
    ]
    assert [one.status_code for one in sent] == [202, 202, 413]
    assert "2 models wait" in sent[2].json()["error"]
    studio.work()
    assert list(results.glob("*/*.zip")) == []
    again = studio.client.post("/api/models", params={"name": "m0"}, content=b"PK")
    assert again.status_code == 202


def test_models_that_are_not_there(studio: Any) -> None:  # noqa: ANN401
    assert studio.client.get("/api/model", params={"name": "../x"}).status_code == 404
    assert studio.client.post("/api/model/verify", params={"name": "x"}).status_code == 404
    sent = studio.client.post("/api/models", params={"name": "../x"}, content=b"PK")
    assert sent.status_code == 422
    sent = studio.client.post("/api/models", params={"name": "x"}, content=b"PK no zip")
    studio.work()
    job = studio.client.get(f"/api/jobs/{sent.json()['id']}").json()
    assert job["state"] == "failed" and "no readable .zip" in job["error"]
    assert studio.client.get("/api/models").json() == []


def test_a_log_that_is_being_written(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    assert _read_log(log) == ([], [])
    log.write_text("step,phase,loss\n1,a,2.5\n2,a,nan\n3,a")
    assert _read_log(log) == ([1, 2], [2.5, None])
    rows = "".join(f"{k},a,{k}\n" for k in range(5000))
    log.write_text("step,phase,loss\n" + rows)
    steps, losses = _read_log(log)
    assert len(steps) == len(losses) == 500 and steps[:2] == [0, 10]
