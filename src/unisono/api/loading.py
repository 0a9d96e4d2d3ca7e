"""``load``: a sealed model of any method, with the face of its kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from unisono.api.mapping import MapModel, load_map
from unisono.api.model import Model, load_model
from unisono.api.motion_model import MotionModel, load_motion_model
from unisono.api.opening import kind_of_model
from unisono.api.translating import Translator, load_translator
from unisono.core.errors import ModelError
from unisono.methods import BRIDGES, METHODS, TEXT_METHODS
from unisono.training.sealed import open_sealed

__all__ = ["load"]

_OPENERS: Mapping[str, Callable[[Path], Model | Translator | MapModel | MotionModel]] = {
    **dict.fromkeys(METHODS, load_model),
    **dict.fromkeys(BRIDGES, load_translator),
    **dict.fromkeys(TEXT_METHODS, load_motion_model),
    "conda": load_map,
}


def load(folder: str | Path) -> Any:  # noqa: ANN401 - the folder decides
    """Open a sealed model, whatever it is.

    Args:
        folder: Where it is sealed.

    Returns:
        A :class:`Model` generates streams, a :class:`Translator` carries one kind of thing into
        another, a :class:`MapModel` has a map, a :class:`MotionModel` turns words into motion.
        What a kind cannot do raises ``ModelError``, which says what it can.

    Raises:
        ModelError: If it is no model, is damaged, of a newer format or an unknown method, or holds
            a pickle.
    """
    folder = Path(folder)
    method = open_sealed(folder).method
    if method not in _OPENERS:
        raise ModelError(f"{folder}, a model of {method!r}, {kind_of_model(method)}.")
    return _OPENERS[method](folder)
