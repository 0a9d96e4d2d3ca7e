"""How the bands of a recipe are calibrated: along the cycle, where windows are cut by events."""

from unisono.api.recipe import Recipe
from unisono.evaluation.calibration import CalibrationOptions

__all__ = ["ANCHORS", "band_options"]

ANCHORS = 11
"""Places along a window cut by events at which its bands are calibrated, a tenth apart."""


def band_options(recipe: Recipe) -> CalibrationOptions:
    """Options of calibration for whole windows of a recipe.

    A frame of a window that is cut by events is a stage of the movement, and errors differ from
    stage to stage; a frame of a window fixed in time is any moment.

    Example:
        >>> from unisono.core.config import from_mapping
        >>> said = {"windows": {"by": ["foot_strike", "foot_off"]}}
        >>> said["data"] = {"path": "gait.un", "given": ["angles"], "want": ["grf"]}
        >>> band_options(from_mapping(Recipe, said)).anchors
        11
    """
    anchors = ANCHORS if recipe.cut.by else 1
    return CalibrationOptions(recipe.bands.kind, recipe.bands.correction, anchors)
