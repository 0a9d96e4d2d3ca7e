import dataclasses

import pytest

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
    with pytest.raises(ConfigError, match=rf"^training\.{name} must"):
        TrainingSettings(**{name: value})


def test_unknown_setting_raises() -> None:
    with pytest.raises(TypeError, match="learning_rat"):
        TrainingSettings(learning_rat=1.0)  # type: ignore[call-arg]


def test_is_frozen_and_its_switches_may_be_off() -> None:
    settings = TrainingSettings(clip_norm=0, ema_decay=0, weight_decay=0, warmup_steps=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.seed = 1  # type: ignore[misc]
