"""Variations: exercises whose task is changed, not only its numbers, as solutions are public.

A variation is the text that a student gets. What its checker asks for under the variation's `spec`
stands in `seqcourse.lesson.exercises.varied`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from seqcourse.lesson.exercises import find, slugs


@dataclass(frozen=True)
class Variation:
    """An exercise with another task.

    Args:
        name: a short slug, unique within the exercise.
        spec: what the checker's `draw` and `judge` get; empty is the published task.
        task: the whole task as plain Markdown, with $…$ mathematics.
        stub: the code cell that a student fills.
        solution: code that stands where the stub stands.
        change: for the instructor, in one line: what differs from the published task.
    """

    name: str
    spec: Mapping[str, Any]
    task: str
    stub: str
    solution: str
    change: str = ""


def variations(slug: str) -> tuple[Variation, ...]:
    """The variations of an exercise, the published task not among them; () where it has none.

    Raises:
        KeyError: there is no exercise with this slug; the message names close ones.
    """
    known = slugs()
    if slug not in known:
        find(slug)  # says so, or knows an exercise that somebody registered: it has no variations
        return ()
    name = f"{__name__}.{known[slug]}"
    if find_spec(name) is None:
        return ()
    found: dict[str, tuple[Variation, ...]] = importlib.import_module(name).VARIATIONS
    return found.get(slug, ())
