"""The tests of the pages can fail: each helper meets a page that is wrong in its way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HEAD = "<!doctype html><html lang=en><head><meta charset=utf-8><title>t</title>"
HEAD += "<link rel=icon href=data:,></head><body><main><h1>t</h1><article>"
PALE = "{color: #ccc}"
DARK = "(prefers-color-scheme: dark)"
SMALL, LARGE = "(max-width: 400px)", "(min-width: 900px)"
SPANS = "<span>one</span> <span>two</span> " * 9
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
    # Code: one word among many is pale, all of them are, or those in one line.
    "word": "<style>.b {color: #ccc}</style><pre>" + SPANS + "<span class=b>pale</span></pre>",
    "words": "<style>span {color: #ccc}</style><pre>" + SPANS + "</pre>",
    "line": "<style>i {background: #aaa}</style><pre style='color:#777'>"
    + SPANS.replace("<span>", "<span style='color:#111'>")
    + "<i>"
    + SPANS.replace("<span>", "<span class=k>")
    + "</i></pre>",
    # One text among many is pale: of itself, or for what it stands on.
    "one": f"<style>p:nth-of-type(7) {PALE}</style>" + "<p>text</p>" * 19,
    "ground": "<style>div:nth-child(7) {background: #444}</style>" + "<div><p>text</p></div>" * 19,
    # A formula that scrolls, and that the keyboard does not reach.
    "formula": "<div style='overflow-x: auto; width: 90px'>"
    + "<mjx-math style='display: inline-block; width: 300px; height: 9px'></mjx-math></div>",
    # Wrong in dark alone: by a class that a script sets, at the end of a fade, on the way, …
    "class": f"<style>.evening p {PALE}</style><p>pale</p><script>"
    + f"const dusk = matchMedia('{DARK}');"
    + "const follow = () => document.body.classList.toggle('evening', dusk.matches);"
    + "dusk.onchange = follow; follow()</script>",
    "fade": f"<style>p {{transition: color 2s}} @media {DARK} {{p {PALE}}}</style><p>pale</p>",
    "dusk": f"<script>matchMedia('{DARK}').onchange = () => fetch('no-such.json')</script>",
    "night": f"<script>if (matchMedia('{DARK}').matches) throw new Error('dark')</script>",
    "owl": f"<style>div {{display: none}} @media {DARK} {{div {{display: block}}}}</style>"
    + "<div style='width:500px'><svg width=9 height=9></svg><button></button></div>",
    # Pale in one window of the four, inside the article or beside it.
    "light-wide": f"<style>@media (prefers-color-scheme: light) and {LARGE} {{p {PALE}}}</style>"
    + "<p>pale</p>",
    "light-narrow": f"<style>@media (prefers-color-scheme: light) and {SMALL} {{p {PALE}}}</style>"
    + "<p>pale</p>",
    "dark-wide": f"<style>@media {DARK} and {LARGE} {{aside {PALE}}}</style>"
    + "</article></main><aside>pale</aside>",
    "dark-narrow": f"<style>@media {DARK} and {SMALL} {{p {PALE}}}</style><p>pale</p>",
    "stuck": "<script>document.documentElement.dataset.theme = 'light'</script>",
    "narrow": "<div style='width:330px'>wide for a small phone</div>",
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


@pytest.mark.parametrize("name", ["word", "words", "line", "one", "ground"])
def test_a_pale_text_among_many_is_seen(examine, bad, name) -> None:
    assert set(examine(f"{bad}{name}.html").findings) == {"color-contrast"}


def test_a_formula_out_of_reach_is_seen(examine, bad) -> None:
    assert set(examine(f"{bad}formula.html").findings) == {"scrollable-region-focusable"}


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("name", ["dark", "class", "fade"])
def test_colours_of_the_dark_are_seen_in_the_dark_alone(examine, bad, name, width) -> None:
    assert examine(f"{bad}{name}.html", "light", width).findings == {}
    assert set(examine(f"{bad}{name}.html", "dark", width).findings) == {"color-contrast"}


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["light-wide", "light-narrow", "dark-wide", "dark-narrow"])
def test_colours_of_one_window_are_seen_in_it_alone(examine, bad, name, theme, width) -> None:
    wrong = name == f"{theme}-{'wide' if width > 900 else 'narrow'}"
    found = examine(f"{bad}{name}.html", theme, width).findings
    assert set(found) == ({"color-contrast"} if wrong else set())


@pytest.mark.parametrize("width", [1280, 375])
def test_what_only_the_dark_shows_is_seen(examine, bad, width) -> None:
    light, dark = (examine(f"{bad}owl.html", theme, width) for theme in ("light", "dark"))
    assert (light.findings, light.unnamed, light.width) == ({}, [], width)
    assert "button-name" in dark.findings and len(dark.unnamed) == 1
    assert width > 500 or dark.width > width


def test_what_a_page_does_in_the_dark_is_seen(examine, bad) -> None:
    assert examine(f"{bad}dusk.html", "light").errors == []
    assert len(examine(f"{bad}dusk.html", "dark").errors) == 1
    assert len(examine(f"{bad}night.html", "dark", 375).errors) == 1


def test_a_page_that_stays_light_is_no_dark_page(examine, bad) -> None:
    with pytest.raises(AssertionError, match="light"):
        examine(f"{bad}stuck.html", "dark")


def test_sideways_scroll_is_seen(examine, bad) -> None:
    assert examine(f"{bad}wide.html", "light", 375).width > 375
    seen = examine(f"{bad}narrow.html", "light", 375)
    assert seen.width <= 375 and seen.narrowest > 320


@pytest.mark.parametrize("name", ["directive", "role", "target", "tex"])
def test_markup_left_is_seen(examine, bad, name) -> None:
    assert examine(f"{bad}{name}.html").raw != []


@pytest.mark.parametrize("name", ["unnamed", "nameless"])
def test_pictures_without_a_name_are_seen(examine, bad, name) -> None:
    assert len(examine(f"{bad}{name}.html").unnamed) == 1


def test_layout_shift_is_seen(examine, bad) -> None:
    assert examine(f"{bad}shift.html").shift > 0.1


# `pytest` in a folder of its own, with the scheduler of this one.
ORDER = """
import os, pytest
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page_name", PAGES)
def test_page(page_name, theme):
    with open("order", "a") as file:
        print(page_name, os.getpid(), file=file)
@pytest.mark.parametrize("chapter", ["01_one", "02_two"])
def test_chapter(chapter):
    test_page(f"chapters/{chapter}.html", "")
"""


def test_one_process_has_all_tests_of_a_page(tmp_path: Path) -> None:
    names = ["chapters/01_one.html", "chapters/02_two.html", "book/a.html", "search.html"]
    hooks = Path(__file__).parents[1].joinpath("conftest.py").read_text("utf-8")
    (tmp_path / "conftest.py").write_text(hooks, "utf-8")
    (tmp_path / "test_order.py").write_text(ORDER.replace("PAGES", repr(names)), "utf-8")
    command = [sys.executable, "-m", "pytest", ".", "-p", "xdist", "-n", "2", "--dist", "loadgroup"]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = [line.split() for line in (tmp_path / "order").read_text("utf-8").splitlines()]
    assert len(ran) == 10 and {name for name, _ in ran} == set(names)
    assert len({(name, process) for name, process in ran}) == len(names)
