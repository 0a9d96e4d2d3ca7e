"""A text encoder of one table, and motions that are as their words say: small, and learned fast."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from unisono.core.contracts import Batch
from unisono.recordings.motion.corpus import MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout, to_features
from unisono.recordings.motion.humanoid import REST_HEIGHT_M, humanoid_rig
from unisono.recordings.motion.kinematics import Motion
from unisono.recordings.motion.rotations import about_vertical, from_euler

RATE = 20.0
CONTENTS = {"walks": 0.8, "runs": 2.0, "stands": 0.0}
STYLES = {"low": 0.15, "tall": 0.0}


class Codes(NamedTuple):
    sequence: Tensor
    pooled: Tensor


def toy_motion(content: str, style: str, frames: int, rng: np.random.Generator) -> Motion:
    """Arms swing with the speed, hips hang by the style; the root goes straight ahead."""
    rig = humanoid_rig()
    time = np.arange(frames) / RATE
    speed, phase = CONTENTS[content], rng.uniform(0, 2 * np.pi)
    swing = 40 * speed * np.sin(2 * np.pi * time + phase)
    turns = np.tile(np.eye(3), (frames, len(rig.names), 1, 1))
    for name, sign in (("LeftUpLeg", 1), ("RightUpLeg", -1), ("LeftArm", -1), ("RightArm", 1)):
        angles = sign * swing / 2
        turns[:, rig.names.index(name)] = from_euler("X", angles[:, None])
    turns[:, 0] = about_vertical(np.full(frames, 0.1))
    root = np.zeros((frames, 3))
    root[:, 0], root[:, 2] = speed * time * np.sin(0.1), speed * time * np.cos(0.1)
    root[:, 1] = REST_HEIGHT_M - STYLES[style] + 0.01 * np.sin(2 * np.pi * time)
    return Motion(rig, turns, root, RATE)


def toy_corpus(count: int = 24, frames: int = 24, seed: int = 0) -> MotionCorpus:
    """Clips of three contents in two styles, of lengths from half of ``frames`` up."""
    rng = np.random.default_rng(seed)
    layout = Layout.of(toy_motion("walks", "low", 4, rng))
    pairs = [(c, s) for c in CONTENTS for s in STYLES]
    clips = []
    for number in range(count):
        content, style = pairs[number % len(pairs)]
        length = int(rng.integers(frames // 2, frames + 1))
        rows = to_features(toy_motion(content, style, length, rng), layout)
        captions = (f"a {style} person {content}", f"someone {style} {content}")
        labels = {"content": content, "style": style}
        clips.append(MotionClip(f"c{number}", rows.astype(np.float32), captions, labels, RATE))
    return MotionCorpus(tuple(clips), layout, humanoid_rig())


class ToyText(nn.Module):
    """Embeddings, a linear map, and their mean."""

    def __init__(self, width: int = 8, words: int = 32) -> None:
        super().__init__()
        self.width = width
        self.table = nn.Embedding(words, width)
        self.map = nn.Linear(width, width)

    def embed(self, ids: Tensor) -> Tensor:
        out: Tensor = self.table(ids)
        return out

    def encode(self, embedded: Tensor, mask: Tensor) -> Codes:
        sequence = self.map(embedded)
        there = mask[..., None].to(sequence.dtype)
        return Codes(sequence, (sequence * there).sum(dim=1) / there.sum(dim=1).clamp_min(1))


def toy_batch(corpus: MotionCorpus, frames: int = 24) -> Batch:
    """All clips with tokens that are places in a list of words."""
    words = sorted(
        {word for clip in corpus.clips for text in clip.captions for word in text.split()}
    )
    count, captions = len(corpus), 2
    rows = torch.zeros(count, frames, corpus.layout.size)
    mask = torch.zeros(count, frames, 1, dtype=torch.bool)
    ids = torch.zeros(count, captions, 6, dtype=torch.long)
    there = torch.zeros(count, captions, 6, dtype=torch.bool)
    for number, clip in enumerate(corpus.clips):
        rows[number, : len(clip)] = torch.from_numpy(clip.rows)
        mask[number, : len(clip)] = True
        for which, text in enumerate(clip.captions):
            found = [words.index(word) for word in text.split()]
            ids[number, which, : len(found)] = torch.tensor(found)
            there[number, which, : len(found)] = True
    index = torch.arange(count)
    return Batch(
        {"motion": rows, "text": ids}, {"motion": mask, "text": there}, index, index,
        torch.full((count,), -1),
    )  # fmt: skip
