"""Mirrors src/unisono/viewing/timeline_page.py; in a real browser where there is one."""

import csv
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import ConfigError
from unisono.recordings.formats.registry import read_file
from unisono.recordings.schema import make_recording, make_stream
from unisono.viewing.scene import Overlay
from unisono.viewing.scene_streams import OverlayStream
from unisono.viewing.timeline_page import Trial, render_timeline, timeline_frame, write_timeline

REPOSITORY = Path(__file__).parents[2]
SHOTS = REPOSITORY / ".artefacts" / "viewing"
BUILT = REPOSITORY / "src" / "unisono" / "viewing" / "page"


def test_the_built_page_belongs_to_its_sources() -> None:
    page = REPOSITORY / "page"
    names = [f"src/{file.name}" for file in (page / "src").iterdir()]
    names += ["package-lock.json", "package.json", "vite.config.js"]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + (page / name).read_bytes() + b"\0")
    sealed = json.loads((BUILT / "timeline.json").read_text())["sources"]
    assert sealed == digest.hexdigest(), "run `npm ci && npm run build` in page/"


def test_one_file_that_needs_no_network(make_walk: Callable[..., xr.DataTree]) -> None:
    walk = make_walk("<script><img src=x onerror=alert(1)>", 1)
    page = render_timeline([Trial(walk)])
    assert len(page) < 3_000_000
    assert "onerror" in page and "<img" not in page  # the name is data, never markup
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None and policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert page.count("<script") == page.count("</script>") == 3
    plain = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<[^>]*\b(src|href)=", plain)


def test_nothing_to_show() -> None:
    with pytest.raises(ConfigError, match="no recording"):
        render_timeline([])


def test_a_frame_holds_the_whole_page_apart() -> None:
    frame = timeline_frame('<p class="a">&</p>', label='"x"')
    assert 'srcdoc="&lt;p class=&quot;a&quot;&gt;&amp;&lt;/p&gt;"' in frame
    assert 'sandbox="allow-scripts allow-downloads"' in frame and 'title="&quot;x&quot;"' in frame


@pytest.fixture(scope="module")
def trial(shared_data: Callable[[str], Path]) -> xr.DataTree:
    folder = shared_data("biomechzoo")
    return read_file(sorted(folder.glob("HC030A/Straight/*.c3d"))[0])


def overlay_for(tree: xr.DataTree) -> Overlay:
    """Two channels of the plates as if a model had generated them, at another rate."""
    plates = (
        tree["plates"].to_dataset().sel(channel=["p1_fz", "p1_fx"]).isel(time=slice(0, None, 4))
    )
    values = np.nan_to_num(plates["data"].values)
    mean = make_stream(
        values + 5, time=plates["time"].values, channels=["p1_fz", "p1_fx"], units="N", kind="force"
    )
    half = np.stack([np.full_like(values, 10), np.full_like(values, 30)])
    return Overlay(
        {"plates": OverlayStream(mean, (0.5, 0.9), values - half, values + half, values[None])}
    )


@pytest.fixture(scope="module")
def opened(
    browser: Any,  # noqa: ANN401
    trial: xr.DataTree,
    tmp_path_factory: pytest.TempPathFactory,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """The page of a real trial, with an overlay, beside a second recording."""
    path = tmp_path_factory.mktemp("page") / "trial.html"
    emg = make_stream(np.ones((9, 1)), time=np.arange(9), channels=["a"], units="V", kind="emg")
    other = make_recording({"emg": emg}, recording="other", subject="s")
    write_timeline([Trial(trial, overlay_for(trial)), Trial(other)], path)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else faults.append(r.url),
    )
    page.goto(path.as_uri())
    page.wait_for_function("window.unisono && window.unisono.ready > 0")
    yield page
    page.close()
    assert faults == []


def state(page: Any, key: str) -> Any:  # noqa: ANN401
    return page.evaluate(f"window.unisono.state.{key}")


