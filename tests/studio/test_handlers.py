"""Mirrors src/unisono/studio/handlers.py."""

from typing import get_args

from unisono.studio.asking import Asked
from unisono.studio.handlers import HANDLERS, LIMITS, QUICK


def test_all_that_may_be_asked_is_done_by_someone() -> None:
    union = get_args(get_args(Asked)[0]) or get_args(Asked)
    kinds = {get_args(one.model_fields["kind"].annotation)[0] for one in union}
    assert kinds < set(HANDLERS)
    assert set(HANDLERS) - kinds == {"describe", "verify"}  # the server asks for these itself


def test_what_reads_what_came_from_outside_is_limited() -> None:
    assert {"describe", "view", "import", "verify"} == set(LIMITS)
    assert all(limit.seconds and limit.megabytes for limit in LIMITS.values())
    assert set(QUICK) <= set(HANDLERS) and "train" not in QUICK
