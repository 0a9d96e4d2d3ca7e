"""Paired data sets for experiments: where they come from, how they are cut, and who tests.

=============  ============================================  =======================================
name           given to want                                 test part
=============  ============================================  =======================================
``gait``       joint angles to forces and moments            simulated people nobody trained on
``alcantara``  accelerometer to vertical force               unseen combinations of speed and slope
``bandai``     head and hands to the whole body              unseen pairs of content and style
=============  ============================================  =======================================

A set is made once, below the experiment's folder, and shared by all cells.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unisono.api.reading import ImportOptions, import_files
from unisono.core.errors import ConfigError
from unisono.experiments.bandai import bandai_recordings
from unisono.recordings.dataset import Dataset
from unisono.simulators.gait import random_recordings

__all__ = ["GAIT_STYLES", "SETS", "PairedSet", "gait_windows", "open_set"]

GAIT_STYLES = ("normal", "crouch", "toe_walking", "trunk_sway")
"""Styles of simulated walking, one a trial."""


@dataclass(frozen=True)
class PairedSet:
    """Data of an experiment, as tables of a recipe.

    Args:
        name: Its name.
        path: The dataset's folder.
        given: Streams that are given.
        want: Streams that are generated.
        windows: How windows are cut.
        split: Who is in which part.
        method: What the method's table says for these data.
        unit: What figures are averaged over: a column of the window table, or several joined by +.
        probe: Label that the latents are probed for, and the column its folds keep apart, or None.
    """

    name: str
    path: str
    given: tuple[str, ...]
    want: tuple[str, ...]
    windows: Mapping[str, Any]
    split: Mapping[str, Any]
    method: Mapping[str, Any] = field(default_factory=dict)
    unit: str = "subject"
    probe: tuple[str, str] | None = None


def gait_windows(frames: int = 40, rate_hz: float = 40.0) -> dict[str, Any]:
    """Fixed windows of simulated gait: all angles, forces of both feet, joint moments."""
    return {
        "rate_hz": rate_hz,
        "length": frames,
        "stride": frames // 2,
        "channels": {"grf": ["*_f?"]},
        "units": {"grf": "N/kg", "moments": "N*m/kg"},
        "condition": "style",
    }


def _gait(folder: Path, recordings: Path, *, tiny: bool) -> PairedSet:  # noqa: ARG001
    path = folder / "gait.un"
    people, styles = (4, GAIT_STYLES[:2]) if tiny else (40, GAIT_STYLES)
    if not path.exists():
        trees = random_recordings(people, trials=len(styles), seed=11, styles=styles)
        Dataset.create(path, trees)
    return PairedSet(
        "gait",
        str(path),
        ("angles",),
        ("grf", "moments"),
        gait_windows(),
        {"test": 0.4, "seed": 0},
        {"alignment": {"length": 8}},
        probe=("style", "subject"),
    )


def _alcantara(folder: Path, recordings: Path, *, tiny: bool) -> PairedSet:  # noqa: ARG001
    path = folder / "alcantara.un"
    if not path.exists():
        tables = _there(recordings / "alcantara" / "data")
        rows = folder / "alcantara"
        rows.mkdir(parents=True, exist_ok=True)
        for table in tables.glob("*.csv"):
            (rows / table.name).write_bytes(table.read_bytes())
        (rows / "alcantara.rows.toml").write_text(_ALCANTARA, encoding="utf-8")
        import_files([rows / "alcantara.rows.toml"], path, ImportOptions())
    return PairedSet(
        "alcantara",
        str(path),
        ("accelerometer",),
        ("grf",),
        {"rate_hz": 50.0, "length": 40, "stride": 10},
        {"by": "label_speed+slope", "test": 0.34, "share_subjects": True, "seed": 0},
        {"alignment": {"length": 8}},
        unit="label_speed+slope",
    )


def _bandai(folder: Path, recordings: Path, *, tiny: bool) -> PairedSet:
    path = folder / "bandai.un"
    if not path.exists():
        source = _there(recordings / "bandai" / "Bandai-Namco-Research-Motiondataset-1" / "data")
        Dataset.create(path, bandai_recordings(source, every=6 if tiny else 1))
    return PairedSet(
        "bandai",
        str(path),
        ("sparse",),
        ("body",),
        {"rate_hz": 30.0, "length": 40, "stride": 20, "condition": "content"},
        {"by": "content+style", "test": 0.3, "share_subjects": True, "seed": 0},
        {"alignment": {"length": 8}},
        unit="content+style",
        probe=("content", "style"),
    )


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        raise ConfigError(
            f"real recordings are not at {folder}; say where they are unpacked with "
            "--set recordings=FOLDER, or leave them out with --set data=gait."
        )
    return folder


SETS: Mapping[str, Callable[..., PairedSet]] = {
    "gait": _gait,
    "alcantara": _alcantara,
    "bandai": _bandai,
}
"""Makers of the sets by name."""

_ALCANTARA = """rate_hz = 500
subject = "Sub"
table = "Sub_Info_one_sub.csv"
mass_kg = "Mass"
height_cm = "Height"
labels = ["Speed", "Slope"]

[streams.accelerometer]
file = "Accelerometer_one_sub.csv"
channels = ["vertical", "fore_aft"]
unit = "g_0"
kind = "acceleration"

[streams.grf]
file = "GRF_one_sub.csv"
channels = ["fz"]
unit = "BW"
kind = "force"
"""


def open_set(
    name: str, folder: Path, *, recordings: str = ".data", tiny: bool = False
) -> PairedSet:
    """Make a set, or take the one that was made before.

    Args:
        name: One of ``SETS``.
        folder: Where sets are kept.
        recordings: Folder of the unpacked real recordings.
        tiny: A few recordings only.

    Raises:
        ConfigError: If the name is unknown, or the real recordings are absent.
    """
    if name not in SETS:
        raise ConfigError(f"there is no data set {name!r}; known: {', '.join(SETS)}.")
    return SETS[name](folder, Path(recordings), tiny=tiny)