def shown(page: Any, panel: str, channel: str, origin: str = "recorded") -> str:  # noqa: ANN401
    place = f'[data-panel="{panel}"] output[data-channel="{channel}"][data-origin="{origin}"]'
    return str(page.locator(place).inner_text()).replace("\N{MINUS SIGN}", "-")


@pytest.mark.slow
def test_the_value_under_the_cursor_is_the_one_of_the_file(opened: Any, trial: xr.DataTree) -> None:  # noqa: ANN401
    panel = "angles/HipAngles_x"
    host = opened.locator(f'[data-panel="{panel}"] .u-over')
    host.scroll_into_view_if_needed()
    stream = trial["angles"].to_dataset()
    time = stream["time"].values
    for share in (0.2, 0.5, 0.83):
        box = host.bounding_box()
        opened.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        opened.wait_for_timeout(60)
        hover = state(opened, "hover")
        nearest = int(np.abs(time - hover).argmin())
        for channel in ("LHipAngles_x", "RHipAngles_x"):
            wanted = float(stream["data"].sel(channel=channel).values[nearest])
            assert float(shown(opened, panel, channel)) == pytest.approx(wanted, abs=6e-3)
    opened.mouse.move(5, 5)
    opened.wait_for_timeout(60)
    assert state(opened, "hover") is None


@pytest.mark.slow
def test_streams_at_their_own_rates_stay_in_step(opened: Any, trial: xr.DataTree) -> None:  # noqa: ANN401
    opened.locator('input[type="range"]').fill("1.0235")
    at = state(opened, "time")
    assert at == pytest.approx(1.0235, abs=1e-3)
    for panel, stream, channel in (
        ("plates/p1_fz", "plates", "p1_fz"),  # 1000 Hz
        ("angles/HipAngles_x", "angles", "LHipAngles_x"),  # 100 Hz
    ):
        opened.locator(f'[data-panel="{panel}"]').scroll_into_view_if_needed()
        opened.wait_for_timeout(80)
        node = trial[stream].to_dataset()
        nearest = int(np.abs(node["time"].values - at).argmin())
        wanted = float(node["data"].sel(channel=channel).values[nearest])
        assert float(shown(opened, panel, channel)) == pytest.approx(wanted, rel=2e-3, abs=6e-3)


@pytest.mark.slow
def test_a_missing_sample_is_a_gap(opened: Any, trial: xr.DataTree) -> None:  # noqa: ANN401
    node = trial["model_forces"].to_dataset()
    valid = node["valid"].sel(channel="LGroundReactionForce_z").values
    lost = float(node["time"].values[np.flatnonzero(~valid)[3]])
    opened.locator('input[type="range"]').fill(str(lost))
    panel = "model_forces/GroundReactionForce_z"
    opened.locator(f'[data-panel="{panel}"]').scroll_into_view_if_needed()
    opened.wait_for_timeout(80)
    assert shown(opened, panel, "LGroundReactionForce_z") == "–"


@pytest.mark.slow
def test_bands_toggle_and_playing(opened: Any) -> None:  # noqa: ANN401
    panel = opened.locator('[data-panel="plates/p1_fz"]')
    panel.scroll_into_view_if_needed()
    opened.wait_for_timeout(80)
    picture = "document.querySelector('[data-panel=\"plates/p1_fz\"] canvas').toDataURL()"
    before = opened.evaluate(picture)
    button = opened.get_by_role("button", name="Bands")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    without = opened.evaluate(picture)
    assert without != before
    opened.keyboard.press("b")
    opened.wait_for_timeout(50)
    assert opened.evaluate(picture) == before
    opened.keyboard.press("Home")
    opened.get_by_label("Speed").select_option("0.25")
    opened.get_by_role("button", name="Play", exact=True).click()
    # both clocks in one frame: between frames the page's stands still
    clocks = """new Promise((told) => requestAnimationFrame((now) =>
        told([window.unisono.state.time, now / 1000])))"""
    first = opened.evaluate(clocks)
    opened.wait_for_timeout(700)
    last = opened.evaluate(clocks)
    opened.get_by_role("button", name="Pause").click()
    # A busy machine draws too few frames to keep up; a quarter of the speed it never exceeds.
    assert 0.05 < (last[0] - first[0]) / (last[1] - first[1]) < 0.27
    assert state(opened, "playing") is False
    opened.get_by_label("Speed").select_option("1")


