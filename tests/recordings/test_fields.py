"""Fields are streams whose channels name their places."""

import pytest

from unisono.core.errors import SchemaError
from unisono.recordings.fields import field_channels, field_shape


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4)])
def test_shape_comes_back_from_the_names(shape: tuple[int, ...]) -> None:
    assert field_shape(field_channels("u", shape)) == shape


def test_other_channels_are_no_field_and_a_torn_field_is_refused() -> None:
    assert field_shape(["knee", "hip"]) is None
    assert field_shape(["u[0]", "hip"]) is None
    with pytest.raises(SchemaError, match="not a whole field"):
        field_shape(field_channels("u", (2, 2))[::-1])
