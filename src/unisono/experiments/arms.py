"""Arms: what an ablation compares, as settings that are laid over a recipe.

===================  ===========================================================================
arm                  what it is
===================  ===========================================================================
``none``             both directions trained jointly, no alignment
``contrast``         window contrast alone
``covariance``       covariance of windows alone
``both``             contrast and covariance: the published method
``shuffled_batch``   control: both, each window paired with the SAME window of another sequence
``shuffled_full``    control: both, each window paired with any other
``longer``           none, with more steps: the compute that alignment costs, spent on training
``one_way``          the wanted direction alone, no alignment
``regression``       the same network as a regression with a fitted Gaussian residual
===================  ===========================================================================
"""

from collections.abc import Mapping
from typing import Any

__all__ = [
    "ALIGNED",
    "ARMS",
    "BASELINE_ARMS",
    "CONDITIONINGS",
    "FORMS",
    "TRAINED",
    "overlaid",
    "plain_of",
    "settings_of",
]

_OFF = {"losses": {"align": 0.0}}

ARMS: Mapping[str, Mapping[str, Any]] = {
    "none": _OFF,
    "both": {},
    "shuffled_batch": {"alignment": {"shuffle": "batch"}},
    "shuffled_full": {"alignment": {"shuffle": "full"}},
    "contrast": {"alignment": {"covariance": False}},
    "covariance": {"alignment": {"contrast": False}},
    "longer": _OFF,
    "one_way": {"directions": "forward", **_OFF},
    "regression": {"directions": "forward", "mean": True, "residual": "gaussian", **_OFF},
}
"""Settings of the method by arm, the most telling first."""

FORMS: Mapping[str, Mapping[str, Any]] = {
    "both": {},
    "strong": {"losses": {"align": 1.0}},
    "hard": {"alignment": {"hard": 0.25}},
    "multiscale": {"alignment": {"length": 4, "more_lengths": [10, 20]}},
    "hidden": {"losses": {"align_on": "hidden"}},
    "memory": {"losses": {"align_on": "memory"}},
    "by_noise": {"losses": {"align_on": "hidden", "by_noise": True}},
    "shared": {"share_encoder": True},
    "recovering": {"losses": {"reconstruct": 0.5}},
    "recovering_hard": {"losses": {"reconstruct": 0.5}, "alignment": {"hard": 0.25}},
    "pretrained": {"pretrain": 0.25, **_OFF},
}
"""Forms of alignment; ``FORM~batch`` and ``FORM~full`` are their shuffled controls.

More weight; hard negatives (the same phase of other people); windows of three lengths; latents of
the noisy signals or the encoded clean ones; the first weighted by the noise level; one encoder for
both sides; beside recovering what is hidden of one side, and with hard negatives too; and alignment
only before the rest (a quarter of the steps, which are taken from the rest).
"""

_PLAIN: Mapping[str, Mapping[str, Any]] = {
    "none+shared": {"share_encoder": True, **_OFF},
    "none+recovering": {"losses": {"align": 0.0, "reconstruct": 0.5}},
}
"""What a form is compared with where it changes more than the alignment."""

TRAINED = tuple(ARMS)
"""Arms that train a network."""

ALIGNED = ("both", "contrast", "covariance")
"""Arms with true pairs."""

BASELINE_ARMS = ("ridge", "knn", "mean_curve")
"""Arms without a network of ours."""

CONDITIONINGS: Mapping[str, Mapping[str, Any]] = {
    # the literal reading: cross-attention alone, x0 prediction, no mean head
    "paper": {"mode": "paper"},
    # the same but for the condition, which also enters frame by frame
    "framewise": {"mode": "paper", "framewise": True},
    # ours: frame by frame and cross-attention, mean with a generative residual, flow
    "ours": {"mode": "ours"},
}
"""Settings of the method by conditioning."""


def overlaid(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """Tables laid over one another, the last on top; tables inside are merged too.

    Example:
        >>> overlaid({"a": {"x": 1}}, {"a": {"y": 2}})
        {'a': {'x': 1, 'y': 2}}
    """
    result: dict[str, Any] = {}
    for table in tables:
        for key, value in table.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = overlaid(result[key], value) if both else value
    return result


def settings_of(arm: str, steps: int) -> dict[str, Any]:
    """Settings of an arm, a form or the shuffled control of a form.

    Args:
        arm: ``"none"``, ``"hard"``, ``"hard~batch"``, ...; a name that is none of them (a baseline)
            changes nothing.
        steps: Optimiser steps in all; a pretraining takes its share of them.

    Example:
        >>> settings_of("hard~full", 400)
        {'alignment': {'hard': 0.25, 'shuffle': 'full'}}
        >>> settings_of("pretrained", 400)["pretrain"], settings_of("pretrained", 400)["steps"]
        (100, 300)
    """
    form, _, control = arm.partition("~")
    table = overlaid({**ARMS, **FORMS, **_PLAIN}.get(form, {}))
    if "pretrain" in table:
        before = round(table["pretrain"] * steps)
        table |= {"pretrain": before, "steps": steps - before}
    return overlaid(table, {"alignment": {"shuffle": control}}) if control else table


def plain_of(form: str) -> str:
    """The arm without alignment that a form is compared with.

    Example:
        >>> plain_of("hard"), plain_of("shared"), plain_of("recovering_hard")
        ('none', 'none+shared', 'none+recovering')
    """
    named = f"none+{form.partition('_')[0]}"
    return named if named in _PLAIN else "none"
