"""Mirrors src/unisono/core/provenance.py."""

import datetime
import re

import pytest
import torch

from unisono.core.provenance import library_versions, machine, provenance


def test_provenance_names_version_commit_and_time() -> None:
    made = provenance()
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", made.unisono)
    assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?|unknown", made.commit)
    assert datetime.datetime.fromisoformat(made.date).tzinfo is not None
    assert not made.command.startswith("/")


def test_machine_and_libraries() -> None:
    assert machine().torch == torch.__version__
    assert {"python", "torch", "numpy"} <= set(library_versions())


def test_a_command_with_blanks_can_be_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bench.py", "--arms", "VAE alone", "--only=wake/*"])
    assert provenance().command == "python bench.py --arms 'VAE alone' '--only=wake/*'"
