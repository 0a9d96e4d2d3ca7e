"""``unisono stream MODEL [FILE]``: answers while a recording is still being made."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

from unisono.cli.options import Json, Stated, Words

if TYPE_CHECKING:
    from unisono.api import LiveSource

__all__ = ["run"]


@Parameter(name="*")
@dataclass(frozen=True)
class Paced:
    """When frames are sent and answered, and with which band.

    Parameters
    ----------
    chunk_ms
        How much of FILE is sent at a time; the answers do not depend on it.
    hop_ms
        Time from one pass of the network to the next.
    delay_ms
        Time that each frame is held back to see what follows: less error for more delay.
    level
        Level of the band that is printed.
    """

    chunk_ms: float = 100.0
    hop_ms: float = 100.0
    delay_ms: float = 0.0
    level: float = 0.9


def run(
    model: Path,
    file: Path | None = None,
    *,
    paced: Paced | None = None,
    want: Words = None,
    stated: Stated | None = None,
    json_: Json = False,
) -> int:
    """Answer frames as they come, without a look at the future: CSV lines on standard output.

    Parameters
    ----------
    model
        A sealed model's folder.
    file
        A recording that is sent as if it were being made. Without it, CSV lines are read from
        standard input: a header (angles/r_knee_flexion [deg], ...), then one frame a line, with a
        column of time or --rate-hz.
    want
        Streams to generate; by default all that the model was trained to.
    json_
        One JSON object an answer in place of CSV lines.
    """
    from unisono import api

    loaded = api.load_model(model)
    pace = paced or Paced()
    options = api.Live(hop_s=pace.hop_ms / 1000, delay_s=pace.delay_ms / 1000)
    known = stated or Stated()
    if file is None:
        source = _source(known, loaded.cut.rate_hz)
        answers = api.stream_lines(loaded, sys.stdin, source, want=want, options=options)
    else:
        recording = api.read_one(file, known.options())
        live = loaded.stream(recording, want=want, options=options)
        answers = api.replay(live, recording, pace.chunk_ms / 1000)
    begun = False
    for found in answers:
        if not begun:
            for doubt in found.doubts:
                print(f"doubt: {doubt}", file=sys.stderr)
            if not json_:
                print(api.csv_header(found))
        begun = True
        said = (
            json.dumps(api.json_row(found, pace.level))
            if json_
            else api.csv_rows(found, pace.level)
        )
        print(said, flush=True)
    return 0


def _source(stated: Stated, rate_hz: float) -> "LiveSource":
    """What arrives on standard input, by what is stated."""
    from unisono import api

    for name in ("unit", "column", "subject", "up", "reverse", "swap"):
        if getattr(stated, name):
            raise api.UnisonoError(
                f"--{name} says nothing of standard input, whose header names channels and units; "
                "leave it out."
            )
    said = {"mass_kg": stated.mass_kg, "height_m": stated.height_m}
    known = {name: value for name, value in said.items() if value is not None}
    return api.LiveSource(stated.rate_hz or rate_hz, known=known)
