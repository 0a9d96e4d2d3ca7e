"""Mirrors src/unisono/recordings/motion/batches.py."""

import numpy as np
import pytest
import torch

from unisono.core.errors import ShapeError, UnisonoError
from unisono.recordings.motion.batches import MotionNormaliser, padded_batch
from unisono.recordings.motion.corpus import MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout
from unisono.recordings.motion.humanoid import humanoid_rig

LAYOUT = Layout(22, 4, 20.0)


@pytest.fixture
def corpus(rng: np.random.Generator) -> MotionCorpus:
    def clip(number: int) -> MotionClip:
        rows = rng.normal(number, 1 + number, size=(10 * (number + 1), LAYOUT.size))
        rows[:, LAYOUT.part("contacts")] = rng.integers(0, 2, size=(len(rows), 4))
        return MotionClip(
            f"c{number}", rows.astype(np.float32), (f"{number} a", f"{number} b"), {}, 20.0
        )

    return MotionCorpus(tuple(clip(n) for n in range(4)), LAYOUT, humanoid_rig())


def test_normalising_is_by_part_and_leaves_contacts(corpus: MotionCorpus) -> None:
    fitted = MotionNormaliser.fit(corpus.clips, LAYOUT)
    rows = np.concatenate([c.rows for c in corpus.clips]).astype(np.float64)
    done = fitted.apply(torch.from_numpy(rows)).numpy()
    for name in LAYOUT.sizes:
        part = LAYOUT.part(name)
        if name == "contacts":
            np.testing.assert_array_equal(done[:, part], rows[:, part])
            continue
        np.testing.assert_allclose(done[:, part].mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(done[:, part].std(axis=0).mean(), 1, atol=1e-9)
        assert len(np.unique(fitted.spread[part])) == 1
    back = fitted.undo(torch.from_numpy(done)).numpy()
    np.testing.assert_allclose(back, rows, atol=1e-9)


def test_a_part_that_stands_still_is_not_blown_up(corpus: MotionCorpus) -> None:
    rows = corpus.clips[0].rows.copy()
    rows[:, LAYOUT.part("height")] = 0.9
    still = MotionClip("still", rows, ("x",), {}, 20.0)
    fitted = MotionNormaliser.fit([still], LAYOUT)
    assert fitted.spread[LAYOUT.part("height")] == 1.0
    with pytest.raises(ShapeError, match="features"):
        MotionNormaliser.fit([], LAYOUT)
    with pytest.raises(ShapeError, match="5 features, the normaliser"):
        fitted.apply(torch.zeros(3, 5))


def test_batches_pad_cut_and_draw(corpus: MotionCorpus) -> None:
    batch = padded_batch(corpus, [0, 3, 1], frames=25, generator=np.random.default_rng(0))
    assert batch.rows.shape == (3, 25, LAYOUT.size) and batch.index.tolist() == [0, 3, 1]
    assert batch.mask.sum(dim=1).tolist() == [10, 25, 20]
    assert batch.rows[~batch.mask].abs().max() == 0
    np.testing.assert_array_equal(batch.rows[0, :10].numpy(), corpus.clips[0].rows)
    long = corpus.clips[3].rows
    starts = [i for i in range(16) if np.array_equal(batch.rows[1].numpy(), long[i : i + 25])]
    assert len(starts) == 1
    assert [text[0] for text in batch.captions] == ["0", "3", "1"]
    fitted = MotionNormaliser.fit(corpus.clips, LAYOUT)
    assert fitted.apply(batch.rows, batch.mask)[~batch.mask].abs().max() == 0


def test_batches_are_the_generators(corpus: MotionCorpus) -> None:
    def drawn(seed: int) -> list[str]:
        generator = np.random.default_rng(seed)
        return padded_batch(corpus, [0, 1, 2, 3] * 4, frames=20, generator=generator).captions

    assert drawn(0) == drawn(0) != drawn(1)
    assert len(set(drawn(0))) == 8  # both captions of every clip come
    assert (
        padded_batch(corpus, [0], frames=99, generator=np.random.default_rng(0)).rows.shape[1] == 10
    )
    with pytest.raises(ShapeError, match="one clip"):
        padded_batch(corpus, [], frames=9, generator=np.random.default_rng(0))
    with pytest.raises(UnisonoError, match="frames"):
        padded_batch(corpus, [0], frames=1, generator=np.random.default_rng(0))
