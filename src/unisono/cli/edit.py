"""``unisono edit MODEL FILE``: move a recording on a map and write it back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from unisono.cli.options import Stated, refuse_existing

if TYPE_CHECKING:
    from unisono.api import Edit

__all__ = ["Wanted", "run"]


@Parameter(name="*")
@dataclass(frozen=True)
class Wanted:
    """What is to be done; one of the first four.

    Parameters
    ----------
    toward
        LABEL=VALUE, e.g. speed=1.8.
    to_class
        A word of a label of words, e.g. turn.
    between
        Two instants in seconds; the frames between them are replaced by a walk on the map.
    forecast
        Frames to add at the end.
    share
        How far to go towards a label or class, 0 to 1.
    keep
        Channels that keep their bits, as patterns. Repeatable.
    through
        codes, or noise: through the diffusion of a map that was trained with --diffusion; the error
        of the round trip is printed.
    """

    toward: str = ""
    to_class: str = ""
    between: tuple[float, float] | None = None
    forecast: int = 0
    share: float = 1.0
    keep: Annotated[list[str] | None, Parameter(negative="")] = None
    through: str = "codes"

    def options(self) -> "Edit":
        """The same as options of the library."""
        from unisono import api

        label, sign, text = self.toward.partition("=")
        value = _number(text) if sign else None
        if self.toward and (not label or value is None):
            raise api.UnisonoError(f"--toward {self.toward!r} must look like speed=1.8.")
        return api.Edit(
            toward=None if value is None else (label, value),
            to_class=self.to_class,
            between=self.between,
            forecast=self.forecast,
            share=self.share,
            keep=tuple(self.keep or ()),
            through=self.through,
        )


def run(
    model: Path,
    file: Path,
    wanted: Wanted | None = None,
    *,
    out: Path,
    picture: Path | None = None,
    stated: Stated | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Edit one file on a map: towards a label, to a class, between instants, or onwards.

    Parameters
    ----------
    model
        A map's folder, from unisono map.
    file
        A recording with the streams of the map.
    out
        Where to write, in the format that its ending names. A file that exists is not replaced.
    picture
        Also draw the walk on the map, as .png. A file that exists is not replaced.
    json_
        Confidence and cycle error as one JSON object.
    """
    from unisono import api

    how = (wanted or Wanted()).options()
    refuse_existing(out, picture)
    loaded = api.load_map(model)
    found = api.read(file, (stated or Stated()).options())
    if isinstance(found, list):
        raise api.UnisonoError(f"{file} holds several recordings; name a file of one.")
    edited = api.edit(loaded, found, how)
    written = edited.save(out)
    if picture is not None:
        written.append(api.draw_map(loaded, picture, edited=edited))
    if json_:
        print(json.dumps({"written": [str(p) for p in written], **edited.report()}))
    else:
        print(edited.summary())
        print("\n".join(f"wrote {path}" for path in written))
    return 0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
