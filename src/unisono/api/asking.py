r"""Asking a model of any part for one answer: what is given, what is wanted, and the bands of that.

A model of llma-any answers :math:`p(W \mid A)` for any streams ``A`` and ``W``. A question names
both, and :func:`ask` narrows the model to it, so that reading, generating and evaluating are those
of a model that was only ever given ``A``. Bands are conformal *for a given part*: a table a wanted
stream and given part, fitted when sealing for every single stream, every part that lacks one
stream, and some parts between (all parts, where there are few streams). Any other part is banded by
the table that was fitted over all of those parts together, which holds on average over parts and
not for each; :func:`unisono.api.recalibrating.recalibrate` fits the exact one.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from unisono.api.banding import band_options
from unisono.api.building import Parts, Rows
from unisono.api.missing import Calibrating, fit_missing, missing_tables
from unisono.api.predicting import Drawing, join_bands, only, predict
from unisono.api.recipe import Recipe
from unisono.core.checks import nearest
from unisono.core.errors import ConfigError, ModelError
from unisono.core.random import numpy_generator
from unisono.evaluation.calibration import Bands, BandTable, fit_bands
from unisono.methods import AnyMethod

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["ask", "calibrate_parts", "is_exact", "parts_to_calibrate", "question", "table_key"]

_FEW = 4
"""Streams up to which every part is calibrated."""

_BETWEEN = 6
"""Parts of other sizes than 1 and all but one that are calibrated where streams are many."""


def table_key(want: str, given: Iterable[str]) -> str:
    """Key of the calibration table of a stream for what is given.

    With nothing given it is the key, in a narrowed model, of the table over all parts.

    Example:
        >>> table_key("grf", ["imu", "angles"])
        'grf | angles + imu'
    """
    return f"{want} | {' + '.join(sorted(given))}"


def parts_to_calibrate(given: Sequence[str], *, seed: int) -> list[tuple[str, ...]]:
    """Parts that bands are calibrated for.

    Args:
        given: Streams that may be given.
        seed: Draws the parts between.

    Example:
        >>> parts_to_calibrate(["a", "b", "c"], seed=0)
        [('a',), ('b',), ('c',), ('a', 'b'), ('a', 'c'), ('b', 'c'), ('a', 'b', 'c')]
    """
    count = len(given)

    def of_size(size: int) -> list[tuple[str, ...]]:
        return list(itertools.combinations(given, size))

    if count <= _FEW:
        return [part for size in range(1, count + 1) for part in of_size(size)]
    between = [part for size in range(2, count - 1) for part in of_size(size)]
    rng = numpy_generator(seed, "parts")
    drawn = sorted(rng.choice(len(between), size=min(_BETWEEN, len(between)), replace=False))
    return of_size(1) + [between[i] for i in drawn] + of_size(count - 1) + [tuple(given)]


def calibrate_parts(recipe: Recipe, parts: Parts, method: AnyMethod) -> dict[str, BandTable]:
    """Fit the tables of a model of any part, on the calibration part.

    Returns:
        For each wanted stream the table over all parts, under its name, and one a part, under
        :func:`table_key`.

    Raises:
        ConfigError: If the recipe asks for cross-validated bands.
    """
    if recipe.bands.method != "split":
        raise ConfigError("llma-any calibrates on a part of the people: bands.method = 'split'.")
    rows = parts.rows["calibration"]
    batch = parts.windows.batch(rows)
    drawing = Drawing(recipe.bands.samples, recipe.bands.steps, 0, recipe.bands.levels)
    tables: dict[str, BandTable] = {}
    pieces: dict[str, list[Bands]] = {}
    for given in parts_to_calibrate(recipe.data.given, seed=recipe.split.seed):
        want = [name for name in recipe.data.want if name not in given]
        if not want:
            continue
        found = predict(method, only(batch, given), want, drawing)
        for name, one in found.items():
            pieces.setdefault(name, []).append(one.bands)
            tables[table_key(name, given)] = _table(recipe, parts, rows, name, [one.bands])
    tables = {
        name: _table(recipe, parts, rows, name, found) for name, found in pieces.items()
    } | tables
    return tables | _missing(recipe, parts, method, rows, tables)


def _missing(
    recipe: Recipe, parts: Parts, method: AnyMethod, rows: Rows, tables: Mapping[str, BandTable]
) -> dict[str, BandTable]:
    """Factors of each wanted stream, where channels of all the others are missing."""
    batch = parts.windows.batch(rows)
    found: dict[str, BandTable] = {}
    for name in recipe.data.want:
        given = [other for other in recipe.data.given if other != name]
        exact = {name: tables[table_key(name, given)]}
        seen = Calibrating(only(batch, given), batch, parts.units[rows].tolist())
        drawing = Drawing(recipe.bands.samples, recipe.bands.steps, 0, recipe.bands.levels)
        found |= fit_missing(recipe, method, seen, exact, drawing=drawing)
    return found


def ask(model: "Model", given: Sequence[str] | None, want: Sequence[str] | None) -> "Model":
    """Narrow a model of any part to one question.

    Args:
        model: The model.
        given: What is given; by default all that is not wanted.
        want: What is wanted; by default all that is not given.

    Raises:
        ConfigError: If the model has fixed sides, a stream is unknown or on both sides, or nothing
            is left to give or to want.
    """
    if not model.method.any_part:
        raise ConfigError(
            f"this model is always given {', '.join(model.given)}; train method = 'llma-any' to "
            "choose what is given."
        )
    for names, known in ((given, model.given), (want, model.want)):
        for name in names or ():
            if name not in known:
                raise ConfigError(
                    f"stream {name!r} is none of {', '.join(known)}.{nearest(name, known)}"
                )
    wanted = tuple(want or (name for name in model.want if name not in (given or ())))
    there = tuple(given or (name for name in model.given if name not in wanted))
    both = sorted(set(there) & set(wanted))
    if both or not there or not wanted:
        fault = f"{both[0]} is on both sides" if both else "one side is empty"
        raise ConfigError(f"name streams to give and other streams to want: {fault}.")
    recipe = replace(
        model.recipe,
        data=replace(model.recipe.data, given=there, want=wanted),
        windows=_narrowed(model.recipe.windows, (*there, *wanted)),
    )
    tables: dict[str, BandTable] = {}
    for name in wanted:
        # tables of other parts stay: a recording may lack what the question gives
        tables |= {k: t for k, t in model.tables.items() if k.startswith(table_key(name, ()))}
        over_all = tables.get(table_key(name, ()), model.tables.get(name))
        best = tables.get(table_key(name, there), over_all)
        named = {name: best, table_key(name, ()): over_all}
        tables |= {key: table for key, table in named.items() if table is not None}
    tables |= missing_tables(model.tables, wanted)
    return replace(model, recipe=recipe, tables=tables)


def question(
    model: "Model",
    present: Sequence[str],
    given: Sequence[str] | None,
    want: Sequence[str] | None,
) -> "Model":
    """Narrow a model to what a recording holds: by default what is missing is wanted.

    Args:
        model: The model; what was narrowed before keeps what it wants.
        present: Streams of the recording.
        given: What is given, of those.
        want: What is wanted.

    Raises:
        ConfigError: As :func:`ask`.
        ModelError: If the recording holds everything and nothing says what is wanted, or it holds
            nothing that can be given.
    """
    if not set(model.given) & set(model.want):  # the question was asked before
        want = want or model.want
    if want is None and given is None:
        want = [name for name in model.want if name not in present]
        if not want:
            raise ModelError(
                "the recording holds every stream that this model generates; name those that are "
                "wanted (want=...) or those that are given (given=...)."
            )
    if given is None:
        given = [name for name in model.given if name in present and name not in (want or ())]
        if not given:
            raise ModelError(
                f"the recording has the streams {', '.join(present)}; this model needs one of "
                f"{', '.join(model.given)} beside what is wanted."
            )
    return ask(model, given, want)


def is_exact(model: "Model", asked: "Model", name: str) -> bool:
    """Whether the bands of a stream were calibrated for exactly what is given."""
    return table_key(name, asked.given) in model.tables


def _table(
    recipe: Recipe, parts: Parts, rows: Rows, name: str, found: Sequence[Bands]
) -> BandTable:
    """The table of one stream over the bands of one or several given parts."""
    batch = parts.windows.batch(rows)
    subjects = parts.units[rows].tolist()
    count = len(found)
    return fit_bands(
        join_bands(found),
        np.concatenate([batch.data[name].numpy().astype(np.float64)] * count),
        np.concatenate([batch.mask[name].numpy()] * count),
        subjects=subjects * count,
        channels=parts.windows.streams[name].channels,
        options=band_options(recipe),
    )


def _narrowed(windows: Mapping[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    """How windows are cut, without what is said of other streams."""
    kept = dict(windows)
    for key in ("channels", "units"):
        if key in kept:
            kept[key] = {k: v for k, v in kept[key].items() if k.partition("/")[0] in streams}
    for key in ("require", "turned"):
        if key in kept:
            kept[key] = [name for name in kept[key] if name in streams]
    if "turned" in kept and not kept["turned"]:
        kept.pop("heading", None)
        kept.pop("origin", None)
    return kept
