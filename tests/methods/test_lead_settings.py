"""Mirrors src/unisono/methods/lead_settings.py."""

import pytest

from unisono.core.errors import ConfigError, UnisonoError
from unisono.methods.lead_settings import (
    DiffusionSettings,
    LEADSettings,
    ProjectorSettings,
    resolve_lead,
)
from unisono.methods.settings import FewSteps


def test_a_mode_fills_what_is_left_open_and_nothing_else() -> None:
    paper = resolve_lead(LEADSettings(mode="paper"))
    assert (paper.diffusion.predict, paper.diffusion.schedule) == ("eps", "scaled_linear")
    assert (paper.diffusion.guidance, paper.diffusion.walk) == (7.5, 50)
    assert (paper.diffusion.enter, paper.diffusion.length) == ("pooled", False)
    assert (paper.projector.free, paper.diffusion.scaled) == (0, False)
    ours = resolve_lead(LEADSettings())
    assert (ours.diffusion.predict, ours.diffusion.schedule) == ("v", "cosine")
    assert ours.projector.free == ours.vae.tokens * ours.vae.width
    own = resolve_lead(LEADSettings(diffusion=DiffusionSettings(guidance=1.0, length=False)))
    assert (own.diffusion.guidance, own.diffusion.length) == (1.0, False)
    assert resolve_lead(ours) == ours
    noise = resolve_lead(LEADSettings(diffusion=DiffusionSettings(predict="eps")))
    assert noise.diffusion.schedule == "scaled_linear"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="cosine"):
        DiffusionSettings(predict="eps", schedule="cosine")
    with pytest.raises(ConfigError, match="no loss"):
        ProjectorSettings(align=0, reconstruct=0, variance=0)
    with pytest.raises(ConfigError, match="needs a projector"):
        LEADSettings(
            projector=ProjectorSettings("none"), diffusion=DiffusionSettings(space="projected")
        )
    with pytest.raises(ConfigError, match="regression"):
        LEADSettings(diffusion=DiffusionSettings(kind="regression"), few_steps=FewSteps(most=2))
    with pytest.raises(UnisonoError, match="drop"):
        DiffusionSettings(drop=1.0)
