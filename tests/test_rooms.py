"""The rooms of the library import one way only, and the disk looks as the README says."""

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "src" / "unisono"
FLOORS = {
    "core": 1,
    "recordings": 2,
    "networks": 2,
    "processes": 2,
    "alignment": 2,
    "simulators": 3,
    "codecs": 3,
    "evaluation": 3,
    "editing": 4,
    "viewing": 4,
    "methods": 5,
    "training": 6,
    "api": 7,
    "experiments": 8,
    "cli": 10,  # it opens the studio
    "studio": 9,
}
HIDDEN = {  # these rooms know methods only through core.contracts, or through api
    "training": "methods",
    "evaluation": "methods",
    "experiments": "methods",
    "cli": "methods",
    "studio": "methods",
}


def imported_rooms(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module]
            if module == "unisono":
                names = [f"unisono.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("unisono.")}
    return found & set(FLOORS)


def room_of(file: Path) -> str:
    first = file.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def modules() -> list[Path]:
    return sorted(f for f in SOURCE.rglob("*.py") if room_of(f) not in {"__init__", "__main__"})


def test_every_folder_is_a_known_room() -> None:
    assert {room_of(f) for f in modules()} <= set(FLOORS)


def test_imports_point_down_only() -> None:
    wrong = []
    for file in modules():
        room = room_of(file)
        for other in imported_rooms(file) - {room}:
            if FLOORS[other] >= FLOORS[room] or HIDDEN.get(room) == other:
                wrong.append(f"{file.relative_to(SOURCE)} imports {other}")
    assert not wrong, "\n".join(wrong)


def test_every_module_has_its_test() -> None:
    tests = REPOSITORY / "tests"
    missing = [
        str(f.relative_to(SOURCE))
        for f in modules()
        if f.name not in {"__init__.py", "__main__.py"}
        and not (tests / f.relative_to(SOURCE).parent / f"test_{f.name}").exists()
    ]
    assert not missing, missing


def test_every_module_stays_short_and_says_what_it_is() -> None:
    wrong = []
    for file in SOURCE.rglob("*.py"):
        text = file.read_text()
        if text.count("\n") > 400:
            wrong.append(f"{file.relative_to(SOURCE)} is longer than 400 lines")
        if not ast.get_docstring(ast.parse(text)):
            wrong.append(f"{file.relative_to(SOURCE)} has no docstring")
    assert not wrong, "\n".join(wrong)


def test_the_tree_in_the_readme_is_the_disk() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    tree = readme.split("src/unisono/", 1)[1].split("```", 1)[0]
    named = set(re.findall(r"^\s+([a-z]+)(?:/|\.py)\s", tree, flags=re.MULTILINE))
    on_disk = {room_of(f) for f in modules()}
    assert named == on_disk
