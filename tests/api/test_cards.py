"""Mirrors src/unisono/api/cards.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono.api.cards import bridge_card, map_card


@pytest.mark.slow
def test_results_and_models_present_themselves(
    tiny_model: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
) -> None:
    out = tiny_model.generate(make_walk("w", 1), samples=4)
    card = out._repr_html_()
    assert "Generated for w" in card and "<svg" in card and "90% band" in card
    assert "r_fz" in card and "N/kg" in card
    hostile = replace(out, doubts=["<script>alert(1)</script>"], source={"recording": "<b>"})
    assert "<script" not in hostile._repr_html_() and "<b>" not in hostile._repr_html_()
    model = tiny_model._repr_html_()
    assert "Model tiny" in model and "<dd>angles</dd>" in model and "<dd>llma</dd>" in model


def test_a_map_presents_itself() -> None:
    class Bank:
        coordinates = np.random.default_rng(0).normal(size=(30, 3))

        def __len__(self) -> int:
            return 30

    chart = SimpleNamespace(bank=Bank(), labels={"<b>": np.arange(30.0)}, dims=3)
    request = SimpleNamespace(by=("speed", "style"))
    model: Any = SimpleNamespace(map=chart, request=request, folder=Path("runs/gait"))
    card = map_card(model)
    assert "Map gait" in card and "data:image/png" in card and "speed, style" in card
    assert "<b>" not in card


def test_a_bridge_presents_itself() -> None:
    data = SimpleNamespace(given=("small",), want=("<b>large",))
    recipe = SimpleNamespace(method="lddbm", data=data)
    shapes = {"small": (1, 8, 8), "<b>large": (1, 32, 32)}
    sealed = SimpleNamespace(made={"date": "2026-01-01"})
    model: Any = SimpleNamespace(
        recipe=recipe, shapes=shapes, sealed=sealed, folder=Path("runs/finer")
    )
    card = bridge_card(model)
    assert "Bridge finer" in card and "1 x 32 x 32" in card and "<b>" not in card


@pytest.mark.slow
def test_words_and_motions_present_themselves(motion_model: Any) -> None:  # noqa: ANN401
    card = motion_model._repr_html_()
    assert "Text to motion motion" in card and f"<dd>{len(motion_model.rig.names)}</dd>" in card
    frame = motion_model.generate("a person walks")._repr_html_()
    assert frame.startswith("<iframe") and "sandbox=" in frame
