r"""ConDA: a map of the dynamics (Sandilya et al., arXiv:2510.14190), on clean codes.

Frames become codes :math:`z` (principal axes), an encoder maps them to points :math:`c = h(z)` of
few dimensions, and the bank of all training frames brings points back. The encoder minimises the
generalised InfoNCE of CEBRA,

.. math:: L = \frac1N \sum_i \Big[-\phi(c_i, c_i^+) + \ln \sum_j e^{\phi(c_i, c_j^-)}\Big], \qquad
          \phi(u, v) = -\lVert u - v\rVert^2 / \tau \;\text{ or }\; \cos(u, v) / \tau

with positives by time, by labels, by class or by all of them (:mod:`unisono.alignment.positives`)
and negatives drawn from all frames. The map is fitted on clean codes and not on inverted noise, in
which neighbours in the data are no neighbours.

A batch is a batch of rows of the training table: ``data["frames"]`` ``(B, 1, D)``, ``index`` the
row, ``subject`` the number of its sequence, ``condition`` its class (-1 for none) and ``known`` its
labels in units of their spread.

The authors of CEBRA announce a patent filing on its time-series embedding; see ``docs/methods.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor, nn

from unisono.alignment.fused_contrast import distance_info_nce
from unisono.alignment.objectives import generalised_info_nce
from unisono.alignment.positives import (
    FrameRows,
    LabelStep,
    Mixed,
    NearInTime,
    NearLabel,
    PositiveRule,
    SameClass,
    Shuffled,
)
from unisono.alignment.similarity import cosine_scores
from unisono.codecs.principal import PrincipalAxes
from unisono.core.checks import check_choice, check_range
from unisono.core.contracts import Batch, Draws, Loss, Phase
from unisono.core.errors import ConfigError, ModelError, UnisonoError
from unisono.core.random import generator as seeded
from unisono.editing.bank import Bank
from unisono.editing.lift import NeighbourLift
from unisono.networks.map_encoder import MapEncoder, context_rows

__all__ = ["CONTROLS", "METRICS", "TIME_RULES", "ConDA", "ConDASettings", "MapShape", "on_cpu"]

METRICS = ("euclidean", "cosine")
"""What two points are compared by."""

TIME_RULES = ("near", "exact")
"""Positives by time: at most ``offset`` frames away, or exactly ``offset`` later (as released)."""

LABEL_RULES = ("near", "step")
"""Positives by label: near in the label (``delta``), or as far as frames are apart in time."""

BEGINNINGS = ("auto", "axes", "random")
"""Where a map begins: at the principal axes of what it sees, or anywhere. ``auto``: at the axes
where it is by time alone; axes hold what a map by labels is not by, and it would have to unlearn
that."""

_AXES_ROWS = 20_000  # frames that these axes are of, at most

CONTROLS = ("none", "shuffled", "rescaled")
"""``shuffled``: positives have nothing to do with anchors. ``rescaled``: each input channel is
multiplied by a factor of its own, between a half and two, before anything is fitted."""


@dataclass(frozen=True)
class ConDASettings:
    """Settings of a map.

    Args:
        dims: Dimensions, 2 to 64: 3 to look at, 8 to work in.
        codes: Width of a frame's code.
        context: Odd number of frames a point depends on; 1 sees nothing but its own frame.
        hidden: Widths of the encoder's hidden layers.
        metric: One of :data:`METRICS`.
        temperature: ``tau``.
        time_rule: One of :data:`TIME_RULES`.
        offset: Frames; less than an eighth of a period, or neighbours in time are none in space.
        label_rule: One of :data:`LABEL_RULES`.
        delta: Step in labels, in units of their spread.
        negatives: Negatives a step.
        steps: Training steps.
        k: Neighbours of the lift.
        begin: One of :data:`BEGINNINGS`.
        seed: Where first weights come from.
    """

    dims: int = 3
    codes: int = 64
    context: int = 1
    hidden: tuple[int, ...] = (64, 64)
    metric: str = "euclidean"
    temperature: float = 1.0
    time_rule: str = "near"
    offset: int = 2
    label_rule: str = "near"
    delta: float = 0.1
    negatives: int = 512
    steps: int = 2000
    k: int = 5
    begin: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        try:
            check_range("dims", self.dims, 2, 64, closed=True)
            for name in ("codes", "context", "offset", "negatives", "steps", "k"):
                check_range(name, getattr(self, name), 1, 10_000_000, closed=True)
            check_range("temperature", self.temperature, 0, float("inf"))
            check_range("delta", self.delta, 0, float("inf"))
            check_choice("metric", self.metric, METRICS)
            check_choice("begin", self.begin, BEGINNINGS)
            check_choice("time_rule", self.time_rule, TIME_RULES)
            check_choice("label_rule", self.label_rule, LABEL_RULES)
        except UnisonoError as error:
            raise ConfigError(str(error)) from None


@dataclass(frozen=True)
class MapShape:
    """Sizes that the weights depend on.

    Args:
        channels: Channels of a frame, ``D``.
        places: Frames of the bank, ``n``.
        by_time: Whether neighbours in time are positives.
    """

    channels: int
    places: int
    by_time: bool = True


class ConDA(nn.Module):
    """A map with its codec and its bank.

    Args:
        settings: The settings.
        shape: Sizes of the data.
        scale: Scale of each channel, ``(D,)``; ones by default.
        control: One of :data:`CONTROLS`.
    """

    codes: Tensor
    sequence: Tensor
    factors: Tensor
    level: Tensor

    def __init__(
        self,
        settings: ConDASettings,
        shape: MapShape,
        *,
        scale: Tensor | None = None,
        control: str = "none",
    ) -> None:
        super().__init__()
        check_choice("control", control, CONTROLS)
        width = min(settings.codes, shape.channels, max(shape.places - 1, 1))
        self.settings, self.shape, self.control = settings, shape, control
        self.codec = PrincipalAxes(shape.channels, width)
        self.encoder = MapEncoder(
            width,
            settings.dims,
            context=settings.context,
            hidden=settings.hidden,
            sphere=settings.metric == "cosine",
            generator=seeded(settings.seed, "conda", "weights"),
        )
        self.register_buffer("codes", torch.zeros(shape.places, width))
        self.register_buffer("sequence", torch.zeros(shape.places, dtype=torch.int64))
        self.register_buffer("factors", torch.ones(shape.channels))
        self.register_buffer("level", torch.ones(width))
        self._scale = torch.ones(shape.channels) if scale is None else scale
        self._rule: PositiveRule | None = None
        self._context: Tensor | None = None

    @property
    def phases(self) -> Sequence[Phase]:
        """One phase: the encoder."""
        return (Phase("map", self.settings.steps, ("encoder",), ("contrast",)),)

    def groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """The encoder's parameters; nothing else is trained."""
        return {"encoder": list(self.encoder.parameters())}

    def prepare(self, windows: Batch) -> None:
        """Fit the codec, fill the bank and make the rules, on the training part only.

        Raises:
            UnisonoError: If sequences are too short, or a label is missing.
        """
        frames = windows.data["frames"][:, 0]
        draws = seeded(self.settings.seed, "conda", "data")
        if self.control == "rescaled":
            spread = torch.rand(frames.shape[1], generator=draws) * 2 - 1
            self.factors.copy_(2.0**spread)
        self.codec.fit(frames * self.factors, self._scale, generator=draws)
        self.codes.copy_(self.codec.encode(frames * self.factors))
        self.sequence.copy_(windows.subject)
        self.level.fill_(float(self.codes.std(dim=0).mean().clamp(min=1e-6)))
        self._context = context_rows(self.sequence, self.settings.context)
        labels = torch.stack(list(windows.known.values()), dim=1) if windows.known else None
        classes = windows.condition if bool((windows.condition >= 0).all()) else None
        told = labels is not None or classes is not None
        if self.settings.begin == "axes" or (self.settings.begin == "auto" and not told):
            some = self._context[:: max(len(self._context) // _AXES_ROWS, 1)]
            self.encoder.begin_at(self.codes[some] / self.level)
        rule = self._make_rule(FrameRows(self.sequence, labels, classes))
        if self.control == "shuffled":
            rule = Shuffled(rule, len(frames), generator=draws)
        self._rule = rule

    def _make_rule(self, rows: FrameRows) -> PositiveRule:
        how, rules = self.settings, list[PositiveRule]()
        if self.shape.by_time:
            rules.append(NearInTime(rows, how.offset, exact=how.time_rule == "exact"))
        if rows.labels is not None:
            near = how.label_rule == "near"
            rules.append(NearLabel(rows, how.delta) if near else LabelStep(rows, how.offset))
        elif rows.classes is not None:
            rules.append(SameClass(rows))
        return rules[0] if len(rules) == 1 else Mixed(rules)

    def loss(self, batch: Batch, *, phase: Phase, step: int, generator: Generator) -> Loss:
        """Contrast the batch's rows with their positives against shared negatives."""
        if self._rule is None or self._context is None:
            raise ModelError("the map was not prepared; train it with the training loop.")
        device = self.codes.device
        anchor = batch.index.to(device)
        positive = self._rule.draw(anchor.cpu(), generator=on_cpu(generator)).to(device)
        negative = torch.randint(
            len(self.codes), (self.settings.negatives,), generator=generator, device=device
        )
        rows = torch.cat([anchor, positive, negative])
        points = self._points_of(rows)
        count, tau = len(anchor), self.settings.temperature
        if self.settings.metric == "cosine":
            near, mate, far = points[:count], points[count : 2 * count], points[2 * count :]
            pulled = (near * mate).sum(dim=1) / tau
            total = generalised_info_nce(pulled, cosine_scores(near, far, temperature=tau))
        else:
            total = distance_info_nce(points, count, temperature=tau)
        chance = float(np.log(len(negative)))
        return Loss(total, {"contrast": total.detach(), "below_chance": chance - total.detach()})

    def _points_of(self, rows: Tensor) -> Tensor:
        """Points of frames of the bank; what many of them repeat is encoded once."""
        assert self._context is not None
        context = self._context.to(rows.device)
        if 2 * len(rows) < len(context):
            return self._points(self.codes, context.index_select(0, rows))
        occurs = torch.zeros(len(context), dtype=torch.bool, device=rows.device)
        occurs[rows] = True
        found = self._points(self.codes, context[occurs])
        return found.index_select(0, (occurs.cumsum(0) - 1)[rows])

    def _points(self, codes: Tensor, rows: Tensor) -> Tensor:
        # picked one after another: several times as fast as by a table of rows
        windows = codes.index_select(0, rows.flatten()).view(*rows.shape, codes.shape[1])
        points: Tensor = self.encoder(windows / self.level)
        return points

    def encode(self, frames: Tensor) -> Tensor:
        """Return codes ``(n, w)`` of frames ``(n, D)`` in the model's units."""
        return self.codec.encode(frames * self.factors)

    def decode(self, codes: Tensor) -> Tensor:
        """Return frames ``(n, D)`` of codes ``(n, w)``."""
        return self.codec.decode(codes) / self.factors

    @torch.no_grad()
    def embed(self, codes: Tensor, sequence: Tensor | None = None) -> Tensor:
        """Return points ``(n, d)`` of codes ``(n, w)`` that follow one another in time.

        Args:
            codes: The codes.
            sequence: Number of each row's sequence; one sequence by default.
        """
        if sequence is None:
            sequence = torch.zeros(len(codes), dtype=torch.int64, device=codes.device)
        return self._points(codes, context_rows(sequence, self.settings.context))

    def bank(self) -> Bank:
        """The training frames: points, codes and sequences."""
        points = self.embed(self.codes, self.sequence)
        return Bank(points.numpy(), self.codes.numpy(), self.sequence.numpy())

    def generate(
        self, batch: Batch, want: Sequence[str], *, samples: int, steps: int, generator: Generator
    ) -> Mapping[str, Draws]:
        """Return the frames through the map and back: what it keeps of them.

        Raises:
            ModelError: If anything else than ``frames`` is wanted: a map has no second signal.
        """
        if tuple(want) != ("frames",):
            raise ModelError(f"a map gives back its own frames alone, not {', '.join(want)}.")
        codes = self.encode(batch.data["frames"][:, 0])
        points = self.embed(codes, batch.subject)
        lifted = NeighbourLift(self.bank(), k=self.settings.k).lift(points.numpy())
        mean = self.decode(torch.from_numpy(lifted.codes).float())[:, None]
        return {"frames": Draws(mean[None].expand(samples, -1, -1, -1), mean, points[:, None])}


def on_cpu(generator: Generator) -> Generator:
    """A generator on the processor, seeded by the next draw of one that lies elsewhere."""
    if generator.device.type == "cpu":
        return generator
    word = torch.randint(2**62, (1,), generator=generator, device=generator.device)
    return torch.Generator().manual_seed(int(word))
