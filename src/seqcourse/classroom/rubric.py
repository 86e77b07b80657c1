"""The rubric of an assignment: what is asked, what it is worth, and what marking looks at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from seqcourse.classroom.notebook import Assignment, heading, points_text
from seqcourse.classroom.tasks import Task, seed_for
from seqcourse.lesson.check import Report
from seqcourse.lesson.exercises import find, slugs
from seqcourse.lesson.exercises.varied import find_rule


def rubric(assignment: Assignment, tried: Mapping[str, Report]) -> str:
    """The rubric as Markdown, for the instructor.

    Args:
        assignment: what is asked.
        tried: for each checked exercise, the report on its solution.
    """
    due = f"Due: {assignment.due}. " if assignment.due else ""
    parts = [
        f"# {assignment.title}: rubric",
        f"{due}{points_text(assignment.points)}. Not for students: it names the variations.",
    ]
    for place, (task, points) in enumerate(assignment.tasks, 1):
        parts.append(heading(place, task, points))
        if task.kind == "text":
            parts += _by_hand(task)
        else:
            parts += _by_machine(task, tried[task.slug], assignment.seed)
    return "\n\n".join(parts) + "\n"


def _by_machine(task: Task, report: Report, seed: str) -> Iterator[str]:
    """What is asked, and what is looked at in the order in which it is."""
    origin = f"chapter {task.chapter}" if task.chapter else "an exercise of your own"
    if task.variation:
        change = (task.change or "the task is another").rstrip(".")
        origin += f", variation *{task.variation}*: {change}"
    elif task.chapter:
        origin += ", as published: so is its solution"
    yield f"`{task.slug}`, {origin}. Marked by its check; all points or none."
    yield from _as_read(task)
    yield f"A solution:\n\n```python\n{task.solution}\n```"
    if task.prediction:
        yield (
            "A prediction: its check at home tells students right from wrong, as often as they "
            "like, so that it can be guessed. Looked at:"
        )
    else:
        yield "Looked at, with numbers that nobody has seen:"
    yield _bullets(_looked_at(report))
    if form := (find(task.slug).__doc__ or "").strip().split("\n")[0]:
        if not task.variation:
            yield f"Asked for: {form}"
    if known := _known_mistakes(task, seed):
        yield "Mistakes that it knows, and what it says of them:"
        yield _bullets(known)


def _by_hand(task: Task) -> Iterator[str]:
    """The instructor's own words."""
    yield f"`{task.slug}`, marked by hand."
    yield from _as_read(task)
    yield task.rubric
    if task.solution:
        yield f"Model answer:\n\n{task.solution}"


def _as_read(task: Task) -> Iterator[str]:
    """The task, quoted: its headings are not the rubric's."""
    yield "As students read it:"
    yield "\n".join(f"> {line}".rstrip() for line in task.text.split("\n"))


def _looked_at(report: Report) -> list[str]:
    """The findings' names, each once, with the number of calls in which it is looked at."""
    names = [re.sub(r" \(call \d+ of \d+\)$", "", finding.name) for finding in report.findings]
    return [f"{name}, in {n} calls" if n > 1 else name for name, n in Counter(names).items()]


def _known_mistakes(task: Task, seed: str) -> list[str]:
    """What a variation's check says of each typical mistake that it tells by its value."""
    if not task.variation:
        return []
    rule = find_rule(task.slug, slugs()[task.slug], task.spec)
    calls = rule.draw(np.random.default_rng(seed_for(seed, task.slug)))
    found = [text for arguments in calls for text in rule.judged(*arguments)[1]]
    return list(dict.fromkeys([*found, rule.look]))


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
