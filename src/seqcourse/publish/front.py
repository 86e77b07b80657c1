"""What a page that is no chapter shows of the chapters: a figure as it was run, and counts."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from seqcourse.figures import inline
from seqcourse.lesson.exercises import slugs
from seqcourse.publish import gathered
from seqcourse.publish.book import Book, BookError, code_cells
from seqcourse.publish.ledger import claims_of
from seqcourse.publish.records import with_outputs


def recorded_figure(book: Book, name: str) -> str:
    """The figure of that name as its chapter's record has it: SVG for a page.

    Raises:
        BookError: no chapter has it, or its chapter has no record that still holds.
    """
    for chapter in book.chapters():
        for cell in code_cells(with_outputs(chapter, chapter.read())):
            if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == name:
                (picture,) = (out.data["image/svg+xml"] for out in cell.outputs if "data" in out)
                return inline(re.sub(r"\n+", "\n", picture))
    raise BookError(f"No chapter has a figure named {name!r}.")


class RecordedFigure(SphinxDirective):
    """`{recorded-figure} fig-fan`: a chapter's figure on another page, drawn by the same run."""

    required_arguments = 1
    option_spec = {"class": directives.class_option}

    def run(self) -> list[nodes.Node]:
        """The SVG, in a block of its own."""
        gathered.mark(self.env)
        try:
            svg = recorded_figure(Book(Path(self.env.srcdir)), self.arguments[0])
        except BookError as error:
            raise self.error(str(error)) from error
        return [nodes.raw("", f'<div class="sq-front">{svg}</div>', format="html")]


class Tally(SphinxRole):
    """`{tally}` of `claims` or `exercises`: how many there are."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The number as text."""
        gathered.mark(self.env)
        if self.text == "claims":
            chapters = gathered.chapters_with_pages(self.env)
            number = sum(len(claims_of(chapter)) for chapter in chapters)
        elif self.text == "exercises":
            number = len(slugs())
        else:
            wrong = f"tally counts claims or exercises, not {self.text!r}."
            message = self.inliner.reporter.error(wrong, line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.Text(str(number))], []


def register(app: Sphinx) -> None:
    """Add both to Sphinx."""
    app.add_directive("recorded-figure", RecordedFigure)
    app.add_role("tally", Tally())
