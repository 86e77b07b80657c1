"""Two pages gathered from the chapters: the ledger of all claims, and the table of exercises.

Claims come from the records that the pages themselves show; exercises, and what the cells check,
from the chapters' texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from seqcourse.publish import gathered
from seqcourse.publish.book import BookError, Chapter, code_cells
from seqcourse.publish.reading import Cell, Exercise, Page, calls
from seqcourse.publish.records import with_outputs

_NOTES = "book/five_notes"  # its anchors are the names of the notes' claims


@dataclass(frozen=True)
class Claim:
    """A claim as its record has it.

    Args:
        id: its permanent name.
        sentence: what it says, with the values.
        holds: whether the run found it to hold.
        answers: the notes' claims that it answers.
        trained: whether its cell trains something.
        checks: labels of the equations that its cell checks.
    """

    id: str
    sentence: str
    holds: bool
    answers: tuple[str, ...]
    trained: bool
    checks: tuple[str, ...]


def claims_of(chapter: Chapter) -> list[Claim]:
    """The claims of a chapter, in their order on its page.

    Raises:
        BookError: no run stands for the chapter.
    """
    found = []
    for cell in code_cells(with_outputs(chapter, chapter.read())):
        tags = cell.metadata.get("tags", ())
        checks = tuple(Cell("code", cell.source, 0).checks)
        for output in cell.outputs:
            claim = output.get("metadata", {}).get("seqcourse", {}).get("claim")
            if claim:
                about = (claim["id"], claim["sentence"], claim["holds"], tuple(claim["answers"]))
                found.append(Claim(*about, "trained" in tags, checks))
    return found


def is_kept(exercise: Exercise) -> bool:
    """Whether a passed answer goes into the learner's own my_nn.py."""
    return any(calls(stub, "keep") for stub in exercise.stubs)


class Gathered(SphinxDirective):
    """What such directives share: sections by chapter, and small pieces of text."""

    def run(self) -> list[nodes.Node]:
        gathered.mark(self.env)
        self.chapters = gathered.chapters_with_pages(self.env)
        self.pages = {c.number: Page.at(c.path) for c in self.chapters}
        try:
            return self.gather()
        except BookError as error:
            raise self.error(str(error)) from error

    def gather(self) -> list[nodes.Node]:
        """The page's parts."""
        raise NotImplementedError

    def section(self, chapter: Chapter, *body: nodes.Node) -> nodes.section:
        """A section that is named like a chapter."""
        title = [
            nodes.Text(f"{chapter.number}. "),
            *self.markdown(self.pages[chapter.number].title),
        ]
        section = nodes.section("", nodes.title("", "", *title), *body)
        section["ids"].append(f"chapter-{chapter.number}")
        section["names"].append(f"chapter-{chapter.number}")
        return section

    def markdown(self, text: str) -> list[nodes.Node]:
        """Markdown of one line."""
        return list(self.state.inline_text(text, self.lineno)[0])

    def paragraph(self, text: str, *more: nodes.Node, about: str = "") -> nodes.paragraph:
        """A paragraph: Markdown, then whatever else."""
        return nodes.paragraph("", "", *self.markdown(text), *more, classes=about.split())

    def link(self, page: str, anchor: str, *text: nodes.Node) -> nodes.reference:
        """A link to an anchor of a page."""
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return nodes.reference("", "", *text, refuri=f"{uri}#{anchor}", internal=True)

    def equation(self, label: str) -> pending_xref:
        """A link to an equation, with its number."""
        options = {"refdomain": "math", "reftype": "eq", "reftarget": label}
        return pending_xref(
            "", nodes.literal("", label), refdoc=self.env.docname, refwarn=True, **options
        )


