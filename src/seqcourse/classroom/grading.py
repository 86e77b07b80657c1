"""Mark a class: `seqcourse grade submissions/ --assignment hw3/ --out marks/`."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seqcourse.classroom.assignment import Assignment, read_assignment
from seqcourse.classroom.feedback import feedback, file_names, marks_table, number, points_of
from seqcourse.classroom.marking import Marks, Rules, mark_all
from seqcourse.classroom.sandbox import SandboxError
from seqcourse.classroom.submissions import SubmissionsError, find_submissions
from seqcourse.classroom.summary import summary
from seqcourse.classroom.tasks import AssignmentError
from seqcourse.files import write_whole

BY_HAND = "by_hand.csv"


class GradingError(Exception):
    """A class cannot be marked as asked; the message says why and what to do."""


TROUBLES = (AssignmentError, SubmissionsError, SandboxError, GradingError)


@dataclass(frozen=True)
class Result:
    """What marking a class has come to."""

    students: int
    median: float
    points: float
    by_hand: int


def grade_class(
    submissions: Path,
    folder: Path,
    out: Path,
    rules: Rules,
    progress: Callable[[int], Callable[[], None]] = lambda count: lambda: None,
    say: Callable[[str], object] = lambda line: None,
) -> Result:
    """Mark all submissions and write marks.csv, a page for each student and a summary.

    Killed at any point and called again, it goes on where it was. The same input gives the same
    files, byte by byte.

    Args:
        submissions: a folder or a zip file, see `submissions.find_submissions`.
        folder: the assignment's.
        out: where to write.
        rules: how to mark.
        progress: called with how many there are; gives what to call after each.
        say: called with what the sandbox is.

    Raises:
        AssignmentError, SubmissionsError, SandboxError, GradingError: it cannot be done.
    """
    assignment = read_assignment(folder)
    found = find_submissions(submissions, assignment.name)
    with _alone(out):
        tell = progress(len(found))
        marks = mark_all(found, assignment, folder, rules, out / ".store", tell, say)
        waiting = _by_hand(marks, assignment, out / BY_HAND)
        return _write(marks, assignment, out, rules, waiting)


def _write(
    marks: Sequence[Marks], assignment: Assignment, out: Path, rules: Rules, waiting: int
) -> Result:
    pages = file_names(one["student"] for one in marks)
    for one in marks:
        write_whole(out / "feedback" / pages[one["student"]], feedback(one, assignment))
    write_whole(out / "marks.csv", marks_table(marks, not rules.sandbox))
    write_whole(out / "summary.html", summary(marks, assignment, pages))
    totals = sorted(points_of(one) for one in marks)
    half = len(totals) // 2
    return Result(len(marks), (totals[half] + totals[~half]) / 2, assignment.points, waiting)


def _by_hand(marks: Sequence[Marks], assignment: Assignment, path: Path) -> int:
    """Take in what a person has marked, and write the list of what is left; return how many."""
    parts = {part.slug: part for part in assignment.parts if part.kind == "text"}
    rows = [(one, row) for one in marks for row in one["exercises"] if row["state"] == "by hand"]
    given = _given(path)
    lines = []
    for one, row in rows:
        points, comment = given.get((one["student"], row["slug"]), ("", ""))
        lines.append([one["student"], row["slug"], points, comment, row["text"]])
        if points:
            row["points"] = _points(points, parts[row["slug"]].points, one["student"], path)
            row["lines"] = [comment or "marked by hand."]
    if rows:
        with (path.with_suffix(".part")).open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerows([["student", "exercise", "points", "comment", "answer"], *lines])
        path.with_suffix(".part").replace(path)
    return sum(row["points"] is None for _, row in rows)


def _given(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return {
                (row["student"], row["exercise"]): (row["points"].strip(), row["comment"].strip())
                for row in csv.DictReader(file)
            }
    except (KeyError, AttributeError, UnicodeDecodeError, csv.Error) as error:
        raise GradingError(
            f"{path} cannot be read ({error}). It needs the columns student, exercise, points and "
            "comment, with commas between them, in UTF-8."
        ) from error


def _points(text: str, most: float, student: str, path: Path) -> float:
    try:
        points = float(text)
    except ValueError:
        points = -1.0
    if not 0 <= points <= most:
        raise GradingError(f"{path}: {student} has {text!r} points; give 0 to {number(most)}.")
    return points


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Nobody else marks into the same folder meanwhile; a killed run leaves no lock behind."""
    import fcntl

    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise GradingError(f"Another `seqcourse grade` writes to {out} now.") from error
        yield


def bar(count: int) -> Callable[[], None]:
    """A progress bar for so many submissions."""
    from tqdm import tqdm

    shown = tqdm(total=count, unit="submission", desc="Marking")

    def tell() -> None:
        shown.update()
        if shown.n >= count:
            shown.close()

    return tell


def told(result: Result, out: Path) -> str:
    """What came of it, and where it lies."""
    left = (
        f"\n{result.by_hand} answers wait for you: fill in their points in {out / BY_HAND}, and "
        "call again."
        if result.by_hand
        else ""
    )
    return (
        f"{result.students} submissions, median {number(result.median)} of "
        f"{number(result.points)} points.\n"
        f"  {out / 'marks.csv'}\n  {out / 'summary.html'}\n  {out / 'feedback'}{os.sep}{left}"
    )
