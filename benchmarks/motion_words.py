"""What a word learned from a few clips is worth, on motions that the model never saw.

Eight concepts, of which no clip was trained on: four pairs of content and style, of halves that
were (in distribution), and four contents that were never trained in any style (out of it). One
model is trained without all of them. A word is learned of 1, 3, 5 or 10 clips in the realigned
space, in the VAE's, and as for images by the noise; all have the same number of steps. Controls:
``sentence`` says the training caption whose code is nearest to the clips' codes, and ``copies``
answers with the clips themselves, stretched to the length wanted; ``real`` are clips again.

- ``distance``: energy distance to 24 clips that nobody saw, in an evaluator that was fitted on all
  contents (it knows what it judges, no arm does);
- ``retrieval``: share of motions nearest to the concept among the means of all pairs of content and
  style; out of distribution a pair of the same content will do;
- ``edit``: how far the trunk leans forward more in "*word*, old" than in "*word*, proud", degrees,
  and ``kept``: share of those motions that are still of the content. Real bodies in these styles
  lean further by about as much as ``edit`` of the row ``real`` says. Only out of distribution.

    python benchmarks/motion_words.py
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from _bridge_arms import cell
from _gait_model import RUNS
from _motion_arms import Bench, Rows, add_options, bench_of, recipe_file, spoken
from _motion_scores import evaluator_of
from _record import figure, record

from unisono.alignment.similarity import unit
from unisono.api.motion_model import MotionModel
from unisono.api.motion_recipe import load_motion_recipe
from unisono.api.motion_training import fit_motion, motion_parts
from unisono.api.motion_words import WordOptions, learn_word
from unisono.core.random import numpy_generator
from unisono.evaluation.intervals import paired_test
from unisono.evaluation.text_motion_baselines import stretched
from unisono.evaluation.text_motion_nets import MotionEvaluator, side_by_side
from unisono.methods.lead_sampling import Asking
from unisono.methods.lead_words import WordSettings
from unisono.recordings.motion.clips import recording_of
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.recordings.motion.features import to_features
from unisono.simulators.captioned import captioned_motion, draw_script

Codes = npt.NDArray[np.float64]

OUT = ("squat", "wave-both-hands", "walk-back", "walk-stop")
SHOTS, UNSEEN = (1, 3, 5, 10), 24
SPACES = ("realigned", "latent", "noise")
WAYS = (*SPACES, "sentence", "copies", "real")
CLAIM = (
    "A word learned in the realigned space is nearer to unseen clips of contents that were never "
    "trained than one learned in the VAE's space, one learned by the noise, and the nearest "
    "training caption, with intervals apart (4 contents, 1 to 10 clips, simulated)."
)


class Concept(NamedTuple):
    """A motion without a name: clips to learn from, and clips that nobody saw."""

    content: str
    style: str
    inside: bool
    shown: list[Any]
    shown_rows: list[Rows]
    unseen: list[Rows]

    @property
    def name(self) -> str:
        """Content and style."""
        return f"{self.content}_{self.style}"


class Judge(NamedTuple):
    """The evaluator, and the mean code of every pair of content and style."""

    net: MotionEvaluator
    means: Codes
    pairs: list[tuple[str, str]]

    def nearest(self, rows: Sequence[Rows]) -> list[tuple[str, str]]:
        """The pair that each motion is nearest to."""
        codes = self.net.embed_motions(rows)
        apart = np.linalg.norm(codes[:, None] - self.means, axis=-1)
        return [self.pairs[int(i)] for i in apart.argmin(axis=1)]


def spread_apart(a: Codes, b: Codes) -> float:
    """Energy distance of two sets of codes, 0 for the same distribution (Szekely & Rizzo, 2013)."""
    across = np.linalg.norm(a[:, None] - b, axis=-1).mean()
    within = [
        np.linalg.norm(x[:, None] - x, axis=-1).sum() / (len(x) * (len(x) - 1)) for x in (a, b)
    ]
    return float(2 * across - sum(within))


def concept_of(content: str, style: str, inside: bool, corpus: MotionCorpus) -> Concept:
    """Clips made anew, of a seed that no corpus has."""
    rng = numpy_generator(7, "concept", content, style)
    motions = [
        captioned_motion(draw_script(content, style, generator=rng), generator=rng)
        for _ in range(max(SHOTS) + UNSEEN)
    ]
    rows = [to_features(m, corpus.layout).astype(np.float32)[:80] for m in motions]
    shown = [recording_of(m, name="shown") for m in motions[: max(SHOTS)]]
    return Concept(content, style, inside, shown, rows[: max(SHOTS)], rows[max(SHOTS) :])


def model_without(bench: Bench) -> MotionModel:
    """A model that saw none of the contents, nor the pairs of its test part."""
    corpus = bench.task.corpus
    folder = RUNS / f"lead-{bench.corpus}" / f"words-corpus-{len(corpus.clips)}"
    if not folder.exists():
        corpus.take([c.name for c in corpus.clips if c.labels["content"] not in OUT]).save(folder)
    output = RUNS / bench.kept / "words-model"
    said = [*bench.settings, "data.simulate=0", f"data.path={folder}", f"output={output}"]
    return fit_motion(load_motion_recipe(recipe_file(bench.corpus), said), resume=True)


def concepts_of(model: MotionModel, corpus: MotionCorpus) -> list[Concept]:
    """Four of each kind."""
    known = MotionCorpus.load(model.recipe.data.path)
    test = motion_parts(model.recipe, known).test
    pairs = sorted({(known[n].labels["content"], known[n].labels["style"]) for n in test})
    rng = numpy_generator(0, "inside")
    inside = [pairs[int(i)] for i in rng.permutation(len(pairs))[: len(OUT)]]
    return [
        *(concept_of(content, style, True, corpus) for content, style in inside),
        *(concept_of(content, "normal", False, corpus) for content in OUT),
    ]


def judge_of(net: MotionEvaluator, corpus: MotionCorpus) -> Judge:
    """Mean codes of all pairs of a corpus."""
    codes = net.embed_motions([clip.rows for clip in corpus.clips])
    labels = [(clip.labels["content"], clip.labels["style"]) for clip in corpus.clips]
    pairs = sorted(set(labels))
    means = [codes[[label == pair for label in labels]].mean(axis=0) for pair in pairs]
    return Judge(net, np.stack(means), pairs)


def nearest_sentence(model: MotionModel, clips: Sequence[Rows]) -> str:
    """The training caption whose code is nearest to the clips' mean code, by cosine."""
    known = MotionCorpus.load(model.recipe.data.path)
    names = motion_parts(model.recipe, known).train
    captions = sorted({text for name in names for text in known[name].captions})
    method, projector = model.method, model.method.projector
    assert projector is not None
    with torch.no_grad():
        rows, mask = side_by_side(clips, model.layout)
        z = method.scaler.there(method.vae.posterior(rows, mask).mean)
        code = unit(projector.aligned(projector(z))).mean(dim=0)
        tokens = model.encoder.tokenise(captions)
        pooled = method.said(*tokens, torch.full((len(captions),), 60)).pooled
    return captions[int((unit(pooled) @ code).argmax())]


