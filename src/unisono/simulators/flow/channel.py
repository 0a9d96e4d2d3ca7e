r"""A stream past a circular cylinder, stepped on the lattice.

The stream enters on the left with the speed :math:`U`, leaves on the right (its non-equilibrium
part extrapolated: Guo, Zheng & Shi, Chinese Phys. 11, 2002), and is periodic across. Before either
end, layers take away sound and thicken the fluid, so that nothing comes back. With the diameter
:math:`D` and the viscosity :math:`\nu`,

.. math:: Re = \frac{U D}{\nu}, \qquad St = \frac{f D}{U}, \qquad
          C_d = \frac{2 F_x}{\rho U^2 D}, \qquad C_l = \frac{2 F_y}{\rho U^2 D}

with :math:`f` the shedding frequency. One step of the lattice is :math:`U/D` convective times.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import UnisonoError
from unisono.simulators.flow.cylinder import bounce, circle_links
from unisono.simulators.flow.lattice import VELOCITIES, collision, equilibrium

__all__ = ["Channel", "ChannelSettings"]

Array = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]

_LAYERS = 6
"""Steps in which a sponge thickens towards its end."""

_SOUND, _THICK = 0.08, 0.1
"""At the end of a sponge: share of the density taken a step, and the viscosity."""


@dataclass(frozen=True)
class ChannelSettings:
    """Size and speed of the channel, in lattice units.

    Args:
        diameter: Of the cylinder, nodes.
        width: Across the stream, diameters.
        ahead: Inlet to the cylinder's axis, diameters.
        behind: Axis to outlet, diameters.
        speed: Of the stream, nodes a step; compressibility errors grow with its square.
    """

    diameter: float = 12.0
    width: float = 12.0
    ahead: float = 8.0
    behind: float = 12.0
    speed: float = 0.1

    def __post_init__(self) -> None:
        check_range("diameter", self.diameter, 4, 200, closed=True)
        check_range("speed", self.speed, 0.01, 0.2, closed=True)
        check_range("width", self.width, 2, 100, closed=True)
        check_range("ahead", self.ahead, 3, 100, closed=True)
        check_range("behind", self.behind, 5, 100, closed=True)

    @property
    def shape(self) -> tuple[int, int]:
        """``(nx, ny)`` of the grid."""
        d = self.diameter
        return round((self.ahead + self.behind) * d), round(self.width * d)

    @property
    def centre(self) -> tuple[float, float]:
        """``(x, y)`` of the cylinder's axis, in nodes."""
        return self.ahead * self.diameter, (self.shape[1] - 1) / 2