class ClaimsLedger(Gathered):
    """`{claims-ledger}`: every claim of the book with its cell, counted."""

    def gather(self) -> list[nodes.Node]:
        ledger = {chapter.number: claims_of(chapter) for chapter in self.chapters}
        every = [claim for claims in ledger.values() for claim in claims]
        trained = sum(claim.trained for claim in every)
        failed = sum(not claim.holds for claim in every)
        verdict = f"{failed} of them do not hold" if failed else "all of them hold"
        count = (
            f"**{_number(len(every), 'claim')}** in {_number(len(self.chapters), 'chapter')}, "
            f"{trained} of them in cells that train a model; {verdict}."
        )
        sections = [self.chapter(chapter, ledger[chapter.number]) for chapter in self.chapters]
        return [self.paragraph(count, about="sq-count"), *sections]

    def chapter(self, chapter: Chapter, claims: list[Claim]) -> nodes.section:
        """A chapter's claims, after what becomes of its equations."""
        trained = sum(claim.trained for claim in claims)
        count = f"{_number(len(claims), 'claim')}, {trained} in cells that train a model. "
        about = self.paragraph(count, *self.equations(self.pages[chapter.number]))
        items = [self.item(chapter, claim) for claim in claims]
        return self.section(chapter, about, nodes.bullet_list("", *items, classes=["sq-ledger"]))

    def equations(self, page: Page) -> Iterable[nodes.Node]:
        """How many numbered equations are checked, and which only give a name."""
        labels = [label for label, _ in page.equations()]
        named = [label for label in labels if label.startswith("eq-def-")]
        if not labels:
            return [nodes.Text("No equation has a number.")]
        text = f"{len(labels) - len(named)} of {_number(len(labels), 'numbered equation')} "
        text += "are checked by a cell; "
        if not named:
            return [nodes.Text(text + "none is a mere definition.")]
        return [
            nodes.Text(text + "definitions: "),
            *_listed(map(self.equation, named)),
            nodes.Text("."),
        ]

    def item(self, chapter: Chapter, claim: Claim) -> nodes.list_item:
        """A claim: what it says, and below it where it stands and what it is good for."""
        mark = nodes.inline("", "✓ " if claim.holds else "✗ ", classes=["sq-mark"])
        fine = [self.link(chapter.docname, f"claim-{claim.id}", nodes.Text(claim.id))]
        if claim.checks:
            fine += [nodes.Text(" · its cell checks "), *_listed(map(self.equation, claim.checks))]
        if claim.trained:
            fine.append(nodes.Text(" · trained"))
        if claim.answers:
            fine += [nodes.Text(" · answers "), *_listed(map(self.answered, claim.answers))]
        sentence = nodes.paragraph("", "", mark, nodes.Text(claim.sentence))
        return nodes.list_item("", sentence, self.paragraph("", *fine, about="sq-fine"))

    def answered(self, name: str) -> nodes.Node:
        """A claim of the notes, linked where there is a page of them."""
        text = nodes.Text(name)
        return self.link(_NOTES, name, text) if _NOTES in self.env.found_docs else text


class ExerciseTable(Gathered):
    """`{exercise-table}`: every exercise with its level, minutes and kind, added up."""

    def gather(self) -> list[nodes.Node]:
        every = [exercise for page in self.pages.values() for exercise in page.exercises]
        kinds = Counter(exercise.header.kind for exercise in every if exercise.header)
        each = ", ".join(f"{count}\u00a0×\u00a0{kind}" for kind, count in sorted(kinds.items()))
        total = self.paragraph(f"**{amount(every)}** in {_chapters(self.chapters)}: {each}.")
        return [total, *map(self.chapter, self.chapters)]

    def chapter(self, chapter: Chapter) -> nodes.section:
        """A chapter's exercises."""
        exercises = self.pages[chapter.number].exercises
        kept = sum(map(is_kept, exercises))
        into = f" {kept} of them go into your `my_nn.py`." if kept else ""
        rows = [self.row(chapter, *pair) for pair in enumerate(exercises, 1)]
        listed = table(["Exercise", "Level", "Minutes", "Kind"], rows)
        return self.section(chapter, self.paragraph(f"{amount(exercises)}.{into}"), listed)

    def row(self, chapter: Chapter, place: int, exercise: Exercise) -> list[list[nodes.Node]]:
        """An exercise, its number as on its page: they are counted as they come."""
        number = nodes.Text(f"{chapter.number}.{place} ")
        name = self.link(chapter.docname, exercise.slug, number, *self.markdown(exercise.title))
        if exercise.header is None:
            raise BookError(f"{chapter.path}:{exercise.line}: {exercise.slug} has no header.")
        level, minutes, kind = exercise.header
        return [[name], [_stars(level)], [nodes.Text(str(minutes))], [nodes.Text(kind)]]


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def amount(exercises: Iterable[Exercise]) -> str:
    """How many they are, and their minutes."""
    minutes = [exercise.header.minutes for exercise in exercises if exercise.header]
    return f"{_number(len(minutes), 'exercise')}, {_number(sum(minutes), 'minute')}"


def _chapters(chapters: list[Chapter]) -> str:
    return _number(len(chapters), "chapter")


def _listed(parts: Iterable[nodes.Node]) -> list[nodes.Node]:
    """The parts with commas between them."""
    pairs = [node for part in parts for node in (nodes.Text(", "), part)]
    return pairs[1:]


def _stars(level: int) -> nodes.raw:
    """●●○, which a screen reader would spell out, with a name for it."""
    text = "●" * level + "○" * (3 - level)
    html = f'<span role="img" aria-label="{level} of 3">{text}</span>'
    return nodes.raw("", html, format="html")


def table(header: list[str], rows: list[list[list[nodes.Node]]]) -> nodes.table:
    """A table of inline pieces."""

    def line(cells: Iterable[list[nodes.Node]]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))

    columns = [nodes.colspec(colwidth=1) for _ in header]
    head = nodes.thead("", line([[nodes.Text(name)] for name in header]))
    group = nodes.tgroup("", *columns, head, nodes.tbody("", *map(line, rows)), cols=len(header))
    return nodes.table("", group, classes=["colwidths-auto", "sq-exercises"])


def register(app: Sphinx) -> None:
    """Add the directives to Sphinx."""
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_directive("exercise-table", ExerciseTable)
