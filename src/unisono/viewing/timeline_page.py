"""The timeline page: skeleton, force arrows, curves with bands, and events on one clock.

One HTML file that needs no network and opens in any present browser: the built page of ``page/``,
descriptions of the recordings as JSON, and their numbers compressed. A content-security policy lets
the page run its own script and nothing else, and reach no other place; everything that came from a
file is data and never markup.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import xarray as xr

from unisono.core.errors import ConfigError
from unisono.core.files import write_text
from unisono.viewing.blocks import text
from unisono.viewing.packing import Packer
from unisono.viewing.scene import Overlay, build_scene

__all__ = ["Trial", "render_timeline", "timeline_frame", "write_timeline"]


class Trial(NamedTuple):
    """A recording and what was generated for it.

    Attributes:
        recording: The recording.
        overlay: What was generated, or None.
    """

    recording: xr.DataTree
    overlay: Overlay | None = None


def render_timeline(trials: Sequence[Trial], *, title: str = "") -> str:
    """The whole page as HTML.

    Args:
        trials: What is shown; with several, a person chooses among them on the page.
        title: Title of the window; by default the name of the first recording.

    Raises:
        ConfigError: If there is no trial.
        SchemaError: If a recording cannot be shown.
    """
    if not trials:
        raise ConfigError("there is no recording to show; name at least one.")
    packer = Packer()
    scenes = [build_scene(one.recording, packer, one.overlay) for one in trials]
    script, style = _script(), _folder().joinpath("timeline.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data: blob:; connect-src data:; base-uri 'none'; form-action 'none'"
    )
    about = json.dumps(scenes, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title or scenes[0]['title'])}</title><style>{style}</style></head><body>"
        f'<script type="application/json" id="scenes">{about}</script>'
        f'<script type="application/octet-stream" id="numbers">{packer.text()}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def _folder() -> Traversable:
    return files("unisono.viewing").joinpath("page")


def _script() -> str:
    """The built page; an end of script inside one of its strings would end the script."""
    packed = _folder().joinpath("timeline.js.gz").read_bytes()
    return gzip.decompress(packed).decode("utf-8").replace("</script", "<\\/script")


def write_timeline(trials: Sequence[Trial], path: str | Path, *, title: str = "") -> Path:
    """Write the page atomically.

    Raises:
        OutputError: If it cannot be written.
    """
    return write_text(path, render_timeline(trials, title=title))


def timeline_frame(page: str, *, label: str, height: int = 640) -> str:
    """A page inside another one, kept apart from it.

    Args:
        page: What :func:`render_timeline` made.
        label: What it shows, for those who cannot see it.
        height: Pixels.
    """
    return (
        f'<iframe title="{text(label)}" sandbox="allow-scripts allow-downloads" loading="lazy" '
        f'style="width:100%;height:{height}px;border:0" srcdoc="{text(page)}"></iframe>'
    )
