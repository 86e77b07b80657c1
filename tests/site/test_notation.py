"""The notation page: every symbol listed for a chapter is used in its formulas, in none before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from seqcourse.publish.book import Book
from seqcourse.publish.reading import Page

ROOT = Path(__file__).resolve().parents[2]
PAGE = Page(ROOT / "book" / "notation.md", (ROOT / "book" / "notation.md").read_text("utf-8"))
CHAPTERS = {chapter.number: chapter for chapter in Book(ROOT).chapters()}
# Letters that an earlier chapter uses otherwise; the page's last table tells them apart.
ELSEWHERE = {"p", "c", "r", "h", "h_t", "H", "b", "g", "w", "R", r"\pi"}
ELSEWHERE |= {"e", "q", "U", r"\Delta", r"\varnothing", "C", "e_t"}
ELSEWHERE |= {"d", "n", "J", r"\varepsilon"}
ELSEWHERE |= {"P", "G", "u_t"}


@dataclass(frozen=True)
class Row:
    """A row of a table: its formulas' sources, and the chapter it names (0 for none)."""

    symbols: tuple[str, ...]
    chapter: int


def rows(section: str) -> list[Row]:
    begin, end = PAGE.section(section)
    cells = [p for p in PAGE.passages if p.row >= 0 and begin < p.line < end and p.row != p.table]
    found = []
    for line in dict.fromkeys(cell.row for cell in cells):
        first, last = ([c for c in cells if c.row == line][i] for i in (0, -1))
        math = [c.content for c in first.token.children or [] if c.type == "math_inline"]
        number = re.search(r"\d+", last.token.content)
        found.append(Row(tuple(math), int(number[0]) if number else 0))
    return found


@cache
def formulas(number: int) -> str:
    """All formulas of a chapter."""
    found = []
    for passage in Page(CHAPTERS[number].path, CHAPTERS[number].path.read_text("utf-8")).passages:
        if passage.token.type.startswith("math_block"):
            found.append(passage.token.content)
        for child in passage.token.children or []:
            if child.type == "math_inline":
                found.append(child.content)
    return " ; ".join(found)


def uses(text: str, symbol: str) -> bool:
    """Whether formulas hold a symbol: the letter itself, not a part of a command or a word."""
    tokens = re.findall(r"\\[A-Za-z]+|\S", symbol)
    pattern = r"\s*".join(map(re.escape, tokens))
    before = r"(?<![A-Za-z\\])" if tokens[0][0] != "\\" else ""
    after = r"(?![A-Za-z])" if tokens[-1][-1].isalpha() else ""
    bare = r"(?!\s*[_(])" if re.fullmatch(r"(\\tilde )?[A-Za-z]|\\[A-Za-z]+", symbol) else ""
    return re.search(before + pattern + after + bare, text) is not None


SO_FAR = [(row, symbol) for row in rows("In the chapters") for symbol in row.symbols]


@pytest.mark.parametrize(("row", "symbol"), SO_FAR, ids=[symbol for _, symbol in SO_FAR])
def test_a_symbol_is_used_where_the_page_says_and_not_before(row: Row, symbol: str) -> None:
    used = [n for n in CHAPTERS if n <= row.chapter and uses(formulas(n), symbol)]
    assert row.chapter in used, f"chapter {row.chapter} has no {symbol}: mend the page"
    if symbol not in ELSEWHERE:
        assert used == [row.chapter], f"chapter {used[0]} has {symbol} already: say so on the page"


def test_no_symbol_is_listed_twice() -> None:
    symbols = [s for title in ("In the", "Kept for") for row in rows(title) for s in row.symbols]
    assert len(symbols) > 60
    assert sorted(set(symbols)) == sorted(symbols)


def test_what_is_kept_for_later_is_not_used_yet_in_another_sense() -> None:
    """A symbol kept for a chapter that does not exist yet appears in none that does."""
    begin, end = PAGE.section("Where letters")
    told = [p for p in PAGE.passages if begin < p.line < end]
    clash = {c.content for p in told for c in p.token.children or [] if c.type == "math_inline"}
    for row in rows("Kept for"):
        for symbol in set(row.symbols) - clash:
            used = [n for n in CHAPTERS if n < row.chapter and uses(formulas(n), symbol)]
            assert not used, f"chapter {used[0]} uses {symbol}, kept for chapter {row.chapter}"


def test_a_symbol_is_told_from_a_part_of_another() -> None:
    text = r"\theta + x_t ; p(a \mid b) ; h' ; n(h, c)"
    assert uses(text, r"\theta") and uses(text, "x_t") and uses(text, r"p(a\mid b)")
    assert uses(text, "t") and not uses(r"\theta", "t")
    assert not uses(text, "p") and not uses(text, "x") and not uses(text, "e")
    assert uses(text, "h") and not uses(text, r"\eta")
    assert uses(r"\tilde x = 1", r"\tilde x") and not uses(r"\tilde x_t = 1", r"\tilde x")
