import dataclasses

import pytest

from unisono.core.config import from_mapping, to_mapping
from unisono.core.errors import ConfigError
from unisono.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("weight_decay", -0.1),
        ("betas", (0.9, 1.0)),
        ("betas", (-0.1, 0.9)),
        ("warmup_steps", -1),
        ("schedule", "linear"),
        ("clip_norm", -1.0),
        ("ema_decay", 1.0),
        ("precision", "fp16"),
        ("checkpoint_every", 0),
        ("preview_every", -1),
        ("log_every", 0),
    ],
)
def test_out_of_range_names_the_setting(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} must"):
        TrainingSettings(**{name: value})


def test_unknown_setting_raises() -> None:
    with pytest.raises(TypeError, match="learning_rat"):
        TrainingSettings(learning_rat=1.0)  # type: ignore[call-arg]


def test_is_frozen_and_its_switches_may_be_off() -> None:
    settings = TrainingSettings(clip_norm=0, ema_decay=0, weight_decay=0, warmup_steps=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.seed = 1  # type: ignore[misc]


def test_a_recipe_reads_back_and_its_mistakes_name_their_place() -> None:
    settings = TrainingSettings(betas=(0.5, 0.999), seed=3)
    assert from_mapping(TrainingSettings, to_mapping(settings)) == settings
    with pytest.raises(ConfigError, match=r"^training: batch_size must lie"):
        from_mapping(TrainingSettings, {"batch_size": 0}, where="training")
    with pytest.raises(ConfigError, match=r"training.warmup_step'. Did you mean 'warmup_steps'"):
        from_mapping(TrainingSettings, {"warmup_step": 0}, where="training")
