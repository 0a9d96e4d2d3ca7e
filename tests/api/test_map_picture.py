"""Settings are read from words, and a picture is a picture."""

from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from unisono import api
from unisono.core.errors import ConfigError


def test_settings_from_words() -> None:
    got = api.map_settings(dims=8, settings=["steps=10", "hidden=[7]", "metric=cosine"])
    assert (got.dims, got.steps, got.hidden, got.metric) == (8, 10, (7,), "cosine")
    with pytest.raises(ConfigError, match="Did you mean 'steps'"):
        api.map_settings(dims=3, settings=["step=10"])


def test_a_map_and_an_edit_are_drawn(
    tiny_map: api.MapModel, make_swing: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    edited = api.edit(tiny_map, make_swing(12), api.Edit(toward=("speed", 1.8)))
    plain = api.draw_map(tiny_map, tmp_path / "a.png")
    walked = api.draw_map(tiny_map, tmp_path / "b.png", edited=edited)
    for file in (plain, walked):
        assert file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert plain.read_bytes() != walked.read_bytes()
