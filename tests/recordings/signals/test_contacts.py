"""Mirrors src/unisono/recordings/signals/contacts.py."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError, UnitError
from unisono.recordings.signals.contacts import ContactRule, find_contacts

TIME = np.arange(1000) / 1000


def _load(*phases: tuple[int, int]) -> np.ndarray:
    load = np.zeros(1000)
    for start, stop in phases:
        load[start:stop] = 700 * np.sin(np.linspace(0, np.pi, stop - start)) ** 0.5
    return load


def _find(load: np.ndarray, valid: np.ndarray | None = None, **rule: float) -> list:
    seen = np.ones(1000, bool) if valid is None else valid
    return find_contacts(load, TIME, seen, 20.0, ContactRule(**rule))


def test_ends_lie_where_the_force_crosses_the_threshold() -> None:
    load = np.clip((TIME - 0.2) * 1000, 0, 300) - np.clip((TIME - 0.6) * 1000, 0, 300)
    for every in (1, 7):
        (contact,) = find_contacts(load[::every], TIME[::every], np.ones(1000, bool)[::every], 20.0,
                                   ContactRule())  # fmt: skip
        assert contact.start_s == pytest.approx(0.22, abs=0.0005 * every)
        assert contact.stop_s == pytest.approx(0.88, abs=0.0005 * every)
        assert contact.start_known
        assert contact.stop_known


def test_blips_are_dropped_and_dropouts_are_joined() -> None:
    load = _load((100, 400), (600, 900))
    load[500:503] = 50  # a blip of 3 ms
    load[200:210] = 0  # a dropout of 10 ms
    contacts = _find(load)
    assert [(c.first > 99, c.last < 400) for c in contacts[:1]] == [(True, True)]
    assert len(contacts) == 2
    assert len(_find(load, min_contact_s=0.0, min_swing_s=0.0)) == 4


def test_an_end_beside_the_unknown_is_not_known() -> None:
    load = _load((0, 300), (500, 1000))
    load[0], load[-1] = 100, 100
    valid = np.ones(1000, bool)
    first, second = _find(load, valid)
    assert (first.start_known, first.stop_known) == (False, True)
    assert (second.start_known, second.stop_known) == (True, False)
    valid[400:520] = False
    assert not _find(load, valid)[1].start_known


def test_nothing_is_known_across_a_gap_of_the_clock() -> None:
    time = np.concatenate([np.arange(50), 500 + np.arange(50)]) / 100
    load = np.where(np.arange(100) < 50, 0.0, 700.0)
    found = find_contacts(load, time, np.ones(100, bool), 20.0, ContactRule())
    assert [(c.start_s, c.first, c.last, c.start_known) for c in found] == [(5.0, 50, 99, False)]
    load[20:50] = 700.0  # loaded on both sides: two phases, not one over the gap
    found = find_contacts(load, time, np.ones(100, bool), 20.0, ContactRule())
    assert [(c.first, c.last, c.start_known, c.stop_known) for c in found] == [
        (20, 49, True, False), (50, 99, False, False),
    ]  # fmt: skip


def test_a_pause_that_is_not_valid_does_not_join() -> None:
    load = _load((100, 400))
    valid = np.ones(1000, bool)
    valid[250:255] = False
    load[250:255] = np.nan
    first, second = _find(load, valid)
    assert (first.stop_known, second.start_known) == (False, False)


def test_short_phases_at_an_unknown_border_are_kept() -> None:
    load = _load((300, 330))
    valid = np.ones(1000, bool)
    assert _find(load, valid) == []
    valid[:301] = False
    assert len(_find(load, valid)) == 1


def test_the_threshold_has_a_unit() -> None:
    assert ContactRule(20.0).level("kN") == pytest.approx(0.02)
    assert ContactRule(20.0).level("N/kg", mass_kg=40.0) == pytest.approx(0.5)
    assert ContactRule(0.05, "BW").level("N", mass_kg=100.0) == pytest.approx(49.03325)
    with pytest.raises(UnitError, match="needs the body mass"):
        ContactRule(20.0).level("BW")
    with pytest.raises(UnisonoError, match="min_contact_s"):
        ContactRule(min_contact_s=-1.0)
