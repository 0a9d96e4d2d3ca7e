"""Recordings of wakes: the vorticity field behind the cylinder, and the forces on it.

Lengths are in diameters and times in convective times ``D/U``; the recordings call them metres and
seconds, as if the cylinder were 1 m thick and the stream 1 m/s fast.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_range
from unisono.core.random import numpy_generator
from unisono.recordings.fields import field_channels
from unisono.recordings.schema import make_recording, make_stream
from unisono.simulators.flow.channel import Channel, ChannelSettings

__all__ = ["Camera", "wake", "wake_recordings"]

Field = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Camera:
    """What is recorded of a flow, and when.

    Args:
        frames: Number of frames.
        interval: Time between frames, ``D/U``; rounded to whole steps of the lattice.
        settle: Time before the first frame, ``D/U``; from about 50 on, the wake has settled.
        pixels: ``(ny, nx)`` of a frame.
        channel: The channel that is simulated; the frame begins one diameter ahead of the
            cylinder's axis and lies around it.
        cells: Nodes of the lattice a pixel, along each axis.
    """

    frames: int = 600
    interval: float = 0.15
    settle: float = 60.0
    pixels: tuple[int, int] = (64, 64)
    channel: ChannelSettings = field(default_factory=ChannelSettings)
    cells: int = 2

    def __post_init__(self) -> None:
        check_range("frames", self.frames, 2, float("inf"), closed=True)
        check_range("interval", self.interval, 0, 10)
        check_range("settle", self.settle, 0, 10_000, closed=True)
        nx, ny = self.channel.shape
        height, width = (n * self.cells for n in self.pixels)
        check_range("pixels x cells across", height, 1, ny, closed=True)
        check_range("pixels x cells along", width, 1, nx - self.left, closed=True)

    @property
    def left(self) -> int:
        """First column of the frame, in nodes."""
        return round((self.channel.ahead - 1) * self.channel.diameter)

    @property
    def steps(self) -> int:
        """Steps of the lattice between frames."""
        return max(round(self.interval * self.channel.diameter / self.channel.speed), 1)

    @property
    def seconds(self) -> float:
        """Time between frames, ``D/U``."""
        return self.steps * self.channel.speed / self.channel.diameter

    def frame(self, flow: Channel) -> Field:
        """The vorticity now, averaged over each pixel, ``(ny, nx)``."""
        ny, nx = self.pixels
        low = (self.channel.shape[1] - ny * self.cells) // 2
        whole = flow.vorticity()
        part = whole[low : low + ny * self.cells, self.left : self.left + nx * self.cells]
        return np.asarray(part.reshape(ny, self.cells, nx, self.cells).mean(axis=(1, 3)))


def wake(
    reynolds: float,
    *,
    rng: np.random.Generator,
    until: float | None = None,
    camera: Camera = Camera(),  # noqa: B008 - frozen
    name: str = "",
) -> xr.DataTree:
    """Simulate one wake.

    Args:
        reynolds: Reynolds number, at the first frame.
        rng: Where the first disturbance comes from.
        until: Reynolds number at the last frame, reached on a line: a transient between regimes.
        camera: What is recorded.
        name: Name of the recording.

    Returns:
        A recording with the streams ``vorticity`` (``U/D``), ``forces`` (coefficients of drag and
        lift) and ``reynolds``, and the label ``reynolds`` where it is constant.
    """
    last = reynolds if until is None else until
    flow = Channel(camera.channel, reynolds, rng=rng)
    flow.step(round(camera.settle * camera.channel.diameter / camera.channel.speed))
    ny, nx = camera.pixels
    frames = np.empty((camera.frames, ny * nx), np.float32)
    forces = np.empty((camera.frames, 2))
    numbers = np.linspace(reynolds, last, camera.frames)
    for k in range(camera.frames):
        if k:
            if last != reynolds:
                flow.set_reynolds(float(numbers[k]))
            flow.step(camera.steps)
        frames[k], forces[k] = camera.frame(flow).ravel(), flow.force
    named = name or f"re{reynolds:g}" + ("" if until is None else f"to{until:g}")
    return _recording(named, frames, forces, numbers, camera)


def _recording(
    name: str,
    frames: Field,
    forces: npt.NDArray[np.float64],
    numbers: npt.NDArray[np.float64],
    camera: Camera,
) -> xr.DataTree:
    time = np.arange(camera.frames) * camera.seconds
    done = ["simulated by unisono flow"]
    places = field_channels("vorticity", camera.pixels)
    parts = {
        "vorticity": make_stream(
            frames, time=time, channels=places, units="1/s", kind="feature", history=done
        ),
        "forces": make_stream(
            forces, time=time, channels=["drag", "lift"], units="1", kind="feature", history=done
        ),
        "reynolds": make_stream(
            numbers[:, None], time=time, channels=["reynolds"], units="1", kind="feature"
        ),
    }
    labels: dict[str, object] = {"system": "cylinder wake"}
    if numbers[0] == numbers[-1]:
        labels["reynolds"] = float(numbers[0])
    return make_recording(parts, recording=name, subject=name, labels=labels)


class _Task(NamedTuple):
    reynolds: float
    number: int
    seed: int
    camera: Camera


def _one(task: _Task) -> xr.DataTree:
    rng = numpy_generator(task.seed, "flow", task.number)
    name = f"re{task.reynolds:g}_{task.number:02d}"
    return wake(task.reynolds, rng=rng, camera=task.camera, name=name)


def wake_recordings(
    reynolds: Sequence[float],
    *,
    seed: int,
    camera: Camera = Camera(),  # noqa: B008 - frozen
    processes: int = 1,
) -> Iterator[xr.DataTree]:
    """Simulate a wake at each Reynolds number; each is a "subject" of its own.

    Args:
        reynolds: Reynolds numbers, 20 to 150 being laminar and two-dimensional.
        seed: Seed of the disturbances.
        camera: What is recorded.
        processes: Number of processes to spread them over; the recordings do not depend on it.
    """
    tasks = [_Task(float(number), i, seed, camera) for i, number in enumerate(reynolds)]
    if processes <= 1:
        yield from map(_one, tasks)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_one, tasks)
