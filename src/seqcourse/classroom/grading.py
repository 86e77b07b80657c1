"""Mark a class: `seqcourse grade submissions/ --assignment hw3/ --out marks/`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from seqcourse.classroom.assignment import Assignment, read_assignment
from seqcourse.classroom.byhand import BY_HAND, ByHandError, read_given, take_in, write_table
from seqcourse.classroom.choosing import choose, not_this, rule
from seqcourse.classroom.feedback import (
    feedback,
    file_names,
    marks_table,
    number,
    open_of,
    points_of,
    unfinished,
)
from seqcourse.classroom.marking import Marks, Rules, mark_all
from seqcourse.classroom.sandbox import SandboxError
from seqcourse.classroom.submissions import SubmissionsError, Submitted, find_submissions
from seqcourse.classroom.summary import summary
from seqcourse.classroom.tasks import AssignmentError, counted
from seqcourse.files import write_whole


class GradingError(Exception):
    """A class cannot be marked as asked; the message says why and what to do."""


TROUBLES = (AssignmentError, SubmissionsError, SandboxError, ByHandError, GradingError)


@dataclass(frozen=True)
class Result:
    """What marking a class has come to."""

    students: int
    median: float
    points: float
    by_hand: int
    incomplete: int
    remarks: tuple[str, ...]


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
        say: called with what the sandbox is, and with files that were left out.

    Raises:
        AssignmentError, SubmissionsError, SandboxError, ByHandError, GradingError: it
            cannot be done.
    """
    assignment = read_assignment(folder)
    _refuse(submissions, folder, out)
    found = find_submissions(submissions, assignment.name, say)
    with _alone(out):
        _claim(assignment, out)
        given = read_given(out / BY_HAND, assignment, [one.student for one in found])
        _refuse_others(found, assignment)
        marks = mark_all(found, assignment, folder, rules, out / ".store", progress, say)
        waiting = take_in(marks, given, assignment)
        write_table(marks, given, assignment, out / BY_HAND)
        return _write(marks, assignment, out, rules, waiting)


def _write(
    marks: Sequence[Marks], assignment: Assignment, out: Path, rules: Rules, waiting: int
) -> Result:
    pages = file_names(one["student"] for one in marks)
    for one in marks:
        write_whole(out / "feedback" / pages[one["student"]], feedback(one, assignment))
    write_whole(out / "marks.csv", marks_table(marks, assignment, not rules.sandbox))
    write_whole(out / "summary.html", summary(marks, assignment, pages))
    return Result(
        students=len(marks),
        median=median(points_of(one) for one in marks),
        points=assignment.points,
        by_hand=waiting,
        incomplete=sum(open_of(one, assignment)[0] > 0 for one in marks),
        remarks=_remarks(marks, assignment),
    )


def _refuse(submissions: Path, folder: Path, out: Path) -> None:
    """Say where marks must not go: among what they are made of."""
    place = out.resolve()
    if (out / "assignment.json").exists() or place == folder.resolve():
        raise GradingError(f"{out} is the folder of an assignment: give another --out.")
    if submissions.is_dir() and place.is_relative_to(submissions.resolve()):
        raise GradingError(
            f"{out} is in the folder of submissions, and would be taken for a student: give "
            "another --out."
        )


def _claim(assignment: Assignment, out: Path) -> None:
    """These are the marks of one assignment, and stay so."""
    path = out / ".store" / "marks_of"
    own = {"name": assignment.name, "seed": assignment.seed}
    try:
        held = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        if (out / "marks.csv").exists():
            raise GradingError(
                f"{out} holds a marks.csv, and does not say of what: give another --out."
            ) from None
        write_whole(path, json.dumps(own))
        return
    if held != own:
        name = held.get("name", "?")
        other = f"{name} with another seed" if name == own["name"] else name
        raise GradingError(
            f"{out} holds the marks of {other}, not of {own['name']}: give another --out."
        )


def _refuse_others(found: Sequence[Submitted], assignment: Assignment) -> None:
    """Stop where most notebooks are another assignment's: the wrong one was named."""
    others = Counter(filter(None, (choose(one, assignment).other for one in found)))
    count = sum(others.values())
    if count > 1 and 2 * count > len(found):
        named = ", ".join(f"{n} × {name}" for name, n in sorted(others.items()))
        raise GradingError(
            f"{count} of {counted(len(found), 'submission')} are notebooks of another assignment "
            f"than {assignment.title} ({assignment.name}): {named}. Nothing was marked: give the "
            "folder of that one by --assignment."
        )


def _remarks(marks: Sequence[Marks], assignment: Assignment) -> tuple[str, ...]:
    """What the instructor should know of single submissions."""
    lines = [
        f"{one['student']}: {not_this(one['other'], assignment)}" for one in marks if one["other"]
    ]
    several = ", ".join(one["student"] for one in marks if one["several"])
    if several:
        lines.append(f"Several notebooks came from {several}: {rule(assignment)}.")
    return tuple(lines)


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
    lines = [
        f"{counted(result.students, 'submission')}, median {number(result.median)} of "
        f"{number(result.points)} points.",
        *result.remarks,
        *(f"  {out / name}" for name in ("marks.csv", "summary.html")),
        f"  {out / 'feedback'}{os.sep}",
    ]
    if result.by_hand:
        wait = "1 answer waits" if result.by_hand == 1 else f"{result.by_hand} answers wait"
        lines[0] = f"{lines[0][:-1]}; {unfinished(result.incomplete)}."
        lines.append(
            f"{wait} for you: fill in the points in {out / BY_HAND}, and call again. Until then "
            "they are 0: do not hand out the pages yet."
        )
    return "\n".join(lines)
