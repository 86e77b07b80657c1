"""The lean SVG: the same marks in the same places as matplotlib's, said once."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

from seqcourse import figures
from seqcourse.svg import lean

SVG = "{http://www.w3.org/2000/svg}"
INK = f"fill:{figures.INK}"


def drawn(draw: Callable[[Any], object]) -> str:
    """What matplotlib writes of a small figure."""
    figure, axes = figures.subplots()
    draw(axes)
    buffer = io.StringIO()
    with matplotlib.rc_context(figures._STYLE):
        figure.savefig(buffer, format="svg")
    return buffer.getvalue()


def made(draw: Callable[[Any], object], quote: str = '"') -> ElementTree.Element:
    return ElementTree.fromstring(lean(drawn(draw), "A label", "me", quote))


def style_of(root: ElementTree.Element, node: ElementTree.Element) -> dict[str, str]:
    """As a browser hands it down, without the page's own."""
    above = {child: parent for parent in root.iter() for child in parent}
    line = [node]
    while line[-1] in above:
        line.append(above[line[-1]])
    return {
        name: value
        for one in reversed(line)
        for name, _, value in (part.partition(":") for part in one.get("style", "").split(";"))
    }


def paths(root: ElementTree.Element, stroke: str) -> list[str]:
    return [
        node.get("d", "")
        for node in root.iter(f"{SVG}path")
        if style_of(root, node).get("stroke") == stroke
    ]


def test_a_line_keeps_its_place_and_its_look() -> None:
    def draw(axes: Any) -> None:
        axes.plot([1, 4, 2], color="#d55e00", linewidth=3, alpha=0.5)
        axes.plot([2, 2, 4], color="#009e73", linestyle="--")

    root = made(draw)
    (d,) = re.findall(r'd="([^"]*)"[^>]*style="[^"]*#d55e00', drawn(draw))
    (mine,) = paths(root, "#d55e00")

    def numbers(path: str) -> list[float]:
        return [float(number) for number in re.findall(r"-?[\d.]+", path)]

    assert numbers(mine) == pytest.approx(numbers(d), abs=0.051)
    styles = [style_of(root, node) for node in root.iter(f"{SVG}path")]
    (first,) = (style for style in styles if style.get("stroke") == "#d55e00")
    (second,) = (style for style in styles if style.get("stroke") == "#009e73")
    assert (first["stroke-width"], first["stroke-opacity"], first["fill"]) == ("3", "0.5", "none")
    assert (second["stroke-width"], second["fill"]) == ("1.5", "none")
    assert "stroke-dasharray" in second and "stroke-dasharray" not in first
    assert "stroke-opacity" not in second


def test_ticks_and_frame_of_one_colour_are_few_paths() -> None:
    root = made(lambda axes: axes.set(xticks=range(9), yticks=range(9)))
    ink = paths(root, figures.INK)
    assert len(ink) <= 2  # the ticks; the frame, whose ends are square
    assert sum(d.count("M") for d in ink) == 9 + 9 + 2


def test_texts_keep_words_places_and_angle() -> None:
    def draw(axes: Any) -> None:
        axes.set(xlabel="a & b", ylabel="up", xscale="log", xlim=(1, 1000), title="T<1")

    root = made(draw)
    texts = {"".join(node.itertext()): node for node in root.iter(f"{SVG}text")}
    assert {"a & b", "up", "T<1", "100", "103"} <= set(texts)  # the last two are powers of ten
    assert texts["up"].get("transform", "").startswith("rotate(-90 ")
    assert style_of(root, texts["a & b"])["text-anchor"] == "middle"
    ten, three = texts["103"]
    assert (ten.text, three.text) == ("10", "3") and len(ten.get("x", "").split()) == 2
    assert style_of(root, three)["font-size"] != style_of(root, ten)["font-size"] == "11px"


