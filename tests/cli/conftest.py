"""Commands run in this process: what they print, and how they exit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import xarray as xr


class Ran(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line of an error that is the user's to mend."""
        assert self.status == 2, self
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


@pytest.fixture
def unisono(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """``unisono("describe", file)``: run a command."""
    from unisono.cli.main import main

    def run(*words: str | Path) -> Ran:
        capsys.readouterr()
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run


@pytest.fixture(scope="session")
def walk_file(
    make_walk: Callable[..., xr.DataTree], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A walk of somebody new as a file that holds everything: npz."""
    from unisono.recordings.formats.registry import write

    file = tmp_path_factory.mktemp("walk") / "new.npz"
    write(make_walk("new", 11), file)
    return file


@pytest.fixture
def recipe_file(tmp_path: Path, walks: Any, tiny_tables: dict[str, Any]) -> Path:  # noqa: ANN401
    """A recipe for the walks, a few steps long."""
    from unisono.core.config import to_toml

    tables = tiny_tables
    tables["llma"]["steps"] = 3
    tables["data"] = {"path": str(walks.path), "given": ["angles"], "want": ["grf"]}
    tables["output"] = str(tmp_path / "model")
    file = tmp_path / "recipe.toml"
    file.write_text(to_toml(tables))
    return file
