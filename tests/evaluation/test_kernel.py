"""Mirrors src/unisono/evaluation/kernel.py. Its estimator is tested in networks."""

from dataclasses import replace

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.evaluation.features import Given, Pairs
from unisono.evaluation.kernel import Kernel
from unisono.evaluation.ridge import Ridge


def walkers(rng: np.random.Generator, people: int = 12, windows: int = 4) -> Pairs:
    """The wanted curve is the given one's second harmonic times its speed: not linear in it."""
    n = people * windows
    t = np.linspace(0, 2 * np.pi, 40)
    size, seconds = rng.uniform(0.5, 1.5, (n, 1, 1)), rng.uniform(0.4, 0.9, n)
    x = size * np.stack([np.sin(t), np.cos(t)], -1)
    y = 300 * size**2 * np.sin(2 * t)[:, None] / seconds[:, None, None] ** 2 + 700
    given = Given(x, np.ones_like(x, bool), seconds[:, None], seconds)
    subjects = np.repeat([f"s{k:02}" for k in range(people)], windows)
    return Pairs(given, y, np.ones_like(y, bool), subjects)


def error(model: Kernel | Ridge, test: Pairs) -> float:
    return float(np.sqrt(((model.predict(test.given) - test.want) ** 2).mean() / test.want.var()))


def test_it_bends_where_a_line_cannot(rng: np.random.Generator) -> None:
    train, test = walkers(rng), walkers(rng, 4)
    kernel = error(Kernel().fit(train, generator=rng), test)
    ridge = error(Ridge().fit(train, generator=rng), test)
    assert kernel < 0.5 * ridge
    assert kernel < 0.15


def test_what_is_not_valid_teaches_nothing(rng: np.random.Generator) -> None:
    train = walkers(rng)
    given_valid, want_valid = train.given.valid.copy(), train.want_valid.copy()
    given_valid[3, :, 1] = False
    want_valid[:4] = False
    found = []
    for wrong in (np.nan, 1e6):
        given = replace(
            train.given,
            values=np.where(given_valid, train.given.values, wrong),
            valid=given_valid,
        )
        want = np.where(want_valid, train.want, wrong)
        pairs = Pairs(given, want, want_valid, train.subjects)
        found.append(Kernel().fit(pairs, generator=rng).predict(given))
    np.testing.assert_array_equal(found[0], found[1])
    assert np.isfinite(found[0]).all()


def test_windows_of_two_lengths_and_nothing_valid_are_refused(rng: np.random.Generator) -> None:
    pairs = walkers(rng)
    with pytest.raises(UnisonoError, match="given windows have 40 frames and wanted ones 20"):
        Kernel().fit(
            replace(pairs, want=pairs.want[:, ::2], want_valid=pairs.want_valid[:, ::2]),
            generator=rng,
        )
    with pytest.raises(UnisonoError, match="no wanted sample is valid"):
        Kernel().fit(replace(pairs, want_valid=~pairs.want_valid), generator=rng)
