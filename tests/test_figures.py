"""Figures: light, the same on every run, nothing that clashes on a page, a text for each."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from seqcourse import figures
from seqcourse.data import Sample

ALT = "A line that rises & falls, from left to right"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    caught: list[dict[str, str]] = []
    monkeypatch.setattr(figures, "display", lambda data, raw: caught.append(data))
    return caught


def _line(value: float = 1.0) -> Figure:
    figure, axes = figures.subplots()
    axes.plot(np.arange(300), value * np.random.default_rng(0).normal(size=300), label="x")
    axes.fill_between([0, 9], [0, 1], alpha=0.25)
    axes.set(xlabel="year", yticks=[-0.25, 0.25], title="Title")
    axes.legend()
    return figure


def test_a_figure_is_shown_in_three_forms(shown: list[dict[str, str]]) -> None:
    figures.show(_line(), alt=ALT)
    assert sorted(shown[0]) == ["image/png", "image/svg+xml", "text/plain"]
    assert shown[0]["text/plain"] == f"<Figure: {ALT}>"
    root = ElementTree.fromstring(shown[0]["image/svg+xml"])
    assert (root.get("role"), root.get("aria-label")) == ("img", ALT)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    box = [float(number) for number in root.get("viewBox", "").split()]
    assert width / height == pytest.approx(box[2] / box[3], rel=0.01)
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith("}text")]
    assert "−0.25" in texts and "Title" in texts  # text stays text, and is not rounded
    assert "opacity:0.25" in shown[0]["image/svg+xml"]


def test_a_figure_is_light_and_the_same_again(shown: list[dict[str, str]]) -> None:
    for _ in range(2):
        figures.show(_line(), alt=ALT)
    assert shown[0] == shown[1]
    assert len(shown[0]["image/svg+xml"]) < 6_000
    assert len(shown[0]["image/png"]) < 25_000


def _marked(value: float = 1.0) -> Figure:
    """With ids: of a mark that comes again, and of a frame that cuts."""
    figure = _line(value)
    figure.axes[0].scatter(range(9), range(9))
    figure.axes[0].set(xlim=(2, 5))
    return figure


def test_no_id_clashes_on_a_page(shown: list[dict[str, str]]) -> None:
    figures.show(_marked(), alt=ALT)
    figures.show(_marked(), alt=f"{ALT}, again")
    page = "".join(data["image/svg+xml"] for data in shown)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert ids and len(ids) == len(set(ids))
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', page))
    assert used <= set(ids)


def test_an_image_is_the_same_again(shown: list[dict[str, str]]) -> None:
    """matplotlib gives every image a name drawn by lot."""
    for _ in range(2):
        figure, axes = figures.subplots()
        axes.imshow(np.eye(3))
        axes.set(xlabel='id="mine"')
        figures.show(figure, alt=ALT)
    svg = shown[0]["image/svg+xml"]
    assert shown[0] == shown[1]
    assert "<image" in svg and not re.search(r"<image[^>]* id=", svg)
    assert 'id="mine"' in unescape(svg)  # a text is left alone


def test_inline_takes_the_pages_colours(shown: list[dict[str, str]]) -> None:
    figures.show(_line(), alt=ALT)
    svg = figures.inline(shown[0]["image/svg+xml"])
    assert "currentColor" in svg
    colours = set(re.findall(r"#[0-9a-f]{6}", svg))
    assert colours <= {colour.lower() for colour in figures.PALETTE} | {"#cccccc"}


def _luminance(colour: str) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], parts))


@pytest.mark.parametrize("colour", figures.PALETTE)
@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_a_line_stands_out_on_light_and_dark(colour: str, page: str) -> None:
    one, other = sorted([_luminance(colour), _luminance(page)])
    assert (other + 0.05) / (one + 0.05) >= 3


def test_shades_begin_with_the_page_itself() -> None:
    """Transparent, in the end's own colour: no grey on the way, on any page."""
    first, last = figures.SHADES(0.0), figures.SHADES(1.0)
    assert first[3] == 0 and last[3] == 1 and first[:3] == last[:3] == to_rgb(figures.PALETTE[5])


def test_labels_are_legible_on_a_telephone(shown: list[dict[str, str]]) -> None:
    """9 pixels or more where a page of 375 pixels leaves 343 to a figure of the default width."""
    figures.show(_line(), alt=ALT)
    svg = shown[0]["image/svg+xml"]
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:([\d.]+)px", svg)]
    box = re.search(r'viewBox="0 0 ([\d.]+)', svg)
    assert box is not None
    assert min(sizes) * 343 / float(box[1]) >= 9


def test_frames_are_images_with_a_text_each(shown: list[dict[str, str]]) -> None:
    figures.frames(
        _marked, [0.5, 1, 2], label="radius r", alt="A line of radius {value}, left & right"
    )
    html = shown[0]["text/html"]
    assert shown[0]["text/plain"].startswith("<Frames: radius r = 0.5 … 2.")
    assert re.findall(r'alt="A line of radius ([\d.]+),', html) == ["0.5", "1", "2"]
    assert re.findall(r"data-frame style=\"display:(\w+)", html) == ["block", "none", "none"]
    assert 'aria-valuetext="0.5"' in html and 'data-values="0.5|1|2"' in html
    svgs = [
        unquote(unescape(data)) for data in re.findall(r'src="data:image/svg\+xml,([^"]*)"', html)
    ]
    for svg in svgs:
        ElementTree.fromstring(svg)
    assert figures.inline(html).count("<svg ") == len(set(svgs)) == 3
    ids = re.findall(r"""\bid=["']([^"']*)""", figures.inline(html))
    assert len(ids) > 3 and len(ids) == len(set(ids))


