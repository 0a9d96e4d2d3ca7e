"""The studio's page: one document, one script, one stylesheet, all of this package."""

import gzip
from functools import cache
from importlib.resources import files

__all__ = ["DOCUMENT", "script", "stylesheet"]

DOCUMENT = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<title>Unisono studio</title><link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="/studio.css"></head>'
    '<body><noscript>The studio needs JavaScript.</noscript><script src="/studio.js"></script>'
    "</body></html>\n"
)
"""The document; all else is made by the script."""


@cache
def script() -> str:
    """The built script."""
    packed = files("unisono.studio").joinpath("page", "studio.js.gz").read_bytes()
    return gzip.decompress(packed).decode("utf-8")


@cache
def stylesheet() -> str:
    """The built stylesheet."""
    return files("unisono.studio").joinpath("page", "studio.css").read_text(encoding="utf-8")
