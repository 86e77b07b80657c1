"""The tests of the pages can fail: each helper meets a page that is wrong in its way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

HEAD = "<!doctype html><html lang=en><head><meta charset=utf-8><title>t</title>"
HEAD += "<link rel=icon href=data:,></head><body><main><h1>t</h1><article>"
TAIL = "</article></main></body></html>"
PAGES = {
    "good": "<p>Fine. <code>:::{note}</code> <img alt='A red dot' src='data:,'></p>",
    "outside": "<img alt=x src='https://example.org/x.png'>",
    "script": "<script>fetch('http://localhost:9/x').catch(() => 0)</script>",
    "thrown": "<script>throw new Error('broken')</script>",
    "console": "<script>console.error('said')</script>",
    "missing": "<img alt=x src='no-such.png'>",
    "contrast": "<p style='color:#aaa;background:#fff'>pale</p>",
    "dark": "<style>@media (prefers-color-scheme: dark) {p {background: #222}}</style><p>dim</p>",
    "wide": "<div style='width:500px'>wide</div>",
    "directive": "<p>:::{note}</p>",
    "role": "<p>see {eq}`eq-ar` and {cite:t}`yule`</p>",
    "target": "<p>(sec-one)=</p>",
    "tex": "<p>the \\phi of $$x$$</p>",
    "unnamed": "<svg width=10 height=10><rect width=10 height=10 /></svg>",
    "nameless": "<img src='x.svg' style='width:10px;height:10px'>",
    "shift": "<p id=a></p>"
    + "<p>text</p>" * 30
    + "<script>setTimeout(() => a.style.height='400px', 150)</script>",
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory, served) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("bad")
    for name, body in PAGES.items():
        (folder / f"{name}.html").write_text(HEAD + body + TAIL, "utf-8")
    with served(folder) as address:
        yield address


def test_a_good_page_passes(examine, bad) -> None:
    seen = examine(f"{bad}good.html", "light", 375)
    assert (seen.outside, seen.errors, seen.raw, seen.unnamed) == ([], [], [], [])
    assert seen.findings == {}
    assert seen.width <= 375 and seen.shift < 0.01


def test_requests_that_leave_are_seen(examine, bad) -> None:
    assert examine(f"{bad}outside.html").outside == ["https://example.org/x.png"]
    assert examine(f"{bad}script.html").outside == ["http://localhost:9/x"]


@pytest.mark.parametrize("name", ["thrown", "console", "missing"])
def test_errors_are_seen(examine, bad, name) -> None:
    assert len(examine(f"{bad}{name}.html").errors) == 1


def test_contrast_is_judged_in_the_theme_asked_for(examine, bad) -> None:
    assert "color-contrast" in examine(f"{bad}contrast.html").findings
    assert "color-contrast" not in examine(f"{bad}dark.html", "light").findings
    assert "color-contrast" in examine(f"{bad}dark.html", "dark").findings


def test_sideways_scroll_is_seen(examine, bad) -> None:
    assert examine(f"{bad}wide.html", "light", 375).width > 375


@pytest.mark.parametrize("name", ["directive", "role", "target", "tex"])
def test_markup_left_is_seen(examine, bad, name) -> None:
    assert examine(f"{bad}{name}.html").raw != []


@pytest.mark.parametrize("name", ["unnamed", "nameless"])
def test_pictures_without_a_name_are_seen(examine, bad, name) -> None:
    assert len(examine(f"{bad}{name}.html").unnamed) == 1


def test_layout_shift_is_seen(examine, bad) -> None:
    assert examine(f"{bad}shift.html").shift > 0.1
