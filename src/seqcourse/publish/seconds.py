"""How long the chapters run, as their records have it: a line on each, and a table of all."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from seqcourse.publish.book import Book, Chapter, code_cells
from seqcourse.publish.ledger import Gathered, table
from seqcourse.publish.records import fresh_record, read_notebook, why_stale


def seconds_of(chapter: Chapter) -> int | None:
    """Seconds of one core that the chapter's run took; None where no run stands for it.

    The committed notebook's, where that still holds: a new run whose outputs are the same leaves
    it as it is. Older records know only the seconds from start to end.
    """
    record = read_notebook(chapter.notebook_path)
    if record is None or why_stale(chapter, record):
        record, _ = fresh_record(chapter)
    if record is None:
        return None
    about = record.metadata["seqcourse"]["record"]
    return int(about.get("cpu", about["seconds"]))


class RunSeconds(Gathered):
    """`{run-seconds}`: every chapter's cells and seconds, and what they add up to so far."""

    def gather(self) -> list[nodes.Node]:
        rows, cells, total = [], 0, 0
        for chapter in self.chapters:
            count, seconds = len(list(code_cells(chapter.source()))), seconds_of(chapter) or 0
            cells, total = cells + count, total + seconds
            uri = self.env.app.builder.get_relative_uri(self.env.docname, chapter.docname)
            title = [
                nodes.Text(f"{chapter.number}. "),
                *self.markdown(self.pages[chapter.number].title),
            ]
            link = nodes.reference("", "", *title, refuri=uri, internal=True)
            numbers = (str(count), str(seconds), _clock(total))
            rows.append([[link], *([nodes.Text(number)] for number in numbers)])
        in_all = f"**{_clock(total)} minutes** on one core for {cells} cells; two cores share them."
        head = ["Chapter", "Cells", "Seconds", "So far"]
        return [self.paragraph(in_all, about="sq-count"), table(head, rows)]


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def _say(app: Sphinx, document: nodes.document) -> None:
    """Below a chapter's title: how long a reader who runs it waits."""
    book = Book(Path(app.srcdir))
    for chapter in book.chapters():
        seconds = seconds_of(chapter) if chapter.docname == app.env.docname else None
        title = next(document.findall(nodes.title), None)
        if seconds is not None and title is not None:
            unit = "second" if seconds == 1 else "seconds"
            text = f"All code of this chapter runs in {seconds} {unit} on one core."
            place = title.parent.index(title) + 1
            title.parent.insert(place, nodes.paragraph(text, text, classes=["sq-fine"]))


def register(app: Sphinx) -> None:
    """Add the directive and the line to Sphinx."""
    app.add_directive("run-seconds", RunSeconds)
    app.connect("doctree-read", _say)
