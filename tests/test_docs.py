"""The pages of docs/ are true: their code runs, their commands parse, their links lead somewhere.

In a page, every ``python`` block is run, in order, in one namespace and in an empty folder. A line
``unisono ...`` in a ``sh`` block is parsed by the command line; in a block whose info string is
``sh run`` it is run too, where it stands between the ``python`` blocks, and must exit with 0 (or
with the status that ``sh run=2`` names).
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cyclopts
import pytest

from unisono.cli.main import app, main

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
SOURCE = REPOSITORY / "src" / "unisono"
PAGES = sorted(DOCS.glob("*.md"))
SLOW = {"api", "training", "tutorial-forces", "text-to-motion"}  # they train a model
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block: info string, text, and the line on which the text begins."""

    info: str
    body: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        yield Block(found["info"].strip(), found["body"], text[: found.start("body")].count("\n"))


def commands(body: str) -> list[list[str]]:
    """Words of each ``unisono ...`` line, comments dropped and continued lines joined."""
    lines = body.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("unisono ")]


def name_of(page: Path) -> str:
    return page.stem


PARAMETERS = [
    pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.stem in SLOW else [])
    for page in PAGES
]


@pytest.mark.parametrize("page", PARAMETERS)
def test_code_runs(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__docs__"}
    for block in blocks(page):
        if block.info == "python":
            # blank lines before the code make a traceback name the line of the page
            code = compile("\n" * block.line + block.body, str(page), "exec")
            exec(code, namespace)
        elif block.info.startswith("sh run"):
            wanted = int(block.info.partition("=")[2] or 0)
            for words in commands(block.body):
                assert main(words) == wanted, f"{page.name}, line {block.line}: {words}"


@pytest.mark.parametrize("page", [*PAGES, REPOSITORY / "README.md"], ids=name_of)
def test_commands_parse(page: Path) -> None:
    for block in blocks(page):
        if not block.info.startswith("python"):
            for words in commands(block.body):
                try:
                    app.parse_args(words, exit_on_error=False, print_error=False)
                except cyclopts.CycloptsError as error:
                    pytest.fail(f"{page.name}: unisono {shlex.join(words)}: {error}")


@pytest.mark.parametrize("page", [*PAGES, REPOSITORY / "README.md"], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    missing = [
        target
        for target in LINK.findall(prose)
        if not target.startswith(("http://", "https://", "#", "mailto:"))
        and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert not missing, f"{page.name} links to {missing}"


def test_every_room_has_its_page() -> None:
    rooms = {
        path.stem
        for path in SOURCE.iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }
    assert not rooms - {page.stem for page in PAGES}


def test_every_page_is_linked_from_the_index() -> None:
    linked = set(LINK.findall((DOCS / "index.md").read_text(encoding="utf-8")))
    assert {page.name for page in PAGES} - {"index.md"} <= linked


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_modules_named_exist(page: Path) -> None:
    """``unisono.a.b`` in a page is a module, or a name in one."""
    missing = []
    for dotted in set(re.findall(r"`(unisono(?:\.\w+)+)`", page.read_text(encoding="utf-8"))):
        parts = dotted.split(".")[1:]
        whole, above = SOURCE.joinpath(*parts), SOURCE.joinpath(*parts[:-1])
        found = whole.is_dir() or whole.with_suffix(".py").exists()
        if not found:
            file = above.with_suffix(".py") if len(parts) > 1 else above / "__init__.py"
            file = file if file.exists() else above / "__init__.py"
            found = file.exists() and re.search(rf"\b{parts[-1]}\b", file.read_text()) is not None
        if not found:
            missing.append(dotted)
    assert not missing, f"{page.name} names {missing}"
