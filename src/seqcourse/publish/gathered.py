"""Pages gathered from the chapters' texts and records, such as the list of all claims."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from seqcourse.publish.book import Book, Chapter

_MARK = "gathered"


def chapters_with_pages(env: BuildEnvironment) -> list[Chapter]:
    """The chapters that the site shows, in order."""
    book = Book(Path(env.srcdir))
    return [chapter for chapter in book.chapters() if chapter.docname in env.found_docs]


def mark(env: BuildEnvironment) -> None:
    """Say that the page now being read is gathered."""
    env.metadata[env.docname][_MARK] = "yes"


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Such pages are made again by every build: whatever they depend on, it may have changed."""
    return [page for page, data in env.metadata.items() if _MARK in data]


def register(app: Sphinx) -> None:
    """Have Sphinx read such pages in every build."""
    app.connect("env-get-outdated", _outdated)
