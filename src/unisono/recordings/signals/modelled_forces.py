r"""Which foot the laboratory's own model gave a force to.

Biomechanical models that write their results into the file (Plug-in Gait and its kin) write the
ground reaction force of each foot that they gave a plate to: ``LGroundReactionForce``,
``RGroundReactionForce``. Where such a model worked on a recording and gave a foot no force while
that foot seems to load a plate, the people who saw the trial judged the contact otherwise (two feet
on one plate, a foot partly beside it), and the joint moments in the file were computed without it.
The contact is then nobody's.

Only the size of the force is looked at, against the largest of either foot, so that neither units
nor axes matter.
"""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.recordings.schema import streams

__all__ = ["ModelledForce", "modelled_forces"]

Array = npt.NDArray[np.float64]

_NAME = re.compile(r"^(?P<side>l|r)(?:eft|ight)?_?ground_?reaction_?force_?[xyz]$", re.IGNORECASE)
_SIDES = {"l": "left", "r": "right"}
_LOADED = 0.05
"""Share of the largest modelled force above which a foot is loaded."""


class ModelledForce(NamedTuple):
    """Size of the force that the file's own model gave each foot, over the largest of all.

    Attributes:
        time: Seconds, ``(time,)``.
        load: By side, ``(time,)``, 0 where not valid.
    """

    time: Array
    load: dict[str, Array]

    def confirms(self, side: str, start_s: float, stop_s: float) -> bool:
        """Whether the model gave the foot a force in at least half of a span of time.

        A span in which there is no sample is confirmed: nothing speaks against it.

        Args:
            side: ``"left"`` or ``"right"``.
            start_s: Start of the contact.
            stop_s: Stop of the contact.
        """
        inside = (self.time >= start_s) & (self.time <= stop_s)
        if not inside.any():
            return True
        return side in self.load and bool((self.load[side][inside] > _LOADED).mean() >= 0.5)


def modelled_forces(tree: xr.DataTree) -> ModelledForce | None:
    """The forces of the file's own model, or None where it wrote none that is not zero.

    Example:
        >>> from unisono.recordings.schema import make_recording, make_stream
        >>> own = make_stream([[0.0, 9.0]] * 3, time=[0.0, 0.1, 0.2], units="N/kg", kind="force",
        ...                   channels=["LGroundReactionForce_z", "RGroundReactionForce_z"])
        >>> found = modelled_forces(make_recording({"own": own}, recording="a", subject="b"))
        >>> found.confirms("right", 0.0, 0.2), found.confirms("left", 0.0, 0.2)
        (True, False)
    """
    for _, node in streams(tree):
        if node.attrs.get("kind") != "force" or "time" not in node.variables["data"].dims:
            continue
        columns: dict[str, list[int]] = {}
        for column, channel in enumerate(node["channel"].values):
            found = _NAME.match(str(channel))
            if found:
                columns.setdefault(_SIDES[found["side"].lower()], []).append(column)
        load = {side: _size(node, chosen) for side, chosen in columns.items()}
        largest = max((float(size.max(initial=0.0)) for size in load.values()), default=0.0)
        if largest > 0:
            time = np.asarray(node["time"].values, dtype=np.float64)
            return ModelledForce(time, {side: size / largest for side, size in load.items()})
    return None


def _size(node: xr.Dataset, columns: list[int]) -> Array:
    valid = node.variables["valid"].values[:, columns]
    data = node.variables["data"].values[:, columns].astype(np.float64)
    return np.asarray(np.linalg.norm(np.where(valid, data, 0.0), axis=1))
