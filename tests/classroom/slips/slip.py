"""Wrong answers to a variation: its solution with a part of it replaced."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slip:
    """A typical mistake.

    Args:
        name: the mistake, in a few words.
        old, new: what stands in the solution, and what a student wrote instead.
        says: a regular expression that the message must contain.
    """

    name: str
    old: str
    new: str
    says: str
