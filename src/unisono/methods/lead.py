r"""Latent realignment for motion (LEAD, arXiv 2410.14508): words into motion.

.. math:: \text{words} \to c \to z = \mathrm{Diffusion}(c) \to z' = E(z) \to \hat z = D(z')
          \to \text{motion}

Phases, each frozen when the next begins: a text encoder, contrasted with motions; a motion VAE; a
diffusion of its latents; a projector whose codes :math:`z'` lie where texts lie,

.. math:: L = w_a (1 - \cos(z', c)) + w_r \lVert \hat z - z \rVert^2
              + w_v \mathrm{KL}(z \,\Vert\, \hat z)

with the last the divergence of the batch's moments. Latents of the training part are computed once.
What is asked of a sampled motion besides the text is in :mod:`unisono.methods.lead_sampling`; new
words are in :mod:`unisono.methods.lead_words`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from unisono.alignment.objectives import (
    cosine_distance,
    one_way_info_nce,
    symmetric_cross_entropy,
)
from unisono.alignment.second_order import batch_gaussian_kl
from unisono.alignment.shuffling import cycle
from unisono.alignment.similarity import unit
from unisono.alignment.text_alike import alike_texts, rarity
from unisono.codecs.motion_vae import MotionVAE
from unisono.core.contracts import Batch, Denoiser, Draws, Loss, Phase
from unisono.core.distributed import draw_global, gather_batch
from unisono.core.errors import ConfigError, ModelError
from unisono.methods.lead_captions import drawn_captions, word_bags
from unisono.methods.lead_latents import LatentCache, Scaler, frozen
from unisono.methods.lead_settings import LEADSettings, resolve_lead
from unisono.networks.pooled_encoder import PooledEncoder
from unisono.networks.projector import Projector, ProjectorShape
from unisono.networks.student import Taught, begin_as, is_taught, student_of
from unisono.networks.text_denoiser import Spoken, TextDenoiser, TextDenoiserShape, Told
from unisono.processes.ddim import DDIM
from unisono.processes.diffusion import VP
from unisono.processes.distillation import (
    JumpDenoiser,
    Leap,
    draw_jump,
    jump_times,
    landing,
    taught,
    walk,
)
from unisono.processes.guidance import Guided, keep_condition
from unisono.processes.parameterisation import Kind, NetworkDenoiser, target
from unisono.processes.paths import mix, scale_of
from unisono.processes.solvers import State, solve
from unisono.recordings.motion.features import Layout

__all__ = ["LEAD"]

_TOWER_LAYERS = 2
_ON_LATENTS = ("diffusion", "projector", "few_steps")
"""Phases that see scaled latents: whichever comes first in a run measures their scale."""


class _Drawn(NamedTuple):
    """A batch as the latent phases see it: scaled latents, and what is said of them."""

    z: Tensor
    said: Spoken


class LEAD(nn.Module):
    """The method; see the module's docstring.

    Args:
        settings: Settings; what is None in them follows their mode.
        layout: What a row of motion holds.
        text: The text encoder, see :class:`unisono.methods.lead_captions.TextTower`.
        frames: Most frames of a motion.
    """

    Settings = LEADSettings

    def __init__(
        self, settings: LEADSettings, layout: Layout, text: nn.Module, *, frames: int
    ) -> None:
        super().__init__()
        s = self.settings = resolve_lead(settings)
        self.layout, self.frames = layout, frames
        self.text = text
        width = int(text.width)  # type: ignore[arg-type] # a property of the tower
        own = s.text.steps > 0
        self.tower = PooledEncoder(layout.size, width, s.size, _TOWER_LAYERS) if own else None
        self.vae = MotionVAE(layout, s.vae, s.size)
        tokens, latent = s.vae.tokens, s.vae.width
        p = s.projector
        shape = ProjectorShape(
            tokens, latent, width, "mlp" if p.kind == "mlp" else "transformer", p.layers,
            p.free or 0,
        )  # fmt: skip
        self.projector = None if p.kind == "none" else Projector(shape, s.size)
        self.scaler = Scaler(tokens, latent, on=bool(s.diffusion.scaled))
        self.code_scaler = Scaler(1, shape.code, on=bool(s.diffusion.scaled))
        d = s.diffusion
        if d.space == "projected":
            tokens, latent = 1, shape.code
        enter = d.enter or "sequence"
        told = TextDenoiserShape(tokens, latent, width, d.layers, enter, bool(d.length))
        self.denoiser = TextDenoiser(told, s.size)
        self.student = student_of(self.denoiser) if s.few_steps.most else None
        self.student_taught = Taught() if self.student is not None else None
        self.process = VP(d.schedule or "cosine")
        self.kind: Kind = "x0" if d.kind == "regression" or d.predict is None else d.predict
        self._rarity = torch.zeros(0)
        self._windows: Batch | None = None
        self._cache: LatentCache | None = None

    @property
    def phases(self) -> Sequence[Phase]:
        """Text, VAE, diffusion, projector, student; the projector first where codes diffuse."""
        s = self.settings
        text = Phase("text", s.text.steps, ("text", "tower"))
        first = [text, Phase("vae", s.vae_steps, ("vae",))]
        later = [Phase("diffusion", s.diffusion.steps, ("denoiser",))]
        if self.projector is not None:
            where = 0 if s.diffusion.space == "projected" else 1
            later.insert(where, Phase("projector", s.projector.steps, ("projector",)))
        if self.student is not None:
            later.append(Phase("few_steps", s.few_steps.train, ("student",)))
        return tuple(phase for phase in (*first, *later) if phase.steps)

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """One group a part."""
        names = ("text", "tower", "vae", "projector", "denoiser", "student")
        parts = {name: getattr(self, name) for name in names}
        return {name: list(part.parameters()) for name, part in parts.items() if part is not None}

    def prepare(self, windows: Batch) -> None:
        """Keep the training part, of which latents are computed once the VAE is trained."""
        self._windows, self._cache = windows, None
        if self.tower is not None:  # of a vocabulary that came trained they would fill gigabytes
            ids, mask = windows.data["text"], windows.mask["text"]
            self._rarity = rarity(word_bags(ids, mask, int(ids.max()) + 1))

    def begin(self, phase: Phase) -> None:
        """Begin the VAE at directions of rows, a student as its teacher; scale latents."""
        if phase.name == "vae" and self._windows is not None:
            windows = self._windows
            self.vae.begin_at(windows.data["motion"], windows.mask["motion"].any(dim=-1))
        if phase.name in _ON_LATENTS and self._cache is None:
            self.scaler.fit(self._latents().spread_out())
        if phase.name == "diffusion" and self.settings.diffusion.space == "projected":
            with torch.no_grad(), frozen(self._projector()):
                z = self.scaler.there(self._latents().spread_out())
                self.code_scaler.fit(self._projector()(z)[:, None])
        if self.student_taught is not None:
            self.student_taught.is_now(taught=phase.name == "few_steps")
        if phase.name == "few_steps" and self.student is not None:
            begin_as(self.student, self.denoiser)

    def _latents(self) -> LatentCache:
        if self._cache is None:
            if self._windows is None:
                raise ModelError("a trained model does not hold its training part; train anew.")
            self._cache = LatentCache.of(self.vae, self._windows)
        return self._cache

    def _projector(self) -> Projector:
        if self.projector is None:
            raise ConfigError("the model has no projector (projector.kind = 'none').")
        return self.projector

    # --- what is said -----------------------------------------------------------------------

    def said(self, ids: Tensor, mask: Tensor, frames: Tensor) -> Spoken:
        """Codes of texts.

        Args:
            ids: Tokens, ``(B, T)``.
            mask: ``(B, T)``.
            frames: How many frames are wanted of each, ``(B,)``.
        """
        codes = self.text.encode(self.text.embed(ids), mask)  # type: ignore[operator]
        return Spoken(codes.sequence.float(), mask, codes.pooled.float(), frames)

    def _drawn(self, batch: Batch, generator: Generator) -> _Drawn:
        ids, mask = drawn_captions(batch, generator=generator)
        found = self._latents().of_rows(batch.index)
        noise = self._noise(found.mean, generator)
        with torch.no_grad():
            said = self.said(ids, mask, batch.mask["motion"].any(dim=-1).sum(dim=1))
        return _Drawn(self.scaler.there(found.draw(noise)), said)

    @staticmethod
    def _noise(like: Tensor, generator: Generator) -> Tensor:
        shape, device = like.shape[1:], like.device
        return draw_global(
            lambda n: torch.randn((n, *shape), generator=generator, device=device), len(like)
        )

    # --- sampling ---------------------------------------------------------------------------

    def diffused(self, z: Tensor) -> Tensor:
        """What of scaled latents ``(B, K, d)`` is diffused: they, or their scaled codes."""
        if self.settings.diffusion.space == "latent":
            return z
        with torch.no_grad():
            return self.code_scaler.there(self._projector()(z)[:, None])

    def denoiser_for(self, said: Spoken, guidance: float | None = None) -> Denoiser:
        """The guided denoiser of these texts; ``guidance`` is the settings' by default."""
        keep = torch.zeros(len(said.frames), dtype=torch.bool, device=said.frames.device)
        weight = self.settings.diffusion.guidance if guidance is None else guidance
        return Guided(
            self._with(self.denoiser.prepare(said)),
            self._with(self.denoiser.prepare(said, keep)),
            1.0 if weight is None else weight,
        )

    def _with(self, told: Told) -> Denoiser:
        def predict(z: Tensor, t: Tensor) -> Tensor:
            out: Tensor = self.denoiser(z, t, told)
            return out

        return NetworkDenoiser(predict, self.process, self.kind)

    def walked(
        self,
        said: Spoken,
        *,
        steps: int,
        generator: Generator,
        guidance: float | None = None,
        wrap: Callable[[Denoiser], Denoiser] | None = None,
    ) -> Tensor:
        """Draw latents ``(B, N, d)`` on the scale on which they diffuse.

        Args:
            said: Texts and lengths.
            steps: Solver steps. The student walks where one has been taught so few.
            generator: Where the noise comes from.
            guidance: Weight of the texts; a student has the one it was taught with.
            wrap: What is done to the denoiser, such as guidance by an energy; the teacher walks.
        """
        shape = (len(said.frames), self.denoiser.shape.tokens, self.denoiser.shape.latent)
        noise = torch.randn(shape, generator=generator, device=said.pooled.device)
        if self.settings.diffusion.kind == "regression":
            once = torch.ones(len(noise), device=noise.device)
            answer: Tensor = self.denoiser(0 * noise, once, self.denoiser.prepare(said))
            return answer
        student = self.student if is_taught(self.student_taught) else None
        if student is not None and steps <= self.settings.few_steps.most and wrap is None:
            told = student.prepare(said)
            jumps = JumpDenoiser(lambda z, t: student(z, t, told), self.process, self.kind)
            return solve(Leap(self.process, steps), jumps, noise, generator=generator).z
        denoise = self.denoiser_for(said, guidance)
        if wrap is not None:
            denoise = wrap(denoise)
        return solve(DDIM(self.process, steps), denoise, noise, generator=generator).z

    def decoded(self, z: Tensor, mask: Tensor, *, project: bool = True) -> Tensor:
        """Rows ``(B, L, F)`` of latents as :meth:`walked` draws them.

        Args:
            z: Latents.
            mask: ``(B, L)``: how many frames are wanted of each.
            project: Whether they go through the projector (where there is one).
        """
        if self.settings.diffusion.space == "projected":
            z = self._projector().back(self.code_scaler.back(z)[:, 0])
        elif project and self.projector is not None:
            z = self.projector.back(self.projector(z))
        return self.vae.decode(self.scaler.back(z.float()), mask)

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        """Motions of the first captions, as long as the batch's; one for the mean if ``samples=0``.

        Raises:
            ConfigError: If anything but ``motion`` is wanted.
        """
        if tuple(want) != ("motion",):
            raise ConfigError(f"the method makes 'motion'; got {', '.join(want) or 'nothing'}.")
        mask = batch.mask["motion"].any(dim=-1)
        with torch.no_grad():
            said = self.said(batch.data["text"][:, 0], batch.mask["text"][:, 0], mask.sum(dim=1))
            count = max(samples, 1)
            z = self.walked(said.repeated(count), steps=steps, generator=generator)
            rows = self.decoded(z, mask.repeat_interleave(count, dim=0))
        drawn = rows.unflatten(0, (len(mask), count)).transpose(0, 1)  # type: ignore[no-untyped-call]
        return {"motion": Draws(drawn[:samples], drawn.mean(dim=0), said.pooled[:, None])}

    # --- losses -----------------------------------------------------------------------------

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Loss of one batch: streams ``motion`` ``(B, L, F)`` and ``text`` ``(B, C, T)``."""
        if phase.name == "text":
            return self._text_loss(batch, generator)
        if phase.name == "vae":
            mask = batch.mask["motion"].any(dim=-1)
            return self.vae.loss(batch.data["motion"], mask, generator=generator)
        drawn = self._drawn(batch, generator)
        losses = {
            "diffusion": self._diffusion_loss,
            "projector": self._projector_loss,
            "few_steps": self._student_loss,
        }
        return losses[phase.name](drawn, generator)

    def _text_loss(self, batch: Batch, generator: Generator) -> Loss:
        if self.tower is None:
            raise ConfigError("text.steps = 0 leaves the text encoder as it came.")
        ids, mask = drawn_captions(batch, generator=generator)
        frames = batch.mask["motion"].any(dim=-1)
        said = self.said(ids, mask, frames.sum(dim=1))
        seen = self.tower(self.vae.standardised(batch.data["motion"], frames), frames)
        texts, motions = gather_batch(unit(said.pooled)), gather_batch(unit(seen.float()))
        scores = texts @ motions.T / self.settings.text.temperature
        bags = word_bags(batch.data["text"], batch.mask["text"], len(self._rarity))
        alike = alike_texts(
            gather_batch(bags), self._rarity.to(bags), threshold=self.settings.text.alike
        )
        total = symmetric_cross_entropy(scores, negatives=~alike)
        own = torch.arange(len(scores), device=scores.device)
        hits = (scores.argmax(dim=1) == own).float().mean()
        return Loss(total, {"contrast": total.detach(), "hits": hits})

    def _diffusion_loss(self, drawn: _Drawn, generator: Generator) -> Loss:
        clean, said = self.diffused(drawn.z), drawn.said
        keep = draw_global(
            lambda n: keep_condition(n, self.settings.diffusion.drop, generator=generator),
            len(clean),
        )
        noise = self._noise(clean, generator)
        if self.settings.diffusion.kind == "regression":
            t, z, goal = torch.ones(len(clean), device=clean.device), 0 * clean, clean
            keep = torch.ones_like(keep)
        else:
            t = draw_global(lambda n: self.process.sample_t(n, generator=generator), len(clean))
            z = mix(self.process.weights(t), clean, noise, noise)
            goal = target(self.kind, clean, noise, scale_of(self.process, t))
        found = self.denoiser(z, t, self.denoiser.prepare(said, keep))
        total = (found - goal).square().mean()
        return Loss(total, {"diffusion": total.detach()})

    def _projector_loss(self, drawn: _Drawn, generator: Generator) -> Loss:
        p, projector = self.settings.projector, self._projector()
        z, texts = drawn.z, drawn.said.pooled
        made = round(p.sampled * len(z))
        if made:
            few = Spoken(*(part[:made] for part in drawn.said))
            z = torch.cat([z, self.walked(few, steps=10, generator=generator)])
        codes = projector(z)
        again = projector.back(codes).float()
        aligned = projector.aligned(codes).float()[: len(texts)]
        if p.shuffled:
            texts = texts[cycle(len(texts), generator=generator)]
        parts: dict[str, Tensor] = {
            "reconstruction": (again - z).square().mean(),
            "variance": batch_gaussian_kl(
                gather_batch(z.flatten(1)), gather_batch(again.flatten(1))
            ),
        }
        if p.objective == "cosine":
            parts["alignment"] = cosine_distance(aligned, texts)
        else:
            scores = gather_batch(unit(aligned)) @ gather_batch(unit(texts)).T
            parts["alignment"] = one_way_info_nce(scores / p.temperature)
        total = (
            p.align * parts["alignment"]
            + p.reconstruct * parts["reconstruction"]
            + p.variance * parts["variance"]
        )
        return Loss(total, {name: part.detach() for name, part in parts.items()})

    def _student_loss(self, drawn: _Drawn, generator: Generator) -> Loss:
        student, few = self.student, self.settings.few_steps
        if student is None:
            raise ConfigError("few_steps.most is 0: there is no student to teach.")
        clean, path = self.diffused(drawn.z), self.process
        with torch.no_grad():
            jump = draw_jump(path, few.most, generator=generator)
            start = torch.full((len(clean),), jump.start, device=clean.device)
            noise = self._noise(clean, generator)
            z = mix(path.weights(start), clean, noise, noise)
            end = walk(
                DDIM(path, 1),
                self.denoiser_for(drawn.said),
                State(z, jump.start, z),
                jump.end,
                substeps=max(1, round(few.teacher * (jump.start - jump.end))),
                generator=generator,
            )
            wanted = taught(self.kind, landing(path, end, z, jump), z, path, jump.start)
        found = student(z, jump_times(z, jump), student.prepare(drawn.said))
        total = (found - wanted).square().mean()
        return Loss(total, {"few_steps": total.detach()})
