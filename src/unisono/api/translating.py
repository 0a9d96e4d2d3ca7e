"""Bridges from a recipe to use: train, widen, seal; open, translate."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from unisono.api.building import Rows
from unisono.api.cards import bridge_card
from unisono.api.opening import Face, open_kind, restored
from unisono.api.recipe import Sampling, SplitSettings
from unisono.api.recipe_files import claim_run, is_finished
from unisono.api.translated import Translated, Translation
from unisono.api.translated_recording import RecordingTranslation, assemble_windows, cut_source
from unisono.api.translation_recipe import TranslationRecipe, load_translation_recipe
from unisono.core.config import from_mapping, to_mapping, to_toml
from unisono.core.contracts import Batch, StreamInfo
from unisono.core.errors import ConfigError, ModelError
from unisono.core.files import write_text
from unisono.core.random import derive_seed, generator, numpy_generator
from unisono.methods import BRIDGES, LDDBM
from unisono.methods.bridge_codecs import kind_of
from unisono.methods.bridge_monitors import bridge_report
from unisono.recordings.dataset import Dataset
from unisono.recordings.paired_windows import pair_windows
from unisono.recordings.pairs import PairSet, read_pairs, read_things
from unisono.recordings.sampler import EpochSampler
from unisono.recordings.splits import Split, split_by_fractions
from unisono.training.card import Card
from unisono.training.data import Source
from unisono.training.loop import Hooks, train
from unisono.training.progress import Progress
from unisono.training.sealed import SealedModel, seal

__all__ = ["Translator", "fit_translation", "load_translator", "train_translation"]

Tell = Callable[[str, int, int], None]

_REPORTED = 128
"""Pairs that the sealed report is measured on at most."""

_CALIBRATED = 256
"""Pairs that samples are widened on at most."""

_CHUNK = 64
"""Things that are translated at once."""


@dataclass(frozen=True)
class Translator(Face):
    """A trained bridge.

    Args:
        folder: Where it is sealed.
        recipe: The whole configuration.
        shapes: Shape of one thing of each name.
        streams: What is known of each stream, where these are streams.
        method: The trained method, frozen.
        sealed: Everything that was sealed.
    """

    folder: Path
    recipe: TranslationRecipe
    shapes: Mapping[str, tuple[int, ...]]
    streams: Mapping[str, StreamInfo]
    method: LDDBM
    sealed: SealedModel

    def __repr__(self) -> str:
        given, want = ", ".join(self.recipe.data.given), ", ".join(self.recipe.data.want)
        return f"Translator({self.recipe.method}: {given} -> {want}, {self.folder})"

    def _repr_html_(self) -> str:
        return bridge_card(self)

    def translate(
        self,
        things: "Mapping[str, npt.ArrayLike] | str | Path",
        *,
        options: Sampling = Sampling(),  # noqa: B008 - frozen
    ) -> Translation:
        """Carry things into what the model makes.

        Args:
            things: ``(n, *shape)`` for each given name (masked arrays are taken as masked), or an
                NPZ file that holds them.
            options: Samples, steps, seed.

        Raises:
            ModelError: If a thing is missing, or has another shape than the model was made for.
            FileFormatError: If the file is damaged or holds NaN outside of a mask.
        """
        names = self.recipe.data.given
        if isinstance(things, str | Path):
            read = read_things(things, names)
            data = {name: np.ma.masked_array(t.data, ~t.mask) for name, t in read.items()}
        else:
            data = {name: _masked(things, name) for name in names}
        for name in names:
            if data[name].shape[1:] != self.shapes[name]:
                raise ModelError(
                    f"{name} has shape {data[name].shape[1:]}, and the model was made for "
                    f"{self.shapes[name]}; resample it, or train another model."
                )
        parts = self._walk(data, options)
        source = {name: np.asarray(values.filled(0.0)) for name, values in data.items()}
        return Translation(parts, source, self._about(options))

    def translate_recording(
        self,
        recording: xr.DataTree,
        *,
        options: Sampling = Sampling(),  # noqa: B008 - frozen
    ) -> RecordingTranslation:
        """Carry a recording's streams into what the model makes, window by window, blended.

        Args:
            recording: It holds the given streams, at any rate, in any convertible unit.
            options: Samples, steps, seed. All windows of a sample share their noise seed.

        Raises:
            ModelError: If the model is one of arrays, or the recording is shorter than a window,
                lacks a channel, or has a stream of another kind or other axes.
            UnitError: If a unit cannot be converted.
        """
        if self.recipe.data.is_file:
            raise ModelError(f"{self.folder} carries arrays; give an .npz file of them.")
        found = cut_source(recording, self.recipe.data.cut("given"), self.streams)
        parts = self._walk(found.data, options)
        return assemble_windows(
            recording, found, parts, self.streams, want_cut=self.recipe.data.cut("want")
        )

    def _walk(self, data: Mapping[str, Any], options: Sampling) -> dict[str, Translated]:
        steps = options.steps or self.method.settings.bridge.steps or 16
        g = generator(options.seed, "translate")
        count = len(next(iter(data.values())))
        found: dict[str, list[tuple[Any, Any]]] = {name: [] for name in self.recipe.data.want}
        for start in range(0, count, _CHUNK):
            batch = _batch({k: v[start : start + _CHUNK] for k, v in data.items()})
            drawn = self.method.generate(
                batch, self.recipe.data.want, samples=options.samples, steps=steps, generator=g
            )
            for name, draws in drawn.items():
                found[name].append((draws.samples.numpy(), draws.mean.numpy()))
        return {
            name: Translated(
                np.concatenate([samples for samples, _ in pieces], axis=1),
                np.concatenate([mean for _, mean in pieces]),
                kind_of(self.shapes[name], self.recipe.lddbm.target.codec),
            )
            for name, pieces in found.items()
        }

    def _about(self, options: Sampling) -> dict[str, Any]:
        bridge = self.method.settings.bridge
        return {
            "model": str(self.folder),
            "sampler": bridge.sampler,
            "steps": options.steps or bridge.steps,
            "seed": options.seed,
            "widened": float(self.method.bridge.widen),
        }


def _masked(things: Mapping[str, npt.ArrayLike], name: str) -> Any:  # noqa: ANN401 - masked array
    if name not in things:
        raise ModelError(f"the model needs {name!r}; got {', '.join(things) or 'nothing'}.")
    values = np.ma.masked_array(things[name], dtype=np.float32)
    bad = ~np.isfinite(values.filled(0.0))
    if bad.any():
        raise ModelError(
            f"{name}: row {int(np.argwhere(bad)[0][0])} holds NaN or infinity; mask such values "
            "(numpy.ma), or leave the row out."
        )
    return values


def _batch(data: Mapping[str, Any]) -> Batch:
    size = len(next(iter(data.values())))
    rows = torch.arange(size)
    values = {k: torch.from_numpy(np.ascontiguousarray(v.filled(0.0))) for k, v in data.items()}
    mask = {k: torch.from_numpy(~np.ma.getmaskarray(v)) for k, v in data.items()}
    return Batch(values, mask, rows, rows, torch.full((size,), -1))


def train_translation(
    path: str | Path,
    *,
    settings: Sequence[str] = (),
    resume: bool = False,
    progress: Tell | None = None,
) -> Translator:
    """Train a bridge as a recipe says and return it sealed; see :func:`fit_translation`."""
    recipe = load_translation_recipe(path, settings)
    return fit_translation(recipe, resume=resume, progress=progress)


def fit_translation(
    recipe: TranslationRecipe, *, resume: bool = False, progress: Tell | None = None
) -> Translator:
    """Train a bridge, widen its samples on the calibration part, report on the test part, seal.

    Args:
        recipe: The run.
        resume: Continue a run that was stopped.
        progress: Called with what is being done, how much of it, and of how much.

    Raises:
        OutputError: If the output exists, or a stopped run lies there and ``resume`` is False.
        ConfigError: If the data do not fit the recipe, or resume comes with another recipe.
    """
    output = Path(recipe.output)
    if is_finished(output, recipe, resume=resume):
        return load_translator(output)
    work = claim_run(output, recipe, resume=resume)
    pairs, streams = _open(recipe)
    split = _split(recipe, pairs)
    rows = {part: _rows(pairs, keys) for part, keys in split.parts.items()}
    if not len(rows["train"]):
        raise ConfigError("the train part has no pairs; change split in the recipe.")
    chosen = rows["train"]
    learned = replace(pairs, items=pairs.items[chosen], subject=pairs.subject[chosen])
    if recipe.data.share < 1:
        rng = numpy_generator(recipe.split.seed, "share")
        learned = learned.with_share(recipe.data.share, generator=rng)
    learned = learned.evened()
    write_text(work / "recipe.toml", to_toml(recipe))
    method = _build(recipe, pairs.shapes)
    own = np.arange(len(learned), dtype=np.int64)
    sampler = EpochSampler(own, recipe.training.batch_size, recipe.training.seed)
    source = Source(learned, sampler, own, digest=learned.digest)

    def told(state: Progress) -> None:
        if progress is not None:
            progress("train", state.step, state.steps)

    train(method, source, recipe.training, work / "main", resume=resume, hooks=Hooks(told))
    method = method.to("cpu")
    if len(rows["calibration"]):
        unseen = pairs.batch(rows["calibration"][:_CALIBRATED])
        method.calibrate(unseen, generator=generator(recipe.training.seed, "calibrate"))
    metrics = _metrics(recipe, method, pairs, rows["test"])
    seal(output, _sealed(recipe, method, pairs, streams, {
        "metrics": metrics,
        "parts": {part: len(found) for part, found in rows.items()},
        "split": split.digest,
    }))  # fmt: skip
    return load_translator(output)


def _open(recipe: TranslationRecipe) -> tuple[PairSet, dict[str, StreamInfo]]:
    data = recipe.data
    if data.is_file:
        pairs = read_pairs(data.path, given=data.given, want=data.want)
        infos = {
            name: StreamInfo(name, ("value",), ("1",), "feature", 0.0) for name in pairs.shapes
        }
        return pairs, infos
    found = pair_windows(Dataset.open(data.path), data.cut("given"), data.cut("want"))
    return found.pairs, {name: found.streams[name] for name in (*data.given, *data.want)}


def _split(recipe: TranslationRecipe, pairs: PairSet) -> Split:
    """Parts by subject; rows that are their own subject are drawn one by one."""
    said = recipe.split
    for key in ("name", "by", "share_subjects"):
        if getattr(said, key) != getattr(SplitSettings(), key):
            raise ConfigError(
                f"split.{key} says nothing to a bridge, whose parts are drawn by subject; leave it "
                "out, or name who tests in split.leave_out."
            )
    keys = sorted(set(pairs.subject.tolist()))
    unknown = [key for key in said.leave_out if key not in keys]
    if unknown:
        raise ConfigError(f"split.leave_out names {unknown[0]!r}, which the data do not hold.")
    rng = numpy_generator(said.seed, "split")
    rest = [key for key in keys if key not in said.leave_out]
    test = 0.0 if said.leave_out else said.test
    shares = {"train": 1 - test - said.calibration, "calibration": said.calibration, "test": test}
    drawn = split_by_fractions(
        rest, {part: share for part, share in shares.items() if share > 0}, generator=rng
    )
    parts = {part: drawn.parts.get(part, ()) for part in ("train", "calibration", "test")}
    parts["test"] = (*parts["test"], *said.leave_out)
    return Split(parts)


def _rows(pairs: PairSet, keys: Sequence[str]) -> Rows:
    return np.flatnonzero(np.isin(pairs.subject, list(keys))).astype(np.int64)


def _build(recipe: TranslationRecipe, shapes: Mapping[str, tuple[int, ...]]) -> LDDBM:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(recipe.training.seed, "weights"))
        return BRIDGES[recipe.method](
            recipe.lddbm, shapes, given=recipe.data.given, want=recipe.data.want
        )


def _metrics(
    recipe: TranslationRecipe, method: LDDBM, pairs: PairSet, rows: Rows
) -> dict[str, float]:
    """The bridge's report on the test part: errors, swaps, latent spread and rank."""
    whole = rows[pairs.paired[rows]][:_REPORTED]
    if len(whole) < 2 or len(recipe.data.want) > 1:
        return {}
    report = bridge_report(
        method, pairs.batch(whole), recipe.data.want[0], samples=4,
        steps=method.settings.bridge.steps or 16, generator=generator(0, "report"),
    )  # fmt: skip
    return {**report._asdict(), "gap": report.gap}


