"""Build the site from the records, and say where it is and how long each chapter took."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from seqcourse.publish import rebuild
from seqcourse.publish.book import Book, BookError
from seqcourse.publish.records import fresh_record


def build_site(book: Book) -> None:
    """Build the site strictly: any warning fails it.

    Raises:
        BookError: a chapter is not in _toc.yml, or no run stands for one; or the build failed, and
            what it said is above on the terminal.
    """
    _require_listed_and_run(book)
    rebuild.begin(book)
    start = "from seqcourse.publish.site import call_jupyter_book; call_jupyter_book()"
    options = ["-W", "-n", "--keep-going", "-q"]
    command = [sys.executable, "-c", start, "build", str(book.root), *options]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    quiet = subprocess.DEVNULL  # its boxes say little; warnings come on the error stream
    if subprocess.run(command, cwd=book.root, env=environment, stdout=quiet).returncode:
        raise BookError("The site was not built: mend what the warnings above name.")


def call_jupyter_book() -> None:
    """jupyter-book's command, without its own traceback where Sphinx has told a BookError."""
    from jupyter_book.cli.main import main

    try:
        main()
    except RuntimeError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, BookError):
            cause = cause.__cause__
        if cause is None:
            raise
        sys.exit(1)


def _require_listed_and_run(book: Book) -> None:
    """Ask before Sphinx does, which leaves out what is not listed, and stops at the first."""
    listed = (book.root / "_toc.yml").read_text("utf-8")
    for chapter in book.chapters():
        if not re.search(rf"^\s*- file: {re.escape(chapter.docname)}(\.md)?\s*(#|$)", listed, re.M):
            raise BookError(
                f"{chapter.path} is not in _toc.yml: add the line `- file: {chapter.docname}` to "
                "the chapters of its part."
            )
    reasons = [(chapter.number, fresh_record(chapter)[1]) for chapter in book.chapters()]
    if stale := [f"  chapter {number}: {reason}" for number, reason in reasons if reason]:
        raise BookError(
            "The site shows every chapter, and for these no run stands:\n"
            + "\n".join(stale)
            + "\nCall `make book`: it runs them."
        )


def report(book: Book, ran: list[int]) -> None:
    """Print the seconds of every chapter's run, and the address of the site's first page."""
    table = Table("chapter", "seconds", "of a core", "this time", title="Runs")
    for chapter in book.chapters():
        record, _ = fresh_record(chapter)
        about = record.metadata["seqcourse"]["record"] if record else {}
        times = [str(about.get(key, "?")) for key in ("seconds", "cpu")]
        state = "ran" if chapter.number in ran else "record holds"
        table.add_row(f"{chapter.number} {chapter.name[3:]}", *times, state)
    console = Console()
    console.print(table)
    page = (book.build / "html" / "index.html").resolve()
    console.print(f"The site: {page.as_uri()}", soft_wrap=True, highlight=False)
