"""The chapters of a checkout, as a store of exercises to assign."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from seqcourse.classroom.tasks import AssignmentError, Task
from seqcourse.publish.book import Book, BookError, Chapter
from seqcourse.publish.reading import Cell, Exercise, Page, calls, python_fences

_NO_PROSE = re.compile(r"(```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$)", re.DOTALL)


def checkout() -> Book:
    """The checkout that the working folder lies in, or else the one that this module lies in.

    Raises:
        BookError: there is neither.
    """
    try:
        return Book.find()
    except BookError:
        try:
            return Book.find(Path(__file__))
        except BookError:
            pass
        raise


@dataclass(frozen=True)
class Source:
    """A chapter to take exercises from: its text, and its notebook for the same in Markdown."""

    chapter: Chapter

    @cached_property
    def page(self) -> Page:
        return Page(self.chapter.path, self.chapter.path.read_text("utf-8"))

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        """The chapter's notebook: its text has no roles, no directives, and its numbers."""
        path = self.chapter.notebook_path
        if not path.exists():
            raise AssignmentError(f"{path} is not there: call `make book` in the checkout first.")
        return nbformat.read(path, 4)

    @property
    def markdown(self) -> str:
        """All text of the notebook."""
        cells = self.notebook.cells
        return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")

    @property
    def address(self) -> str:
        """Where the chapter is on the site."""
        return f"{self.chapter.book.site}/{self.chapter.docname}.html"

    def exercise(self, slug: str) -> Exercise | None:
        return next((e for e in self.page.exercises if e.slug == slug), None)

    def task(self, slug: str) -> Task:
        """An exercise as it is published.

        Raises:
            AssignmentError: the chapter holds no whole exercise of this name, or its notebook is
                older than its text.
        """
        exercise = self.exercise(slug)
        if exercise is None or len(exercise.stubs) != 1 or len(exercise.solutions) != 1:
            raise AssignmentError(f"{self.chapter.path} has no finished exercise {slug!r}.")
        title, text, solved = self._in_markdown(exercise)
        fences = python_fences(solved)
        if not fences:
            raise AssignmentError(f"{self.chapter.path}: {slug} has no solution in Python.")
        stub = exercise.stubs[0]
        return Task(
            slug=slug,
            title=title,
            text=self._linked(text),
            chapter=self.chapter.number,
            minutes=exercise.header.minutes if exercise.header else 0,
            stub=without_checks(stub),
            answer=exercise.answer(stub),
            solution=fences[0].strip("\n"),
            why=self._linked(solved.replace(f"```python\n{fences[0]}```", "").strip()),
            setup=self.page.code[0].source,
            prediction=exercise.header is not None and exercise.header.kind == "predict",
        )

    def _in_markdown(self, exercise: Exercise) -> tuple[str, str, str]:
        """Title, statement and solution, from the notebook."""
        number = f"{self.chapter.number}.{self.page.exercises.index(exercise) + 1}"
        box = rf"^> \*\*Exercise {re.escape(number)}\. (.*)\*\*\n((?:>.*\n?)*)"
        end = rf"<summary>Solution to Exercise {re.escape(number)}</summary>\n(.*?)\n</details>"
        stated = re.search(box, self.markdown, re.MULTILINE)
        solved = re.search(end, self.markdown, re.DOTALL)
        newest = exercise.stubs[0].source in {cell.source for cell in self.notebook.cells}
        if stated is None or solved is None or not newest:
            raise AssignmentError(
                f"{self.chapter.notebook_path} has no exercise {number}: it is older than the "
                f"chapter's text. Call `make book ONLY={self.chapter.number}`."
            )
        lines = [re.sub("^> ?", "", line) for line in stated[2].split("\n")]
        return stated[1], "\n".join(lines).strip(), solved[1].strip() + "\n"

    def _linked(self, text: str) -> str:
        """The same with each equation's number linked to the chapter, which is another page."""
        labels = [label for label, _ in self.page.equations()]

        def link(match: re.Match[str]) -> str:
            place = int(match[1])
            if not 1 <= place <= len(labels):
                return match[0]
            return f"[{match[0]}]({self.address}#equation-{labels[place - 1]})"

        number = re.compile(rf"(?<!\[)\({self.chapter.number}\.(\d+)\)")
        parts = _NO_PROSE.split(text)
        return "".join(p if i % 2 else number.sub(link, p) for i, p in enumerate(parts))


def without_checks(stub: Cell) -> str:
    """A stub's code without its calls of `check` and `keep`."""
    lines = stub.source.split("\n")
    for name in ("check", "keep"):
        for call in calls(stub, name):
            end = call.end_lineno or call.lineno
            lines[call.lineno - 1 : end] = [""] * (end - call.lineno + 1)
    return "\n".join(lines).rstrip()


def sources(book: Book, numbers: Iterable[int]) -> dict[int, Source]:
    """The chapters of these numbers.

    Raises:
        AssignmentError: there is no such chapter, or it is a draft.
    """
    try:
        known = {chapter.number: chapter for chapter in book.chapters()}
    except BookError as error:
        raise AssignmentError(str(error)) from error
    found = {}
    for number in numbers:
        if number not in known:
            there = ", ".join(map(str, known))
            raise AssignmentError(f"There is no chapter {number}; there are {there}.")
        if known[number].is_draft:
            raise AssignmentError(f"Chapter {number} is a draft: its exercises may still change.")
        found[number] = Source(known[number])
    return found


def exercise_in(slug: str, named: Mapping[int, Source], book: Book) -> Source:
    """The chapter, among those named, that holds an exercise.

    Raises:
        AssignmentError: none does; the message says which other chapter does, or which names are
            close.
    """
    for source in named.values():
        if source.exercise(slug):
            return source
    every = {e.slug: c.number for c in book.chapters() for e in Source(c).page.exercises}
    if slug in every:
        numbers = " ".join(map(str, sorted({*named, every[slug]})))
        raise AssignmentError(
            f"{slug} is an exercise of chapter {every[slug]}, which you did not name: "
            f"seqcourse assign {numbers} …"
        )
    near = difflib.get_close_matches(slug, every, n=3, cutoff=0.5)
    there = [e.slug for source in named.values() for e in source.page.exercises]
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    said = f"chapter {' and '.join(map(str, named))}" if named else "the book"
    raise AssignmentError(
        f"There is no exercise {slug!r}. {hint}" + (f"In {said}: {', '.join(there)}." * bool(there))
    )
