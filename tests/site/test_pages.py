"""Every page, in light and dark, wide and as narrow as a phone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

THEMES = ("light", "dark")
WIDTHS = (1280, 375)
BASELINE: dict[str, Any] = json.loads(
    Path(__file__).with_name("axe_baseline.json").read_text("utf-8")
)

every_window = pytest.mark.parametrize("theme", THEMES)
every_width = pytest.mark.parametrize("width", WIDTHS)


def known(page_name: str, rule: str, target: str) -> bool:
    """Whether the baseline has this finding, at this place of this page."""
    entry = BASELINE.get(rule, {"pages": [], "targets": []})
    here = any(page_name.startswith(page.rstrip("*")) for page in entry["pages"])
    return here and target in entry["targets"]


@every_width
@every_window
def test_nothing_leaves(examine, site, page_name, theme, width) -> None:
    assert examine(site + page_name, theme, width).outside == []


@every_width
@every_window
def test_no_error(examine, site, page_name, theme, width) -> None:
    assert examine(site + page_name, theme, width).errors == []


@every_width
@every_window
def test_accessible(examine, site, page_name, theme, width) -> None:
    new = [
        f"{rule}: {target}"
        for rule, targets in examine(site + page_name, theme, width).findings.items()
        for target in targets
        if not known(page_name, rule, target)
    ]
    assert new == []


@every_width
@every_window
def test_no_sideways_scroll(examine, site, page_name, theme, width) -> None:
    assert examine(site + page_name, theme, width).width <= width


def test_no_sideways_scroll_on_a_small_phone(examine, site, page_name) -> None:
    assert 0 < examine(site + page_name, "light", 375).narrowest <= 320


def test_no_markup_left(examine, site, page_name) -> None:
    assert examine(site + page_name).raw == []


@every_window
def test_pictures_say_what_they_show(examine, site, page_name, theme) -> None:
    assert examine(site + page_name, theme).unnamed == []


@every_width
def test_page_stays_where_it_is(examine, site, page_name, width) -> None:
    """Layout shift below 0.1, what web.dev/cls calls good."""
    assert examine(site + page_name, "light", width).shift < 0.1


def test_baseline_holds_only_what_is_found(examine, site) -> None:
    """An entry that nothing needs any more would hide the next finding."""
    from_pages = {
        (rule, target)
        for entry in BASELINE.values()
        for name in entry["shown_on"]
        for theme in THEMES
        for width in WIDTHS
        for rule, targets in examine(site + name, theme, width).findings.items()
        for target in targets
    }
    listed = {(rule, t) for rule, entry in BASELINE.items() for t in entry["targets"]}
    assert listed <= from_pages
    assert all(len(entry["why"]) > 40 for entry in BASELINE.values())
