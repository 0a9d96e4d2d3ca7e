"""Mirrors src/unisono/recordings/stream_union.py."""

from dataclasses import replace

import numpy as np
import pytest

from unisono.core.contracts import StreamInfo
from unisono.core.errors import SchemaError, UnitError
from unisono.recordings.stream_union import Owned, fit_stream, unite_streams

A = StreamInfo("grf", ("fz", "fx"), ("N", "N"), "force", 100, {"up": "z", "forward": "unknown"})
B = StreamInfo("grf", ("fx", "copx", "fz"), ("N", "mm", "N/kg"), "force", 100, {"forward": "x"})


def test_channels_are_joined_by_name_and_units_are_the_first() -> None:
    owned = [Owned("a", A, float("nan")), Owned("b", B, 50.0)]
    common = unite_streams(owned)
    assert common.channels == ("fz", "fx", "copx")
    assert common.units == ("N", "N", "mm")
    assert common.frame == {"up": "z", "forward": "x"}
    first, second = (fit_stream(part, common) for part in owned)
    np.testing.assert_array_equal(first.columns, [0, 1])
    np.testing.assert_array_equal(first.factors, [1, 1])
    np.testing.assert_array_equal(second.columns, [1, 2, 0])
    np.testing.assert_allclose(second.factors, [1, 1, 50])


def test_units_that_need_an_unknown_mass() -> None:
    common = unite_streams([Owned("a", A, 1.0)])
    bad = replace(B, channels=("fz",), units=("N/kg",))
    with pytest.raises(UnitError, match=r"recording 'b', stream 'grf', channel 'fz': .*body mass"):
        fit_stream(Owned("b", bad, float("nan")), common)


def test_axes_and_kinds_must_agree() -> None:
    turned = replace(A, frame={"up": "y"})
    with pytest.raises(SchemaError, match="up z in recording 'a' and y in 'c'"):
        unite_streams([Owned("a", A, 1.0), Owned("b", B, 1.0), Owned("c", turned, 1.0)])
    with pytest.raises(SchemaError, match="'force' in recording 'a' and 'moment' in 'b'"):
        unite_streams([Owned("a", A, 1.0), Owned("b", replace(B, kind="moment"), 1.0)])


def test_filters_that_differ_are_called_mixed() -> None:
    low = {"type": "lowpass", "cutoff_hz": 6}
    same = [Owned(n, replace(A, filter=low), 1.0) for n in "ab"]
    assert unite_streams(same).filter == low
    assert unite_streams([*same, Owned("c", A, 1.0)]).filter == {"type": "mixed"}
