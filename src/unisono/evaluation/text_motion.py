r"""How well motion answers text: R-precision, MM-distance, FID, diversity, multimodality.

Definitions of Guo et al. (CVPR 2022), on the codes of an evaluator: texts :math:`t_i`, motions
:math:`m_i`, Euclidean distances.

- **R-precision**: pairs are shuffled into pools of 32 (what is left over sits out); the share of
  texts of whose pool no more than k - 1 motions are nearer than their own, k = 1, 2, 3. By chance
  k / 32.
- **MM-distance**: mean of :math:`\lVert t_i - m_i\rVert` over the pairs of all pools.
- **FID**: Frechet distance between Gaussians fitted to generated and to real codes.
- **Diversity**: mean distance of 300 pairs, each side drawn without replacement; it should be that
  of real motion, neither less nor more.
- **Multimodality**: mean distance of 10 such pairs among the motions made for one text.

Every figure is the mean of 20 replications with :math:`\pm 1.96\, \sigma / \sqrt{20}`. Each
draws pools, captions and pairs anew, and takes the next of the generated sets where there are
several; with a single set the interval says nothing of another run of the generator.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError
from unisono.evaluation.distribution import frechet_distance
from unisono.evaluation.intervals import Interval

__all__ = [
    "CodedSet",
    "Replication",
    "TextMotionScores",
    "diversity",
    "multimodality",
    "pooled_ranks",
    "replicated_scores",
    "shuffled_texts",
]

Array = npt.NDArray[np.float64]

_PAIRS, _MODE_PAIRS = 300, 10


class CodedSet(NamedTuple):
    """Codes of motions and of the texts they answer.

    Attributes:
        texts: ``(n, c, d)``: c captions of each, one of which is drawn a replication.
        motions: ``(n, d)``.
        modes: ``(t, s, d)``: s motions of each of t texts, or None.
    """

    texts: Array
    motions: Array
    modes: Array | None = None


class PooledRanks(NamedTuple):
    """Ranks of the true motions in their pools, and distances to them.

    Attributes:
        ranks: How many motions of the pool are nearer to each text than its own, ``(p,)``.
        distances: To its own, ``(p,)``.
    """

    ranks: npt.NDArray[np.int64]
    distances: Array


@dataclass(frozen=True)
class Replication:
    """How often and how large.

    Args:
        times: Replications.
        pool: Pairs of a pool.
    """

    times: int = 20
    pool: int = 32

    def __post_init__(self) -> None:
        check_range("times", self.times, 1, 10_000, closed=True)
        check_range("pool", self.pool, 2, 100_000, closed=True)


class TextMotionScores(NamedTuple):
    """Figures with their intervals; NaN where there is nothing to measure.

    Attributes:
        r1: R-precision at 1.
        r2: At 2.
        r3: At 3.
        mm_distance: Mean distance of texts to their motions.
        fid: Frechet distance to real motions; 0 for the real ones themselves.
        diversity: Mean distance of pairs.
        multimodality: Mean distance among answers to one text.
    """

    r1: Interval
    r2: Interval
    r3: Interval
    mm_distance: Interval
    fid: Interval
    diversity: Interval
    multimodality: Interval


def pooled_ranks(
    texts: Array, motions: Array, *, pool: int = 32, generator: np.random.Generator
) -> PooledRanks:
    """Rank each text's own motion among its pool's.

    Motions exactly as far as the true one come before or after it by lot: with codes that are all
    alike the result is chance, not perfection.

    Args:
        texts: ``(n, d)``.
        motions: ``(n, d)``, paired by row.
        pool: Pairs of a pool.
        generator: Shuffles the pairs; ties are broken by it.

    Raises:
        ShapeError: If the axes disagree, or there are fewer pairs than a pool holds.

    Example:
        >>> codes = np.eye(4)
        >>> pooled_ranks(codes, codes, pool=4, generator=np.random.default_rng(0)).ranks
        array([0, 0, 0, 0])
    """
    check_axes(texts=(texts, "pair d"), motions=(motions, "pair d"))
    pools = len(texts) // pool
    if pools < 1:
        raise ShapeError(
            f"R-precision needs pools of {pool} pairs, and there are {len(texts)} in all; measure "
            "more clips."
        )
    order = generator.permutation(len(texts))[: pools * pool]
    t, m = (codes[order].reshape(pools, pool, -1) for codes in (texts, motions))
    apart = np.linalg.norm(t[:, :, None] - m[:, None], axis=-1)
    own = np.diagonal(apart, axis1=1, axis2=2)
    nearer = (apart < own[..., None] - 1e-9).sum(axis=-1)
    equal = (np.abs(apart - own[..., None]) <= 1e-9).sum(axis=-1) - 1
    ranks = nearer + generator.integers(0, equal + 1)
    return PooledRanks(ranks.ravel().astype(np.int64), own.ravel())


def diversity(motions: Array, *, pairs: int = _PAIRS, generator: np.random.Generator) -> float:
    """Mean distance of pairs; fewer pairs than asked where there are fewer motions.

    Args:
        motions: ``(n, d)``.
        pairs: Pairs drawn, each side without replacement.
        generator: Draws them.

    Raises:
        ShapeError: If there is no pair.
    """
    check_axes(motions=(motions, "n d"))
    if len(motions) < 2:
        raise ShapeError("diversity needs two motions or more.")
    count = min(pairs, len(motions))
    first, second = (generator.permutation(len(motions))[:count] for _ in range(2))
    return float(np.linalg.norm(motions[first] - motions[second], axis=1).mean())


def multimodality(
    modes: Array, *, pairs: int = _MODE_PAIRS, generator: np.random.Generator
) -> float:
    """Mean distance among the motions made for one text, over texts.

    Args:
        modes: ``(t, s, d)``.
        pairs: Pairs of each text, each side drawn without replacement; at most s.
        generator: Draws them, the same for all texts.

    Raises:
        ShapeError: If there is no text, or a single motion for one.
    """
    sizes = check_axes(modes=(modes, "text sample d"))
    if sizes["sample"] < 2 or sizes["text"] < 1:
        raise ShapeError(f"multimodality needs two motions a text or more; got {modes.shape}.")
    count = min(pairs, sizes["sample"])
    first, second = (generator.permutation(sizes["sample"])[:count] for _ in range(2))
    return float(np.linalg.norm(modes[:, first] - modes[:, second], axis=-1).mean())


def shuffled_texts(coded: CodedSet, *, generator: np.random.Generator) -> CodedSet:
    """The same motions, each with the texts of another: what chance looks like.

    A cycle through a random order, so that no motion keeps its own.
    """
    order = generator.permutation(len(coded.texts))
    texts = np.empty_like(coded.texts)
    texts[order] = coded.texts[np.roll(order, 1)]
    return CodedSet(texts, coded.motions, coded.modes)


def replicated_scores(
    sets: Sequence[CodedSet],
    real: Array,
    *,
    generator: np.random.Generator,
    replication: Replication = Replication(),  # noqa: B008 - frozen
) -> TextMotionScores:
    """All figures of one way of making motion.

    Args:
        sets: What it made, once or several times; they are taken in turn.
        real: Codes of the real motions of the test part, ``(m, d)``, for FID.
        generator: Draws pools, captions and pairs.
        replication: How often, and the size of pools.

    Raises:
        ShapeError: If a set has fewer pairs than a pool, or not more than the codes are wide.
    """
    found = []
    for time in range(replication.times):
        coded = sets[time % len(sets)]
        captions = generator.integers(0, coded.texts.shape[1], size=len(coded.texts))
        texts = coded.texts[np.arange(len(captions)), captions]
        ranked = pooled_ranks(texts, coded.motions, pool=replication.pool, generator=generator)
        within = [float((ranked.ranks < k).mean()) for k in (1, 2, 3)]
        modes = math.nan if coded.modes is None else multimodality(coded.modes, generator=generator)
        spread = diversity(coded.motions, generator=generator)
        found.append([*within, float(ranked.distances.mean()), spread, modes])
    distances = [frechet_distance(coded.motions, real) for coded in sets]
    fids = [distances[time % len(sets)] for time in range(replication.times)]
    columns = np.array(found).T
    r1, r2, r3, apart, spread_of, modes_of = (_interval(column) for column in columns)
    return TextMotionScores(r1, r2, r3, apart, _interval(np.array(fids)), spread_of, modes_of)


def _interval(values: Array) -> Interval:
    mean = float(values.mean())
    if len(values) < 2 or not math.isfinite(mean):
        return Interval(mean, math.nan, math.nan)
    half = 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)
