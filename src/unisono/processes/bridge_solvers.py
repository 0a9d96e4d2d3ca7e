r"""Solvers of bridges, from the source at ``t = 1`` to the target at 0.

``BridgeHeun`` (Zhou et al., 2309.16948, algorithm 1), a step from ``t`` to ``u``, churn ``k``:

.. math:: \hat t = t + k (u - t), \quad
          z \leftarrow z + (f z - g^2 g_0)(\hat t - t) + \sqrt{g^2 |\hat t - t|}\, \varepsilon,

then Heun's rule on the ordinary equation from :math:`\hat t` to ``u`` (Euler's into 0).

``DBIM`` (Zheng et al., 2405.15885, eqs. 13 and 18), with ``(a, b, s)`` the weights of target,
source and noise and ``D`` the estimate at ``t``:

.. math:: z_u = a_u D + b_u z_T + \sqrt{s_u^2 - \rho^2}\, \frac{z_t - a_t D - b_t z_T}{s_t}
              + \rho \varepsilon, \qquad
          \rho = \eta\, \alpha_u r_u \sqrt{1 - r_u^2 / r_t^2}

after one booting step from the source, which draws ``z`` from the bridge around ``D(z_T, 1)``:
without it every walk would start, and end, at one point. Order 2 (``eta = 0``) replaces ``D`` by
its line through the last two estimates in :math:`\lambda = \ln(a/s)`.

**A solver without noise returns one answer for a source: close to the conditional mean, which
is why its name is** ``mean``. On a Gaussian with spread 0.300 (exact estimates, ``T = 80``) the
spreads after 10, 20 and 40 steps are 0 for it; .375, .328, .313 for Heun with churn .33; .213,
.255, .278 for DBIM ``eta = 0``; .174, .223, .257 for ``eta = 1``.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_choice, check_range
from unisono.core.contracts import Denoiser
from unisono.core.errors import UnisonoError
from unisono.processes.bridge import Bridge, Moment
from unisono.processes.solvers import Solver, State, estimate_at

__all__ = ["BRIDGE_SOLVERS", "DBIM", "BridgeHeun", "OneStep", "bridge_solver", "noise_like"]

BRIDGE_SOLVERS = ("mean", "heun", "dbim", "dbim_implicit", "dbim_high_order", "one_step")
"""Names of :func:`bridge_solver`. ``mean`` and ``one_step`` give one answer for a source."""

_GAP = 1.25e-6  # Heun starts at T (1 - gap): 80 - 1e-4, as published
_BOOT_GAP = 1.25e-5  # DBIM boots at T (1 - gap): 80 - 1e-3, as published


def noise_like(z: Tensor, *, generator: Generator, balanced: int = 1) -> Tensor:
    r"""Standard normal noise like ``z``; over ``balanced`` blocks of the batch it can sum to zero.

    With ``S`` blocks, :math:`\varepsilon_s = \sqrt{S/(S-1)}\,(\nu_s - \bar\nu)`: each number is
    standard normal and their mean is 0, so that the mean of ``S`` walks of one source errs by what
    the walks bend alone, not by :math:`1/S` of their variance (antithetic variates; Hammersley &
    Morton, 1956). Two samples of one source then correlate by :math:`-1/(S-1)`.

    Args:
        z: ``(batch, ...)``; blocks follow one another.
        generator: Where the noise comes from.
        balanced: Number of blocks; 1 for independent noise.

    Raises:
        UnisonoError: If the batch cannot be cut into so many blocks.

    Example:
        >>> import torch
        >>> g = torch.Generator().manual_seed(0)
        >>> e = noise_like(torch.zeros(6, 2), generator=g, balanced=3)
        >>> bool((e.view(3, 2, 2).sum(0).abs() < 1e-6).all())
        True
    """
    noise = torch.randn(z.shape, generator=generator, dtype=z.dtype, device=z.device)
    if balanced <= 1:
        return noise
    if len(z) % balanced:
        raise UnisonoError(f"a batch of {len(z)} cannot be cut into {balanced} equal blocks.")
    blocks = noise.view(balanced, -1, *z.shape[1:])
    level = math.sqrt(balanced / (balanced - 1))
    return (level * (blocks - blocks.mean(dim=0))).view(z.shape)


@dataclass(frozen=True)
class BridgeHeun:
    """Heun's rule with churn.

    Args:
        process: The bridge.
        steps: Steps of the walk.
        churn: ``k`` in [0, 1): share of each step that is walked with noise. 0 gives the mean.
        pull: ``w``: weight of the pinned end in the ordinary equation; 1 is exact.
        balanced: Walks of every source whose noise sums to zero; see :func:`noise_like`.
    """

    process: Bridge
    steps: int = 20
    churn: float = 0.33
    pull: float = 1.0
    balanced: int = 1

    def __post_init__(self) -> None:
        check_range("churn", self.churn, 0.0, 1.0 - 1e-9, closed=True)
        check_range("pull", self.pull, 0.0, 100.0, closed=True)
        self.grid()

    @property
    def name(self) -> str:
        """``mean`` without churn: one answer for a source, the conditional mean; else ``heun``."""
        return "heun" if self.churn > 0 else "mean"

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`."""
        return self.process.grid(self.steps, gap=_GAP)

    def _slope(self, at: Moment, z: Tensor, source: Tensor, estimate: Tensor) -> Tensor:
        """The ordinary equation's derivative in the native time."""
        bridge = self.process
        scores = bridge.data_score(at, z, estimate) - self.pull * bridge.end_score(at, z, source)
        return at.drift * z - at.diffusion / 2 * scores

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`."""
        z, t, source = state.z, state.t, state.source
        after = self.process.at(until)
        if self.churn > 0:
            at, estimate = self.process.at(t), estimate_at(denoise, z, t)
            t = t + self.churn * (until - t)
            moved = self.process.at(t).tau - at.tau
            slope = at.drift * z - at.diffusion * self.process.data_score(at, z, estimate)
            spread = math.sqrt(at.diffusion * abs(moved))
            noise = noise_like(z, generator=generator, balanced=self.balanced)
            z = z + moved * slope + spread * noise
        at, estimate = self.process.at(t), estimate_at(denoise, z, t)
        first = self._slope(at, z, source, estimate)
        ahead = z + (after.tau - at.tau) * first
        if until == 0:
            return state.moved(ahead, until, estimate, t)
        estimate = estimate_at(denoise, ahead, until)
        second = self._slope(after, ahead, source, estimate)
        z = z + (after.tau - at.tau) * (first + second) / 2
        return state.moved(z, until, estimate, until)


@dataclass(frozen=True)
class DBIM:
    """Diffusion bridge implicit sampler: one evaluation a step, and one for booting.

    Args:
        process: The bridge.
        steps: Steps after booting.
        eta: 1 walks the bridge as a Markov chain; 0 adds no noise after booting.
        order: 1, or 2 for the high-order form, which needs ``eta = 0``.
        balanced: Walks of every source whose noise sums to zero; see :func:`noise_like`.
    """

    process: Bridge
    steps: int = 16
    eta: float = 1.0
    order: int = 1
    balanced: int = 1

    def __post_init__(self) -> None:
        check_range("eta", self.eta, 0.0, 1.0, closed=True)
        check_range("order", self.order, 1, 2, closed=True)
        if self.order == 2 and self.eta > 0:
            raise UnisonoError(f"order 2 adds no noise after booting; got eta = {self.eta}.")
        self.grid()

    @property
    def name(self) -> str:
        """Its name in :func:`bridge_solver`."""
        if self.order == 2:
            return "dbim_high_order"
        return "dbim" if self.eta > 0 else "dbim_implicit"

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`; booting happens within the first step."""
        return self.process.grid(self.steps, gap=_BOOT_GAP)

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`."""
        if state.estimate is None:
            state = self._boot(denoise, state, generator)
        z, t, source = state.z, state.t, state.source
        at, after = self.process.at(t), self.process.at(until)
        estimate = estimate_at(denoise, z, t)
        if until == 0:  # nothing of source and noise is left
            return state.moved(estimate, until, estimate, t)
        left = max(1 - after.ratio / at.ratio, 0.0)
        rho = self.eta * after.signal * math.sqrt(after.ratio * left)
        direction = (z - at.target * estimate - at.source * source) / at.noise
        kept = math.sqrt(max(after.noise**2 - rho**2, 0.0))
        moved = after.target * estimate + after.source * source + kept * direction
        if rho > 0:
            moved = moved + rho * noise_like(z, generator=generator, balanced=self.balanced)
        if self.order == 2:
            moved = moved + self._bend(state, at, after, estimate)
        return state.moved(moved, until, estimate, t)

    def _boot(self, denoise: Denoiser, state: State, generator: Generator) -> State:
        estimate = estimate_at(denoise, state.source, 1.0)
        at = self.process.at(state.t)
        noise = noise_like(estimate, generator=generator, balanced=self.balanced)
        z = at.target * estimate + at.source * state.source + at.noise * noise
        return state.moved(z, state.t, estimate, state.t)

    def _bend(self, state: State, at: Moment, after: Moment, estimate: Tensor) -> Tensor:
        """What the slope of the estimates adds over a step."""
        if state.estimate is None or state.estimated_at in (None, state.t):
            return torch.zeros_like(estimate)
        before = self.process.at(float(state.estimated_at or 0.0))
        here, there, then = (math.log(m.target / m.noise) for m in (at, after, before))
        width = there - here
        gain = after.target * (math.exp(-width) + width - 1)
        return gain * (estimate - state.estimate) / (here - then)


