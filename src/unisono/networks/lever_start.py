r"""A start for forces and joint moments that knows the lever arms.

A joint moment is mostly the ground's force times a lever arm, and who gives positions of joints
gives the arms. A kernel over whole windows does not find that product from forty of them. So the
kernel is asked for the moment *at many points* and in several frames of the body, and each answer
is carried back to the joint with the predicted force and the arms of the very window
(:mod:`unisono.networks.lever_geometry`): at the centre of mass a moment is small and its frontal
part hardly differs between people, under the foot it is the sagittal one that is known well. And
it is asked not only for the whole, but for what mechanics leaves open: the force less mass times
acceleration, the moment at the centre of mass less the rate of angular momentum
(:mod:`unisono.networks.lever_mechanics`). With ``K`` kernels
(:mod:`unisono.networks.lever_features`), ``R`` points, ``T`` frames and ``B`` force bases there are
``K (R T + T + 1)`` candidates for a moment and ``K B T`` for a force; they are weighed per channel
and stage of the window by how they did on people left out (:mod:`unisono.networks.stacking`).

Kernel ridge regression as in :mod:`unisono.networks.kernel`: with kernel matrix ``K`` of the kept
training windows and penalty :math:`\lambda`, a window with kernel row ``k`` is answered by
:math:`\bar u + k (K + \lambda I)^{-1} (U - \bar u)` for any target ``U``. Penalties are chosen
by leaving folds of subjects out. While training, a window is answered by what was fitted
without its subject's fold, weights included. The training windows, given and wanted, are part of
the model: whoever seals it gives them away.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.networks.kernel import solve_kernel
from unisono.networks.lever_features import (
    VIEWS,
    Scaling,
    features_of,
    filled,
    fit_scaling,
    scaled,
    valid_spread,
)
from unisono.networks.lever_geometry import (
    MASS_CENTRE,
    Body,
    Landmarks,
    at_reference,
    body_of,
    from_reference,
    turned,
)
from unisono.networks.lever_mechanics import FORCE_BASES, force_bases, momentum_rate
from unisono.networks.stacking import blended, staged_weights

__all__ = ["LeverData", "LeverStart"]

_KERNELS = (("posture", 1.5), ("motion", 2.0))
"""Each kernel's view and width ``r``; others beside them change nothing that can be measured."""

_PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1)
_TURNS = 3

_STAGES = 3
"""Anchors of the weights: landing, midstance, push; more of them change little."""

_EVERY = 3
"""Penalties and weights look at every so-manieth frame: neighbours tell the same."""

_MOST = 300
"""Training windows that are kept, evenly spread: targets are made for every point and frame."""


class LeverData(NamedTuple):
    """What the start sees of windows.

    Attributes:
        x: Given channels in physical units, ``(n, L, D)``; positions in metres.
        numbers: Standardised known numbers, ``(n, K)``, 0 where not known.
        seconds: Duration of each window, ``(n,)``.
    """

    x: Tensor
    numbers: Tensor
    seconds: Tensor


class _Bank(NamedTuple):
    """What is made of the kept training windows, once."""

    scaling: dict[str, list[Scaling]]
    features: dict[str, Tensor]
    median: dict[str, float]
    targets: Tensor  # (n, L, C): forces by base and turn, moments, moments by way
    truth: Tensor  # (n, L, 3 + 3 J)


class _Fit(NamedTuple):
    """Fits on all kept windows (the first) and without each fold (the others), ``G`` in all."""

    solved: Tensor  # kernels, (K, G, n, n)
    mean: Tensor  # mean target, (G, L, C)
    force: Tensor  # weights of candidates, (G, A, C, 3)
    moments: Tensor  # (G, A, C, 3 J)


class _Scene(NamedTuple):
    """What is known of windows before anything is learned."""

    body: Body
    bases: list[Tensor]  # what a force is counted from, (n, L, 3) each
    momentum: Tensor  # rate of the angular momentum, (n, L, 3)


class _Guess(NamedTuple):
    """Candidates of a force ``(C, n, L, 3)``, of moments kernel by kernel, and the scene."""

    forces: Tensor
    moments: list[Tensor]
    scene: _Scene


class _Way(NamedTuple):
    """Where a moment is asked for: reference point, frame, and whether less the momentum's rate."""

    reference: int
    turn: int
    less: bool = False


