"""Mirrors src/unisono/cli/main.py: help without heavy libraries, exit codes, one line an error."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unisono.cli import main as entry

COMMANDS = (
    "demo", "describe", "import", "train", "generate", "learn-word", "translate", "stream",
    "evaluate", "view", "map", "edit", "studio", "experiment", "cite",
)  # fmt: skip
HEAVY = ("torch", "numpy", "scipy", "pandas", "xarray", "matplotlib", "zarr", "sklearn", "pydantic")


def python(code: str) -> "subprocess.CompletedProcess[str]":
    source = str(Path(entry.__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": source}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )


def test_help_of_every_command_loads_no_heavy_library() -> None:
    # one process for all: whatever any of the helps imports would show
    done = python(
        f"import sys\nfrom unisono.cli.main import main\n"
        f"for command in {('',) + COMMANDS!r}:\n"
        f"    words = [command, '--help'] if command else ['--help']\n"
        f"    assert main(words) == 0, command\n"
        f"import unisono\nassert 'fit' in dir(unisono)\n"  # its names come late, too
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("LOADED []")
    assert done.stdout.count("Usage: unisono") == 1 + len(COMMANDS)
    assert '"*/Static/*"' in done.stdout  # patterns are not eaten as markup


def test_every_command_has_json_and_help(unisono: Callable[..., object]) -> None:
    from unisono.cli.main import app

    names = [name for name in app if not name.startswith("-")]
    assert sorted(names) == sorted(COMMANDS)
    for command in COMMANDS:
        run = unisono(command, "--help")
        assert run.status == 0 and "--json" in run.out, command


def test_the_package_is_a_program_of_its_own() -> None:
    source = str(Path(entry.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "unisono", "nonsense"],
        env=os.environ | {"PYTHONPATH": source}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("unisono nonsense: ") and done.stderr.count("\n") == 1


def test_nothing_asked_prints_the_commands(unisono: Callable[..., object]) -> None:
    run = unisono()
    assert run.status == 0 and "describe" in run.out


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["describe", "a.c3d", "--nonsense"], ["generate", "m"], ["train"],
     ["generate", "m", "f", "--out", "x.mot", "--samples", "many"]],
)  # fmt: skip
def test_wrong_words_are_the_users_to_mend(
    unisono: Callable[..., object], words: list[str]
) -> None:
    assert unisono(*words).complaint.startswith("unisono ")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["import", "lab"], "Give --out OUT; unisono import --help says what it is."),
        (["generate", "m", "f", "--out"], "Give --out OUT; unisono generate --help says"),
        (["train"], "Give RECIPE; unisono train --help says"),
        (["describe", "f", "--subject"], "Give --subject SUBJECT; unisono describe --help says"),
    ],
)
def test_what_is_missing_comes_with_its_remedy(
    unisono: Callable[..., object], words: list[str], remedy: str
) -> None:
    assert remedy in unisono(*words).complaint


def test_our_own_defects_keep_their_traceback(
    unisono: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from unisono import api

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(api, "describe", broken)
    with pytest.raises(ZeroDivisionError):  # Python then exits with 1
        unisono("describe", tmp_path / "a.c3d")


def test_interrupting_says_so(
    unisono: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from unisono import api

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "describe", interrupted)
    run = unisono("describe", tmp_path / "a.c3d")
    assert (run.status, run.err) == (130, "unisono describe: stopped.\n")


def test_public_names_of_the_package() -> None:
    import unisono
    from unisono import api

    assert all(getattr(unisono, name) is getattr(api, name) for name in unisono.__all__)
    assert set(unisono.__all__) <= set(dir(unisono))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        unisono.nothing  # noqa: B018 - looking it up is the test
