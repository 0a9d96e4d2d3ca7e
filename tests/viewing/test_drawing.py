"""Mirrors src/unisono/viewing/drawing.py."""

import io
import re
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.image import imread

from unisono.viewing.drawing import draw, to_png, to_svg
from unisono.viewing.palette import COLOURS


def paint(figure: Figure) -> None:
    axes = figure.add_subplot()
    axes.plot([0, 1], [1, 2], "o-", color=COLOURS["blue"].light)
    axes.set_title("a < b & c")


def test_svg_is_well_formed_and_takes_its_colours_from_the_page() -> None:
    text = to_svg(draw(paint, 3, 2), name="one", label='a "quoted" <name>')
    root = ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))
    assert root.get("aria-label") == 'a "quoted" <name>'
    assert "var(--blue)" in text
    assert not re.search(r"#(?!one-)[0-9a-f]{6}\b", text)
    assert "font-family" not in text
    assert "<style" not in text


def test_dollars_in_a_name_are_no_formula() -> None:
    def name(figure: Figure) -> None:
        figure.add_subplot().set_title("$F_z$ and $F_$")  # no formula could end like this

    drawn = draw(name, 3, 2)
    assert "$F_z$ and $F_$" in to_svg(drawn, name="one", label="")
    assert to_png(drawn)


def test_ids_do_not_meet_on_one_page() -> None:
    texts = [to_svg(draw(paint, 3, 2), name=n, label="") for n in ("one", "two")]
    ids = [set(re.findall(r'id="([^"]*)"', text)) for text in texts]
    assert not ids[0] & ids[1]
    for text, known in zip(texts, ids, strict=True):
        used = re.findall(r'(?:url\(#|href="#)([^)"]*)', text)
        assert used
        assert set(used) <= known


def test_same_figure_same_bytes_and_settings_are_left_alone() -> None:
    before = dict(mpl.rcParams)
    assert to_svg(draw(paint, 3, 2), name="a", label="") == to_svg(
        draw(paint, 3, 2), name="a", label=""
    )
    assert to_png(draw(paint, 3, 2)) == to_png(draw(paint, 3, 2))
    assert dict(mpl.rcParams) == before


def test_png_has_white_paper() -> None:
    picture = imread(io.BytesIO(to_png(draw(paint, 3, 2), dots_per_inch=50)))
    assert picture.shape[:2] == (100, 150)
    assert (picture[0, 0] == 1).all()
