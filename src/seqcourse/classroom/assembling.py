"""What is run of a submission: the release's cells, the student's answers, and what they added."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seqcourse.classroom.assignment import Assignment, Part
from seqcourse.classroom.submissions import Submitted, kernel_note, read_notebook

Cell = dict[str, Any]


@dataclass
class Script:
    """A submission, ready to be run.

    Args:
        steps: for the worker, in order; an answer's step names its exercise.
        notes: what was odd about the submission, for its student.
        open: by slug, why there is nothing to run.
        texts: by slug, the answers that a person marks.
        cells: the names of the cells that hold answers, by slug.
    """

    steps: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)


def assemble(submitted: Submitted, assignment: Assignment) -> Script:
    """Make a submission ready: locked cells as they were given, answers where they belong.

    Args:
        submitted: what came.
        assignment: what was asked.
    """
    script = Script(notes=list(submitted.notes))
    name, cells = _chosen(submitted, assignment, script)
    if not name:
        for part in assignment.parts:
            script.open[part.slug] = "no notebook could be read."
        return script
    stubs = {c.grade_id: c.source for c in assignment.release if c.grade_id and not c.locked}
    known = {c.grade_id for c in assignment.release if c.grade_id}
    known |= {part.cell for part in assignment.parts}
    _note_locked(cells, assignment, script)
    found, extras = _sorted_out(cells, known)
    answers = {}
    for part in assignment.parts:
        cell = _answer(part, found.get(part.cell, []), extras, stubs, script)
        if part.kind == "text":
            script.texts[part.slug] = "" if cell is None else cell["source"]
        elif cell is not None:
            answers[part.cell] = cell
    _order(assignment, answers, extras, script)
    return script


def _chosen(submitted: Submitted, assignment: Assignment, script: Script) -> tuple[str, list[Cell]]:
    """The notebook to be marked: the one that holds most of the assignment's cells, changed."""
    if not submitted.candidates:
        script.notes.append("No notebook (.ipynb) was handed in.")
        return "", []
    wanted = {part.cell for part in assignment.parts}
    stubs = {c.grade_id: c.source.strip() for c in assignment.release}
    best: tuple[tuple[int, int, bool, str], list[Cell], str] | None = None
    for candidate in submitted.candidates:
        cells, trouble = read_notebook(candidate)
        if trouble:
            script.notes.append(f"{candidate.name} could not be read: {trouble}.")
            continue
        held = [c for c in cells if c["grade_id"] in wanted]
        filled = sum(c["source"].strip() != stubs.get(c["grade_id"]) for c in held)
        own = candidate.name.rpartition("/")[2] == assignment.notebook
        rank = (len({c["grade_id"] for c in held}), filled, own, candidate.name)
        if best is None or rank > best[0]:
            best = rank, cells, kernel_note(candidate)
    if best is None:
        return "", []
    name = best[0][3]
    if len(submitted.candidates) > 1:
        count = len(submitted.candidates)
        script.notes.append(f"{count} notebooks were handed in; {name} was marked.")
    if best[2]:
        script.notes.append(best[2])
    return name, best[1]


def _note_locked(cells: Iterable[Cell], assignment: Assignment, script: Script) -> None:
    given = {c["grade_id"]: c["source"].strip() for c in cells}
    locked = [c for c in assignment.release if c.locked and c.grade_id and c.kind == "code"]
    missing = [c for c in locked if c.grade_id not in given]
    changed = [c for c in locked if given.get(c.grade_id, c.source.strip()) != c.source.strip()]
    if len(missing) == len(locked) > 0:
        script.notes.append("The notebook has lost the assignment's marks on its cells.")
    elif missing or changed:
        script.notes.append("Locked cells were changed or deleted: they were run as given out.")


def _sorted_out(
    cells: Iterable[Cell], known: set[str]
) -> tuple[dict[str, list[Cell]], list[tuple[str, Cell]]]:
    """The assignment's cells by id, and the student's own with the id that they stand behind."""
    found: dict[str, list[Cell]] = {}
    extras, last = [], ""
    for number, cell in enumerate(cells, 1):
        cell = {**cell, "name": f"cell {number}"}
        if cell["grade_id"] in known:
            last = cell["grade_id"]
            found.setdefault(last, []).append(cell)
        elif cell["source"].strip():
            extras.append((last, cell))
    return found, extras


def _answer(
    part: Part,
    found: list[Cell],
    extras: list[tuple[str, Cell]],
    stubs: dict[str, str],
    script: Script,
) -> Cell | None:
    """The cell that holds an answer; None and a reason where there is none."""
    stub = stubs.get(part.cell, "").strip()
    if not found and part.kind == "auto":
        again = [cell for _, cell in extras if cell["kind"] == "code" and _defines(cell, part)]
        if again:
            extras[:] = [pair for pair in extras if pair[1] is not again[-1]]
            script.notes.append(f"{part.title}: its cell was found by the name {part.answer}.")
            found = again[-1:]
    if not found:
        script.open[part.slug] = "not attempted: its cell is not in the notebook."
        return None
    changed = [c for c in found if c["source"].strip() not in ("", stub)]
    if len(found) > 1:
        script.notes.append(
            f"{part.title}: its cell is there {len(found)} times; the last one "
            "that was filled in was marked."
        )
    if not changed:
        script.open[part.slug] = "not attempted."
        if not any(_defines(cell, part) for _, cell in extras if cell["kind"] == "code"):
            return None
        del script.open[part.slug]  # the answer stands in a cell that the student added
        return found[-1]
    script.cells[part.slug] = changed[-1]["name"]
    return changed[-1]


def _defines(cell: Cell, part: Part) -> bool:
    """Whether a cell gives a value to one of the names that are checked."""
    try:
        names = {n.id for n in ast.walk(ast.parse(part.answer)) if isinstance(n, ast.Name)}
    except SyntaxError:
        return False
    return any(
        re.search(
            rf"^(?:async )?(?:def|class) {name}\b|^{name}\b[^\n=(]*=[^=]", cell["source"], re.M
        )
        for name in names
    )


def _order(
    assignment: Assignment,
    answers: dict[str, Cell],
    extras: list[tuple[str, Cell]],
    script: Script,
) -> None:
    """Steps in the release's order; a student's own cell comes behind the one it stands behind."""
    parts = {part.cell: part for part in assignment.automatic}
    waiting: list[Part] = []

    def call() -> None:
        for part in waiting:
            if part.slug not in script.open:
                names = {"slug": part.slug, "module": part.module}
                script.steps.append({"answer": part.answer, **names})
        waiting.clear()

    def own(behind: str) -> None:
        for anchor, cell in extras:
            if anchor == behind and cell["kind"] == "code":
                script.steps.append({"cell": cell["source"], "name": cell["name"]})

    release = [c for c in assignment.release if c.grade_id or c.kind == "code"]
    given = [c.source.strip() for c in release if c.locked]
    for number, code in enumerate(assignment.setup, 1):
        if code.strip() not in given:
            script.steps.append({"cell": code, "name": f"set-up {number}"})
    own("")
    for cell in release:
        if cell.grade_id in parts:
            call()  # of the exercise before: cells that were added behind its answer count, too
            if cell.grade_id in answers:
                answer = answers[cell.grade_id]
                script.steps.append({"cell": answer["source"], "name": answer["name"]})
            waiting.append(parts[cell.grade_id])
        elif cell.locked and cell.kind == "code" and not cell.test:
            call()
            script.steps.append({"cell": cell.source, "name": f"the given cell {cell.grade_id}"})
        if cell.grade_id:
            own(cell.grade_id)
    call()
