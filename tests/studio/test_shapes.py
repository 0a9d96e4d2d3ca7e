"""Mirrors src/unisono/studio/shapes.py."""

import inspect

import pytest
from pydantic import BaseModel

from unisono.studio import shapes


@pytest.mark.parametrize("name", shapes.__all__)
def test_every_field_is_told_of(name: str) -> None:
    """What an answer holds stands in its description, for those who read it in OpenAPI."""
    model = getattr(shapes, name)
    assert issubclass(model, BaseModel)
    described = inspect.getdoc(model) or ""
    missing = [field for field in model.model_fields if f"{field}: " not in described]
    assert not missing
