"""The studio in a real browser: what a person does, from dropping a file to keeping a result."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import xarray as xr

from unisono.recordings.formats.registry import read_file
from unisono.studio.app import StudioSettings, make_app
from unisono.studio.guard import GuardSettings
from unisono.studio.handlers import HANDLERS
from unisono.studio.jobs import JobQueue
from unisono.studio.worker import WorkerSettings, work_once

pytestmark = [
    pytest.mark.slow,
    # a browser that goes away leaves its connections to be collected later
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SHOTS = Path(__file__).parents[2] / ".artefacts" / "studio"


@pytest.fixture(scope="module")
def lab(
    walks: Any,  # noqa: ANN401
    swings: Any,  # noqa: ANN401
    tiny_map: Any,  # noqa: ANN401
    motion_model_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A working folder with two datasets, a map, and a model of text to motion."""
    root = tmp_path_factory.mktemp("studio") / "lab"
    shutil.copytree(walks.path, root / "walks.un")
    shutil.copytree(swings.path, root / "swings.un")
    shutil.copytree(tiny_map.folder, root / "maps" / "swings")
    shutil.copytree(motion_model_folder, root / "talks")
    return root


@pytest.fixture(scope="module")
def address(lab: Path) -> Iterator[str]:
    """A server on a free port; a thread of this process does the jobs."""
    guard = GuardSettings(rate=1e6, burst=1e6, upload=5_000_000)
    app = make_app(StudioSettings(lab, workers=0, guard=guard))
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    ends = threading.Event()
    queue = JobQueue(lab / ".studio" / "jobs.sqlite")
    settings = WorkerSettings(queue.path, beat_s=0.1, kinds=tuple(HANDLERS))

    def work() -> None:
        while not ends.is_set():
            if not work_once("tests", queue, settings, HANDLERS):
                time.sleep(0.02)

    threads = [threading.Thread(target=server.run, args=([sock],)), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    ends.set()
    server.should_exit = True
    for thread in threads:
        thread.join(30)
    sock.close()


@pytest.fixture(scope="module")
def page(browser: Any, address: str) -> Iterator[Any]:  # noqa: ANN401
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(400_000)
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    refused = "Failed to load resource"  # what the studio refuses, the page says
    opened.on(
        "console",
        lambda m: faults.append(m.text) if m.type == "error" and refused not in m.text else None,
    )
    opened.on(
        "request",
        lambda r: (
            None
            if r.url.startswith((address, "data:", "blob:", "about:"))
            else faults.append(r.url)
        ),
    )
    opened.goto(address)
    yield opened
    opened.close()
    assert faults == []


def until(page: Any, expression: str) -> None:  # noqa: ANN401
    """Wait for the page; asked from outside, since its policy lets no string be run inside."""
    end = time.monotonic() + 400
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.05)


def go(page: Any, place: str) -> None:  # noqa: ANN401
    page.get_by_role("link", name=place, exact=False).first.click()
    until(page, f"document.title.startsWith({place!r})")


def keep(page: Any, name: str) -> None:  # noqa: ANN401
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"))


