"""Read what an instructor typed: the folder's name, the exercises, points and the date."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from seqcourse.classroom.tasks import AssignmentError, Task, counted

POINTS = 10.0  # for each task, where nobody says otherwise


def folder_name(out: Path) -> str:
    """The assignment's name: that of its folder."""
    name = out.resolve().name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise AssignmentError(
            f"The folder's name is the assignment's, and nbgrader takes letters, digits, - and _ "
            f"only: {name!r} will not do. Such as --out hw3"
        )
    return name


def require_nbgrader() -> None:
    """Raises AssignmentError where nbgrader is missing."""
    try:
        import nbgrader.preprocessors  # noqa: F401
    except ModuleNotFoundError as error:
        raise AssignmentError(
            f"An assignment is made by nbgrader, and {error.name} is not installed: call "
            "`pip install 'seqcourse[classroom]'`, or `pip install 'nbgrader>=0.9'`."
        ) from error


def items(text: str) -> list[str]:
    """What `--exercises` names."""
    items = [item.strip() for item in text.split(",") if item.strip()]
    if not items:
        raise AssignmentError("Name at least one exercise: --exercises bp-step,bp-cut")
    return items


def points_for(text: str, tasks: Sequence[Task], worth: Sequence[float | None]) -> list[float]:
    """Points for each task.

    Raises:
        AssignmentError: they are no numbers above 0, do not fit the tasks, or are not what a
            rubric adds up to.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if any("=" in part for part in parts):
        found = _by_name(parts, tasks, worth)
    elif not parts:
        found = [POINTS if own is None else own for own in worth]
    elif len(parts) == 1:
        found = [_number(parts[0]) if known is None else known for known in worth]
        if len(tasks) == 1:
            found = [_number(parts[0])]
    elif len(parts) == len(tasks):
        found = [_number(part) for part in parts]
    else:
        names = ", ".join(task.slug for task in tasks)
        raise AssignmentError(
            f"{len(parts)} points for {counted(len(tasks), 'exercise')} ({names}). Give one number "
            "for each, one for all, or name them: --points bp-step=10,bp-cut=5"
        )
    for task, given, known in zip(tasks, found, worth, strict=True):
        if known is not None and given != known:
            raise AssignmentError(
                f"{task.slug}: its rubric adds up to {known:g} points, and you give {given:g}."
            )
    return found


def _by_name(
    parts: Iterable[str], tasks: Sequence[Task], worth: Sequence[float | None]
) -> list[float]:
    given: dict[str, float] = {}
    names = [task.slug for task in tasks]
    for part in parts:
        slug, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise AssignmentError(f"--points: {part!r} has no name, the others have: name=number.")
        if slug not in names or slug in given:
            why = "is named twice" if slug in given else f"is none of {', '.join(names)}"
            raise AssignmentError(f"--points: {slug} {why}.")
        given[slug] = _number(number)
    found = [given.get(n, w) for n, w in zip(names, worth, strict=True)]
    missing = [name for name, points in zip(names, found, strict=True) if points is None]
    if missing:
        raise AssignmentError(f"--points says nothing of {', '.join(missing)}.")
    return [points for points in found if points is not None]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise AssignmentError(f"--points: {text!r} is no number above 0.")
    return number


def due_date(text: str) -> str:
    """The date as students read it: `2026-12-01`, or with a time."""
    if not text.strip():
        return ""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise AssignmentError(
            f"--due {text!r} is no date: write 2026-12-01, or '2026-12-01 23:59'."
        ) from None
    timed = re.search(r"\d[T ]\d", text)
    return moment.isoformat(" ", "minutes") if timed else moment.date().isoformat()


def is_past(due: str) -> bool:
    """Whether a date, as `due_date` gives it, is over; a day is until it ends."""
    moment = datetime.fromisoformat(due)
    if len(due) == len("2026-12-01"):
        moment += timedelta(days=1)
    return moment <= datetime.now(moment.tzinfo)
