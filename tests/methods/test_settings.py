"""Mirrors src/unisono/methods/settings.py."""

from typing import Any

import pytest

from unisono.core.config import from_mapping, to_mapping
from unisono.core.errors import ConfigError
from unisono.methods.settings import LLMASettings, Losses, ProcessSettings, resolve


def test_paper_is_the_literal_reading() -> None:
    got = resolve(LLMASettings(mode="paper"))
    assert (got.process.name, got.process.predict, got.mean) == ("vp", "x0", False)
    assert (got.framewise, got.losses.energy, got.losses.align_on) == (False, 1.0, "hidden")
    assert resolve(LLMASettings(mode="release")).process == got.process


def test_ours_and_what_is_said_beats_the_mode() -> None:
    got = resolve(LLMASettings())
    assert (got.process.name, got.process.predict, got.mean) == ("flow", "velocity", True)
    assert resolve(LLMASettings(process=ProcessSettings(predict="v"))).process.name == "vp"
    assert resolve(LLMASettings(mode="paper", mean=True)).mean is True


def test_resolved_settings_read_back_equal() -> None:
    got = resolve(LLMASettings(known=("mass_kg",)))
    assert from_mapping(LLMASettings, to_mapping(got)) == got
    assert resolve(got) == got


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": False, "start": "ridge"}, "need mean = true"),
        ({"directions": "forward"}, "nothing to align with"),
        ({"steps": 0}, "steps must lie in"),
        ({"drop_stream": 1.0}, "drop_stream must lie in"),
        ({"guidance": 2.0, "drop_stream": 0.0}, "set drop_stream above 0"),
    ],
)
def test_settings_that_exclude_each_other_are_refused(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        LLMASettings(**options)  # type: ignore[arg-type]


def test_guidance_of_the_paper_needs_streams_that_are_hidden() -> None:
    with pytest.raises(ConfigError, match="set drop_stream above 0"):
        resolve(LLMASettings(mode="paper", guidance=2.5))
    assert resolve(LLMASettings(mode="paper", guidance=2.5, drop_stream=0.1)).guidance == 2.5
    assert resolve(LLMASettings(guidance=2.5)).drop_stream == 0.1


def test_processes_and_predictions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="a flow predicts velocity"):
        ProcessSettings(name="flow", predict="x0")
    with pytest.raises(ConfigError, match="velocity is of flows"):
        ProcessSettings(name="vp", predict="velocity")
    with pytest.raises(ConfigError, match="eps says nothing"):
        ProcessSettings(predict="eps")
    with pytest.raises(ValueError, match="align must lie in"):
        Losses(align=-1.0)


@pytest.mark.parametrize(
    "process",
    [
        {"schedule": "linear"},
        {"eta": 0.5},
        {"name": "flow", "eta": 0.5},
        {"name": "flow", "sampler": "ddpm"},
    ],
)
def test_what_a_flow_would_pass_over_in_silence_is_refused(process: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is of diffusions, and this process is a flow"):
        LLMASettings(process=ProcessSettings(**process))
    # a model that was sealed with it opens: there all is filled in
    sealed = ProcessSettings(**{**process, "name": "flow", "predict": "velocity"})
    assert resolve(LLMASettings(process=sealed)).process == sealed
    said = {k: v for k, v in process.items() if k != "name"}
    assert resolve(LLMASettings(process=ProcessSettings("vp", **said))).process.name == "vp"
    if "schedule" in said or "eta" in said:
        assert LLMASettings(mode="paper", process=ProcessSettings(**said)).process.name is None
