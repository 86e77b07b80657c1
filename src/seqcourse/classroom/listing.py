"""What there is to assign: the exercises of some chapters, and how many variations each has."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from seqcourse.classroom.chapters import sources
from seqcourse.classroom.variations import variations
from seqcourse.publish.book import Book


def show(book: Book, chapters: Iterable[int]) -> None:
    """Print a table of the chapters' exercises.

    Raises:
        AssignmentError: there is no such chapter.
    """
    table = Table("exercise", "title", "minutes", "kind", "variations")
    for source in sources(book, chapters).values():
        for exercise in source.page.exercises:
            header = exercise.header
            names = ", ".join(variation.name for variation in variations(exercise.slug))
            minutes, kind = (str(header.minutes), header.kind) if header else ("", "")
            table.add_row(exercise.slug, exercise.title, minutes, kind, names or "–")
    console = Console()
    console.print(table)
    console.print(
        "Assign some by --exercises NAME,NAME --out FOLDER; --spec SEED changes their tasks."
    )