@dataclass(frozen=True)
class OneStep:
    """The estimate at the source itself: one evaluation, one answer.

    Args:
        process: The bridge.
    """

    process: Bridge

    @property
    def name(self) -> str:
        """Its name in :func:`bridge_solver`."""
        return "one_step"

    def grid(self) -> Tensor:
        """See :meth:`Solver.grid`."""
        return torch.tensor([1.0, 0.0], dtype=torch.float64)

    def step(self, denoise: Denoiser, state: State, until: float, *, generator: Generator) -> State:
        """See :meth:`Solver.step`. Deterministic."""
        estimate = estimate_at(denoise, state.source, state.t)
        return state.moved(estimate, until, estimate, state.t)


def bridge_solver(
    name: str, process: Bridge, steps: int, *, churn: float = 0.33, balanced: int = 1
) -> Solver:
    """Return a solver by name.

    Args:
        name: One of :data:`BRIDGE_SOLVERS`.
        process: The bridge.
        steps: Steps; of no use to ``one_step``.
        churn: Of ``heun``; must be above 0, for without churn it is ``mean``.
        balanced: Walks of every source whose noise sums to zero; see :func:`noise_like`.

    Raises:
        UnisonoError: For an unknown name, no steps, or a ``heun`` without churn.
    """
    check_choice("sampler", name, BRIDGE_SOLVERS)
    check_range("steps", steps, 1, 1_000_000, closed=True)
    if name == "heun" and churn <= 0:
        raise UnisonoError("heun without churn gives one answer for a source; its name is mean.")
    makers: dict[str, Solver] = {
        "mean": BridgeHeun(process, steps, churn=0.0),
        "heun": BridgeHeun(process, steps, churn=churn, balanced=balanced),
        "dbim": DBIM(process, steps, balanced=balanced),
        "dbim_implicit": DBIM(process, steps, eta=0.0, balanced=balanced),
        "dbim_high_order": DBIM(process, steps, eta=0.0, order=2, balanced=balanced),
        "one_step": OneStep(process),
    }
    return makers[name]
