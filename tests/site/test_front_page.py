"""What the front page shows is what the course does: its figure, and what a wrong answer hears."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seqcourse.lesson.exercises import slugs
from seqcourse.publish.book import Book, BookError
from seqcourse.publish.front import recorded_figure
from seqcourse.publish.ledger import claims_of

ROOT = Path(__file__).resolve().parents[2]
FRONT = (ROOT / "book" / "index.md").read_text("utf-8")
BUILT = ROOT / "_build" / "html" / "book" / "index.html"


def test_the_claim_quoted_is_one_of_the_courses() -> None:
    study = (ROOT / "book" / "study.md").read_text("utf-8")
    quoted = re.findall(r"^> (✓ .*)$", study, re.MULTILINE)
    claims = [
        text
        for path in ROOT.glob("chapters/*.ipynb")
        for text in re.findall(r"✓ [^\"\\]*", path.read_text("utf-8"))
    ]
    assert quoted
    assert set(quoted) <= set(claims)


def test_the_wrong_answer_hears_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    (code,) = re.findall(r"```python\n(.*?)```", FRONT, re.DOTALL)
    (said,) = re.findall(r"```none\n(.*?)```", FRONT, re.DOTALL)
    shell = InteractiveShell.instance()
    publisher, shell.display_pub = shell.display_pub, CapturingDisplayPublisher()
    try:
        result = shell.run_cell("from seqcourse.lesson import check\n" + code)
        outputs = shell.display_pub.outputs
    finally:
        shell.display_pub = publisher
        InteractiveShell.clear_instance()
    assert result.error_in_exec is None
    assert [output["data"]["text/plain"].strip() for output in outputs] == [said.strip()]


def test_it_loads_no_formulas() -> None:
    assert "mathjax/" not in BUILT.read_text("utf-8")


def test_its_figure_and_counts_are_the_chapters() -> None:
    text, book = BUILT.read_text("utf-8"), Book(ROOT)
    (name,) = re.findall(r"{recorded-figure} (\S+)", FRONT)
    assert recorded_figure(book, name) in text
    assert f"{sum(len(claims_of(chapter)) for chapter in book.chapters())} claims" in text
    assert f"{len(slugs())} exercises" in text


def test_a_figure_that_no_chapter_has_is_refused() -> None:
    with pytest.raises(BookError, match="'fig-none'"):
        recorded_figure(Book(ROOT), "fig-none")
