"""A chapter's set-up, cut down to what some of its exercises use."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from seqcourse.classroom.own import binds
from seqcourse.classroom.tasks import Task

TOOLS = frozenset({"math", "np", "torch", "nn", "F"})  # an answer may use them though no stub does
_TELLS = ("seqcourse.lesson", "seqcourse.figures")  # what these say is for a reader
_WIDTH = 79


def set_up(tasks: Sequence[Task]) -> list[Task]:
    """The tasks, with what all of a chapter's need of its set-up."""
    setups = {
        n: trimmed(
            next(t.setup for t in tasks if t.chapter == n), [t for t in tasks if t.chapter == n]
        )
        for n in {t.chapter for t in tasks if t.setup}
    }
    return [replace(t, setup=setups[t.chapter]) if t.setup else t for t in tasks]


def trimmed(setup: str, tasks: Iterable[Task]) -> str:
    """The set-up's statements that the tasks' stubs, solutions, checks and texts need.

    What acts at once, such as `torch.set_num_threads(1)`, stays where it acts on what stays. Code
    that is no plain Python stays as it is.
    """
    used = set(TOOLS)
    for task in tasks:
        used |= _used(f"{task.stub}\n{task.solution}\ncheck({task.answer})") | _quoted(task.text)
    try:
        body = ast.parse(setup).body
    except SyntaxError:
        return setup
    if any(one.lineno <= (other.end_lineno or 0) for other, one in pairwise(body)):
        return setup  # two in a line
    kept = _needed(body, used)
    return "".join(_lines(setup, body, kept, used)).strip("\n")


def needs_data(codes: Iterable[str]) -> bool:
    """Whether any of these set-ups loads what the optional packages are for."""
    try:
        nodes = [node for code in codes for node in ast.walk(ast.parse(code))]
    except SyntaxError:  # nobody knows
        return True
    imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    names = (name for node in imports for name in _modules(node))
    return any(re.match(r"seqcourse\.(data|experiments|models)\b", name) for name in names)


def _needed(body: list[ast.stmt], used: set[str]) -> set[ast.stmt]:
    """The statements that bind a used name, or act on one; `used` grows by what these use."""
    tells = {
        alias.asname or alias.name
        for node in body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.{alias.name}".startswith(_TELLS)
    }
    kept: set[ast.stmt] = set()
    size = -1
    while len(kept) > size:
        size = len(kept)
        for node in body:
            if node not in kept and (binds(node) & used or _acts(node, used, tells)):
                kept.add(node)
                if not isinstance(node, ast.Import | ast.ImportFrom):
                    used |= _used(ast.unparse(node))
    return kept


def _acts(node: ast.stmt, used: set[str], tells: set[str]) -> bool:
    """Whether a statement that binds nothing changes what is used."""
    if binds(node) or not isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Assert):
        return False
    parts = node.targets if isinstance(node, ast.Assign) else [getattr(node, "value", node)]
    roots = {_root(part) for part in parts}
    return bool(roots & used) and not roots & tells


def _root(node: ast.AST) -> str:
    """`torch` of `torch.set_num_threads(1)`."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _lines(setup: str, body: list[ast.stmt], kept: set[ast.stmt], used: set[str]) -> Iterator[str]:
    """The kept statements, with the comments and empty lines above them."""
    lines, end, empty = setup.split("\n"), 0, 0
    for node in body:
        above = [one.lineno for one in getattr(node, "decorator_list", [])]
        start = min([node.lineno, *above]) - 1
        gap = lines[end:start]
        empty = max(empty, sum(not line.strip() for line in gap))
        end = node.end_lineno or node.lineno
        if node in kept:
            yield "\n" * empty
            yield from (f"{line}\n" for line in gap if line.strip())
            yield _import(node, used) or "\n".join(lines[start:end]) + "\n"
            empty = 0


def _import(node: ast.stmt, used: set[str]) -> str:
    """An import of those names only that are used; empty for another statement."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return ""
    wanted = [a for a in node.names if (a.asname or a.name.split(".")[0]) in {*used, "*"}]
    if isinstance(node, ast.Import):
        return f"{ast.unparse(ast.Import(wanted))}\n"
    line = ast.unparse(ast.ImportFrom(node.module, wanted, node.level))
    if len(line) <= _WIDTH:
        return f"{line}\n"
    names = "".join(f"    {ast.unparse(alias)},\n" for alias in wanted)
    return f"{line.split(' import ')[0]} import (\n{names})\n"


def _used(code: str) -> set[str]:
    """The names that code takes from around it, and not from its own functions."""
    found: set[str] = set()
    tables = [symtable.symtable(code, "<set-up>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        found |= {
            s.get_name()
            for s in table.get_symbols()
            if s.is_referenced() and (top or s.is_global())
        }
    return found


def _quoted(text: str) -> set[str]:
    """What a task's text calls by name, between backticks; single letters are mathematics."""
    return {
        word for span in re.findall("`([^`]+)`", text) for word in re.findall(r"[A-Za-z_]\w+", span)
    }


def _modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for alias in node.names:
        yield f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