def _sealed(
    recipe: TranslationRecipe,
    method: LDDBM,
    pairs: PairSet,
    streams: Mapping[str, StreamInfo],
    extra: Mapping[str, Any],
) -> SealedModel:
    data = recipe.data
    cuts = {} if data.is_file else {
        side: dataclasses.asdict(data.cut(side)) for side in ("given", "want")
    }  # fmt: skip
    counts = ", ".join(f"{part}: {count}" for part, count in extra["parts"].items())
    return SealedModel(
        method=recipe.method,
        config=to_mapping(replace(recipe, lddbm=method.settings)),
        streams=tuple(streams.values()),
        state=dict(method.state_dict()),
        seed=recipe.training.seed,
        cut=cuts,
        split={"digest": extra["split"]},
        metrics=extra["metrics"],
        card=Card(
            name=Path(recipe.output).name,
            data=data.about or f"Pairs of {Path(data.path).name}.",
            data_licence=data.licence,
            weights_licence=f"as the data allow ({data.licence})",
            population=f"Items by part ({counts}).",
            limits=(
                "Samples spread as errors on unseen items did on average, not item by item.",
                "Things unlike those it was trained on are translated all the same.",
            ),
            cite=tuple(bridge_references(recipe)),
        ),
        extra={
            "shapes": {name: list(shape) for name, shape in pairs.shapes.items()},
            "items": dict(extra["parts"]),
            "data_digest": pairs.digest,
        },
    )


