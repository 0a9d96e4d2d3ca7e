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

__all__ = ["ALIGNED", "ARMS", "BASELINE_ARMS", "CONDITIONINGS", "TRAINED", "overlaid"]

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
