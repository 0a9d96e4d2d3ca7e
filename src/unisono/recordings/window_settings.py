"""How windows are cut: the configuration, part of every recipe.

Two ways, one of which is chosen:

- **fixed in time**: ``length`` frames at the common rate ``rate_hz``, every ``stride`` frames; all
  streams are resampled to that rate by their true time stamps;
- **by events**: from an event to the next, ``by = ("foot_strike", "foot_off")``, each resampled
  to ``points`` instants (a cycle-normalised window, which keeps its duration).
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import ConfigError
from unisono.core.units import tidy_unit
from unisono.recordings.zarr_nodes import plain

__all__ = ["Cut"]


@dataclass(frozen=True)
class Cut:
    """How to cut windows.

    Args:
        streams: Streams of a window. One that a recording lacks is masked throughout.
        rate_hz: Common rate of fixed windows, frames per second.
        length: Frames of a fixed window.
        stride: Frames from one fixed window to the next; 0 stands for ``length``.
        by: Names of the first and last event, for windows cut by events; empty for fixed ones.
        points: Instants of a window cut by events, the first and the last at the events.
        lasting_s: Shortest and longest duration of a window cut by events, in seconds: a pair of
            events outside it has lost one between.
        side: ``"both"``, ``"left"`` or ``"right"``: whose events count, or whose leg view.
        mirror: Whether each window is seen from its leg: channels of that leg are ``ipsi_``, the
            others ``contra_``, and left windows are mirrored, so that all look like right ones.
        heading: ``""`` for laboratory axes; ``"travel"`` or ``"pelvis"`` turns horizontal
            components so that the first is forward, window by window.
        turned: Streams that the heading turns; by default those of kind position, velocity and
            force. One named here that does not state its vertical axis has that of the markers.
        origin: Name of a point (``"ipsi_HEE"``) above which the turned positions of a window have
            their origin, on average; by default the laboratory's.
        require: Streams that a window cannot do without.
        min_valid: Share of valid samples (over frames and channels) that each required stream
            needs; others may be missing. In the window of a leg, channels of the other leg do not
            count.
        channels: For a stream, which channels to keep, as patterns (``"r_*"``), in that order.
        units: For a stream, or for ``stream/pattern`` of channels, the unit to convert to; a
            stream's channels that measure something else keep theirs.
        condition: Label that becomes the condition of a window.

    Raises:
        ConfigError: If a value is out of range, or two exclude one another.

    Example:
        >>> Cut(("angles", "grf"), rate_hz=100, length=200, stride=50).frames
        200
        >>> Cut(("angles",), by=("foot_strike", "foot_off")).frames
        101
    """

    streams: tuple[str, ...]
    rate_hz: float = 0.0
    length: int = 0
    stride: int = 0
    by: tuple[str, ...] = ()
    points: int = 101
    lasting_s: tuple[float, float] = (0.1, 3.0)
    side: str = "both"
    mirror: bool = False
    heading: str = ""
    turned: tuple[str, ...] = ()
    origin: str = ""
    require: tuple[str, ...] = ()
    min_valid: float = 0.5
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    condition: str = "condition"

    def __post_init__(self) -> None:
        try:
            check_choice("side", self.side, ("both", "left", "right"))
            check_choice("heading", self.heading, ("", "travel", "pelvis"))
            check_range("min_valid", self.min_valid, 0.0, 1.0, closed=True)
            for unit in self.units.values():
                tidy_unit(unit)
            if self.by:
                check_range("points", self.points, 2, 100_000, closed=True)
            else:
                check_range("rate_hz", self.rate_hz, 0.0, 1e6)
                check_range("length", self.length, 1, 10_000_000, closed=True)
                check_range("stride", self.stride, 0, 10_000_000, closed=True)
        except ValueError as error:
            raise ConfigError(f"windows: {error}") from error
        problem = self._contradiction()
        if problem:
            raise ConfigError(f"windows: {problem}")

    def _contradiction(self) -> str:
        if not self.streams or len(set(self.streams)) < len(self.streams):
            return f"streams must be distinct and at least one; got {self.streams}."
        if self.by and (self.rate_hz or self.length or self.stride):
            return (
                f"by={self.by} cuts at events and leaves no use for rate_hz={self.rate_hz}, "
                f"length={self.length}, stride={self.stride}; leave out the one or the others."
            )
        if self.by and len(self.by) != 2:
            return f"by names the first and the last event of a window; got {self.by}."
        if not 0 <= self.lasting_s[0] < self.lasting_s[1]:
            return f"lasting_s must be a shortest and a longest duration; got {self.lasting_s}."
        if self.turned and not self.heading:
            return f"turned={self.turned} has no use without a heading; state heading='travel'."
        if self.origin and not self.heading:
            return f"origin={self.origin!r} has no use without a heading; state heading='pelvis'."
        if self.side != "both" and not (self.by or self.mirror):
            return f"side={self.side!r} has no use in fixed windows that are not mirrored."
        named = {"require": self.require, "turned": self.turned, "channels": self.channels}
        named["units"] = [key.partition("/")[0] for key in self.units]
        for setting, names in named.items():
            strange = [name for name in names if name not in self.streams]
            if strange:
                return f"{setting} names {strange[0]!r}, which is not in streams {self.streams}."
        return ""

    @property
    def frames(self) -> int:
        """Frames of a window."""
        return self.points if self.by else self.length

    @property
    def sides(self) -> tuple[str, ...]:
        """The legs whose windows are cut."""
        return ("left", "right") if self.side == "both" else (self.side,)

    @property
    def digest(self) -> str:
        """SHA-256 of the configuration."""
        text = json.dumps(plain(dataclasses.asdict(self)), sort_keys=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
