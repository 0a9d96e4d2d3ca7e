"""Mirrors src/unisono/recordings/signals/rebuilding.py."""

import numpy as np

from unisono.recordings.schema import events_of, make_events, make_recording, make_stream
from unisono.recordings.signals.rebuilding import by_mask, rebuilt, with_streams


def _stream() -> object:
    return make_stream(
        np.arange(6, dtype=np.float32).reshape(3, 2),
        time=[0, 1, 2],
        channels=["a", "b"],
        units="m",
        kind="position",
        frame={"up": "z"},
        filter={"type": "butterworth"},
        history=["read"],
    )


def test_what_is_known_of_a_stream_is_kept() -> None:
    stream = _stream().assign_attrs(corners=[1, 2])
    new = rebuilt(stream, stream.data.values * 2, stream.valid.values, done="doubled", side="left")
    assert new.data.dtype == np.float32
    assert new.attrs["frame"]["up"] == "z"
    assert new.attrs["filter"] == {"type": "butterworth"}
    assert new.attrs["corners"] == [1, 2]
    assert new.attrs["side"] == "left"
    assert new.attrs["history"] == ["read", "doubled"]
    assert stream.attrs["history"] == ["read"]
    assert stream.attrs["side"] == ""


def test_streams_are_replaced_added_and_dropped() -> None:
    events = make_events([0.5], ["foot_strike"], ["left"], "given")
    tree = make_recording({"a": _stream(), "b": _stream()}, recording="t", subject="s",
                          events=events, mass_kg=50.0)  # fmt: skip
    new = with_streams(tree, {"c": _stream()}, drop=["a"], height_m=1.5)
    assert list(new.children) == ["b", "c", "events"]
    assert (new.attrs["mass_kg"], new.attrs["height_m"]) == (50.0, 1.5)
    assert events_of(new).sizes["event"] == 1
    assert list(tree.children) == ["a", "b", "events"]


def test_columns_with_one_mask_are_treated_together() -> None:
    valid = np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)
    seen = []
    by_mask(valid, lambda mask, columns: seen.append((mask.tolist(), columns.tolist())))
    assert sorted(seen) == [([False, True], [2]), ([True, True], [0, 1])]
    by_mask(np.zeros((0, 0), dtype=bool), lambda mask, columns: seen.append(([], [])))
    assert len(seen) == 2
