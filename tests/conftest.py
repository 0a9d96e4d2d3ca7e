"""Fixtures shared by every test: seeded generators and the real recordings."""

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

REPOSITORY = Path(__file__).parents[1]
UNPACKED = REPOSITORY / ".data"


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def find_shared(name: str) -> Path | None:
    """The unpacked archive, unpacking it on first use; None where the data are absent."""
    folder = UNPACKED / name
    done = UNPACKED / f".{name}.done"
    if done.exists():
        return folder
    for place in (os.environ.get("UNISONO_DATA", ""), REPOSITORY.parent / "shared" / "data"):
        archive = Path(place) / f"{name}.tar.xz"
        if place and archive.exists():
            UNPACKED.mkdir(exist_ok=True)
            with tarfile.open(archive) as packed:
                packed.extractall(UNPACKED, filter="data")
            done.touch()
            return folder
    return None


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """``shared_data("biomechzoo")``: folder of real recordings, or a skip that says why."""

    def folder(name: str) -> Path:
        found = find_shared(name)
        if found is None:
            pytest.skip(f"real recordings {name!r} are absent: set UNISONO_DATA to their folder")
        return found

    return folder
