"""Mirrors src/unisono/studio/shell.py."""

import hashlib
import json
import re
from pathlib import Path

from unisono.studio.shell import DOCUMENT, script, stylesheet

REPOSITORY = Path(__file__).parents[2]


def test_the_built_page_belongs_to_its_sources() -> None:
    page = REPOSITORY / "page"
    names = [f"{home}/{f.name}" for home in ("src", "studio") for f in (page / home).iterdir()]
    names += ["package-lock.json", "package.json", "vite.studio.config.js"]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + (page / name).read_bytes() + b"\0")
    built = REPOSITORY / "src" / "unisono" / "studio" / "page" / "studio.json"
    sealed = json.loads(built.read_text())["sources"]
    assert sealed == digest.hexdigest(), "run `npm ci && npm run build` in page/"


def test_nothing_is_fetched_from_elsewhere() -> None:
    places = re.findall(r"""(?:src|href)="([^"]*)\"""", DOCUMENT)
    assert set(places) == {"data:,", "/studio.css", "/studio.js"}
    assert "<script>" not in DOCUMENT and "style=" not in DOCUMENT
    css = stylesheet()
    assert "url(" not in css and "@import" not in css and "http" not in css
    code = script()
    assert "eval(" not in code and "new Function" not in code and ".innerHTML" not in code
    assert len(code) < 300_000