class LeverStart(nn.Module):
    """Predict force and joint moments ``(B, L, 3 + 3 J)`` from given channels with positions.

    Args:
        frames: Frames ``L`` of a window; fixed.
        given: Channels ``D``.
        at: Where the positions lie among them.
        numbers: Known numbers ``K``.
        folds: Folds of subjects for choosing, weighing, and for training predictions.
    """

    bank_x: Tensor
    bank_y: Tensor
    bank_numbers: Tensor
    bank_seconds: Tensor
    chosen: Tensor
    force_weights: Tensor
    moment_weights: Tensor
    bank_fold: Tensor
    fold_force: Tensor
    fold_moments: Tensor

    def __init__(
        self, frames: int, given: int, at: Landmarks, numbers: int, *, folds: int = 12
    ) -> None:
        super().__init__()
        self.frames, self.given, self.at, self.folds = frames, given, at, folds
        self.width = 3 + 3 * len(at.centres)
        ways = len(_KERNELS) * (len(self._ways()) + 1)
        forces = len(_KERNELS) * FORCE_BASES * _TURNS
        self.register_buffer("bank_x", torch.zeros(0, frames, given))
        self.register_buffer("bank_y", torch.zeros(0, frames, self.width))
        self.register_buffer("bank_numbers", torch.zeros(0, numbers))
        self.register_buffer("bank_seconds", torch.zeros(0))
        self.register_buffer("chosen", torch.full((len(_KERNELS),), 0.01))  # penalty of each kernel
        self.register_buffer("force_weights", torch.zeros(_STAGES, forces, 3))
        self.register_buffer("moment_weights", torch.zeros(_STAGES, ways, self.width - 3))
        # Of use while training only, never part of a sealed model.
        self.register_buffer("bank_fold", torch.zeros(0, dtype=torch.int64), persistent=False)
        self.register_buffer("fold_force", self.force_weights[None][:0], persistent=False)
        self.register_buffer("fold_moments", self.moment_weights[None][:0], persistent=False)
        self._fold_of: dict[int, int] = {}
        # Made of the buffers when first needed.
        self._made: tuple[_Bank, _Fit] | None = None

    def fit(self, data: LeverData, y: Tensor, valid: Tensor, subject: Tensor) -> None:
        """Fit on training windows.

        Args:
            data: The given side.
            y: Force (3), then the moments of each joint (3 each), in physical units,
                ``(n, L, 3 + 3 J)``.
            valid: Their validity.
            subject: Code of each window's subject, ``(n,)``.

        Raises:
            ShapeError: If windows are not as the start was built for.
        """
        check_axes(x=(data.x, "n l d"), y=(y, "n l w"), valid=(valid, "n l w"))
        good = (valid.float().mean(dim=(1, 2)) >= 0.5).nonzero().flatten()
        kept = good[torch.linspace(0, len(good) - 1, min(len(good), _MOST)).round().long()]
        self.bank_x, self.bank_y = data.x[kept].clone(), filled(y[kept], valid[kept])
        self.bank_numbers, self.bank_seconds = data.numbers[kept], data.seconds[kept]
        self._made = None
        bank, valid, fold = self._bank(), valid[kept], self._dealt(subject[kept])
        self.bank_fold = fold
        spread = valid_spread(bank.truth, valid)
        for k in range(len(_KERNELS)):
            self.chosen[k] = _choose(bank, k, valid, fold, spread)
        folds = len(torch.unique(fold))
        seen = self._seen(folds if folds > 1 else 0)
        self._weigh(bank, self._unweighed(bank, seen), valid, fold, spread)

    def forward(self, data: LeverData, subject: Tensor | None = None) -> Tensor:
        """Predict; with ``subject`` codes, without that subject's fold.

        Raises:
            ShapeError: If windows are not as the start was built for.
        """
        if data.x.shape[1:] != (self.frames, self.given):
            raise ShapeError(
                f"the start with lever arms was built for windows of (frame, channel) "
                f"{(self.frames, self.given)}; got {tuple(data.x.shape[1:])}."
            )
        bank, fit = self._ready(data.x.device)
        fold = torch.zeros(len(data.x), dtype=torch.int64, device=data.x.device)
        if subject is not None and len(fit.mean) > 1:
            own = [self._fold_of.get(int(s), -1) + 1 for s in subject]
            fold = torch.tensor(own, device=data.x.device)
        guess = self._guess(data, bank, fit, fold)
        force = blended(guess.forces, fit.force[fold])
        moments = blended(self._moments(guess, force), fit.moments[fold])
        return torch.cat([force, moments], dim=-1)

    def _dealt(self, subject: Tensor) -> Tensor:
        """Fold of each kept window; subjects are dealt in order."""
        people = torch.unique(subject).tolist()
        folds = min(self.folds, len(people))
        self._fold_of = {int(s): k % folds for k, s in enumerate(people)}
        return torch.tensor([self._fold_of[int(s)] for s in subject])

    def _seen(self, folds: int) -> list[Tensor]:
        """Which kept windows each fit sees: all of them, then all but those of each fold."""
        every = torch.ones(len(self.bank_x), dtype=torch.bool, device=self.bank_x.device)
        return [every, *(self.bank_fold != f for f in range(folds))]

    def _bank(self) -> _Bank:
        x, y, at = self.bank_x, self.bank_y, self.at
        body = body_of(x, at)
        blocks = features_of(x, self.bank_numbers, self.bank_seconds, at, body)
        scaling = {view: fit_scaling(found) for view, found in blocks.items()}
        features = {view: scaled(found, scaling[view]) for view, found in blocks.items()}
        pairs = torch.triu_indices(len(x), len(x), 1)
        median: dict[str, float] = {}
        for view, found in features.items():
            apart = torch.cdist(found, found)[pairs[0], pairs[1]].square()
            median[view] = max(float(apart.median()), 1e-9) if len(apart) else 1.0
        scene = self._scene(x, self.bank_seconds, body)
        force, moments = y[..., :3], y[..., 3:]
        targets = [turned(force - base, body, t) for base in scene.bases for t in range(_TURNS)]
        targets += [moments, *(self._asked(moments, force, scene, w) for w in self._ways())]
        return _Bank(scaling, features, median, torch.cat(targets, dim=-1), y)

    def _ways(self) -> list[_Way]:
        points = [_Way(r, t) for r in range(len(self.at.references)) for t in range(_TURNS)]
        if not self.at.limbs:
            return points
        return [*points, *(_Way(MASS_CENTRE, t, less=True) for t in range(_TURNS))]

    def _scene(self, x: Tensor, seconds: Tensor, body: Body) -> _Scene:
        bases = force_bases(x, seconds, self.at)
        return _Scene(body, bases, momentum_rate(x, seconds, self.at))

    def _asked(self, moments: Tensor, force: Tensor, scene: _Scene, way: _Way) -> Tensor:
        """What the kernels are asked for: the moments seen that way."""
        carried = at_reference(moments, force, scene.body, way.reference, way.turn)
        return carried - self._known(scene, way) if way.less else carried

    def _answered(self, said: Tensor, force: Tensor, scene: _Scene, way: _Way) -> Tensor:
        """The moments at their joints from what the kernels said: the way back of `_asked`."""
        carried = said + self._known(scene, way) if way.less else said
        return from_reference(carried, force, scene.body, way.reference, way.turn)

    def _known(self, scene: _Scene, way: _Way) -> Tensor:
        """The momentum's rate in the way's frame, once for every joint."""
        return turned(scene.momentum, scene.body, way.turn).repeat(1, 1, len(self.at.centres))

    def _unweighed(self, bank: _Bank, seen: list[Tensor]) -> _Fit:
        """Kernels solved on sets of kept windows, without weights yet."""
        solved = []
        for k, (view, _) in enumerate(_KERNELS):
            gram = _kernel(bank.features[view], bank, k).double()
            eye = torch.eye(len(gram), dtype=torch.float64, device=gram.device)
            penalty = float(self.chosen[k])
            found = [solve_kernel(gram, eye * w[:, None], w.double(), penalty) for w in seen]
            solved.append(torch.stack(found).to(self.bank_x.dtype))
        mean = torch.stack([bank.targets[w].mean(dim=0) for w in seen])
        return _Fit(torch.stack(solved), mean, self.force_weights[None], self.moment_weights[None])

    def _weigh(self, bank: _Bank, fit: _Fit, valid: Tensor, fold: Tensor, spread: Tensor) -> None:
        """Weights of candidates from what each fold's fit says of the people it has not seen."""
        single = len(fit.mean) == 1  # one subject: its own windows must do
        which = torch.zeros_like(fold) if single else fold + 1
        seen = [fold >= 0, *((which != g) for g in range(1, len(fit.mean)))]
        guess = self._guess(
            LeverData(self.bank_x, self.bank_numbers, self.bank_seconds), bank, fit, which
        )
        truth = bank.truth / spread

        def weights(candidates: Tensor, part: slice) -> Tensor:
            y, good = truth[..., part], valid[..., part]
            found = [
                staged_weights(candidates[:, rows], y[rows], good[rows], _STAGES, every=_EVERY)
                for rows in seen
            ]
            return torch.stack(found)

        force = weights(guess.forces / spread[:3], slice(0, 3))
        moved = self._moments(guess, blended(guess.forces, force[which]))
        moments = weights(moved / spread[3:], slice(3, None))
        self.force_weights, self.moment_weights = force[0], moments[0]
        self.fold_force, self.fold_moments = force[1:], moments[1:]
        self._made = (bank, fit._replace(force=force, moments=moments))

    def _ready(self, device: torch.device) -> tuple[_Bank, _Fit]:
        if self._made is None or self._made[0].truth.device != device:
            bank = self._bank()
            fit = self._unweighed(bank, self._seen(len(self.fold_force)))
            force = torch.cat([fit.force, self.fold_force])
            moments = torch.cat([fit.moments, self.fold_moments])
            self._made = (bank, fit._replace(force=force, moments=moments))
        return self._made

    def _guess(self, data: LeverData, bank: _Bank, fit: _Fit, which: Tensor) -> _Guess:
        """All candidates of a force, and of moments as far as they need no force.

        Args:
            data: The windows.
            bank: The kept windows.
            fit: The fits.
            which: The fit that answers each window.
        """
        body = body_of(data.x, self.at)
        blocks = features_of(data.x, data.numbers, data.seconds, self.at, body)
        seen = {view: scaled(blocks[view], bank.scaling[view]) for view in VIEWS}
        scene = self._scene(data.x, data.seconds, body)
        forces: list[Tensor] = []
        moments: list[Tensor] = []
        for k, (view, _) in enumerate(_KERNELS):
            row = torch.einsum("bn,bnm->bm", _kernel(seen[view], bank, k), fit.solved[k][which])
            said = torch.einsum("bn,nlc->blc", row, bank.targets)
            said = said + (1 - row.sum(dim=1))[:, None, None] * fit.mean[which]
            wide = 3 * _TURNS * FORCE_BASES
            parts = torch.split(said[..., :wide], 3, dim=-1)
            for k, part in enumerate(parts):
                base = scene.bases[k // _TURNS]
                forces.append(turned(part, body, k % _TURNS, back=True) + base)
            moments.append(said[..., wide:])
        return _Guess(torch.stack(forces), moments, scene)

    def _moments(self, guess: _Guess, force: Tensor) -> Tensor:
        """All candidates of the moments, carried back to their joints."""
        found: list[Tensor] = []
        for said in guess.moments:
            parts = torch.split(said, self.width - 3, dim=-1)
            found.append(parts[0])
            found += [
                self._answered(part, force, guess.scene, way)
                for part, way in zip(parts[1:], self._ways(), strict=True)
            ]
        return torch.stack(found)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:  # noqa: ANN401 - torch's own signature
        """Take the number of training windows from what is loaded.

        Folds stay where a run is resumed, which fits first and then loads the same windows.
        """
        for name in ("bank_x", "bank_y", "bank_numbers", "bank_seconds"):
            saved, own = state_dict.get(prefix + name), getattr(self, name)
            if saved is not None and not torch.equal(saved.to(own), own):
                self.fold_force, self.fold_moments = self.fold_force[:0], self.fold_moments[:0]
                setattr(self, name, own.new_zeros(saved.shape))
        self._made = None
        super()._load_from_state_dict(state_dict, prefix, *args)


def _kernel(seen: Tensor, bank: _Bank, kernel: int) -> Tensor:
    view, width = _KERNELS[kernel]
    size = 2 * width**2 * bank.median[view]
    return torch.exp(-torch.cdist(seen, bank.features[view]).square() / size)


def _choose(bank: _Bank, kernel: int, valid: Tensor, fold: Tensor, spread: Tensor) -> float:
    """Penalty with the least error on folds of subjects left out."""
    best, chosen = float("inf"), 0.01
    truth = (bank.truth / spread)[:, ::_EVERY].double().flatten(1)
    good = valid[:, ::_EVERY].flatten(1)
    gram = _kernel(bank.features[_KERNELS[kernel][0]], bank, kernel).double()
    for penalty in _PENALTIES:
        error = 0.0
        for f in torch.unique(fold).tolist():
            rows, test = (fold != f).double(), fold == f
            if not rows.any():
                continue
            mean = truth[rows > 0].mean(dim=0)
            said = gram[test] @ solve_kernel(gram, truth - mean, rows, penalty) + mean
            error += float(((said - truth[test]).square() * good[test]).sum())
        if 0 < error < best:
            best, chosen = error, penalty
    return chosen