def serious(page: Any) -> list[Any]:  # noqa: ANN401
    """Serious findings of axe, of this page without its frames, which have a test of their own."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    context = {"exclude": [["iframe"]]}
    found = axe.Axe().run(page, context=context).response["violations"]
    return [
        (v["id"], [n["html"] for n in v["nodes"]][:2])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def test_drop_a_real_file_and_answer_a_doubt(
    page: Any,  # noqa: ANN401
    shared_data: Callable[[str], Path],
) -> None:
    file = sorted(shared_data("biomechzoo").glob("HC030A/Straight/*.c3d"))[0]
    page.locator("#drop").set_input_files(str(file))
    doubts = page.locator(".doubts li")
    doubts.first.wait_for()
    before = doubts.count()
    keep(page, "recordings")
    offer = page.locator(".doubts .action").first
    said = offer.inner_text()
    offer.click()
    page.get_by_text("You said:").wait_for()
    until(page, f"document.querySelectorAll('.doubts li').length < {before}")
    assert page.locator(".doubts .action", has_text=said).count() == 0
    page.get_by_role("button", name="Look at it").click()
    frame = page.frame_locator("iframe.result")
    page.locator("iframe.result").scroll_into_view_if_needed()
    frame.locator(".panel canvas").first.wait_for()  # curves are drawn when they come into view
    assert page.locator("iframe.result").get_attribute("sandbox") == (
        "allow-scripts allow-downloads"
    )
    assert page.evaluate("document.querySelector('iframe.result').contentDocument") is None
    keep(page, "recordings-view")


def test_files_that_cannot_be_taken_are_said(page: Any, tmp_path: Path) -> None:  # noqa: ANN401
    go(page, "Recordings")
    before = page.locator(".file").count()
    said = page.locator("#said")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(2_000_000_000)  # 2 GB that take no place
    page.locator("#drop").set_input_files(str(huge))
    said.get_by_text("huge.csv: it is larger than 5 MB").wait_for()
    wrong = tmp_path / "holiday.jpg"
    wrong.write_bytes(b"\xff\xd8\xff")
    page.locator("#drop").set_input_files(str(wrong))
    said.get_by_text("holiday.jpg: this kind of file is not read").wait_for()
    changing = tmp_path / "changing.csv"
    changing.write_text("time,a\n0,1\n")

    def change(route: Any) -> None:  # noqa: ANN401
        changing.write_text("time,a\n0,1\n1,2\n2,3\n")  # after it was chosen, before it is read
        route.continue_()

    page.route("**/api/files?name=changing.csv", change)
    page.locator("#drop").set_input_files(str(changing))
    said.get_by_text("changing.csv: it was changed or moved while it was read").wait_for()
    page.unroute("**/api/files?name=changing.csv")
    none = tmp_path / "none.c3d"
    none.write_bytes(b"MZ this is a program")
    page.locator("#drop").set_input_files(str(none))
    page.get_by_role("button", name="none.c3d", exact=False).first.click()
    page.locator("section .said.error").get_by_text("none.c3d").wait_for()
    page.get_by_role("button", name="Remove none.c3d").click()
    until(page, f"document.querySelectorAll('.file').length === {before}")


def settled(page: Any) -> None:  # noqa: ANN401
    """Wait until every job has ended and the page has drawn what it came to."""
    page.wait_for_timeout(300)
    until(page, "document.querySelector('a[href=\"#jobs\"]').textContent === 'Jobs'")
    page.wait_for_timeout(300)


def test_rate_and_height_are_said_on_the_page(page: Any, tmp_path: Path) -> None:  # noqa: ANN401
    go(page, "Recordings")
    for name, first in (("clockless.csv", "hip [deg]"), ("timed.csv", "time")):
        (tmp_path / name).write_text(f"{first},knee [deg]\n0,1\n0.1,2\n")
        page.locator("#drop").set_input_files(str(tmp_path / name))
        page.get_by_role("button", name=name, exact=False).first.click()
    settled(page)
    page.get_by_label("Body mass (kg)").fill("70")
    page.get_by_role("button", name="Save", exact=False).click()
    settled(page)
    page.get_by_role("button", name="clockless.csv", exact=False).first.click()
    page.get_by_text("state the frames a second").wait_for()
    page.get_by_label("Take timed.csv into a dataset").uncheck()
    page.get_by_label("Frames a second").fill("50")
    for name in ("timed.csv", "clockless.csv"):  # what is typed outlasts a look at another file
        page.get_by_role("button", name=name, exact=False).first.click()
        until(page, f"document.querySelector('section.card h2').textContent === '{name}'")
        expected = "50" if name == "clockless.csv" else ""
        assert page.get_by_label("Frames a second").input_value() == expected
    page.get_by_label("Frames a second").focus()
    page.evaluate("document.querySelector('.file button[aria-current]').click()")  # drawn again
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.name") == "rate_hz"
    page.get_by_role("button", name="Save", exact=False).click()
    page.locator("td", has_text="50").first.wait_for()
    settled(page)
    assert page.get_by_label("Frames a second").input_value() == "50"
    assert page.get_by_label("Body mass (kg)").input_value() == "70"  # saved for all ticked
    page.get_by_label("Take timed.csv into a dataset").check()
    page.get_by_role("button", name="timed.csv", exact=False).first.click()
    until(page, "document.querySelector('section.card h2').textContent === 'timed.csv'")
    page.get_by_label("Body mass (kg)").fill("")
    page.get_by_label("Body height (m)").fill("1.7")
    page.get_by_role("button", name="Save", exact=False).click()
    settled(page)
    page.get_by_role("button", name="clockless.csv", exact=False).first.click()
    until(page, "document.querySelector('[name=rate_hz]').value === '50'")  # it stays
    assert page.get_by_label("Body height (m)").input_value() == "1.7"
    assert page.get_by_label("Body mass (kg)").input_value() == ""  # taken back, for all ticked
    keep(page, "recordings-rate")
    for name in ("clockless.csv", "timed.csv"):
        page.get_by_role("button", name=f"Remove {name}").click()
    until(page, "!document.body.textContent.includes('timed.csv')")


def test_train_reload_in_the_middle_and_stop(page: Any) -> None:  # noqa: ANN401
    go(page, "Train")
    page.get_by_label("Dataset").select_option("walks.un")
    page.get_by_label("Network").select_option("tiny")
    page.get_by_label("Name").fill("long")
    page.get_by_label("Steps", exact=True).fill("100000")
    page.get_by_label("Frames a second").fill("50")
    page.get_by_label("Frames a window").fill("32")
    page.get_by_role("button", name="Train").click()
    run = page.locator(".run", has_text="long")
    run.locator(".state.running").wait_for()
    until(page, "document.querySelector('.run .loss canvas') !== null")
    keep(page, "train")
    page.reload()
    run.locator(".state.running").wait_for()
    assert "train" in run.locator(".state").inner_text()
    run.get_by_role("button", name="Stop").click()
    run.locator(".state.cancelled").wait_for()
    assert run.get_by_role("button", name="Resume").is_visible()
    page.get_by_label("Dataset").select_option("walks.un")
    page.get_by_label("Name").fill("forces")
    page.get_by_label("Network").select_option("tiny")
    page.get_by_label("Steps", exact=True).fill("12")
    page.get_by_label("Frames a second").fill("50")
    page.get_by_label("Frames a window").fill("32")
    page.get_by_role("button", name="Train").click()
    page.locator(".run", has_text="forces").locator(".state.done").wait_for()


def test_generate_and_keep_the_results(page: Any, tmp_path: Path) -> None:  # noqa: ANN401
    go(page, "Generate")
    page.get_by_label("models/forces", exact=False).check()
    page.get_by_label("From").select_option("data:walks.un")
    page.get_by_label("Recording", exact=True).select_option("s1t0")
    page.get_by_label("Samples", exact=True).fill("4")
    page.get_by_role("button", name="Generate").click()
    card = page.locator(".results .card").first
    card.locator(".state.done").wait_for()
    frame = page.frame_locator("iframe.result")
    frame.get_by_role("button", name="Bands").wait_for()
    page.locator("iframe.result").scroll_into_view_if_needed()
    frame.locator(".panel canvas").first.wait_for()
    keep(page, "generate")
    for name in ("s1t0_forces.mot", "s1t0.html"):
        with page.expect_download() as waiting:
            card.get_by_role("link", name=name, exact=True).click()
        waiting.value.save_as(tmp_path / name)
    forces: xr.DataTree = read_file(tmp_path / "s1t0_forces.mot")
    assert forces.children
    assert "<!doctype html>" in (tmp_path / "s1t0.html").read_text()


def test_walk_on_a_map(page: Any) -> None:  # noqa: ANN401
    go(page, "Map")
    page.get_by_label("Dataset").select_option("walks.un")
    streams = page.get_by_role("group", name="Streams of a frame", exact=False)
    assert streams.get_by_role("checkbox", checked=True).evaluate("box => box.value") == "angles"
    page.get_by_label("Map", exact=True).select_option("maps/swings")
    page.get_by_role("button", name="Open").click()
    chart = page.locator(".map canvas").first
    chart.wait_for()
    chart.focus()
    for _ in range(2):
        page.keyboard.press("n")
    page.get_by_text("from the data;").wait_for()
    page.frame_locator("iframe.result").locator(".panel").first.wait_for()
    before = page.locator(".map [role=status]").inner_text()
    box = chart.bounding_box()
    page.mouse.dblclick(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    until(page, f"document.querySelector('.map [role=status]').textContent !== {before!r}")
    three = page.get_by_role("button", name="3-D")
    three.click()
    assert three.get_attribute("aria-pressed") == "true"
    page.locator("iframe.result").scroll_into_view_if_needed()
    page.frame_locator("iframe.result").locator(".panel canvas").first.wait_for()
    keep(page, "map")
    page.get_by_label("Format", exact=True).select_option("csv")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Keep it").click()
        page.get_by_role("link", name="walk.csv", exact=True).click()
    assert len(Path(waiting.value.path()).read_text().splitlines()) == 61
    page.get_by_label("From").select_option("data:swings.un")
    page.get_by_label("What", exact=True).select_option("toward:speed")
    page.get_by_label("Number", exact=True).fill("1.4")
    page.get_by_role("button", name="Move it").click()
    card = page.locator(".results .card").first
    card.locator(".state.done").wait_for()
    card.get_by_role("link", name="swing0_edited.csv").wait_for()


def test_words_become_a_motion_and_a_word_is_learned(page: Any, tmp_path: Path) -> None:  # noqa: ANN401
    go(page, "Words")
    page.get_by_label("Seconds a line").fill("1")
    page.get_by_role("button", name="Make the motion").click()
    card = page.locator(".results .card").first
    card.locator(".state.done").wait_for()
    page.locator("iframe.result").scroll_into_view_if_needed()
    page.frame_locator("iframe.result").locator(".panel canvas").first.wait_for()
    keep(page, "words")
    with page.expect_download() as waiting:
        card.get_by_role("link", name="a_person_walks.bvh").click()
    waiting.value.save_as(tmp_path / "clip.bvh")
    assert read_file(tmp_path / "clip.bvh").children
    go(page, "Recordings")
    page.locator("#drop").set_input_files(str(tmp_path / "clip.bvh"))
    page.get_by_role("button", name="clip.bvh", exact=False).first.wait_for()
    (tmp_path / "curve.csv").write_text("time,a\n0,1\n0.1,2\n")
    page.locator("#drop").set_input_files(str(tmp_path / "curve.csv"))
    page.get_by_role("button", name="curve.csv", exact=False).first.wait_for()
    go(page, "Words")
    page.get_by_label("clip.bvh").check()
    assert page.get_by_label("curve.csv").count() == 0  # it holds no motion of a skeleton
    page.get_by_label("Word", exact=True).fill("odd")
    page.get_by_label("Steps", exact=True).fill("1")
    page.get_by_role("button", name="Teach the word").click()
    page.get_by_role("button", name="Put *odd* into the text").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="odd.word").first.click()
    assert "*odd*" in Path(waiting.value.path()).read_text()
    page.get_by_role("button", name="Make the motion").click()
    page.get_by_role("link", name="a_person_walks_odd.bvh").wait_for()


def test_a_job_that_waits_is_cancelled(page: Any, lab: Path) -> None:  # noqa: ANN401
    queue = JobQueue(lab / ".studio" / "jobs.sqlite")
    number = queue.submit("nobody's", {})
    go(page, "Jobs")
    row = page.locator(".job", has_text=f"{number} nobody's")
    row.locator(".state.queued").wait_for()
    row.get_by_role("button", name="Cancel").click()
    row.locator(".state.cancelled").wait_for()
    keep(page, "jobs")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_place_is_for_everyone(page: Any, scheme: str) -> None:  # noqa: ANN401
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1280, "height": 900})
    for place in ("Recordings", "Train", "Generate", "Map", "Words"):
        go(page, place)
        page.wait_for_timeout(150)
        keep(page, f"{place.lower()}-{scheme}-wide")
    for place in ("Recordings", "Train", "Generate", "Map", "Words", "Translate", "Models",
                  "Jobs"):  # fmt: skip
        page.set_viewport_size({"width": 360, "height": 740})
        go(page, place)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, place
        assert serious(page) == [], place
        keep(page, f"{place.lower()}-{scheme}-360")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.reload()
    page.get_by_role("navigation").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
