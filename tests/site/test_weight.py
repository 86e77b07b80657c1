"""What a reader fetches for a page, and whether its pictures have their place before they come.

Bytes are those the browser's own list of what it fetched has, uncompressed: a server that
compresses sends a quarter. How soon the first text stood there is reported, never asserted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = 1_500_000
BEFORE_FIGURES = 400_000

FETCHED = """() => ['navigation', 'resource']
  .flatMap(kind => performance.getEntriesByType(kind))
  .map(one => [new URL(one.name).pathname.slice(1), one.decodedBodySize,
    one.entryType == 'navigation' || one.renderBlockingStatus == 'blocking'])"""
FIRST_TEXT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

# A picture in the page's own text, or as the address of an image.
PICTURE = re.compile(rb"<svg\b.*?</svg>|\bdata:image/[^\"')\s]*", re.DOTALL)

# What has no width and height of its own, or others than the picture has, has no place until
# then. Icons are left out, and the images that only carry a script (`data:,`).
WITHOUT_SIZE = """() => [...document.querySelectorAll(
  'article :is(img:not([src="data:,"]), svg, canvas, video)'
)].filter(one => {
  if (one.closest('mjx-container, svg svg, button, a')) return false;
  const [width, height] = ['width', 'height'].map(side => parseFloat(one.getAttribute(side)));
  if (!(width > 0 && height > 0)) return true;
  if (one.tagName != 'IMG') return false;
  return Math.abs(one.naturalWidth / one.naturalHeight / (width / height) - 1) > 0.01;
}).map(one => one.outerHTML.slice(0, 200))"""

Reading = Callable[..., tuple[Any, Any]]


def fetched(page: Any) -> dict[str, tuple[int, bool]]:
    """Of each file that a page fetched its bytes, and whether the text had to wait for it."""
    return {name: (size, waits) for name, size, waits in page.evaluate(FETCHED)}


def before_figures(files: dict[str, tuple[int, bool]], root: Path) -> int:
    """Bytes of all that the text waits for: the page without its pictures, sheets, some scripts.

    Formulas stand as TeX until MathJax, which nothing waits for, has set them.
    """
    pictures = sum(
        len(found)
        for name in files
        if name.endswith(".html")
        for found in PICTURE.findall((root / name).read_bytes())
    )
    return sum(size for size, waits in files.values() if waits) - pictures


ROOT = Path(__file__).resolve().parents[2] / "_build" / "html"


def test_a_page_is_light(
    reading: Reading, site: str, page_name: str, record_property: Callable[[str, object], None]
) -> None:
    page, _ = reading(site + page_name)
    files = fetched(page)
    first = files[page_name][0]
    assert first == (ROOT / page_name).stat().st_size  # the browser tells whole sizes
    whole, before = sum(size for size, _ in files.values()), before_figures(files, ROOT)
    record_property("bytes", whole)
    record_property("bytes before figures", before)
    if (first_text := page.evaluate(FIRST_TEXT)) is not None:  # a covered window paints nothing
        record_property("first text, ms", first_text)
    heaviest = sorted(files.items(), key=lambda one: -one[1][0])[:5]
    assert first / 3 < before <= BEFORE_FIGURES, heaviest
    assert before < whole <= PAGE, heaviest


def test_pictures_have_their_place_before_they_come(
    reading: Reading, site: str, page_name: str
) -> None:
    """Then nothing moves when they do. What formulas move is in test_pages."""
    page, _ = reading(site + page_name)
    assert page.evaluate(WITHOUT_SIZE) == []


def test_formulas_are_fetched_only_where_there_are_any(
    reading: Reading, site: str, page_name: str
) -> None:
    page, _ = reading(site + page_name)
    asked = [name for name in fetched(page) if "mathjax" in name]
    assert bool(asked) == (page.locator(".math").count() > 0)


@pytest.fixture
def heavy(tmp_path: Path, served: Any, visit: Any) -> Any:
    """Opens a page of one's own beside a style sheet of 1,000 bytes and a script of 2,000."""
    (tmp_path / "it.css").write_text("p{}" + " " * 997)
    (tmp_path / "now.js").write_text("1;" + " " * 1998)
    (tmp_path / "later.js").write_text("1;" + " " * 3998)

    def opened(body: str, look: Callable[[Any], Any]) -> Any:
        head = "<title>t</title><link rel=icon href=data:,><link rel=stylesheet href=it.css>"
        head += "<script src=now.js></script><script defer src=later.js></script>"
        (tmp_path / "page.html").write_text(f"<!DOCTYPE html>{head}<body><article>{body}")
        with served(tmp_path) as address, visit(address + "page.html") as (page, _):
            return look(page)

    return opened


def test_bytes_are_counted_as_they_are_fetched(heavy: Any, tmp_path: Path) -> None:
    svg = f"<svg width=9 height=9><desc>{'x' * 500}</desc></svg>"
    files = heavy(f"<p>text</p>{svg}", fetched)
    page = (tmp_path / "page.html").stat().st_size
    assert files == {
        "page.html": (page, True),
        "it.css": (1000, True),
        "now.js": (2000, True),
        "later.js": (4000, False),
    }
    assert before_figures(files, tmp_path) == page + 3000 - len(svg)


IMAGE = "data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 "
IMAGE += "width=%2290%22 height=%2290%22/>"


@pytest.mark.parametrize(
    ("picture", "good"),
    [
        ("<svg width=90 height=90><g/></svg>", True),
        ("<svg width=90 height=90 viewBox='0 0 9 9' style='height:auto'><g/></svg>", True),
        ("<svg viewBox='0 0 9 9'><g/></svg>", False),
        ("<svg width=90><g/></svg>", False),
        ("<canvas></canvas>", False),
        (f"<img alt=x src='{IMAGE}'>", False),
        (f"<img alt=x width=40 height=40 src='{IMAGE}'>", True),
        (f"<img alt=x width=40 height=90 src='{IMAGE}'>", False),
    ],
)
def test_a_picture_without_a_place_is_noticed(heavy: Any, picture: str, good: bool) -> None:
    found = heavy(f"<p>text</p>{picture}", lambda page: page.evaluate(WITHOUT_SIZE))
    assert (found == []) is good
