"""Every link inside the site arrives: at a page that exists, and at a place on it."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

HTML = Path(__file__).resolve().parents[2] / "_build" / "html"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids |= {value for key in ("id", "name") if (value := values.get(key))}
        for key in ("href", "src"):
            if link := values.get(key):
                self.links.append(link)


@cache
def read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def broken(path: Path, root: Path) -> list[str]:
    """The links of a page that stay inside the site and lead nowhere."""
    lost = []
    for link in read(path).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        inside = target.is_file() and target.is_relative_to(root)
        anchored = parts.fragment and target.suffix == ".html"
        if not inside or (anchored and unquote(parts.fragment) not in read(target).ids):
            lost.append(link)
    return lost


def test_links_arrive(page_name) -> None:
    assert broken((HTML / page_name).resolve(), HTML.resolve()) == []


@pytest.mark.parametrize("link", ["no.html", "good.html#nowhere", "#nowhere", "../../up.html"])
def test_a_broken_link_is_seen(tmp_path: Path, link: str) -> None:
    (tmp_path / "good.html").write_text("<p id=here>", "utf-8")
    page = tmp_path / f"bad{abs(hash(link))}.html"
    page.write_text(f"<a href='good.html#here'></a><a href='{link}'></a>", "utf-8")
    assert broken(page, tmp_path) == [link]
