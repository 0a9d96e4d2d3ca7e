"""A model: a trained method with everything needed to use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import xarray as xr

from unisono.api.asking import ask, is_exact, question
from unisono.api.building import build_method
from unisono.api.cards import model_card
from unisono.api.generated import Generated
from unisono.api.generating import generate
from unisono.api.live_inputs import LiveSource, source_of
from unisono.api.opening import Face, open_kind, restored
from unisono.api.recipe import Recipe, Sampling
from unisono.api.streaming import Live, LiveStream
from unisono.api.synchrony import AlignmentScore, Lag, alignment_score, lag
from unisono.api.synchrony_scores import How
from unisono.core.config import from_mapping, to_mapping
from unisono.core.contracts import StreamInfo
from unisono.evaluation.calibration import BandTable
from unisono.methods import METHODS, AnyMethod
from unisono.recordings.schema import stream_names
from unisono.recordings.window_settings import Cut
from unisono.training.sealed import SealedModel

__all__ = ["Model", "config_of", "load_model"]

_ROUGH = "bands were calibrated over many given parts together, not for exactly this one"


@dataclass(frozen=True)
class Model(Face):
    """A trained model.

    Args:
        folder: Where it is sealed.
        recipe: The whole configuration.
        streams: What it reads and writes.
        method: The trained method, frozen.
        tables: Calibration of its bands, by stream.
        sealed: Everything that was sealed.
    """

    folder: Path
    recipe: Recipe
    streams: Mapping[str, StreamInfo]
    method: AnyMethod
    tables: Mapping[str, BandTable]
    sealed: SealedModel

    def __repr__(self) -> str:
        given, want = ", ".join(self.given), ", ".join(self.want)
        return f"Model({self.recipe.method}: {given} -> {want}, {self.folder})"

    def _repr_html_(self) -> str:
        return model_card(self)

    @property
    def given(self) -> tuple[str, ...]:
        """Streams that the model is given."""
        return self.recipe.data.given

    @property
    def want(self) -> tuple[str, ...]:
        """Streams that the model generates."""
        return self.recipe.data.want

    @property
    def cut(self) -> Cut:
        """How its windows are cut."""
        return self.recipe.cut

    def generate(
        self,
        recording: xr.DataTree,
        *,
        want: Sequence[str] | None = None,
        given: Sequence[str] | None = None,
        samples: int | None = None,
        options: Sampling = Sampling(),  # noqa: B008 - frozen
    ) -> Generated:
        """Generate the streams that are missing from a recording.

        The recording may be longer than a window, at another rate, in other units, and may lack
        channels; what cannot be converted is refused, what is missing widens the bands.

        Args:
            recording: The recording.
            want: Streams; by default all that the model generates; for a model of any part those
                that the recording lacks.
            given: For a model of any part: streams to generate from; by default all that the
                recording holds and that are not wanted.
            samples: Short for ``options.samples``.
            options: How to sample.

        Raises:
            ModelError: If the recording lacks what the model needs, with the remedy.
            UnitError: If a unit cannot be converted.
            ConfigError: If ``given`` is named and the model has fixed sides.
        """
        if given is not None or self.method.any_part:
            asked = question(self, stream_names(recording), given, want)
            found = asked._answer(recording, samples, options)
            rough = [name for name in asked.want if not is_exact(self, asked, name)]
            said = [f"{name}: {_ROUGH}" for name in rough if name in asked.tables]
            return replace(found, doubts=[*found.doubts, *said])
        return self._answer(recording, samples, options, want)

    def _answer(
        self,
        recording: xr.DataTree,
        samples: int | None,
        options: Sampling,
        want: Sequence[str] | None = None,
    ) -> Generated:
        if samples is not None:
            options = replace(options, samples=samples)
        if options.steps is None:
            options = replace(options, steps=self.recipe.bands.steps)
        return generate(self, recording, tuple(want or self.want), options)

    def asking(
        self, given: Sequence[str] | None = None, want: Sequence[str] | None = None
    ) -> "Model":
        """The model of one question, for models of any part; see :mod:`unisono.api.asking`.

        Args:
            given: What is given; by default all that is not wanted.
            want: What is wanted; by default all that is not given.

        Raises:
            ConfigError: If the model has fixed sides, or the question makes no sense.
        """
        return ask(self, given, want)

    def stream(
        self,
        source: xr.DataTree | LiveSource,
        *,
        want: Sequence[str] | None = None,
        options: Live = Live(),  # noqa: B008 - frozen
    ) -> LiveStream:
        """Answer while a recording is still being made; see :mod:`unisono.api.streaming`.

        Args:
            source: What will arrive: a recording that shows its streams, channels, units and rates
                (its samples are not looked at), or a :class:`LiveSource`.
            want: Streams to generate; by default all that the model generates; for a model of any
                part those that do not arrive.
            options: How to answer.

        Raises:
            ModelError: If the model's windows end at events or are turned by a heading, or nothing
                that it is given arrives.
            UnitError: If a unit cannot be converted.
            ConfigError: If the model does not know a stream, or does not generate it.
        """
        asked = self
        if self.method.any_part:
            asked = question(self, stream_names(source_of(self, source)), None, want)
            want = asked.want
        return LiveStream(asked, source, tuple(want or self.want), options)

    def lag(self, recording: xr.DataTree, *, most_s: float = 0.5, how: How = "prediction") -> Lag:
        """How late the given side of a recording is against the other; both must be measured.

        See :func:`unisono.api.synchrony.lag` for arguments and errors.
        """
        return lag(self, recording, most_s=most_s, how=how)

    def alignment_score(self, recording: xr.DataTree, *, how: How = "prediction") -> AlignmentScore:
        """Whether the two measured sides of a recording belong together, window by window.

        See :func:`unisono.api.synchrony.alignment_score` for arguments and errors.
        """
        return alignment_score(self, recording, how=how)

    def about(self) -> dict[str, Any]:
        """What a person asks of a model first: method, streams, people, versions."""
        return {
            "method": self.recipe.method,
            "given": list(self.given),
            "want": list(self.want),
            "made": dict(self.sealed.made),
            "subjects": {part: len(v) for part, v in self.sealed.split.get("subjects", {}).items()},
        }


def load_model(folder: str | Path) -> Model:
    """Open a sealed model that generates streams.

    Raises:
        ModelError: If it is none, is damaged, of a newer format, or holds a pickle.
    """
    folder = Path(folder)
    sealed = open_kind(folder, METHODS)
    recipe = from_mapping(Recipe, sealed.config)
    streams = {info.name: info for info in sealed.streams}
    method = restored(build_method(recipe, streams), sealed, folder)
    tables = {k: BandTable.from_dict(v) for k, v in sealed.calibration.items()}
    return Model(folder, recipe, streams, method, tables, sealed)


def config_of(recipe: Recipe, method: AnyMethod) -> dict[str, Any]:
    """The configuration that is sealed: the recipe, with what the mode decides filled in."""
    return to_mapping(replace(recipe, llma=method.settings))
