"""How smoothly the timeline page plays a long trial, how soon it is ready, and its memory.

    python benchmarks/timeline_page.py [CHROMIUM]

A trial of 60 s: 20 streams at 100 to 1000 Hz (two to six channels each, together about 2.2 million
samples), markers of a walking person at 100 Hz with two force arrows, events. Opened from file in
headless Chromium of 1400 x 900 px, all drawn by the processor (WebGL by SwiftShader), it plays for
20 s at normal speed while every visible panel, the figure and the clock follow. Frames are counted
by the page's own counter of animation frames; its own clock says when the first frame was drawn.
Memory is the proportional set size of the largest renderer process, as the system counts it.

Goal: at least 25 frames a second, ready in 1.5 s, under 300 MB.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from _record import figure, record
from playwright.sync_api import sync_playwright

from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.simulators.gait import random_recordings
from unisono.viewing.timeline_page import Trial, write_timeline

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import BROWSER_FLAGS

SECONDS = 60
OPENINGS = 5
PLAYED = 20


def trial() -> Trial:
    """A simulated walker repeated to a minute, and streams of noisy waves beside it."""
    rng = np.random.default_rng(0)
    walk = next(iter(random_recordings(1, trials=1, seed=0)))
    parts = {}
    for name in ("markers", "grf"):
        stream = walk[name].to_dataset()
        count = SECONDS * 100
        take = np.arange(count) % stream.sizes["time"]
        parts[name] = make_stream(
            stream["data"].values[take], time=np.arange(count) / 100,
            channels=[str(c) for c in stream["channel"].values],
            units=[str(u) for u in stream["unit"].values], kind=stream.attrs["kind"],
            frame=stream.attrs["frame"],
        )  # fmt: skip
    for k in range(18):
        rate = (100, 200, 500, 1000)[k % 4]
        width = 2 + k % 5
        time_ = np.arange(SECONDS * rate) / rate
        waves = np.sin(2 * np.pi * time_[:, None] * rng.uniform(0.5, 3, width))
        data = (waves + rng.normal(0, 0.1, waves.shape)).astype(np.float32)
        data[rng.random(len(data)) < 0.001] = np.nan
        parts[f"stream{k:02}"] = make_stream(
            data, time=time_, channels=[f"c{i}" for i in range(width)], units="V", kind="emg"
        )
    strikes = np.arange(0.5, SECONDS, 0.55)
    sides = ["left" if i % 2 else "right" for i in range(len(strikes))]
    events = make_events(strikes, ["foot_strike"] * len(strikes), sides, "given")
    mass = walk.attrs["mass_kg"]
    return Trial(
        make_recording(parts, recording="minute", subject="s", events=events, mass_kg=mass)
    )


def memory_mb(root: int) -> float:
    """Of the processes that draw this page: renderers, the largest, in MB."""
    found = []
    for process in psutil.Process(root).children(recursive=True):
        try:
            if "--type=renderer" in " ".join(process.cmdline()):
                found.append(process.memory_full_info().pss / 1e6)
        except psutil.Error:
            continue
    return max(found)


def main() -> None:
    began = time.perf_counter()
    chromium = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium; name it on the command line.")
    shown = trial()
    streams = len(shown.recording.children) - 1
    samples = sum(
        node["data"].size for name, node in shown.recording.children.items() if name != "events"
    )
    ready, fps, memory = [], 0.0, 0.0
    others = psutil.cpu_percent(2.0)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = write_timeline([shown], Path(folder) / "minute.html")
        browser = driver.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        for turn in range(OPENINGS):
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(path.as_uri())
            page.wait_for_function("window.unisono && window.unisono.ready > 0")
            ready.append(page.evaluate("window.unisono.ready") / 1000)
            if turn == OPENINGS - 1:
                page.wait_for_timeout(1500)
                page.keyboard.press(" ")
                count = "[window.unisono.frames, performance.now()]"
                first = page.evaluate(count)
                page.wait_for_timeout(1000 * PLAYED)
                last = page.evaluate(count)
                fps = 1000 * (last[0] - first[0]) / (last[1] - first[1])
                if not page.evaluate("window.unisono.state.playing"):
                    raise SystemExit("the page did not play; nothing was measured.")
                me = psutil.Process()
                memory = memory_mb(me.pid)
            page.close()
        size = path.stat().st_size / 1e6
        browser.close()
    soon = float(np.median(ready))
    record(
        "timeline_page",
        "The timeline page of 60 s with 20 streams at 100 to 1000 Hz plays at least 25 frames a "
        "second without a graphics card, is ready in 1.5 s from file, and takes under 300 MB",
        fps >= 25 and soon < 1.5 and memory < 300,
        [
            figure("frames a second while playing, software rendering", fps, "1/s"),
            figure(
                "ready after opening, median of five", soon, "s", low=min(ready), high=max(ready)
            ),
            figure("memory of the page's process", memory, "MB"),
            figure("size of the page", size, "MB"),
            figure("processor taken by others before it began", others, "%"),
            figure("streams", streams),
            figure("samples", samples),
        ],
        [0],
        time.perf_counter() - began,
    )  # fmt: skip


if __name__ == "__main__":
    main()
