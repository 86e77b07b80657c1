"""Which of the notebooks that a student handed in is marked, and what its cells are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqcourse.classroom.assignment import Assignment
from seqcourse.classroom.submissions import Candidate, Submitted, kernel_note, read_notebook

Cell = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """The notebook that is marked.

    Args:
        name: of its file; '' where none could be read.
        cells: each with the `name` of the assignment's cell that it is, '' for a student's own.
        notes: what was odd, for the student.
        other: of another assignment's notebook, what that is called.
    """

    name: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]
    other: str = ""


def rule(assignment: Assignment) -> str:
    """Which of several notebooks counts, in words."""
    return (
        "the one with the most answers filled in counts; of equals, the one that is called "
        f"{assignment.notebook}, else the last by name"
    )


def choose(submitted: Submitted, assignment: Assignment) -> Choice:
    """Choose the notebook to be marked, by `rule`."""
    if not submitted.candidates:
        return Choice("", (), ("No notebook (.ipynb) was handed in.",))
    notes = []
    best: tuple[tuple[int, int, bool, str], list[Cell], str, Any] | None = None
    for candidate in submitted.candidates:
        read, metadata, trouble = read_notebook(candidate)
        if trouble:
            notes.append(f"{candidate.name} could not be read: {trouble}.")
            continue
        cells = _recognised(read, assignment)
        rank = _rank(candidate, cells, assignment)
        if best is None or rank > best[0]:
            best = rank, cells, candidate.name, metadata
    if best is None:
        return Choice("", (), tuple(notes))
    _, cells, name, metadata = best
    if len(submitted.candidates) > 1:
        count = len(submitted.candidates)
        notes.append(f"{count} notebooks were handed in; {name} was marked: {rule(assignment)}.")
    notes += filter(None, [kernel_note(metadata)])
    return Choice(name, tuple(cells), tuple(notes), _other(name, metadata, cells, assignment))


def not_this(other: str, assignment: Assignment) -> str:
    """What to say of another assignment's notebook."""
    return f"This is the notebook of {other}, not of {assignment.title}."


def names(assignment: Assignment) -> set[str]:
    """Of all cells that students were given."""
    given = {c.grade_id for c in assignment.release if c.grade_id}
    return given | {part.cell for part in assignment.parts}


def _rank(
    candidate: Candidate, cells: Iterable[Cell], assignment: Assignment
) -> tuple[int, int, bool, str]:
    wanted = {part.cell for part in assignment.parts}
    empty = {c.grade_id: ("", c.source.strip()) for c in assignment.release}
    held = [c for c in cells if c["name"] in wanted]
    filled = {c["name"] for c in held if c["source"].strip() not in empty.get(c["name"], ("",))}
    own = candidate.name.rpartition("/")[2] == assignment.notebook
    return len(filled), len({c["name"] for c in held}), own, candidate.name


def _recognised(cells: Sequence[Cell], assignment: Assignment) -> list[Cell]:
    """The cells with their names; where the metadata is lost, by their ids, texts and headings."""
    known = names(assignment)
    gone = known - {c["grade_id"] for c in cells}
    release = [c for c in assignment.release if c.grade_id in gone]
    same = _once((c.source.strip(), c.grade_id) for c in release)
    heads = _once((_heading(c.source), c.grade_id) for c in release if c.kind == "markdown")
    found = []
    for cell in cells:
        name = cell["grade_id"] if cell["grade_id"] in known else ""
        name = name or (cell["id"] if cell["id"] in gone else "")
        name = name or same.get(cell["source"].strip(), "")
        if not name and cell["kind"] == "text":
            name = heads.get(_heading(cell["source"]), "")
        found.append({**cell, "name": name})
    return found


def _once(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """What a text, which nothing else has, is the text of."""
    kept = [pair for pair in pairs if pair[0]]
    count = Counter(text for text, _ in kept)
    return {text: name for text, name in kept if count[text] == 1}


def _heading(source: str) -> str:
    first = source.strip().partition("\n")[0].strip()
    return first if first.startswith("#") else ""


def _other(file: str, metadata: Any, cells: Sequence[Cell], assignment: Assignment) -> str:
    """What another assignment's notebook is called; '' where it may be this one's."""
    name = _says(metadata)
    strange = {c["grade_id"] for c in cells} - names(assignment) - {""}
    held = {part.cell for part in assignment.parts} & {c["name"] for c in cells}
    if name == assignment.name or not name and (held or not strange):
        return ""
    heads = (_heading(c["source"]) for c in cells if c["kind"] == "text")
    title = _plain(next(filter(None, heads), "").lstrip("# "))
    if title in ("", assignment.title):
        return name or file
    return title


def _says(metadata: Any) -> str:
    """The assignment that a notebook's metadata names."""
    try:
        name = metadata["seqcourse"]["assignment"]
    except (KeyError, TypeError):
        return ""
    return _plain(name) if isinstance(name, str) else ""


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:80]
