"""`my_nn.py` as a text: marked blocks, one an answer, and what the learner writes between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from seqcourse.lesson.sources import bindings, free_names

IMPORTS = "imports"  # the block of that name holds what the others import
_MARK = r"# --- (?:end of )?[a-z0-9-]+(?: \(chapter \d+\))? ---"
_BLOCK = re.compile(
    r"^# --- (?P<slug>[a-z0-9-]+)(?: \(chapter \d+\))? ---\n"
    rf"(?P<code>(?:(?!{_MARK}$).*\n)*)"
    r"# --- end of (?P=slug) ---$",
    re.MULTILINE,
)
NEW = '''"""My answers to the exercises of seqcourse, each as it passed its check.

`keep` writes between the marks. What you write elsewhere in this file stays as it is.
"""

# --- imports ---
# --- end of imports ---
'''


class Damaged(Exception):
    """The file cannot be read; the message says why."""


@dataclass(frozen=True)
class Part:
    """A stretch of the file: a block with its marks, or the learner's own text (slug '')."""

    slug: str
    text: str

    @property
    def code(self) -> str:
        """What stands between the marks."""
        return self.text.split("\n", 1)[1].rpartition("\n")[0] if self.slug else self.text

    @property
    def place(self) -> str:
        """What to call it."""
        return self.slug or "your own lines there"


def parse(text: str) -> list[Part]:
    """The file's parts, which joined are the text again.

    Raises:
        Damaged: it is no Python, or a mark has lost its other half.
    """
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise Damaged(f"its line {error.lineno} is no Python") from error
    except ValueError as error:
        raise Damaged(f"it is no Python: {error}") from error
    parts = _split(text)
    stray = next((m[0] for p in parts if not p.slug for m in re.finditer(_STRAY, p.text)), None)
    if stray is not None:
        raise Damaged(f"the mark '{stray}' has lost its other half")
    slugs = [part.slug for part in parts if part.slug]
    twice = sorted({slug for slug in slugs if slugs.count(slug) > 1})
    if twice:
        raise Damaged(f"{twice[0]} stands there twice")
    return parts


_STRAY = re.compile(rf"^{_MARK}$", re.MULTILINE)


def salvage(text: str) -> list[Part]:
    """A new file's parts, with the blocks of a damaged one that are whole."""
    parts = parse(NEW)
    for part in _split(text):
        try:
            ast.parse(part.code)
        except (SyntaxError, ValueError):
            continue
        if part.slug == IMPORTS:
            parts = [part if p.slug == IMPORTS else p for p in parts]
        elif part.slug and part.slug not in {p.slug for p in parts}:
            parts += [Part("", "\n\n"), part, Part("", "\n")]
    return parts


def block(slug: str, chapter: int | None, code: str) -> Part:
    """An answer between its marks."""
    head = f"# --- {slug} (chapter {chapter}) ---" if chapter else f"# --- {slug} ---"
    return Part(slug, f"{head}\n{code.rstrip()}\n# --- end of {slug} ---")


def with_block(parts: Sequence[Part], new: Part, *, last: bool = False) -> list[Part]:
    """The parts with a block in the place of the old one of that slug, or at the end."""
    if not last and any(part.slug == new.slug for part in parts):
        return [new if part.slug == new.slug else part for part in parts]
    kept = [part for part in parts if part.slug != new.slug]
    text = "".join(part.text for part in kept)
    gap = "\n" * max(0, 3 - len(text) + len(text.rstrip("\n"))) if text else ""
    return [*kept, Part("", gap), new, Part("", "\n")]


def with_imports(parts: Sequence[Part], lines: Sequence[str]) -> list[Part]:
    """The parts with these import lines in the block at the top, each once."""
    if not any(part.slug == IMPORTS for part in parts):
        text = parts[0].text
        parts = [*_opened(text), *parts[1:]]
    there = next(part for part in parts if part.slug == IMPORTS)
    known = {line for found in bindings(there.code).values() for line in found}
    code = "\n".join([*there.code.splitlines(), *(line for line in lines if line not in known)])
    head, tail = there.text.split("\n", 1)[0], there.text.rpartition("\n")[2]
    full = Part(IMPORTS, "\n".join(filter(None, [head, code, tail])))
    return [full if part.slug == IMPORTS else part for part in parts]


def clash(parts: Sequence[Part], new: Part, lines: Sequence[str]) -> tuple[str, str] | None:
    """A name that the new code and another part bind differently, and what to call that part."""
    mine = bindings("\n".join([*lines, new.code]))
    for part in parts:
        if part.slug != new.slug:
            theirs = bindings(part.code)
            for name in sorted(set(mine) & set(theirs)):
                if mine[name] != theirs[name]:
                    return name, part.place
    return None


def orphaned(parts: Sequence[Part], new: Part) -> tuple[str, str] | None:
    """A name that only the old block binds and another part uses, and what to call that part."""
    others = [part for part in parts if part.slug != new.slug]
    gone = {name for part in parts if part.slug == new.slug for name in bindings(part.code)}
    gone -= {name for part in [*others, new] for name in bindings(part.code)}
    for part in [*others, new]:
        for name in sorted(gone & free_names(part.code)):
            return name, part.place
    return None


def _split(text: str) -> list[Part]:
    parts, end = [], 0
    for match in _BLOCK.finditer(text):
        parts += [Part("", text[end : match.start()]), Part(match["slug"], match[0])]
        end = match.end()
    return [*parts, Part("", text[end:])]


def _opened(text: str) -> list[Part]:
    """A learner's text with an empty block of imports, below its docstring and `__future__`."""
    line = 0
    for node in ast.parse(text).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (is_text or future):
            break
        line = node.end_lineno or 0
    rows = text.split("\n")
    head, rest = rows[:line], rows[line:]
    before = "\n".join(head) + "\n\n" if head else ""
    empty = Part(IMPORTS, "# --- imports ---\n# --- end of imports ---")
    return [Part("", before), empty, Part("", "\n" + "\n".join(rest))]
