"""The rubric of an assignment: what is asked, what it is worth, and what marking looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqcourse.classroom.notebook import Assignment
from seqcourse.classroom.tasks import Task
from seqcourse.lesson.check import Report


def rubric(assignment: Assignment, tried: Mapping[str, Report]) -> str:
    """The rubric as Markdown, for the instructor.

    Args:
        assignment: what is asked.
        tried: for each checked exercise, the report on its solution.
    """
    due = f"Due: {assignment.due}. " if assignment.due else ""
    parts = [
        f"# {assignment.title}: rubric",
        f"{due}{assignment.points:g} points. Not for students: it names the variations.",
    ]
    for place, (task, points) in enumerate(assignment.tasks, 1):
        parts.append(f"## {place}. {task.title} ({points:g} points)")
        parts += _by_hand(task) if task.kind == "text" else _by_machine(task, tried[task.slug])
    return "\n\n".join(parts) + "\n"


def _by_machine(task: Task, report: Report) -> Iterator[str]:
    """What is looked at, in the order in which it is."""
    origin = f"chapter {task.chapter}" if task.chapter else "an exercise of your own"
    if task.variation:
        origin += f", variation *{task.variation}*: {task.change or 'the task is another'}"
    elif task.chapter:
        origin += ", as published: so is its solution"
    yield f"`{task.slug}`, {origin}. Marked by its check; all points or none."
    looked_at = [f"- {finding.name}" for finding in report.findings]
    yield "\n".join(["Looked at, with numbers that nobody has seen:", "", *looked_at])


def _by_hand(task: Task) -> Iterator[str]:
    """The instructor's own words."""
    yield f"`{task.slug}`, marked by hand."
    yield task.rubric
    if task.solution:
        yield f"Model answer:\n\n{task.solution}"
