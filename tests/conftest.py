"""Fixtures shared by every test: seeded generators, real recordings, and a tiny trained model."""

import copy
import os
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

REPOSITORY = Path(__file__).parents[1]
UNPACKED = REPOSITORY / ".data"


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def find_shared(name: str) -> Path | None:
    """The unpacked archive, unpacking it on first use; None where the data are absent."""
    folder = UNPACKED / name
    done = UNPACKED / f".{name}.done"
    if done.exists():
        return folder
    for place in (os.environ.get("UNISONO_DATA", ""), REPOSITORY.parent / "shared" / "data"):
        archive = Path(place) / f"{name}.tar.xz"
        if place and archive.exists():
            UNPACKED.mkdir(exist_ok=True)
            with _alone(UNPACKED / f".{name}.lock"):  # tests run in several processes
                if not done.exists():
                    with tarfile.open(archive) as packed:
                        packed.extractall(UNPACKED, filter="data")
                    done.touch()
            return folder
    return None


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a file that one process holds at a time; the system lets go of it with the process."""
    with lock.open("w") as handle:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """``shared_data("biomechzoo")``: folder of real recordings, or a skip that says why."""

    def folder(name: str) -> Path:
        found = find_shared(name)
        if found is None:
            pytest.skip(f"real recordings {name!r} are absent: set UNISONO_DATA to their folder")
        return found

    return folder


TINY = {
    "windows": {"rate_hz": 50.0, "length": 32, "stride": 16, "units": {"grf": "N/kg"}},
    "split": {"test": 0.34, "calibration": 0.34},
    "llma": {
        "steps": 60,
        "known": ["mass_kg"],
        "size": {"width": 16, "heads": 2, "feedforward": 64, "dropout": 0.0},
        "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
        "alignment": {"length": 8},
    },
    "training": {
        "batch_size": 16,
        "learning_rate": 5e-3,
        "ema_decay": 0.9,
        "warmup_steps": 1,
        "device": "cpu",
        "precision": "fp32",
    },
    "bands": {"samples": 8, "steps": 2},
}
"""A recipe's tables for the walks below: a second to train, and good enough to have an opinion."""


def _walk(name: str, subject: int, *, seconds: float = 3.0, rate: float = 100.0) -> xr.DataTree:
    """Two legs whose angles swing and whose forces follow them exactly, in a z-up laboratory."""
    from unisono.recordings.schema import make_recording, make_stream

    rng = np.random.default_rng(subject)
    pace, lag = 1 + 0.1 * (subject % 3), rng.uniform(0, 6)
    time = np.arange(round(seconds * rate)) / rate
    mass = 60.0 + subject
    angles, forces = [], []
    for start in (0.0, np.pi):  # right, then left
        phase = 2 * np.pi * pace * time + lag + start
        angles += [30 * np.sin(phase), 20 * np.cos(phase), 5 * np.sin(2 * phase)]
        turn = np.sin(2 * phase + 0.8)  # no force is a copy of an angle
        forces += [np.sin(phase + 0.7), 0.3 * np.cos(phase + 0.5), 5 + 2 * turn + np.sin(phase)]
    frame = {"up": "z", "forward": "x", "handedness": "right"}
    joints, axes = ("hip", "knee", "ankle"), ("fx", "fy", "fz")
    streams = {
        "angles": make_stream(
            np.stack(angles, axis=1), time=time, units="deg", kind="angle",
            channels=[f"{s}_{j}_flexion" for s in "rl" for j in joints],
        ),
        "grf": make_stream(
            mass * np.stack(forces, axis=1), time=time, units="N", kind="force", frame=frame,
            channels=[f"{s}_{a}" for s in "rl" for a in axes],
        ),
    }  # fmt: skip
    return make_recording(
        streams, recording=name, subject=f"s{subject}", mass_kg=mass,
        labels={"condition": "slow" if subject % 2 else "fast"},
    )  # fmt: skip


@pytest.fixture(scope="session")
def make_walk() -> Callable[..., xr.DataTree]:
    """``make_walk(name, subject, seconds=3.0, rate=100.0)``: one coupled recording."""
    return _walk


@pytest.fixture
def tiny_tables() -> dict[str, Any]:
    """A recipe's tables for a model that is trained in a second."""
    return copy.deepcopy(TINY)


@pytest.fixture(scope="session")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - imported when used
    """A dataset of six subjects with two walks each."""
    from unisono import api

    folder = tmp_path_factory.mktemp("data") / "walks.un"
    return api.Dataset.create(folder, (_walk(f"s{s}t{t}", s) for s in range(6) for t in range(2)))


