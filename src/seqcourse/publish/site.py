"""Build the site from the records, and say where it is and how long each chapter took."""

from __future__ import annotations

import os
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from seqcourse.publish.book import Book, BookError
from seqcourse.publish.records import fresh_record


def build_site(book: Book) -> None:
    """Build the site strictly: any warning fails it.

    Raises:
        BookError: the build failed; what it said is above on the terminal.
    """
    start = "from jupyter_book.cli.main import main; main()"
    options = ["-W", "-n", "--keep-going", "-q"]
    command = [sys.executable, "-c", start, "build", str(book.root), *options]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    quiet = subprocess.DEVNULL  # its boxes say little; warnings come on the error stream
    if subprocess.run(command, cwd=book.root, env=environment, stdout=quiet).returncode:
        raise BookError("The site was not built: mend what the warnings above name.")


def report(book: Book, ran: list[int]) -> None:
    """Print the seconds of every chapter's run, and the address of the site's first page."""
    table = Table("chapter", "seconds", "this time", title="Runs")
    for chapter in book.chapters():
        record, _ = fresh_record(chapter)
        seconds = record.metadata["seqcourse"]["record"]["seconds"] if record else "?"
        state = "ran" if chapter.number in ran else "record holds"
        table.add_row(f"{chapter.number} {chapter.name[3:]}", str(seconds), state)
    console = Console()
    console.print(table)
    page = (book.build / "html" / "index.html").resolve()
    console.print(f"The site: {page.as_uri()}", soft_wrap=True, highlight=False)
