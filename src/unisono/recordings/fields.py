"""Fields as streams: a picture a frame, one channel a place.

A field on a grid of any shape is a stream whose channels are named ``NAME[i,j,...]``, in the order
of the rows of memory. Everything that knows streams then knows fields, and whoever wants the
pictures back asks :func:`field_shape`.

>>> names = field_channels("vorticity", (2, 3))
>>> names[0], names[-1], field_shape(names)
('vorticity[0,0]', 'vorticity[1,2]', (2, 3))
"""

import re
from collections.abc import Sequence

import numpy as np

from unisono.core.errors import SchemaError

__all__ = ["field_channels", "field_shape"]

_PLACE = re.compile(r"\[(\d+(?:,\d+)*)\]$")


def field_channels(name: str, shape: Sequence[int]) -> list[str]:
    """Names of a field's channels.

    Args:
        name: What the field is of.
        shape: Sizes of its axes.
    """
    return [f"{name}[{','.join(map(str, place))}]" for place in np.ndindex(*shape)]


def field_shape(channels: Sequence[str]) -> tuple[int, ...] | None:
    """Shape of the field that channels stand for; None where they are no field.

    Raises:
        SchemaError: If the channels are places of a field, but not all of them in order.
    """
    found = [_PLACE.search(str(name)) for name in channels]
    places = [tuple(int(x) for x in m[1].split(",")) for m in found if m is not None]
    if not places or len(places) < len(found) or len({len(p) for p in places}) > 1:
        return None
    shape = tuple(max(axis) + 1 for axis in zip(*places, strict=True))
    if places != list(np.ndindex(*shape)):
        raise SchemaError(
            f"channels from {channels[0]!r} to {channels[-1]!r} are not a whole field in order; "
            "name them with field_channels."
        )
    return shape
