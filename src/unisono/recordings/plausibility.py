"""Is a recording what it says it is? Doubts are reported; nothing is ever mended unasked.

What is looked at is written in ``doubt_units`` (units and mass), ``doubt_axes`` (axes, sides,
signs, places) and ``doubt_samples`` (first frame, clock, empty channels, filters). A doubt is no
error: a recording of an unusual movement may be right and doubted. What the user then declares is
applied by ``stream_units.apply_units`` and written into the stream's history.
"""

import xarray as xr

from unisono.recordings.doubt import Doubt
from unisono.recordings.doubt_axes import axis_doubts
from unisono.recordings.doubt_samples import sample_doubts
from unisono.recordings.doubt_units import unit_doubts

__all__ = ["Doubt", "doubts"]


def doubts(tree: xr.DataTree) -> list[Doubt]:
    """All doubts about a recording, units first.

    Example:
        >>> import numpy as np
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> load = 10.0 * np.sin(np.linspace(0, np.pi, 60))[:, None]  # what an N/kg looks like
        >>> grf = make_stream(load, time=np.arange(60) / 100, channels=["r_fz"], units="N",
        ...                   kind="force", frame={"up": "z"})
        >>> tree = make_recording({"grf": grf}, recording="a", subject="s", mass_kg=60.0)
        >>> print(doubts(tree)[0])
        grf: declared N, but a largest value of 9.996 looks like N/kg; if so, say --unit grf=N/kg
    """
    return [*unit_doubts(tree), *axis_doubts(tree), *sample_doubts(tree)]
