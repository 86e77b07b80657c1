"""Run a chapter's solutions, stubs and wrong answers, as a learner's notebook would."""

from __future__ import annotations

import importlib
import itertools
import linecache
from dataclasses import dataclass
from functools import cache
from typing import Any

from seqcourse.lesson.check import SEED, Report, grade
from seqcourse.publish.reading import Page, python_fences

from .mutants import Transpose
from .wrong import Wrong

_COUNT = itertools.count()


@dataclass(frozen=True)
class Task:
    """What a chapter holds of an exercise.

    Args:
        slug: the exercise's label.
        place: file and line.
        setup: the chapter's first code cell.
        stub: the exercise's cell.
        name: what that cell gives to `check`, usually the answer's name.
        solution: the solution's code.
    """

    slug: str
    place: str
    setup: str
    stub: str
    name: str
    solution: str

    def grade(self, code: str, seed: int = SEED) -> Report:
        """The report on an answer, given by code that stands where the solution stands."""
        return self._graded(code, prepared(self.setup), seed)

    def grade_turned(self, code: str) -> Report | None:
        """The same for a mutant with a transpose; None where it turned nothing."""
        turn = Transpose()
        report = self._graded(code, prepared(self.setup) | {"_transpose": turn}, SEED)
        return report if turn.changed or report.state != "passed" else None

    def _graded(self, code: str, namespace: dict[str, Any], seed: int) -> Report:
        try:
            run(code, namespace)
            answer = eval(self.name, namespace)
        except Exception as error:  # a cell that stops: the learner sees it before any check
            line = f"the cell raised {type(error).__name__}: {error}"
            return Report(self.slug, "failed", (line, "It never came to a check."))
        return grade(self.slug, answer, seed=seed)


def tasks(page: Page) -> list[Task]:
    """The page's exercises that are whole: with a stub and a solution (others: see anatomy)."""
    found = []
    for exercise in page.exercises:
        fences = [code for s in exercise.solutions for code in python_fences(s.body)]
        if len(fences) == len(exercise.stubs) == 1:
            stub = exercise.stubs[0]
            place = f"{page.path}:{exercise.line}"
            name = exercise.answer(stub)
            setup = page.code[0].source
            found.append(Task(exercise.slug, place, setup, stub.source, name, fences[0]))
    return found


def wrong_answers(module: str) -> tuple[dict[str, list[Wrong]], dict[str, dict[str, str]]]:
    """WRONG and EQUIVALENT of `exercises/wrong_chNN.py`, for the checkers' module `chNN`."""
    found = importlib.import_module(f".exercises.wrong_{module}", __package__)
    return found.WRONG, getattr(found, "EQUIVALENT", {})


@cache
def _compiled(code: str) -> Any:
    # Kept for tracebacks and `inspect`, as IPython keeps a notebook's cells.
    name = f"<cell {next(_COUNT)}>"
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    return compile(code, name, "exec")


def run(code: str, namespace: dict[str, Any]) -> None:
    exec(_compiled(code), namespace)


@cache
def _once(setup: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    run(setup, namespace)
    return namespace


def prepared(setup: str) -> dict[str, Any]:
    """A namespace of one's own in which the chapter's first cell has run."""
    return dict(_once(setup))