class Channel:
    """A flow and how it goes on.

    Args:
        settings: The channel.
        reynolds: Reynolds number; see :meth:`set_reynolds`.
        rng: Where the first disturbance comes from: a cross-wind behind the cylinder, of either
            sign and 10 to 20 % of the stream, from which vortices grow.

    Attributes:
        force: Drag and lift coefficient of the last step, ``(2,)``.
    """

    def __init__(
        self, settings: ChannelSettings, reynolds: float, *, rng: np.random.Generator
    ) -> None:
        self.settings = settings
        nx, ny = settings.shape
        self._links = circle_links((nx, ny), settings.centre, settings.diameter / 2)
        self._post = np.empty((9, nx * ny), np.float32)
        self._state = np.empty((12, nx * ny), np.float32)
        self._momentum = VELOCITIES.T.astype(np.float32)
        self._shifts = [int(e[0]) * ny + int(e[1]) for e in VELOCITIES]
        self._inlet = equilibrium(0.0, np.full(ny, settings.speed), 0.0)
        self.force = np.zeros(2)
        gust = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.1, 0.2))
        self._state[:9] = _start(settings, gust).reshape(9, -1)
        self.set_reynolds(reynolds)

    def set_reynolds(self, reynolds: float) -> None:
        """Change the viscosity; the flow goes on from where it is."""
        check_range("reynolds", reynolds, 1, 250, closed=True)
        self.reynolds = reynolds
        nx, ny = self.settings.shape
        viscosity = self.settings.speed * self.settings.diameter / reynolds
        deep = round(self.settings.diameter * 3)
        first, last = round(self.settings.diameter * 1.5), nx - deep
        self._pieces = [(first * ny, last * ny, collision(viscosity))]
        for k in range(_LAYERS):
            share = (k + 1) / _LAYERS
            thick = viscosity + max(_THICK - viscosity, 0) * share**2
            layer = collision(thick, sponge=_SOUND * share)
            stop, start = (round(first * (1 - (k + j) / _LAYERS)) for j in (0, 1))
            self._pieces.append((start * ny, stop * ny, layer))
            start, stop = (last + round(deep * (k + j) / _LAYERS) for j in (0, 1))
            self._pieces.append((start * ny, stop * ny, layer))

    def step(self, count: int = 1) -> None:
        """Make steps of the lattice.

        Raises:
            UnisonoError: If the flow became unstable.
        """
        force = np.zeros(2)
        with np.errstate(over="ignore", invalid="ignore"):  # told below, in words
            for _ in range(count):
                force = self._once()
        self.force = force * 2 / (self.settings.speed**2 * self.settings.diameter)
        if not np.isfinite(self.force).all():
            raise UnisonoError(
                f"the flow at Re {self.reynolds:g} became unstable; take a larger diameter or a "
                "lower speed."
            )

    def _once(self) -> Array:
        state, post = self._state, self._post
        x, y = self._momentum @ state[:9]
        np.multiply(x, x, out=state[9])
        np.multiply(y, y, out=state[10])
        np.multiply(x, y, out=state[11])
        for start, stop, matrix in self._pieces:
            np.matmul(matrix, state[:, start:stop], out=post[:, start:stop])
        self._stream()
        force = bounce(post.reshape(-1), state[:9].reshape(-1), self._links)
        state[:9, self._links.solid] = 0.0
        self._ends()
        return force

    def _stream(self) -> None:
        """Move every population by its velocity, periodic across the stream."""
        for i, shift in enumerate(self._shifts):
            source, target = self._post[i], self._state[i]
            if shift >= 0:
                target[shift:] = source[: len(source) - shift]
            else:
                target[:shift] = source[-shift:]
        nx, ny = self.settings.shape
        grid = self._state[:9].reshape(9, nx, ny)
        for i, (_, across) in enumerate(VELOCITIES):
            # a flat shift carries what leaves the edge to the neighbouring column
            if across > 0:
                grid[i, :-1, 0] = grid[i, 1:, 0]
            elif across < 0:
                grid[i, 1:, -1] = grid[i, :-1, -1]

    def _ends(self) -> None:
        """Set the inlet to the stream, and the outlet from the neighbouring column."""
        nx, ny = self.settings.shape
        grid = self._state[:9].reshape(9, nx, ny)
        grid[:, 0] = self._inlet
        near = grid[:, nx - 2]
        x, y = self._momentum @ near
        rest = near - equilibrium(near.sum(axis=0), x, y)
        grid[:, nx - 1] = equilibrium(0.0, x, y) + rest

    def velocity(self) -> Field:
        """Velocity in units of the stream's speed, ``(2, ny, nx)``; 0 in the cylinder."""
        moved = self._momentum @ self._state[:9] / np.float32(self.settings.speed)
        return np.asarray(moved.reshape(2, *self.settings.shape).swapaxes(1, 2))

    def vorticity(self) -> Field:
        """``dv/dx - du/dy`` in units of ``U/D``, by central differences, ``(ny, nx)``."""
        u, v = self.velocity()
        across = np.roll(u, -1, axis=0) - np.roll(u, 1, axis=0)
        along = np.zeros_like(v)
        along[:, 1:-1] = v[:, 2:] - v[:, :-2]
        return np.asarray((along - across) * np.float32(self.settings.diameter / 2))


def _start(settings: ChannelSettings, gust: float) -> Field:
    """Potential flow past the cylinder, with its pressure, and a cross-wind behind it."""
    nx, ny = settings.shape
    x, y = np.mgrid[:nx, :ny].astype(np.float64)
    radius = settings.diameter / 2
    x, y = (x - settings.centre[0]) / radius, (y - settings.centre[1]) / radius
    r2 = np.maximum(x**2 + y**2, 1.0)
    u = settings.speed * (1 - (x**2 - y**2) / r2**2)
    v = settings.speed * (-2 * x * y / r2**2)
    density = 1.5 * (settings.speed**2 - u**2 - v**2)  # pressure over the speed of sound squared
    v = v + settings.speed * gust * np.exp(-((x / 2 - 2) ** 2) - (y / 2) ** 2)
    still = x**2 + y**2 < 1
    u[still] = v[still] = density[still] = 0.0
    return equilibrium(density, u, v)
