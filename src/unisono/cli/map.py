"""``unisono map DATASET``: a map of the dynamics."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import refuse_existing
from unisono.cli.progress import progress

__all__ = ["Mapped", "run"]

Words = Annotated[list[str] | None, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class Mapped:
    """What is mapped, and how.

    Parameters
    ----------
    by
        What the map is by: time, labels, or both, with commas, e.g. time,speed.
    dims
        Dimensions, 2 to 64: 3 to look at, 8 to work in.
    stream
        Stream of a frame; by default the first. Repeatable.
    channel
        Pattern of channels, e.g. "Left*"; by default all that every recording has. Repeatable.
    rate_hz
        Common clock; 0 for the stream's own.
    controls
        Train the controls too: another seed, rescaled inputs, shuffled labels.
    diffusion
        Steps of a conditional latent diffusion under the map, e.g. 2000, so that unisono edit may
        go --through noise; 0 for none.
    """

    by: str
    dims: int = 3
    stream: Words = None
    channel: Words = None
    rate_hz: float = 0.0
    controls: bool = True
    diffusion: int = 0


def run(
    dataset: Path,
    mapped: Mapped,
    *,
    out: Path = Path("runs/map"),
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Map a dataset: train the map and its controls, seal it, draw it, say what it is worth.

    Parameters
    ----------
    dataset
        A dataset's folder.
    out
        Folder of the model; a picture is written beside it, as OUT.png. Neither is replaced.
    set_
        KEY=VALUE settings of the map, e.g. steps=4000, context=5, metric=cosine. Repeatable.
    json_
        The report as one JSON object.
    """
    from unisono import api

    picture = out.with_name(out.name + ".png")
    refuse_existing(out, picture)
    asked = api.MapRequest(
        by=tuple(word.strip() for word in mapped.by.split(",") if word.strip()),
        streams=tuple(mapped.stream or ()),
        rate_hz=mapped.rate_hz,
        controls=mapped.controls,
        channels=tuple(mapped.channel or ()),
        diffusion=mapped.diffusion,
    )
    settings = api.map_settings(dims=mapped.dims, settings=set_ or [])
    with progress("map", quiet=json_) as tell:
        model = api.fit_map(
            api.Dataset.open(dataset),
            by=asked.by,
            output=out,
            request=asked,
            settings=settings,
            progress=tell,
        )
    api.draw_map(model, picture)
    if json_:
        rows = {name: dict(row) for name, row in model.report.rows.items()}
        print(json.dumps({"model": str(out), "picture": str(picture), "rows": rows}))
    else:
        left = model.sealed.extra.get("left_out", [])
        if left:
            print(f"left out, since some recording lacks them: {', '.join(left)}")
        print(model.report.table())
        print(f"wrote {out}\nwrote {picture}")
    return 0