def lean(rows: Sequence[Rows], corpus: MotionCorpus) -> float:
    """Mean angle of the line from hips to neck, forward, degrees."""
    names = corpus.rig.names
    part, neck = corpus.layout.part("positions"), names.index("Neck")
    hips = corpus.layout.part("height")
    angles = []
    for r in rows:
        place = r[:, part].reshape(len(r), -1, 3)[:, neck - 1]
        angles.append(np.arctan2(place[:, 2], place[:, 1] - r[:, hips][:, 0]).mean())
    return float(np.rad2deg(np.mean(angles)))


def real_edit(concept: Concept, corpus: MotionCorpus) -> dict[str, float]:
    """How far real bodies lean further."""
    made = {
        style: concept_of(concept.content, style, False, corpus).unseen
        for style in ("old", "proud")
    }
    return {"edit": lean(made["old"], corpus) - lean(made["proud"], corpus), "kept": 1.0}


def measured(
    way: str, shots: int, concept: Concept, model: MotionModel, judge: Judge, corpus: MotionCorpus
) -> dict[str, float]:
    """Figures of one way of saying one concept."""
    lengths = [len(r) for r in concept.unseen]
    clips, word = concept.shown_rows[:shots], "*this*"
    if way in SPACES:
        settings = WordSettings(
            space=way, warm=50, steps=70 if way == "realigned" else 120, draws=16
        )
        learn_word(model, word, concept.shown[:shots], options=WordOptions(settings))
        says = "a person {}, {}".format(word, "{}")
    elif way == "sentence":
        says = nearest_sentence(model, clips) + ", {}"

    def said(end: str) -> list[Rows]:
        if way == "copies":
            return [stretched(clips[i % shots], n) for i, n in enumerate(lengths)]
        if way == "real":
            return concept_of(concept.content, concept.style, True, corpus).shown_rows
        texts = [says.format(end).strip(", ")] * len(lengths)
        return spoken(model, texts, lengths, 0, Asking())

    made = said("")
    found = {
        "distance": spread_apart(*(judge.net.embed_motions(r) for r in (made, concept.unseen)))
    }
    right = [
        c == concept.content and (s == concept.style or not concept.inside)
        for c, s in judge.nearest(made)
    ]
    found["retrieval"] = float(np.mean(right))
    if not concept.inside:
        if way == "real":
            return {**found, **real_edit(concept, corpus)}
        old, proud = said("old"), said("proud")
        kept = [content == concept.content for content, _ in judge.nearest([*old, *proud])]
        found |= {"edit": lean(old, corpus) - lean(proud, corpus), "kept": float(np.mean(kept))}
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, captions=192)
    parser.add_argument("--shots", type=int, nargs="+", default=list(SHOTS))
    args = parser.parse_args()
    begun = time.monotonic()
    bench = bench_of(args)
    corpus, model = bench.task.corpus, model_without(bench)
    judge = judge_of(evaluator_of(bench, args.evaluator_steps), corpus)
    table: dict[tuple[str, int, str], Mapping[str, float]] = {}
    concepts = concepts_of(model, corpus)
    for concept in concepts:
        for shots in args.shots:
            for way in WAYS:
                name = f"{bench.kept}/words/{concept.name}_{shots}_{way}"

                def measure(
                    way: str = way, shots: int = shots, concept: Concept = concept
                ) -> Mapping[str, float]:
                    return measured(way, shots, concept, model, judge, corpus)

                table[way, shots, concept.name] = cell(name, measure).found
    figures = []
    for inside in (True, False):
        where = "in" if inside else "out of"
        names = [c.name for c in concepts if c.inside == inside]
        for way in WAYS:
            for shots in args.shots:
                rows = [table[way, shots, name] for name in names]
                label = f"{where} distribution, {way}, {shots} clips"
                figures += [
                    figure(f"{label}: {what}", float(np.mean([row[what] for row in rows])))
                    for what in rows[0]
                ]
    holds, outside = True, [c.name for c in concepts if not c.inside]
    for rival in ("latent", "noise", "sentence"):
        ours, theirs = (
            np.array(
                [np.mean([table[w, n, name]["distance"] for n in args.shots]) for name in outside]
            )
            for w in ("realigned", rival)
        )
        apart = paired_test(ours, theirs, generator=numpy_generator(0, "paired", rival)).difference
        label = f"out of distribution: distance, realigned less {rival}"
        figures.append(figure(label, apart.mean, low=apart.low, high=apart.high))
        holds = holds and apart.high < 0
    record("motion_words", CLAIM, holds, figures, [0], time.monotonic() - begun)


if __name__ == "__main__":
    main()
