"""What nbgrader runs to mark an assignment on its own, on a hub or anywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqcourse.lesson.check import grade, unheard


def require(slug: str, answer: object, *, seed: int, spec: Mapping[str, Any] | None = None) -> None:
    """Raise where an answer does not pass: by that alone nbgrader gives the points or none.

    Args:
        slug: the exercise.
        answer: the student's answer.
        seed: draws inputs that the student has not seen.
        spec: the variation that was asked for.

    Raises:
        AssertionError: the answer fails, or there is none; the message is the check's report.
    """
    with unheard():
        report = grade(slug, answer, seed=seed, spec=spec)
    if report.state != "passed":
        raise AssertionError(str(report))
