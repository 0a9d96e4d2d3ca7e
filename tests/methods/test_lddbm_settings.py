"""Mirrors src/unisono/methods/lddbm_settings.py."""

import pytest

from unisono.core.config import from_mapping, to_mapping
from unisono.core.errors import ConfigError, UnisonoError
from unisono.methods.lddbm_settings import (
    BridgeSettings,
    LDDBMSettings,
    UnpairedSettings,
    resolve_lddbm,
)


def test_the_released_reading() -> None:
    found = resolve_lddbm(LDDBMSettings(mode="release"))
    bridge, losses = found.bridge, found.losses
    assert (bridge.spread, bridge.ends, bridge.start, bridge.weight) == (
        80.0, "constant", "source", "none"
    )  # fmt: skip
    assert (bridge.sampler, bridge.steps, bridge.rho) == ("mean", 40, 7.0)
    assert (losses.contrast, losses.temperature, losses.direction) == (1.0, 0.07, "symmetric")
    assert (found.regime, found.every, found.stop_gradient) == ("iterative", 4, False)
    assert found.latents.bottleneck == "none"


def test_the_paper_differs_where_it_says_so() -> None:
    losses = resolve_lddbm(LDDBMSettings(mode="paper")).losses
    assert (losses.temperature, losses.direction) == (0.5, "one_way")


def test_guards_are_on_in_ours() -> None:
    found = resolve_lddbm(LDDBMSettings())
    assert (found.latents.bottleneck, found.stop_gradient, found.regime) == (
        "norm", True, "two_step"
    )  # fmt: skip
    assert (found.bridge.start, found.bridge.spread, found.bridge.weight) == (
        "mean", 3.0, "karras"
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["paper", "release", "ours"])
def test_filled_settings_are_whole_and_survive_a_file(mode: str) -> None:
    found = resolve_lddbm(LDDBMSettings(mode=mode))  # type: ignore[arg-type]
    assert resolve_lddbm(found) == found
    assert from_mapping(LDDBMSettings, to_mapping(found)) == found


def test_what_is_said_is_kept() -> None:
    said = LDDBMSettings(mode="release", bridge=BridgeSettings(spread=5.0, sampler="dbim"))
    assert resolve_lddbm(said).bridge.spread == 5.0
    assert resolve_lddbm(said).bridge.sampler == "dbim"


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="sampler must be one of"):
        BridgeSettings(sampler="ddim")
    with pytest.raises(UnisonoError, match="steps must lie in"):
        BridgeSettings(steps=0)
    with pytest.raises(UnisonoError, match="churn must lie in"):  # not when samples are drawn
        BridgeSettings(churn=1.5)
    with pytest.raises(ConfigError, match="heun without churn"):
        resolve_lddbm(LDDBMSettings(mode="paper", bridge=BridgeSettings(churn=0.0)))
    with pytest.raises(ConfigError, match="needs start = 'mean'"):
        BridgeSettings(start="source", residual="gaussian")
    with pytest.raises(ConfigError, match=r"need bridge.start = 'mean'"):
        resolve_lddbm(LDDBMSettings(mode="release", unpaired=UnpairedSettings(cycle=1.0)))
    with pytest.raises(ConfigError, match="Did you mean 'temperature'"):
        from_mapping(LDDBMSettings, {"losses": {"temprature": 0.1}})