@pytest.mark.slow
def test_the_keyboard(opened: Any, trial: xr.DataTree) -> None:  # noqa: ANN401
    start = float(trial["markers"]["time"].values[0])
    opened.keyboard.press("Home")
    for _ in range(3):
        opened.keyboard.press("ArrowRight")
    assert state(opened, "time") == pytest.approx(start + 0.03)
    opened.keyboard.press("Shift+ArrowRight")
    assert state(opened, "time") == pytest.approx(start + 0.13)
    opened.keyboard.press("]")
    events = trial["events"]["time"].values
    assert state(opened, "time") == pytest.approx(events[events > start + 0.13][0])
    opened.keyboard.press("+")
    width = state(opened, "to") - state(opened, "from")
    opened.keyboard.press("0")
    assert state(opened, "to") - state(opened, "from") == pytest.approx(2 * width)
    opened.keyboard.press("?")
    assert opened.get_by_role("dialog").is_visible()
    opened.keyboard.press("Escape")


@pytest.mark.slow
def test_a_table_of_what_is_shown(opened: Any, trial: xr.DataTree) -> None:  # noqa: ANN401
    with opened.expect_download() as waiting:
        opened.keyboard.press("t")
    with Path(waiting.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    node = trial["model_forces"].to_dataset()
    mine = [r for r in rows if r["channel"] == "LGroundReactionForce_z"]
    assert len(mine) == node.sizes["time"]
    wanted = np.where(node["valid"], node["data"], np.nan)[
        :, list(node["channel"].values).index("LGroundReactionForce_z")
    ]
    found = np.array([float(r["value"]) if r["value"] else np.nan for r in mine])
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert {r["what"] for r in rows} == {
        "recorded", "generated", "lower 50 %", "upper 50 %", "lower 90 %", "upper 90 %",
    }  # fmt: skip
    with opened.expect_download() as waiting:
        opened.keyboard.press("p")
    assert Path(waiting.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
def test_the_figure_moves_and_a_curve_can_be_chosen(opened: Any) -> None:  # noqa: ANN401
    stage = opened.locator(".stage canvas")
    opened.keyboard.press("Home")
    opened.wait_for_timeout(100)
    first = stage.screenshot()
    opened.keyboard.press("End")
    opened.wait_for_timeout(100)
    assert stage.screenshot() != first
    count = opened.locator(".panel").count()
    opened.keyboard.press("c")
    opened.get_by_role("searchbox").fill("toe")
    opened.locator(".picker label:visible").first.click()
    opened.get_by_role("button", name="Done").last.click()
    opened.wait_for_timeout(50)
    if opened.get_by_role("dialog").count():
        opened.keyboard.press("Escape")
    assert opened.locator(".panel").count() == count + 1


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_of_axe_and_no_sideways_scroll(opened: Any, scheme: str) -> None:  # noqa: ANN401
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    opened.emulate_media(color_scheme=scheme)
    opened.set_viewport_size({"width": 360, "height": 740})
    opened.wait_for_timeout(300)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    found = axe.Axe().run(opened).response["violations"]
    serious = [
        (v["id"], [n["html"] for n in v["nodes"]][:2])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    opened.set_viewport_size({"width": 1280, "height": 900})
    assert serious == []


@pytest.mark.slow
def test_answers_and_trials_are_compared_on_one_clock(
    browser: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    """Two models' answers for one walk, and another walk that begins at another instant."""
    walk, later = make_walk("w", 1), make_walk("later", 2)
    for name in ("angles", "grf"):
        node = later[name].to_dataset()
        later[name] = xr.DataTree(node.assign_coords(time=node["time"] + 7.0))
    grf = walk["grf"].to_dataset()

    def answer(offset: float, by: str) -> Trial:
        mean = grf.assign(data=grf["data"] + offset)
        values = np.asarray(mean["data"].values)
        one = OverlayStream(mean, (0.9,), (values - 9)[None], (values + 9)[None], values[None])
        return Trial(walk, Overlay({"grf": one}, {"generated by": by}))

    path = write_timeline(
        [answer(10, "first"), answer(25, "second"), Trial(later)], tmp_path / "c.html"
    )
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_function("window.unisono && window.unisono.ready > 0")
    page.get_by_role("slider", name="Instant").fill("1.0")
    beside = page.get_by_label("Beside it")
    # Another answer for the same recording is beside from the start, what was recorded only once.
    assert beside.evaluate("s => s.selectedOptions[0].textContent").endswith("second")
    truth = float(grf["data"].sel(channel="r_fz").values[100])
    for origin, wanted in (
        ("recorded", truth), ("generated", truth + 10), ("generated beside", truth + 25),
    ):  # fmt: skip
        assert float(shown(page, "grf/r_fz", "r_fz", origin)) == pytest.approx(wanted, rel=1e-4)
    assert page.locator('[data-panel="grf/r_fz"] output').count() == 3
    beside.select_option("2")
    other = float(later["grf"]["data"].sel(channel="r_fz").values[100])  # both begin together
    found = float(shown(page, "grf/r_fz", "r_fz", "recorded beside"))
    assert found == pytest.approx(other, rel=1e-4)
    plot = page.locator('[data-panel="grf/r_fz"] .u-over').bounding_box()
    line = page.locator('[data-panel="grf/r_fz"] .cursor').bounding_box()
    share = (line["x"] + line["width"] / 2 - plot["x"]) / plot["width"]
    assert share == pytest.approx(1.0 / 2.99, abs=0.01)  # the playhead is where the time is
    with page.expect_download() as waiting:
        page.keyboard.press("t")
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text().splitlines()))
    assert {row["what"] for row in rows} >= {"recorded", "recorded beside", "lower 90 %"}
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / "compared.png"))
    beside.select_option("")
    assert page.locator('output[data-origin$="beside"]').count() == 0
    page.close()


