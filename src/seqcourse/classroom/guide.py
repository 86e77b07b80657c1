"""What the instructor's guide gathers from the chapters: plans, assumptions, what to assign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from seqcourse.classroom.variations import variations
from seqcourse.publish.book import BookError, Chapter
from seqcourse.publish.ledger import ExerciseTable, Gathered, amount, table
from seqcourse.publish.reading import Exercise


class _Listed(Gathered):
    """A table from lines of `chapters | text`."""

    has_content = True

    def lines(self) -> Iterator[tuple[list[int], str]]:
        """Numbers of chapters, and the text that stands beside them."""
        for line in filter(None, map(str.strip, self.content)):
            numbers, bar, text = line.partition("|")
            if not bar or not all(number.isdigit() for number in numbers.split()):
                raise BookError(f"{line!r} is no line of `chapters | text`, such as `4 5 | LSTM`.")
            yield [int(number) for number in numbers.split()], text.strip()

    def named(self, number: int) -> list[nodes.Node]:
        """A chapter with its link; one that is not written yet by its number."""
        chapter = next((c for c in self.chapters if c.number == number), None)
        if chapter is None:
            return [nodes.Text(f"{number}, to come")]
        title = [nodes.Text(f"{number}. "), *self.markdown(self.pages[number].title)]
        uri = self.env.app.builder.get_relative_uri(self.env.docname, chapter.docname)
        return [nodes.reference("", "", *title, refuri=uri, internal=True)]

    def minutes(self, numbers: list[int]) -> list[nodes.Node]:
        """The minutes of these chapters' exercises."""
        found = [e.header for n in numbers if n in self.pages for e in self.pages[n].exercises]
        total = sum(header.minutes for header in found if header)
        return [nodes.Text(str(total) if total else "–")]


class TeachingPlan(_Listed):
    """`{teaching-plan}`: a line a week, with the minutes of its chapters' exercises."""

    def gather(self) -> list[nodes.Node]:
        rows = []
        for week, (numbers, text) in enumerate(self.lines(), 1):
            names: list[nodes.Node] = []
            for number in numbers:
                names += [*([nodes.Text("; ")] if names else []), *self.named(number)]
            cells = [[nodes.Text(str(week))], names, self.minutes(numbers), self.markdown(text)]
            rows.append(cells)
        return [table(["Week", "Chapters", "Minutes of exercises", "What for"], rows)]


class Assumptions(_Listed):
    """`{assumptions}`: what each chapter assumes; every chapter must have a line."""

    def gather(self) -> list[nodes.Node]:
        said = {number: text for numbers, text in self.lines() for number in numbers}
        missing = [c.number for c in self.chapters if c.number not in said and not c.is_draft]
        if missing:
            raise BookError(f"{{assumptions}} says nothing of chapter {missing[0]}: add a line.")
        rows = [
            [self.named(c.number), self.markdown(said[c.number]), self.minutes([c.number])]
            for c in self.chapters
            if c.number in said
        ]
        return [table(["Chapter", "Assumes", "Minutes of exercises"], rows)]


class AssignableTable(ExerciseTable):
    """`{assignable-table}`: what `seqcourse assign` takes, with minutes and variations."""

    head = ("Name", "Exercise", "Minutes", "Kind", "Variations")

    def gather(self) -> list[nodes.Node]:
        return list(map(self.chapter, self.chapters))

    def chapter(self, chapter: Chapter) -> nodes.section:
        exercises = self.pages[chapter.number].exercises
        rows = [self.row(chapter, place, one) for place, one in enumerate(exercises, 1)]
        about = self.paragraph(f"{amount(exercises)}.")
        return self.section(chapter, about, table(list(self.head), rows))

    def row(self, chapter: Chapter, place: int, exercise: Exercise) -> list[list[nodes.Node]]:
        name, _, minutes, kind = super().row(chapter, place, exercise)
        slug = nodes.literal("", exercise.slug)
        return [[slug], name, minutes, kind, self.varied(exercise.slug)]

    def varied(self, slug: str) -> list[nodes.Node]:
        """The names of an exercise's variations; what each changes is said by `assign`."""
        try:
            names = [variation.name for variation in variations(slug)]
        except KeyError:  # a draft's exercise that has no checker yet
            names = []
        return [nodes.Text(", ".join(names) or "–")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives to Sphinx."""
    app.add_directive("teaching-plan", TeachingPlan)
    app.add_directive("assumptions", Assumptions)
    app.add_directive("assignable-table", AssignableTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
