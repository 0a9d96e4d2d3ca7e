r"""A word for a motion that has none, learned from a few clips (motion textual inversion).

Everything is frozen but the embeddings :math:`v` of one word. With :math:`p[v]` a sentence that
uses it, :math:`\tau` the text encoder, :math:`\hat z_0` the estimate of the diffusion and :math:`E`
the projector,

.. math:: v^\star = \arg\min_v \mathbb E\,
          \lVert E(\hat z_0(z_t, t, \tau(p[v]))) - E(z_0) \rVert^2

in the ``realigned`` space (arXiv 2410.14508; where it is silent this is our reading). ``latent``
leaves :math:`E` out; ``noise`` compares what the network predicts, as for images (Gal et al.,
2208.01618). In the realigned space texts and motions can be compared without any diffusion, which
is where the word begins: :math:`1 - \cos(\tau(p[v]), E(z_0))`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from unisono.alignment.objectives import cosine_distance
from unisono.core.checks import check_range
from unisono.core.contracts import Batch, Draws, Loss, Phase
from unisono.core.errors import ConfigError, ModelError
from unisono.methods.lead import LEAD
from unisono.methods.lead_latents import LatentCache
from unisono.networks.pretrained_text import PretrainedText
from unisono.networks.text_encoder import TextEncoder
from unisono.networks.text_tokens import words_of
from unisono.processes.parameterisation import target, to_x0
from unisono.processes.paths import mix, scale_of

__all__ = ["PROMPTS", "WordLearner", "WordSettings"]

PROMPTS = ("a person {}", "someone {}", "a {} person", "{}", "a person moves, {}")
"""Sentences that a word is learned in."""


@dataclass(frozen=True)
class WordSettings:
    """How a word is learned.

    Args:
        tokens: Embeddings of the word ``k``.
        space: Where motions are compared: ``"realigned"``, ``"latent"`` or ``"noise"``.
        warm: Steps of the comparison without diffusion; of use in ``"realigned"`` only.
        steps: Steps of the inversion.
        draws: Draws of time and noise a step, over all clips.
        start: A word the model knows to begin from; the mean of all its words where empty.
    """

    tokens: int = 1
    space: Literal["realigned", "latent", "noise"] = "realigned"
    warm: int = 100
    steps: int = 300
    draws: int = 32
    start: str = ""

    def __post_init__(self) -> None:
        check_range("tokens", self.tokens, 1, 64, closed=True)
        check_range("warm", self.warm, 0, 10**6, closed=True)
        check_range("steps", self.steps, 0, 10**6, closed=True)
        check_range("draws", self.draws, 1, 10**5, closed=True)
        if not self.warm + self.steps:
            raise ConfigError("warm and steps are 0: there is nothing to learn in.")


class WordLearner(nn.Module):
    """A method for the training loop: all of it is frozen but one word.

    Args:
        method: The trained method; its text encoder holds the word from now on.
        word: The word, between asterisks.
        settings: How it is learned.

    Raises:
        ConfigError: If the realigned space is asked of a model without projector, or an inversion
            of a regression, which knows neither times nor noise.
        ModelError: If the model does not know the word to begin from.
    """

    def __init__(self, method: LEAD, word: str, settings: WordSettings) -> None:
        super().__init__()
        if settings.space == "realigned" and method.projector is None:
            raise ConfigError("the model has no projector; learn the word in 'latent' or 'noise'.")
        if settings.steps and method.settings.diffusion.kind == "regression":
            raise ConfigError(
                "the model is a regression, which diffuses nothing to invert; set steps = 0 and "
                "learn the word in 'realigned'."
            )
        self.method, self.word, self.settings = method, word, settings
        text = method.text
        if not isinstance(text, TextEncoder | PretrainedText):
            raise ModelError(f"a {type(text).__name__} cannot learn words.")
        self.encoder = text
        start, size = _start(text, settings.start)
        self.vectors = nn.Parameter(start[None].repeat(settings.tokens, 1))
        self.size = size
        self._sentences = [prompt.format(word) for prompt in PROMPTS]
        self._cache: LatentCache | None = None
        self._windows: Batch | None = None

    def learned(self) -> Tensor:
        """The word's embeddings ``(k, e)``, as long as words are on average."""
        return self.size * nn.functional.normalize(self.vectors, dim=-1)

    @property
    def phases(self) -> Sequence[Phase]:
        """A comparison without diffusion first, where the space allows it."""
        s = self.settings
        warm = [Phase("warm", s.warm, ("word",))] if s.warm and s.space == "realigned" else []
        return (*warm, *([Phase("invert", s.steps, ("word",))] if s.steps else []))

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """The word, and all the rest, which stays as it is."""
        return {"word": [self.vectors], "rest": list(self.method.parameters())}

    def prepare(self, windows: Batch) -> None:
        """Keep the clips, which are encoded once, where the model then is."""
        self._windows, self._cache = windows, None

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """See the module's docstring; clips are drawn from all, whatever the batch holds."""
        if self._windows is None:
            raise ModelError("prepare the clips first.")
        if self._cache is None:
            self._cache = LatentCache.of(self.method.vae, self._windows)
        count, method, device = self.settings.draws, self.method, generator.device
        frames = self._windows.mask["motion"].any(dim=-1).sum(dim=1).to(device)
        clips = torch.randint(len(frames), (count,), generator=generator, device=device)
        found = self._cache.of_rows(self._windows.index.to(device)[clips])
        noise = torch.randn(found.mean.shape, generator=generator, device=device)
        z = method.scaler.there(found.draw(noise))
        self.encoder.words[self.word] = self.learned()
        tokens = self.encoder.tokenise(self._sentences)
        said = torch.randint(len(self._sentences), (count,), generator=generator, device=device)
        spoken = method.said(tokens.ids[said], tokens.mask[said], frames[clips])
        if phase.name == "warm":
            total = cosine_distance(spoken.pooled, self._codes(z))
            return Loss(total, {"warm": total.detach()})
        z = method.diffused(z)
        t = method.process.sample_t(count, generator=generator)
        eps = torch.randn(z.shape, generator=generator, device=device)
        scale = scale_of(method.process, t)
        noisy = mix(method.process.weights(t), z, eps, eps)
        predicted = method.denoiser(noisy, t, method.denoiser.prepare(spoken))
        if self.settings.space == "noise":
            total = (predicted - target(method.kind, z, eps, scale)).square().mean()
        else:
            estimate = to_x0(method.kind, predicted, noisy, scale)
            total = (self._seen(estimate) - self._seen(z)).square().mean()
        return Loss(total, {"invert": total.detach()})

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        """As the method itself."""
        return self.method.generate(batch, want, samples=samples, steps=steps, generator=generator)

    def _codes(self, z: Tensor) -> Tensor:
        """Where motions lie among texts, of scaled latents."""
        projector = self.method.projector
        if projector is None:
            raise ConfigError("the model has no projector.")
        return projector.aligned(projector(z)).float()

    def _seen(self, z: Tensor) -> Tensor:
        """What is compared, of what diffuses."""
        if self.settings.space == "latent":
            return z
        if self.method.settings.diffusion.space == "projected":
            codes = self.method.code_scaler.back(z)[:, 0]
            return codes[:, : self.method.text.width]
        return self._codes(z)


def _start(text: TextEncoder | PretrainedText, word: str) -> tuple[Tensor, Tensor]:
    """The embedding to begin from ``(e,)``, and the mean length of embeddings."""
    known = getattr(getattr(text, "tokens", None), "words", None) or ["person", "moves"]
    tokens = text.tokenise([" ".join([w]) for w in known])
    with torch.no_grad():
        table = text.embed(tokens.ids[:, 1]).float()  # between BEGIN and END
    size = table.norm(dim=-1).mean()
    if not word:
        return table.mean(dim=0), size
    if text.unknown(word) or len(words_of(word)) != 1:
        raise ModelError(f"the model does not know {word!r}; begin from a word of its captions.")
    with torch.no_grad():
        return text.embed(text.tokenise([word]).ids[:, 1]).float()[0], size
