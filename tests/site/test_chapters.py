"""What a reader does on a chapter's page: read, download, move, predict, unfold."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))


def address(site: str, chapter: str) -> str:
    return f"{site}chapters/{chapter}.html"


def test_formulas_are_typeset(reading, site, chapter) -> None:
    page, _ = reading(address(site, chapter))
    formulas = page.locator("article .math").count()
    assert formulas > 0
    assert page.locator("article .math mjx-container").count() >= formulas
    assert page.locator("mjx-merror, [data-mml-node=merror]").count() == 0


def test_title_and_formulas_carry_the_number_of_the_file(reading, site, chapter) -> None:
    number = int(chapter[:2])
    page, _ = reading(address(site, chapter))
    assert page.locator("article h1").inner_text().startswith(f"{number}. ")
    tags = page.locator("article .eqno").all_inner_texts()
    expected = [f"({number}.{i})" for i in range(1, len(tags) + 1)]
    assert [re.sub(r"[^().\d]", "", tag) for tag in tags] == expected


def test_download_is_the_notebook_byte_for_byte(reading, site, chapter) -> None:
    page, _ = reading(address(site, chapter))
    button = page.locator("a.btn-download-notebook-button")
    href = button.evaluate("link => link.href")
    with urllib.request.urlopen(href) as reply:
        assert reply.read() == (ROOT / "chapters" / f"{chapter}.ipynb").read_bytes()


def test_colab_opens_the_notebook_in_the_repository(reading, site, chapter) -> None:
    repository = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    branch = CONFIG["repository"]["branch"]
    expected = f"{CONFIG['launch_buttons']['colab_url']}/github/{repository}/blob/{branch}"
    page, _ = reading(address(site, chapter))
    links = page.locator("a[href*='colab.research']").evaluate_all("ls => ls.map(l => l.href)")
    assert set(links) == {f"{expected}/chapters/{chapter}.ipynb"}


def test_solutions_and_hints_are_folded(reading, site, chapter) -> None:
    page, _ = reading(address(site, chapter))
    assert page.locator("details[open]").count() == 0
    solutions = page.locator("div.solution")
    page.wait_for_timeout(500)  # the fold moves
    assert solutions.count() == page.locator("div.exercise").count() > 0
    for i in range(solutions.count()):
        inside = solutions.nth(i).locator("pre, p:not(.admonition-title)").first
        assert inside.evaluate("part => part.checkVisibility({opacityProperty: true})") is False


def test_a_solution_unfolds_from_the_keyboard(doing, site, chapter) -> None:
    with doing(address(site, chapter)) as page:
        solution = page.locator("div.solution").first
        inside = solution.locator("pre, p:not(.admonition-title)").first
        solution.locator("button.toggle-button").focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        assert inside.is_visible()


def test_frames_move_from_the_keyboard(doing, site, chapter) -> None:
    with doing(address(site, chapter), width=375) as page:
        block = page.locator(".sq-frames").first
        frames, slider = block.locator("[data-frame]"), block.locator("input[type=range]")
        visible = "fs => fs.map(f => f.checkVisibility()).flatMap((v, i) => v ? [i] : [])"
        assert frames.evaluate_all(visible) == [int(slider.get_attribute("value"))]
        slider.focus()
        page.keyboard.press("Home")
        assert frames.evaluate_all(visible) == [0]
        shown = [block.locator("output").inner_text()]
        for step in range(1, frames.count()):
            page.keyboard.press("ArrowRight")
            assert frames.evaluate_all(visible) == [step]
            shown.append(block.locator("output").inner_text())
            assert slider.get_attribute("aria-valuetext") == shown[-1]
        assert len(set(shown)) == frames.count() > 1


def test_a_prediction_is_remembered_and_so_is_another(doing, site, chapter) -> None:
    with doing(address(site, chapter)) as page:
        box, answer = page.locator(".sq-predict").first, page.locator(".sq-reveal").first
        said, right = answer.locator("[data-said]"), int(answer.get_attribute("data-right"))
        assert said.inner_text() == ""
        for place in ((right + 1) % 3, right):
            choice = box.locator("label").nth(place)
            text = choice.inner_text().strip()
            choice.locator("input").check()
            page.reload(wait_until="commit")  # what was said stands there before all is loaded
            page.wait_for_function("() => document.querySelector('[data-said]')?.textContent")
            assert said.inner_text() == ("You said so." if place == right else f"You said: {text}.")


def test_without_scripts_the_page_is_whole(visit, site, chapter) -> None:
    with visit(address(site, chapter), scripts=False) as (page, seen):
        assert page.locator("article h1").is_visible()
        assert page.locator("article .cell_output svg:visible").count() > 0
        assert page.locator(".sq-frames [data-frame]:visible").count() == len(
            page.locator(".sq-frames").all()
        )
        background = page.locator("body").evaluate("b => getComputedStyle(b).backgroundColor")
        assert background == "rgb(255, 255, 255)"
        assert seen.errors == []


def test_search_finds_a_word_of_the_chapter(visit, site) -> None:
    with visit(f"{site}search.html?q=sunspots") as (page, _):
        page.wait_for_selector("#search-results li a")
        links = page.locator("#search-results li a").evaluate_all("ls => ls.map(l => l.href)")
        assert any("chapters/02_autoregression.html" in link for link in links)


def test_search_opens_from_the_keyboard(visit, site) -> None:
    with visit(f"{site}book/index.html") as (page, _):
        page.keyboard.press("Control+k")
        page.keyboard.type("sunspots")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_page_follows_the_system_and_its_own_switch(visit, site, system) -> None:
    with visit(f"{site}book/index.html", system) as (page, _):
        theme = "() => document.documentElement.dataset.theme"
        assert page.evaluate(theme) == system
        switch = page.locator("button.theme-switch-button:visible").first
        themes = set()
        for _ in range(3):
            switch.click()
            themes.add(page.evaluate(theme))
        assert themes == {"light", "dark"}
        page.reload()
        assert page.evaluate(theme) in themes
