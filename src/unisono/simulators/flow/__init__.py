"""Two-dimensional incompressible flow past a cylinder, by a lattice Boltzmann method.

>>> import numpy as np
>>> from unisono.simulators.flow import Camera, wake
>>> seen = wake(40, rng=np.random.default_rng(0), camera=Camera(frames=2, settle=1.0))
>>> seen["vorticity"]["data"].shape
(2, 4096)
"""

from unisono.simulators.flow.channel import Channel, ChannelSettings
from unisono.simulators.flow.wakes import Camera, wake, wake_recordings

__all__ = ["Camera", "Channel", "ChannelSettings", "wake", "wake_recordings"]
