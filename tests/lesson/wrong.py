"""Wrong answers: what learners write, and what their message must say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer to an exercise.

    Args:
        name: the mistake, in a few words.
        source: code that stands where the solution stands, after the chapter's first code cell.
        says: a regular expression that the message must contain, so that it leads to the mistake.
    """

    name: str
    source: str
    says: str