def bridge_references(recipe: TranslationRecipe) -> list[str]:
    """References of what a recipe of a bridge uses, the method first."""
    found = [
        "Contrastive and predictive latent diffusion bridge (LDDBM). arXiv:2510.20819 (2025).",
        "Zhou, Lou, Khanna, Ermon. Denoising diffusion bridge models. arXiv:2309.16948 (2023).",
        "Zheng et al. Diffusion bridge implicit models. arXiv:2405.15885 (2024).",
        "Peebles, Xie. Scalable diffusion models with transformers. arXiv:2212.09748.",
    ]
    if recipe.lddbm.unpaired.used:
        found.append("Zhu et al. Unpaired translation, cycle consistency. arXiv:1703.10593.")
    return [*found, *([f"Data: {recipe.data.cite}"] if recipe.data.cite else [])]


def load_translator(folder: str | Path) -> Translator:
    """Open a sealed bridge.

    Raises:
        ModelError: If it is no bridge, is damaged, of a newer format, or holds a pickle.
    """
    folder = Path(folder)
    sealed = open_kind(folder, BRIDGES)
    recipe = from_mapping(TranslationRecipe, sealed.config)
    shapes = {name: tuple(int(n) for n in s) for name, s in sealed.extra["shapes"].items()}
    streams = {info.name: info for info in sealed.streams}
    method = restored(_build(recipe, shapes), sealed, folder)
    return Translator(folder, recipe, shapes, streams, method, sealed)
