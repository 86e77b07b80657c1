"""The glossary: English and Korean terms from `book/glossary.yml`, and an index in Korean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from seqcourse.publish import gathered
from seqcourse.publish.book import Book, BookError

PLACE = Path("book") / "glossary.yml"

_CONSONANTS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"  # doubles with the single
_FIRST, _STEP = ord("가"), 588  # so many syllables begin with one consonant
_KEYS = {"en", "ko", "says", "chapter", "also", "as"}


@dataclass(frozen=True)
class Term:
    """A term of the course.

    Args:
        en, ko: what the course calls it.
        says: what it means.
        chapter: the number of the chapter that explains it first.
        also: other Korean words in use.
        written: how the chapter writes it, where not as `en`.
    """

    en: str
    ko: str
    says: str
    chapter: int
    also: tuple[str, ...] = ()
    written: str = ""

    @property
    def anchor(self) -> str:
        """Its anchor on the page."""
        return "term-" + re.sub(r"[^a-z0-9α]+", "-", self.en.lower()).strip("-")


def read_terms(path: Path) -> list[Term]:
    """The terms, sorted by their English names.

    Raises:
        BookError: an entry lacks something, or two have one name.
    """
    terms: dict[str, Term] = {}
    for entry in yaml.safe_load(path.read_text("utf-8")):
        missing = {"en", "ko", "says", "chapter"} - set(entry)
        if missing or set(entry) - _KEYS:
            raise BookError(
                f"{path}: {entry.get('en', entry)!r} lacks {sorted(missing)} and has "
                f"{sorted(set(entry) - _KEYS)}, which no term has."
            )
        also, written = tuple(entry.get("also", ())), entry.get("as", entry["en"])
        term = Term(entry["en"], entry["ko"], entry["says"], entry["chapter"], also, written)
        if term.anchor in terms:
            raise BookError(f"{path}: {term.en!r} stands there twice.")
        terms[term.anchor] = term
    return sorted(terms.values(), key=lambda term: term.en.casefold())


def korean_index(terms: Iterable[Term]) -> dict[str, list[tuple[str, Term]]]:
    """Every Korean word with its term: by first consonant in the order 가나다, then the others."""
    words = sorted(
        ((word, term) for term in terms for word in (term.ko, *term.also)),
        key=lambda pair: (not _is_hangul(pair[0]), pair[0].casefold()),
    )
    index: dict[str, list[tuple[str, Term]]] = {}
    for word, term in words:
        place = (ord(word[0]) - _FIRST) // _STEP
        index.setdefault(_CONSONANTS[place] if _is_hangul(word) else "A–Z", []).append((word, term))
    return index


def _is_hangul(word: str) -> bool:
    return "가" <= word[0] <= "힣"


class _Terms(SphinxDirective):
    """What both directives share: the terms, and links."""

    def run(self) -> list[nodes.Node]:
        path = Book(Path(self.env.srcdir)).root / PLACE
        gathered.mark(self.env)  # links to chapters appear with them
        try:
            return self.shown(read_terms(path))
        except BookError as error:
            raise self.error(str(error)) from error

    def shown(self, terms: list[Term]) -> list[nodes.Node]:
        """The page's part."""
        raise NotImplementedError


class CourseGlossary(_Terms):
    """`{course-glossary}`: all terms by their English names."""

    def shown(self, terms: list[Term]) -> list[nodes.Node]:
        self.chapters = {c.number: c for c in gathered.chapters_with_pages(self.env)}
        return [nodes.definition_list("", *map(self.item, terms), classes=["sq-terms"])]

    def item(self, term: Term) -> nodes.definition_list_item:
        """A term: both names, what it means, where it is explained."""
        names = [nodes.Text(f"{term.en} "), _korean(term.ko)]
        sentence = nodes.paragraph("", f"{term.says} ")
        sentence += self.chapter(term.chapter)
        return nodes.definition_list_item(
            "", nodes.term("", "", *names, ids=[term.anchor]), nodes.definition("", sentence)
        )

    def chapter(self, number: int) -> nodes.Node:
        """A link once the chapter is there."""
        name, chapter = f"Chapter\u00a0{number}", self.chapters.get(number)
        if chapter is None:
            return nodes.inline("", name, classes=["sq-fine"])
        uri = self.env.app.builder.get_relative_uri(self.env.docname, chapter.docname)
        return nodes.reference("", name, refuri=uri, internal=True)


class KoreanIndex(_Terms):
    """`{korean-index}`: all Korean words, those included that the course does not use."""

    def shown(self, terms: list[Term]) -> list[nodes.Node]:
        return [self.line(*pair) for pair in korean_index(terms).items()]

    def line(self, letter: str, words: list[tuple[str, Term]]) -> nodes.paragraph:
        """The words that begin with one consonant."""
        line = nodes.paragraph("", "", nodes.strong("", "", _korean(letter)))
        for n, (word, term) in enumerate(words):
            link = nodes.reference("", "", _korean(word), refuri=f"#{term.anchor}", internal=True)
            line += [nodes.Text(" · " if n else " "), link, nodes.Text(f" {term.en}")]
        return line


def _korean(text: str) -> nodes.raw:
    """Text that says it is Korean, to screen readers and for the right font."""
    return nodes.raw("", f'<span lang="ko">{escape(text)}</span>', format="html")


def register(app: Sphinx) -> None:
    """Add the directives to Sphinx."""
    app.add_directive("course-glossary", CourseGlossary)
    app.add_directive("korean-index", KoreanIndex)
