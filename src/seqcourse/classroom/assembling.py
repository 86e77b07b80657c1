"""What is run of a submission: the release's cells, the student's answers, and what they added."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seqcourse.classroom.assignment import Assignment, Part
from seqcourse.classroom.choosing import Cell, choose, not_this
from seqcourse.classroom.submissions import Submitted

_LOST = "not attempted: its cell is not in the notebook."


@dataclass
class Script:
    """A submission, ready to be run.

    Args:
        steps: for the worker, in order; an answer's step names its exercise.
        notes: what was odd about the submission, for its student.
        open: by slug, why there is nothing to run.
        texts: by slug, the answers that a person marks.
        cells: the names of the cells that hold answers, by slug.
        lost: the exercises whose answer in words was not found, though it may be there.
        stops: what happened to the student's own cells.
        other: of another assignment's notebook, what that is called.
    """

    steps: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    stops: list[str] = field(default_factory=list)
    other: str = ""


def assemble(submitted: Submitted, assignment: Assignment) -> Script:
    """Make a submission ready: locked cells as they were given, answers where they belong.

    Args:
        submitted: what came.
        assignment: what was asked.
    """
    choice = choose(submitted, assignment)
    script = Script(notes=[*submitted.notes, *choice.notes], other=choice.other)
    if not choice.name:
        script.open = {part.slug: "no notebook could be read." for part in assignment.parts}
        return script
    if choice.other:
        script.notes.insert(0, not_this(choice.other, assignment))
    else:
        _note_locked(choice.cells, assignment, script)
    stubs = {c.grade_id: c.source for c in assignment.release if c.grade_id and not c.locked}
    found, extras = _sorted_out(choice.cells)
    answers = {}
    for part in assignment.parts:
        cell = _answer(part, found.get(part.cell, []), extras, stubs, script)
        if part.kind == "text":
            script.texts[part.slug] = _words(part, cell, extras, assignment, script)
        elif cell is not None:
            answers[part.cell] = cell
    _not_found(choice.cells, assignment, script)
    _order(assignment, answers, extras, script)
    return script


def _words(
    part: Part,
    cell: Cell | None,
    extras: list[tuple[str, Cell]],
    assignment: Assignment,
    script: Script,
) -> str:
    """An answer in words: its cell, or what a student has written behind its place."""
    if cell is not None:
        return str(cell["source"])
    ids = [c.grade_id for c in assignment.release if c.grade_id]
    places = {part.cell}
    if part.cell in ids[1:]:
        places.add(ids[ids.index(part.cell) - 1])  # its task
    own = [c["source"].strip() for last, c in extras if last in places and c["kind"] == "text"]
    if own:
        script.open.pop(part.slug)
        script.notes.append(f"{part.title}: the answer was found by its place.")
    return "\n\n".join(own)


def _not_found(cells: Iterable[Cell], assignment: Assignment, script: Script) -> None:
    """Tell cells that a person must look for from those of another assignment."""
    given = {c.source.strip() for c in assignment.release} | {""}
    own = any(
        cell["source"].strip() not in given
        for cell in cells
        if not cell["name"] or cell["kind"] == "text"
    )
    for part in assignment.parts:
        if script.open.get(part.slug) != _LOST:
            continue
        if script.other:
            script.open[part.slug] = "not attempted."  # a note says why
        elif part.kind == "text" and own:
            del script.open[part.slug]
            script.lost.add(part.slug)


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
    cells: Iterable[Cell],
) -> tuple[dict[str, list[Cell]], list[tuple[str, Cell]]]:
    """The assignment's cells by name, and the student's own with the one before them."""
    found: dict[str, list[Cell]] = {}
    extras, last = [], ""
    for number, cell in enumerate(cells, 1):
        shown = {**cell, "name": f"cell {number}"}
        if cell["name"]:
            last = cell["name"]
            found.setdefault(last, []).append(shown)
        elif cell["source"].strip():
            extras.append((last, shown))
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
        script.open[part.slug] = _LOST
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
