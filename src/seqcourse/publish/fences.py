"""Fences of a chapter's text that end too early, or never: they swallow what follows."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPENS = re.compile(r" {0,3}(?P<mark>`{3,}(?=[^`]*$)|:{3,}(?=\s*\{)|~{3,})\s*(?P<name>\{[^}]*\})?")
_TEXT_AS_IT_IS = {"{code-cell}", "{code-block}", "{literalinclude}", "{math}"}


def open_fence(lines: Sequence[str], first: int = 1, inside: str = "") -> tuple[int, str] | None:
    """The first fence without an end, in a text or in one of its directives.

    A directive that holds a fence as long as its own ends where that one does: what is left of the
    inner fence is open.

    Args:
        lines: of the text.
        first: number of the first of them.
        inside: the directive that they stand in.

    Returns:
        The number of its line, and the directive that it stands in, '' outside of any.
    """
    at = 0
    while at < len(lines):
        opens = _OPENS.match(lines[at])
        at += 1
        if opens is None:
            continue
        mark, name, begin = opens["mark"], opens["name"] or "", at
        ends = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}\s*")
        while at < len(lines) and not ends.fullmatch(lines[at]):
            at += 1
        if name and name not in _TEXT_AS_IT_IS:
            inner = open_fence(lines[begin:at], first + begin, name)
            if inner is not None:
                return inner
        if at == len(lines):
            return first + begin - 1, inside
        at += 1
    return None