def test_only_what_reaches_out_is_clipped() -> None:
    inside = made(lambda axes: axes.plot([1, 2, 3]))
    assert not list(inside.iter(f"{SVG}clipPath"))

    def draw(axes: Any) -> None:
        axes.plot([1, 2, 3], color="#d55e00")
        axes.plot([1.5, 2, 1.5], color="#009e73")
        axes.set(ylim=(1.2, 2.1))

    text = lean(drawn(draw), "A label", "me")
    root = ElementTree.fromstring(text)
    (frame,) = root.iter(f"{SVG}clipPath")
    cut = [node for node in root.iter() if node.get("clip-path") == f"url(#{frame.get('id')})"]
    assert len(cut) == 1 and "#d55e00" in ElementTree.tostring(cut[0], "unicode")
    assert "#009e73" not in ElementTree.tostring(cut[0], "unicode")


def test_marks_of_two_colours_stay_one_above_the_other() -> None:
    def draw(axes: Any) -> None:
        for height, colour in enumerate(["#d55e00", "#009e73", "#d55e00"]):
            axes.bar([0], [3 - height], color=colour)

    root = made(draw)
    fills = [style_of(root, node)["fill"] for node in root.iter(f"{SVG}path")]
    assert [fill for fill in fills if fill in ("#d55e00", "#009e73")] == [
        "#d55e00",
        "#009e73",
        "#d55e00",
    ]


def test_a_mark_that_comes_again_is_defined_once() -> None:
    root = made(lambda axes: axes.scatter(range(9), range(9), color="#d55e00"))
    uses = list(root.iter(f"{SVG}use"))
    assert len(uses) == 9 and len({use.get("href") for use in uses}) == 1
    assert all(style_of(root, use)["fill"] == "#d55e00" for use in uses)
    defined = {node.get("id") for node in root.iter() if node.get("id")}
    assert {use.get("href") for use in uses} == {f"#{name}" for name in defined}


def test_a_hatch_goes_along() -> None:
    root = made(lambda axes: axes.bar([0], [1], hatch="//", color="#d55e00"))
    (pattern,) = root.iter(f"{SVG}pattern")
    fills = [style_of(root, node).get("fill") for node in root.iter(f"{SVG}path")]
    assert f"url(#{pattern.get('id')})" in fills


@pytest.mark.parametrize("clear", [1.0, 0.5])
def test_a_bitmap_keeps_its_pixels(clear: float) -> None:
    values = np.random.default_rng(0).random((20, 30))
    colours = matplotlib.colormaps["viridis"](values, alpha=clear)
    text = drawn(lambda axes: axes.imshow(colours, interpolation="none"))
    sizes, pixels = [], []
    for svg in (text, lean(text, "A label", "me")):
        (data,) = re.findall(r"data:image/png;base64,([^\"]*)", svg)
        sizes.append(len(data))
        picture = Image.open(io.BytesIO(base64.b64decode(data)))
        pixels.append(np.asarray(picture.convert("RGBA")))
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert sizes[1] < 0.8 * sizes[0]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_in_texts_do_no_harm(quote: str) -> None:
    words = """it's "so" """.strip()
    text = lean(drawn(lambda axes: axes.set(title=words)), words, "me", quote)
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == words
    assert words in ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    other = {"'": '"', '"': "'"}[quote]
    assert not re.search(rf"<[^>]*={other}", text)


def test_its_size_is_known_before_it_is_drawn() -> None:
    root = made(lambda axes: axes.plot([1, 2]))
    assert (root.get("width"), root.get("height")) == ("557", "250")
    assert root.get("viewBox") == "0 0 417.6 187.2"


def test_what_it_does_not_know_is_not_dropped() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1">'
    with pytest.raises(ValueError, match="no <circle>"):
        lean(f"{svg}<circle/></svg>", "A label", "me")
    with pytest.raises(ValueError, match="no filter"):
        lean(f'{svg}<path style="filter: blur(1px)" d="M0 0L1 1"/></svg>', "A label", "me")
