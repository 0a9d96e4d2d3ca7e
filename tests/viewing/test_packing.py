"""Mirrors src/unisono/viewing/packing.py."""

import base64
import gzip

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unisono.viewing.packing import Packer, unpack

ARRAYS = arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32))


@given(st.lists(ARRAYS, max_size=4), st.booleans())
def test_arrays_come_back_bit_for_bit(kept: list[npt.NDArray[np.float32]], exact: bool) -> None:
    packer = Packer()
    places = [packer.add(array, exact=exact) for array in kept]
    text = packer.text()
    for array, place in zip(kept, places, strict=True):
        wanted = array.astype(np.float64 if exact else np.float32)
        np.testing.assert_array_equal(unpack(text, place), wanted)


def test_bytes_lie_apart_and_the_text_is_the_same_each_time() -> None:
    def packed() -> tuple[str, bytes]:
        packer = Packer()
        packer.add(np.array([1.0, 2.0]))
        return packer.text(), gzip.decompress(base64.b64decode(packer.text()))

    text, block = packed()
    assert text == packed()[0]
    plain = np.array([1.0, 2.0], "<f4").tobytes()
    assert block == bytes(plain[i + 4 * k] for i in range(4) for k in range(2))


def test_smooth_signals_are_much_smaller() -> None:
    packer = Packer()
    signal = np.round(np.sin(np.linspace(0, 60, 60_000)), 4)
    packer.add(signal)
    shuffled = len(packer.text())
    plain = len(base64.b64encode(gzip.compress(signal.astype("<f4").tobytes(), 6)))
    assert shuffled < 0.8 * plain