@pytest.mark.slow
def test_another_recording_of_the_page(opened: Any) -> None:  # noqa: ANN401
    opened.get_by_label("Recording", exact=True).select_option("1")
    opened.wait_for_function("document.querySelector('h1').textContent === 'other'")
    assert opened.locator(".panel").count() == 1
    opened.locator("h1").click()
    opened.evaluate("document.activeElement.blur()")
    opened.keyboard.press("End")
    assert state(opened, "time") == 8


def test_a_channel_of_zeros_lies_in_the_middle(browser: Any, tmp_path: Path) -> None:  # noqa: ANN401
    zeros = make_stream(
        np.zeros((50, 1)), time=np.arange(50) / 50, channels=["knee"], units="Nm", kind="moment"
    )
    tree = make_recording({"moments": zeros}, recording="z", subject="s")
    page = browser.new_page(color_scheme="light")
    page.goto(write_timeline([Trial(tree)], tmp_path / "z.html").as_uri())
    page.locator(".panel canvas").first.wait_for()
    page.wait_for_timeout(200)
    darkest = """() => {
        const canvas = document.querySelector(".panel canvas");
        const x = Math.round(canvas.width * 0.6);
        const column = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height).data;
        let [at, most] = [0, -1];
        for (let y = 0; y < canvas.height; y++) {
            const ink = column[4 * y + 3] * (765 - column[4 * y] - column[4 * y + 1] - column[4 * y + 2]);
            if (ink > most) [at, most] = [y, ink];
        }
        return at / canvas.height;
    }"""  # noqa: E501
    assert 0.25 < page.evaluate(darkest) < 0.6  # on an axis from 0 to 100 it lay at the bottom
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / "zeros.png"))
    page.close()