@pytest.fixture(scope="session")
def tiny_model(walks: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """A sealed model from angles to forces of the walks."""
    from unisono import api

    output = tmp_path_factory.mktemp("models") / "tiny"
    tables = copy.deepcopy(TINY)
    return api.fit("llma", walks, given=["angles"], want=["grf"], output=output, settings=tables)


BROWSER_FLAGS = (
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",  # pages put together by the processor
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
)


@pytest.fixture(scope="module")  # its driver holds an event loop, which later files may need
def browser() -> Iterator[Any]:
    """A real headless Chromium, driven by playwright; a skip that says why where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield opened
        opened.close()


def _swing(subject: int, seconds: float = 1.6) -> xr.DataTree:
    """A swing whose size is its speed and whose offset is its style; phase and noise its own."""
    from unisono.recordings.schema import make_recording, make_stream

    rng = np.random.default_rng(100 + subject)
    speed, style = (1.0, 1.4, 1.8)[subject % 3], ("calm", "lively")[subject // 3 % 2]
    time = np.arange(round(seconds * 50)) / 50
    phase = 2 * np.pi * (1.25 * time + rng.uniform())
    shift = 10.0 * (style == "lively")
    columns = [speed * 10 * np.cos(phase), speed * 10 * np.sin(phase), shift + 0 * phase,
               speed * 3 * np.cos(2 * phase), speed * 5 + 0 * phase]  # fmt: skip
    values = np.stack(columns, axis=1) + 0.2 * rng.normal(size=(len(time), 5))
    angles = make_stream(
        values, time=time, units="deg", kind="angle", channels=[f"joint_{i}" for i in range(5)]
    )
    return make_recording(
        {"angles": angles}, recording=f"swing{subject}", subject=f"p{subject}",
        labels={"speed": speed, "style": style},
    )  # fmt: skip


@pytest.fixture(scope="session")
def make_swing() -> Callable[..., xr.DataTree]:
    """``make_swing(subject, seconds=1.6)``: one recording for maps."""
    return _swing


@pytest.fixture(scope="session")
def swings(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - imported when used
    """A dataset of twelve swings at three speeds in two styles."""
    from unisono import api

    folder = tmp_path_factory.mktemp("data") / "swings.un"
    return api.Dataset.create(folder, (_swing(s) for s in range(12)))


@pytest.fixture(scope="session")
def tiny_map(swings: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """A sealed map of the swings by time and speed, without controls."""
    from unisono import api

    settings = api.map_settings(dims=3, settings=["steps=250", "codes=5", "hidden=[32]",
                                                  "negatives=128"])  # fmt: skip
    output = tmp_path_factory.mktemp("models") / "map"
    request = api.MapRequest((), controls=False)
    by = ["time", "speed"]
    return api.fit_map(swings, by=by, output=output, request=request, settings=settings)


MOTION_TABLES: dict[str, Any] = {
    "data": {"frames": 24, "test": 0.2, "valid": 0.2},
    "lead": {
        "size": {"width": 16, "heads": 2, "feedforward": 32, "dropout": 0.0},
        "text": {"steps": 2, "width": 8, "layers": 1, "heads": 2},
        "vae": {"tokens": 2, "width": 4, "layers": 1},
        "vae_steps": 4,
        "diffusion": {"steps": 3, "layers": 1, "walk": 3},
        "projector": {"steps": 2, "layers": 1},
    },
    "training": {
        "batch_size": 8, "learning_rate": 3e-3, "warmup_steps": 1, "ema_decay": 0.5,
        "device": "cpu", "precision": "fp32",
    },
}  # fmt: skip
"""A recipe's tables of text to motion that is trained in a second, and knows next to nothing."""


@pytest.fixture(scope="session")
def motion_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 captioned clips: walks, runs and stands, low and tall."""
    sys.path.insert(0, str(Path(__file__).parent / "methods"))
    from lead_toys import toy_corpus

    return Path(toy_corpus(24).save(tmp_path_factory.mktemp("corpus") / "toy"))


@pytest.fixture
def motion_tables(motion_corpus: Path) -> dict[str, Any]:
    """A recipe's tables of text to motion for that corpus, without an output."""
    tables = copy.deepcopy(MOTION_TABLES)
    tables["data"]["path"] = str(motion_corpus)
    return tables


@pytest.fixture(scope="session")
def motion_model_folder(motion_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed model of text to motion."""
    from unisono import api
    from unisono.core.config import from_mapping

    tables = copy.deepcopy(MOTION_TABLES)
    tables["data"]["path"] = str(motion_corpus)
    tables["output"] = str(tmp_path_factory.mktemp("models") / "motion")
    return Path(api.fit_motion(from_mapping(api.MotionRecipe, tables)).folder)


@pytest.fixture
def motion_model(motion_model_folder: Path) -> Any:  # noqa: ANN401 - imported when used
    """The same, opened anew, so that a test may teach it words."""
    from unisono import api

    return api.load_motion_model(motion_model_folder)