def test_frames_may_start_anywhere(shown: list[dict[str, str]]) -> None:
    alt = "A line of radius {value}, left to right"
    figures.frames(_line, [0.5, 1, 2], label="radius r", alt=alt, start=1)
    html = shown[0]["text/html"]
    assert re.findall(r"data-frame style=\"display:(\w+)", html) == ["none", "block", "none"]
    assert 'value="1"' in html and 'aria-valuetext="1"' in html and ">1</output>" in html
    assert shown[0]["text/plain"] == (
        "<Frames: radius r = 0.5 … 2. A line of radius 1, left to right>"
    )
    with pytest.raises(ValueError, match=r"start=3: give one of the values, \[1, 2\]"):
        figures.frames(_line, [1, 2], label="n", alt=alt, start=3)


@pytest.mark.parametrize("count", [0, 16])
def test_frames_are_few(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} values; it takes 1 to 15"):
        figures.frames(_line, range(count), label="n", alt="A line that rises for {value} of n")


def test_a_figure_without_a_text_is_refused(shown: list[dict[str, Any]]) -> None:
    for call in (
        lambda: figures.show(_line(), alt="A plot."),
        lambda: figures.frames(_line, [1], label="n", alt="A plot."),
    ):
        with pytest.raises(ValueError, match="too short"):
            call()
    assert not shown


def _sample(kind: str, excerpt: object, name: str = "a set") -> Sample:
    return Sample(name, "load()", kind, excerpt, "a thing", "9", "package", "MIT", (1,))  # type: ignore[arg-type]


def test_samples_draw_every_kind(shown: list[dict[str, str]]) -> None:
    rest = np.full(8, np.nan)
    figures.samples(
        [
            _sample("line", [1, 2, np.nan, 4]),
            _sample("line", np.arange(5000), "long"),
            _sample("text", ("one line", "another that is longer than a panel")),
            _sample("image", np.eye(3), "grey"),
            _sample("image", np.full((2, 2, 3), 0.2), "dark"),
            _sample("roll", np.array([[60, 60, 62, np.nan, 62, 60, 60, 60], rest])),
            _sample("strokes", (np.array([[0, 0], [1, 2]]), np.array([[3, 3], [4, 4]]))),
        ]
    )
    svg = shown[0]["image/svg+xml"]
    assert "<image" not in svg and len(svg) < 25_000
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter()]
    assert {"long", "one line", "another that is", "longer than a"} <= set(texts)
    assert shown[0]["text/plain"].startswith(
        "<Figure: 7 small panels, one for each data set: a set"
    )
    assert svg.count("fill:#333333") == 1  # one area, however many pixels have its colour


def test_a_long_line_keeps_its_peaks(shown: list[dict[str, str]]) -> None:
    values = np.zeros(10_000)
    values[4321] = 1.0
    figures.samples([_sample("line", values)])
    path = max(re.findall(r' d="([^"]*)"', shown[0]["image/svg+xml"]), key=len)
    heights = {float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path)}
    assert len(heights) == 2


def test_samples_refuse(shown: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="got none"):
        figures.samples([])
    with pytest.raises(ValueError, match="kind='cube'; it draws line, text, image, roll, strokes"):
        figures.samples([_sample("cube", ())])
    assert not shown


def test_a_diagram_holds_its_boxes_and_arrows() -> None:
    boxes = {"below": (0.0, 0.0), "above": (0.0, 1.0), "beside": (2.0, 0.0)}
    arrows = [("below", "above"), ("below", "beside")]
    figure, axes = figures.diagram(boxes, arrows, skips=[("below", "above")])
    assert [text.get_text() for text in axes.texts][:3] == list(boxes)
    up, across, round_ = axes.texts[3:]
    assert up.get_position() == (0.0, 0.25) and up.xy == (0.0, 0.75)  # from edge to edge
    assert across.get_position() == (0.5, 0.0) and across.xy == (1.5, 0.0)
    assert round_.get_position()[0] == round_.xy[0] == -0.5  # the outer side
    assert len(axes.patches) == 3 and isinstance(figure, Figure)
    more = boxes | {"on top": (2.0, 1.0)}
    outer = figures.diagram(more, [], skips=[("beside", "on top")])[1].texts[4]
    assert outer.get_position()[0] == outer.xy[0] == 2.5
    down = figures.diagram(boxes, [("above", "below")])[1].texts[3]
    assert down.get_position() == (0.0, 0.75) and down.xy == (0.0, 0.25)


@pytest.mark.parametrize(("boxes", "arrows"), [({}, []), ({"a": (0.0, 0.0)}, [("a", "b")])])
def test_a_diagram_without_ends_is_refused(boxes: Any, arrows: Any) -> None:
    with pytest.raises(ValueError, match="name both ends"):
        figures.diagram(boxes, arrows)
