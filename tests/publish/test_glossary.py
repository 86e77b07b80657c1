"""The glossary: complete, in order, and the words that the chapters use."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from seqcourse.publish.book import Book, BookError
from seqcourse.publish.glossary import PLACE, Term, korean_index, read_terms
from seqcourse.publish.reading import Page

ROOT = Path(__file__).parents[2]
TERMS = read_terms(ROOT / PLACE)
PAGES = {  # the finished ones
    c.number: Page(c.path, c.path.read_text("utf-8"))
    for c in Book(ROOT).chapters()
    if not c.is_draft
}


def letters(text: str) -> str:
    """Text without its spaces: Korean compounds are written with and without."""
    return re.sub(r"\s+", "", text).casefold()


def summary(page: Page) -> str:
    found = [d.body for d in page.directives if d.name == "dropdown" and "한국어" in d.argument]
    return letters("".join(found))


def test_there_are_enough_and_each_is_whole() -> None:
    assert 70 <= len(TERMS) <= 8 * 21  # some eight for each chapter: a reader can look them up
    for term in TERMS:
        assert re.search("[가-힣]", term.ko + "".join(term.also)), term.en
        assert term.says.endswith(".") and not re.search(r"\. [A-Z]", term.says), term.en
        assert 1 <= term.chapter <= 21, term.en


def test_no_korean_word_means_two_things() -> None:
    words = [letters(word) for term in TERMS for word in (term.ko, *term.also)]
    assert [word for word, count in Counter(words).items() if count > 1] == []


@pytest.mark.parametrize("term", [t for t in TERMS if t.chapter in PAGES], ids=lambda t: t.anchor)
def test_a_term_stands_in_the_chapter_that_explains_it(term: Term) -> None:
    text = PAGES[term.chapter].text.casefold()
    assert term.written.casefold() in text, (
        f"chapter {term.chapter} has no {term.written!r}: write it, or change {PLACE}"
    )


@pytest.mark.parametrize("number", PAGES)
def test_korean_summaries_use_the_words_of_the_glossary(number: int) -> None:
    text = summary(PAGES[number])
    used = {term.en for term in TERMS if letters(term.ko) in text}
    assert len(used) >= 5, f"chapter {number}'s summary has only {sorted(used)}"
    ours = [letters(term.ko) for term in TERMS]
    for term in TERMS:
        for other in map(letters, term.also):
            rest = text
            for word in ours:
                if other in word:  # a part of a word that the course does use
                    rest = rest.replace(word, "")
            if re.search("[가-힣]", other):
                assert other not in rest, f"chapter {number} says {other}; the glossary: {term.ko}"


def test_the_index_is_in_the_order_of_hangul() -> None:
    index = korean_index(TERMS)
    assert list(index) == [*sorted(set(index) - {"A–Z"}), "A–Z"]
    assert sum(map(len, index.values())) == sum(1 + len(term.also) for term in TERMS)
    assert [word for word, _ in index["ㅈ"]] == sorted(word for word, _ in index["ㅈ"])
    assert all("가" <= word < "나" for word, _ in index["ㄱ"])
    assert all("하" <= word for word, _ in index["ㅎ"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {en: a, ko: 가, says: A.}", "lacks ['chapter']"),
        ("- {en: a, ko: 가, says: A., chapter: 1, hanja: x}", "hanja"),
        ("- &a {en: a, ko: 가, says: A., chapter: 1}\n- *a", "stands there twice"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "g.yml").write_text(text, "utf-8")
    with pytest.raises(BookError, match=re.escape(says)):
        read_terms(tmp_path / "g.yml")
