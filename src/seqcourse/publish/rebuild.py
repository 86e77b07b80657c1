"""What of the last build still stands: an edit of prose makes its page again, and little else.

Sphinx reads a page again when its text changes, and writes it. It does not write the pages that
refer to a number or a title which changed elsewhere, nor those that other code would make
differently, and it forgets what it warned of. So:

- A build whose *inputs* (the code, the packages, the configuration, the theme) are not those of
  the last one begins from nothing, as does one after a build that did not come to its end.
- Where anything changes that pages may show of one another, all are written again.
- Pages that a build with warnings read or wrote are read again by the next: it warns again.
"""

from __future__ import annotations

import copy
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from seqcourse.files import write_whole
from seqcourse.publish.book import Book, Chapter
from seqcourse.publish.records import PACKAGE, digest
from seqcourse.publish.references import References

_FILES = ("_config.yml", "_toc.yml", "pyproject.toml")
_FOLDERS = ("book/_static", "book/_templates")


def inputs(book: Book) -> str:
    """Fingerprint of all that decides how a page is made, but for the pages and records."""
    files = [book.root / name for name in _FILES]
    for folder in (PACKAGE, *(book.root / name for name in _FOLDERS)):
        files += sorted(p for p in folder.rglob("*") if "__pycache__" not in p.parts)
    contents = [(str(path), digest(path.read_bytes())) for path in files if path.is_file()]
    packages = sorted(p.name for folder in sys.path for p in Path(folder).glob("*.dist-info"))
    return digest(json.dumps([str(book.root), sys.version, packages, contents]))


def begin(book: Book) -> None:
    """Before a build: remove what the last one left, unless it ended with these inputs."""
    last = _last(book)
    if last.get("inputs") != inputs(book):
        for folder in ("html", ".doctrees"):
            shutil.rmtree(book.build / folder, ignore_errors=True)
    _note(book, "", list(last.get("again", ())))  # a build that is killed leaves this


def _place(book: Book) -> Path:
    return book.build / "last_build.json"


def _last(book: Book) -> dict[str, Any]:
    try:
        return dict(json.loads(_place(book).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _note(book: Book, made_from: str, again: list[str]) -> None:
    write_whole(_place(book), json.dumps({"inputs": made_from, "again": again}))


class _Build:
    """One build: what it began with, and the pages that it reads or writes."""

    def __init__(self) -> None:
        self.inputs = ""
        self.pages: set[str] = set()

    def began(self, app: Sphinx) -> None:
        self.inputs = inputs(Book(Path(app.srcdir)))

    def outdated(self, app: Sphinx, env: BuildEnvironment, *pages: set[str]) -> list[str]:
        return list(_last(Book(Path(app.srcdir))).get("again", ()))

    def reads(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        self.pages.update(pages)

    def writes(self, app: Sphinx, doctree: nodes.document, page: str) -> None:
        self.pages.add(page)

    def ended(self, app: Sphinx, exception: Exception | None) -> None:
        if exception is None:
            again = sorted(self.pages) if app._warncount else []
            _note(Book(Path(app.srcdir)), self.inputs, again)


def register(app: Sphinx) -> None:
    """Have Sphinx tell what it does, and do more where that is needed."""
    build = _Build()
    app.connect("builder-inited", build.began)
    app.connect("env-get-outdated", build.outdated)
    app.connect("env-before-read-docs", build.reads)
    app.connect("doctree-resolved", build.writes)
    app.connect("build-finished", build.ended, priority=990)  # after all that may warn


def remember_counts(env: BuildEnvironment) -> None:
    """Keep the numbers as Sphinx counted them: it compares the next count with its last."""
    counts = (env.toc_secnumbers, env.toc_fignumbers)
    env.seqcourse_counts = copy.deepcopy(counts)  # type: ignore[attr-defined]


def recall_counts(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give Sphinx its own last count back, before it counts again."""
    if hasattr(env, "seqcourse_counts"):
        env.toc_secnumbers, env.toc_fignumbers = env.seqcourse_counts
    return []


def to_write_again(env: BuildEnvironment, references: References) -> list[str]:
    """All pages, where anything that they may show of one another is no longer as it was."""
    new = _shared(env, references)
    old, env.seqcourse_shared = getattr(env, "seqcourse_shared", ""), new  # type: ignore[attr-defined]
    return [] if new == old else sorted(env.found_docs)


def _shared(env: BuildEnvironment, references: References) -> str:
    """Fingerprint of what pages show of one another: numbers, titles, contents, sources."""
    trees = (env.tocs, env.titles, env.longtitles)
    cite = env.get_domain("cite")
    exercises = getattr(env, "sphinx_exercise_registry", {})
    parts = [
        json.dumps(asdict(references), sort_keys=True),
        *(f"{page} {node.pformat()}" for tree in trees for page, node in sorted(tree.items())),
        *(f"{page} {sorted(kinds.items())}" for page, kinds in sorted(env.toc_fignumbers.items())),
        *(f"{label} {entry['node'].get('title')}" for label, entry in sorted(exercises.items())),
        *sorted(map(repr, getattr(env, "proof_list", {}).values())),
        *(f"{c.key} {c.formatted_entry.label}" for c in cite.citations),  # type: ignore[attr-defined]
        *(path.read_text("utf-8") for path in cite.bibdata.bibfiles),  # type: ignore[attr-defined]
    ]
    return digest("\n".join(parts))


class Notebooks:
    """Which chapters' notebooks are already what the texts, records and references make of them."""

    def __init__(self, book: Book, references: References) -> None:
        self.place = book.build / "notebooks.json"
        self.common = digest(inputs(book) + json.dumps(asdict(references), sort_keys=True))
        try:
            self.known: dict[str, str] = json.loads(self.place.read_text("utf-8"))
        except (OSError, ValueError):
            self.known = {}

    def stands(self, chapter: Chapter) -> bool:
        """Whether neither the notebook nor what it was made from has changed."""
        if chapter.staged_path.exists() or not chapter.notebook_path.exists():
            return False
        return self.known.get(chapter.name) == self._key(chapter)

    def note(self, chapters: Iterable[Chapter]) -> None:
        """Say that these were just made."""
        keys = {chapter.name: self._key(chapter) for chapter in chapters}
        write_whole(self.place, json.dumps(keys))

    def _key(self, chapter: Chapter) -> str:
        texts = (path.read_bytes() for path in (chapter.path, chapter.notebook_path))
        return digest(" ".join([self.common, *map(digest, texts)]))
