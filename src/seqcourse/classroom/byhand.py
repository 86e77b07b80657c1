"""What a person marks: `by_hand.csv`, read before anything is marked and written behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqcourse.classroom.assignment import Assignment
from seqcourse.classroom.feedback import as_text, number, safe_cell
from seqcourse.files import write_whole

BY_HAND = "by_hand.csv"
NOT_FOUND = "(not found: look yourself)"
_COLUMNS = ("student", "exercise", "points", "of", "comment", "answer")
_NEEDED = ("student", "exercise", "points")
_ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class ByHandError(Exception):
    """The table cannot be taken in; the message lists all that is wrong with it."""


@dataclass(frozen=True)
class Given:
    """What a person has filled in.

    Args:
        points: by student (as the table shows the name) and exercise.
        comments: likewise.
        delimiter: between columns, kept when the table is written again.
    """

    points: dict[tuple[str, str], float] = field(default_factory=dict)
    comments: dict[tuple[str, str], str] = field(default_factory=dict)
    delimiter: str = ","


def read_given(path: Path, assignment: Assignment, students: Collection[str]) -> Given:
    """What `by_hand.csv` holds, as any spreadsheet may have saved it.

    Args:
        path: the file, which may be missing.
        assignment: what was asked.
        students: those who handed something in.

    Raises:
        ByHandError: it holds what cannot be meant; the message lists all of it.
    """
    if not path.exists():
        return Given()
    text = _decoded(path.read_bytes())
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        table = list(csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ByHandError(f"{path} cannot be read as a table ({error}).") from error
    names = [name.strip().lower() for name in table[0]] if table else []
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise ByHandError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. Its first "
            f"line must be {','.join(_COLUMNS)}, or the same with ';'."
        )
    given, wrong = Given(delimiter=delimiter), []
    most = {part.slug: part.points for part in assignment.parts if part.kind == "text"}
    known = {safe_cell(student) for student in students}
    for line, values in _rows(table[1:], names):
        trouble = _take(values, given, most, known)
        wrong += [f"  row {line}: {trouble}"] if trouble else []
    if wrong:
        raise ByHandError("\n".join([f"{path} cannot be taken in. Nothing was marked.", *wrong]))
    return given


def take_in(marks: Sequence[dict[str, Any]], given: Given, assignment: Assignment) -> int:
    """Put a person's points into the marks; return how many answers still wait for theirs."""
    waiting = 0
    for one, row in _texts(marks, assignment):
        key = safe_cell(one["student"]), row["slug"]
        if key in given.points:
            row["state"], row["points"] = "by hand", given.points[key]
            row["lines"] = [given.comments[key]] if given.comments[key] else []
        waiting += row["state"] == "by hand" and row["points"] is None
    return waiting


def write_table(
    marks: Sequence[dict[str, Any]], given: Given, assignment: Assignment, path: Path
) -> None:
    """Write the list of what a person marks, with what is filled in already."""
    most = {part.slug: part.points for part in assignment.parts}
    lines = []
    for one, row in _texts(marks, assignment):
        if row["state"] != "by hand":
            continue
        key = safe_cell(one["student"]), row["slug"]
        points = "" if row["points"] is None else number(row["points"])
        points = points.replace(".", "," if given.delimiter == ";" else ".")
        answer = as_text(row["text"] or NOT_FOUND if "text" in row else "")
        comment = given.comments.get(key, "")
        lines.append([*key, points, number(most[row["slug"]]), comment, answer])
    if lines or path.exists():
        out = io.StringIO()
        table = csv.writer(out, delimiter=given.delimiter, lineterminator="\n")
        table.writerows([_COLUMNS, *lines])
        write_whole(path, "\ufeff" + out.getvalue())  # the mark by which Excel knows UTF-8


def _texts(
    marks: Sequence[dict[str, Any]], assignment: Assignment
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    slugs = {part.slug for part in assignment.parts if part.kind == "text"}
    for one in marks:
        yield from ((one, row) for row in one["exercises"] if row["slug"] in slugs)


def _decoded(data: bytes) -> str:
    """The text, in UTF-8 or in what Excel writes instead."""
    try:
        return data.decode(_ENCODINGS.get(data[:2], "utf-8-sig"))
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(table: list[list[str]], names: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    for line, cells in enumerate(table, 2):
        if any(cell.strip() for cell in cells):
            values = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            yield line, {name: values.get(name, "") for name in _COLUMNS}


def _take(
    values: dict[str, str], given: Given, most: dict[str, float], known: Collection[str]
) -> str:
    """Take in one row; say what is wrong with it."""
    student, slug, text = (values[name] for name in _NEEDED)
    key = student, slug
    if text and student not in known:
        return f"nobody called {student!r} handed in anything: mend the name, or remove the row."
    if text and slug not in most:
        return f"{slug!r} is no exercise marked by hand. There is: {', '.join(most) or 'none'}."
    if text and key in given.points:
        return f"{student} has points for {slug} twice: remove one of the rows."
    given.comments[key] = values["comment"]
    if text:
        try:
            points = float(text.replace(",", "."))
        except ValueError:
            points = -1.0
        if not 0 <= points <= most[slug]:
            return f"{student} has {text!r} points; give 0 to {number(most[slug])}."
        given.points[key] = points
    return ""
