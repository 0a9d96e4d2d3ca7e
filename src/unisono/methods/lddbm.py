r"""The latent bridge (arXiv 2510.20819): anything into anything, through one token grid.

.. math:: p(x \mid y) = D_x\bigl(\mathrm{Bridge}(E_y(y))\bigr), \qquad
          L = L_\mathrm{bridge} + L_\mathrm{pred} + L_\mathrm{nce} + L_\mathrm{rec}

Codecs carry both things to latents, :math:`z_0 = E_x(x)` and :math:`z_T = E_y(y)`; a bridge joins
them; the predictive term decodes the bridge's answer, and InfoNCE tells pairs apart. ``mode`` says
which reading of the paper (see :mod:`unisono.methods.lddbm_settings`); in ``ours`` a regression
answers first and the bridge carries its residual.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from unisono.alignment.shuffling import cycle
from unisono.alignment.token_contrast import latent_contrast
from unisono.codecs.token_grid import TokenGrid
from unisono.core.contracts import Batch, Draws, Latents, Loss, Phase
from unisono.core.distributed import gather_batch
from unisono.core.errors import ConfigError, ModelError, ShapeError, UnisonoError
from unisono.methods.bridge_codecs import kind_of, make_end, sealable
from unisono.methods.bridge_monitors import latent_monitors
from unisono.methods.bridge_student import FEW_STEPS
from unisono.methods.latent_bridge import LatentBridge, Walked
from unisono.methods.lddbm_settings import LDDBMSettings, resolve_lddbm
from unisono.methods.unpaired import Backward, check_ranks, unpaired_terms
from unisono.networks.bridge_network import Tokens

__all__ = ["LDDBM", "Side"]

_MONITOR_EVERY = 10

_SQUARED = ("streams", "image", "identity")
"""Codecs whose distance is a squared one."""

_ROUNDS, _DRAWS = 3, 8
_MOST = 2.0
"""How far decoded samples may move the widening from that of the latents."""


class Side(NamedTuple):
    """One end of a batch: ``(B, *shape)``, its mask, and which items are there at all ``(B,)``."""

    data: Tensor
    mask: Tensor
    there: Tensor

    def rows(self, keep: Tensor) -> "Side":
        """Some of the items."""
        return Side(self.data[keep], self.mask[keep], self.there[keep])


class LDDBM(nn.Module):
    """The method; see the module's docstring.

    Args:
        settings: Settings; what is None in them follows their mode.
        shapes: Shape of one item of each named thing, without the batch.
        given: Names of what is given: one thing, or several sequences of one length.
        want: Names of what is wanted, likewise.

    Raises:
        ConfigError: If a side is empty or unknown, or the ends cannot meet on one token grid.
    """

    Settings = LDDBMSettings

    def __init__(
        self,
        settings: LDDBMSettings,
        shapes: Mapping[str, tuple[int, ...]],
        *,
        given: Sequence[str],
        want: Sequence[str],
    ) -> None:
        super().__init__()
        self.settings = resolve_lddbm(settings)
        self.given, self.want = tuple(given), tuple(want)
        self.shapes = {name: tuple(shapes[name]) for name in (*given, *want)}
        latents = self.settings.latents
        kind = latents.bottleneck or "norm"
        grid = TokenGrid(latents.tokens, latents.width, kind)
        source_grid = TokenGrid(latents.source_tokens or latents.tokens, latents.width, kind)
        self.target = make_end(self._joint(self.want), self.settings.target, grid)
        self.source = make_end(self._joint(self.given), self.settings.source, source_grid)
        widths = (self.source.codec.width, self.target.codec.width)
        if widths[0] != widths[1]:
            raise ConfigError(
                f"the ends cannot share a token grid: tokens of {', '.join(self.given)} have width "
                f"{widths[0]}, those of {', '.join(self.want)} {widths[1]}; take codecs with one "
                "latents.width."
            )
        self.settings = sealable(self.settings)
        self.codecs = nn.ModuleDict({"source": self.source.module, "target": self.target.module})
        # weights that come trained are in no phase; phases decide of all others what is frozen
        self._kept = tuple(p for p in self.codecs.parameters() if not p.requires_grad)
        tokens = Tokens(widths[0], self.target.sizes, self.source.sizes)
        self.bridge = LatentBridge(tokens, self.settings)
        turned = Tokens(widths[0], self.source.sizes, self.target.sizes)
        self.backward = Backward(turned, self.settings) if self.settings.unpaired.used else None

    def _joint(self, names: Sequence[str]) -> tuple[int, ...]:
        shapes = [self.shapes[name] for name in names]
        if len(shapes) == 1:
            return shapes[0]
        if any(len(s) != 2 or s[0] != shapes[0][0] for s in shapes):
            raise ConfigError(
                f"{', '.join(names)} cannot stand on one side: only sequences of one length can be "
                "joined; name one of them."
            )
        return (shapes[0][0], sum(s[1] for s in shapes))

    @property
    def phases(self) -> Sequence[Phase]:
        """One or two, by the regime; then the student of few steps, if there is one."""
        few = self.settings.few_steps
        student = (Phase(FEW_STEPS, few.train, ("student",), (FEW_STEPS,)),) if few.most else ()
        return (*self._main_phases(), *student)

    def _main_phases(self) -> tuple[Phase, ...]:
        every, regime = ("source", "target", "bridge"), self.settings.regime
        steps = self.settings.steps
        joint = ("bridge", "mean", "predictive", "contrast", "reconstruction", "unpaired")
        if regime == "end_to_end":
            return (Phase("joint", steps, every, joint),)
        if regime == "iterative":
            return (Phase("joint", steps, every, joint, period=self.settings.every),)
        share = self.settings.codec_share if self._learned(self.codecs) else 0.0
        first = min(round(steps * share), steps - 1)
        phases = [Phase("bridge", steps - first, ("source", "bridge"), joint[:3] + joint[5:])]
        if first:
            phases.insert(0, Phase("codecs", first, every[:2], ("reconstruction", "contrast")))
        return tuple(phases)

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """Source's and target's codec, everything between, the student, and what stays as it is."""
        student = self.bridge.student
        pupils = [] if student is None else list(student.parameters())
        apart = {id(p) for p in pupils}
        between = [p for p in self.bridge.parameters() if id(p) not in apart]
        between += [] if self.backward is None else [*self.backward.parameters()]
        return {
            "source": self._learned(self.source.module),
            "target": self._learned(self.target.module),
            "bridge": between,
            "student": pupils,
            "kept": list(self._kept),
        }

    def _learned(self, codec: nn.Module) -> list[nn.Parameter]:
        kept = {id(p) for p in self._kept}
        return [p for p in codec.parameters() if id(p) not in kept]

    def prepare(self, windows: Batch) -> None:
        """Fit the codecs' normalisers on the training part."""
        sides = [self._side(windows, names) for names in (self.given, self.want)]
        check_ranks(sides[0].there & sides[1].there)
        for end, side in zip((self.source, self.target), sides, strict=True):
            kept = side.rows(side.there)
            end.codec.fit(kept.data, kept.mask)

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Loss of one batch; see the module's docstring for the terms."""
        weights, active = self.settings.losses, set(phase.losses)
        x, y = self._side(batch, self.want), self._side(batch, self.given)
        if phase.period > 1 and step % phase.period:
            active = {"bridge", "mean"}
        z0 = self.target.codec.encode(x.data, x.mask)
        zT = self.source.codec.encode(y.data, y.mask)
        both = x.there & y.there
        if phase.name == FEW_STEPS:
            return self._taught(_rows(z0, both), _rows(zT, both), generator)
        self._check_contrast(active, batch.size)
        terms: dict[str, tuple[float, Tensor]] = {}
        if "bridge" in active and bool(both.any()):
            terms |= self._bridge_terms(
                x.rows(both), _rows(z0, both), _rows(zT, both), active, generator
            )
        if "contrast" in active and weights.contrast and int(both.sum()) > 1:
            value = self._contrast(_rows(z0, both), _rows(zT, both), generator)
            terms["contrast"] = (weights.contrast, value)
        if "reconstruction" in active:
            alone = "bridge" not in active  # the codecs' own phase needs it, whatever its weight
            terms |= self._reconstruction(
                x, y, 1.0 if alone else weights.reconstruction or 0.0, generator
            )
        if "unpaired" in active and self.backward is not None:
            terms |= unpaired_terms(
                self.bridge,
                self.backward,
                (z0, x.there),
                (zT, y.there),
                settings=self.settings.unpaired,
                generator=generator,
            )
        total = z0.z.new_zeros(())
        for weight, value in terms.values():
            total = total + weight * value
        parts = {name: value.detach() for name, (_, value) in terms.items()}
        if step % _MONITOR_EVERY == 0:
            parts |= latent_monitors(z0, zT, x.there, y.there)
        if total.requires_grad is False:  # a batch without a pair teaches a bridge nothing
            total = total + sum(p.sum() for p in self.parameters() if p.requires_grad) * 0.0
        parts["total"] = total.detach()
        return Loss(total, parts)

    def begin(self, phase: Phase) -> None:
        """Let the student begin as its teacher, which has just been trained."""
        self.bridge.begin_student(now=phase.name == FEW_STEPS)

    def _taught(self, z0: Latents, zT: Latents, generator: Generator) -> Loss:
        z0, zT = (Latents(z.z.detach(), z.mask) for z in (z0, zT))
        value = self.bridge.taught(z0, zT, generator=generator)
        return Loss(value, {FEW_STEPS: value.detach(), "total": value.detach()})

    def _check_contrast(self, active: set[str], size: int) -> None:
        if "contrast" in active and self.settings.losses.contrast and size < 2:
            raise UnisonoError(
                "InfoNCE cannot tell a batch of one from anything; set training.batch_size to 2 or "
                "more, or lddbm.losses.contrast = 0."
            )

    def _bridge_terms(
        self, x: Side, z0: Latents, zT: Latents, active: set[str], generator: Generator
    ) -> dict[str, tuple[float, Tensor]]:
        weights, hold = self.settings.losses, bool(self.settings.stop_gradient)
        found = self.bridge.terms(z0, zT, hold=hold, generator=generator)
        terms = {name: (getattr(weights, name), value) for name, value in found.parts.items()}
        if "predictive" in active and weights.predictive:
            decoded = self.target.codec.decode(Latents(found.answer, z0.mask))
            apart = self.target.codec.distance(decoded, x.data, x.mask)
            terms["predictive"] = (weights.predictive, apart)
        return terms

    def _contrast(self, z0: Latents, zT: Latents, generator: Generator) -> Tensor:
        weights = self.settings.losses
        z0, zT = (Latents(gather_batch(z.z.float()), gather_batch(z.mask)) for z in (z0, zT))
        if z0.z.shape[1] != zT.z.shape[1]:
            raise ConfigError(
                f"InfoNCE compares latents of {z0.z.shape[1]} and {zT.z.shape[1]} tokens; give "
                "both ends one number of tokens, or set losses.contrast = 0."
            )
        if weights.shuffled:
            order = cycle(len(zT.z), generator=generator).to(zT.z.device)
            zT = Latents(zT.z[order], zT.mask[order])
        return latent_contrast(  # one way: each target's source among all sources
            z0, zT, temperature=weights.temperature or 0.07,
            grain=weights.grain, direction=weights.direction or "symmetric",
        )  # fmt: skip

    def _reconstruction(
        self, x: Side, y: Side, weight: float, generator: Generator
    ) -> dict[str, tuple[float, Tensor]]:
        terms: dict[str, tuple[float, Tensor]] = {}
        for name, end, side in (("target", self.target, x), ("source", self.source, y)):
            learns = any(p.requires_grad for p in end.module.parameters())
            if weight and learns and bool(side.there.any()):
                kept = side.rows(side.there)
                found = end.codec.loss(kept.data, kept.mask, generator=generator)
                terms[f"reconstruction.{name}"] = (weight, found.total)
        return terms

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        """Translate what is given into what is wanted.

        Args:
            batch: Things; only those given are looked at.
            want: Names of what is wanted, all of the wanted side.
            samples: Samples an item; 0 for the best single answer alone.
            steps: Solver steps.
            generator: Where the noise comes from.

        Raises:
            ConfigError: If something is wanted that this model does not make.
            ModelError: If the things have another shape than the model was trained on.
        """
        for name in want:
            if name not in self.want:
                raise ConfigError(f"this model makes {', '.join(self.want)}; got {name!r}.")
        if any(name not in batch.data for name in self.given):
            missing = next(name for name in self.given if name not in batch.data)
            raise ModelError(f"this model needs {missing!r}, which is not given.")
        with torch.no_grad():
            source = self.encode(batch, "given")
            mask = self._target_mask(source)
            walked = self.bridge.sample(
                source, mask, samples=samples, steps=steps, generator=generator
            )
            found = self.decoded(walked, mask)
        return {name: Draws(s, m, source.z) for name, s, m in self._parted(found) if name in want}

    def calibrate(self, batch: Batch, *, generator: Generator) -> float:
        """Widen samples to the errors made on pairs that training did not see.

        First to the residual of latents; then, where the codec measures squared distances, until
        decoded samples vary about their mean as much as the truth does about the answer.

        Args:
            batch: Such pairs.
            generator: Where the noise of the samples comes from.

        Returns:
            The factor; 1 where there is no regression to err, or no pair.
        """
        x, y = self._side(batch, self.want), self._side(batch, self.given)
        both = x.there & y.there
        if not bool(both.any()) or self.bridge.regression is None:
            return 1.0
        target, source = (_rows(self.encode(batch, side), both) for side in ("want", "given"))
        latent = self.bridge.calibrate(target, source)
        codec, kept, steps = self.target.codec, x.rows(both), self.settings.bridge.steps or 16
        squared = kind_of(self._joint(self.want), self.settings.target.codec) in _SQUARED
        # the mean of balanced samples is no draw: they vary about it as about the answer
        share = 1.0 if self.bridge.balances(steps) else (_DRAWS - 1) / _DRAWS
        for _ in range(_ROUNDS if squared else 0):
            with torch.no_grad():
                walked = self.bridge.sample(
                    source, target.mask, samples=_DRAWS, steps=steps, generator=generator
                )
                samples, answer = self.decoded(walked, target.mask)
                centre = samples.mean(dim=0)
                varies = torch.stack([codec.distance(s, centre, kept.mask) for s in samples]).mean()
                errs = codec.distance(answer, kept.data, kept.mask)
            factor = errs / (varies / share).clamp_min(1e-12)
            # a codec that has not learned to vary must not be shaken until it does
            self.bridge.widen.mul_(factor.sqrt()).clamp_(latent / _MOST, latent * _MOST)
        return float(self.bridge.widen)

    def encode(self, batch: Batch, side: str) -> Latents:
        """Encode ``"given"`` or ``"want"`` of a batch, ``(B, N, d)``.

        Raises:
            ModelError: If the things have another shape than the model was trained on.
        """
        names, end = {
            "given": (self.given, self.source), "want": (self.want, self.target)
        }[side]  # fmt: skip
        things = self._side(batch, names)
        with torch.no_grad():
            return end.codec.encode(things.data, things.mask)

    def decoded(self, walked: Walked, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Samples ``(S, B, *shape)`` and the best single answer ``(B, *shape)``."""
        count, batch = walked.samples.shape[:2]
        codec = self.target.codec
        with torch.no_grad():
            flat = Latents(walked.samples.flatten(0, 1), mask.repeat(count, 1))
            shape = self._joint(self.want)
            samples = (
                codec.decode(flat).view(count, batch, *shape)
                if count else walked.samples.new_zeros(0, batch, *shape)
            )  # fmt: skip
            if walked.mean is not None:
                return samples, codec.decode(Latents(walked.mean, mask))
        return samples, samples.mean(dim=0)

    def _parted(self, found: tuple[Tensor, Tensor]) -> list[tuple[str, Tensor, Tensor]]:
        samples, mean = found
        if len(self.want) == 1:
            return [(self.want[0], samples, mean)]
        widths = [self.shapes[name][-1] for name in self.want]
        pieces = zip(torch.split(samples, widths, -1), torch.split(mean, widths, -1), strict=True)
        return [(name, s, m) for name, (s, m) in zip(self.want, pieces, strict=True)]

    def _target_mask(self, source: Latents) -> Tensor:
        """Real tokens of an answer: the same share of the grid as of the source, for sequences."""
        count = math.prod(self.target.sizes)
        mask = source.mask.new_ones(len(source.z), count)
        if len(self.target.sizes) == len(self.source.sizes) == 1:
            places = (torch.arange(count, device=mask.device) + 0.5) / count
            steps = torch.arange(1, source.mask.shape[1] + 1, device=mask.device)
            last = (source.mask * steps).amax(dim=1) / source.mask.shape[1]
            mask = places[None, :] <= last[:, None]
        return mask

    def _side(self, batch: Batch, names: Sequence[str]) -> Side:
        data, mask = [], []
        for name in names:
            here = batch.data[name]
            if tuple(here.shape[1:]) != self.shapes[name]:
                raise ModelError(
                    f"{name} has shape {tuple(here.shape[1:])}, and the model was made for "
                    f"{self.shapes[name]}; resample it, or train another model."
                )
            if batch.mask[name].shape != here.shape:
                raise ShapeError(f"the mask of {name} should have shape {tuple(here.shape)}.")
            data.append(here)
            mask.append(batch.mask[name])
        joined = (torch.cat(data, -1), torch.cat(mask, -1)) if len(data) > 1 else (data[0], mask[0])
        return Side(*joined, joined[1].flatten(1).any(dim=1))


def _rows(latents: Latents, keep: Tensor) -> Latents:
    return Latents(latents.z[keep], latents.mask[keep])
