"""Mirrors src/unisono/core/errors.py."""

import inspect

from unisono.core import errors


def test_every_error_is_the_users_to_mend() -> None:
    kinds = [
        k for _, k in inspect.getmembers(errors, inspect.isclass) if k.__module__ == errors.__name__
    ]
    assert all(issubclass(kind, ValueError) for kind in kinds)
    assert sorted(k.__name__ for k in kinds) == sorted(errors.__all__)


def test_a_file_error_is_one_line_with_its_parts() -> None:
    error = errors.FileFormatError("a.c3d", "header", "bad\nnumber", "export it again.")
    assert str(error) == "a.c3d, header: bad number; export it again."
    assert (error.file, error.place, error.remedy) == ("a.c3d", "header", "export it again.")
