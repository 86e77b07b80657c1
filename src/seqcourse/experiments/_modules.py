"""Which modules a result depends on, and fingerprints of what they do."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
# What may change without a trial's outcome: how trials are chosen, and what is made of them.
NOT_THE_TRIAL = frozenset({"CHAPTER", "FAMILY", "SEEDS", "settings", "summary"})
# What starts, shares out and stores a run has no part in it; nor has an __init__, which says where
# names are.
_MACHINERY = re.compile(
    r"(.*/)?__\w+__\.py|(cli|files|lazy|parallel)\.py"
    r"|experiments/_(again|modules|pieces|plain|run|rungs)\.py"
)


def loaded() -> dict[str, Path]:
    """The modules of this package that are imported by now and can bear on a result, by path."""
    found = {}
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.startswith("seqcourse.") and file and Path(file).is_relative_to(PACKAGE):
            path = Path(file).relative_to(PACKAGE).as_posix()
            if not _MACHINERY.fullmatch(path):
                found[path] = Path(file)
    return found


def changed(modules: Mapping[str, str]) -> list[str]:
    """The paths whose module has another fingerprint now, or is gone."""
    return [
        name
        for name, value in sorted(modules.items())
        if not (PACKAGE / name).is_file() or fingerprint(PACKAGE / name) != value
    ]


def fingerprint(path: Path, without: Collection[str] = ()) -> str:
    """Fingerprint of what a module says to Python: no comment, docstring or layout enters.

    Args:
        path: of the module.
        without: functions and variables of its top level that do not enter either.
    """
    module = ast.parse(path.read_text("utf-8"))
    module.body = [node for node in module.body if not _names(node) & set(without)]
    return hashlib.sha256("".join(_walk(module)).encode()).hexdigest()[:16]


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _walk(node: Any) -> Iterator[str]:
    """The tree as text, the same in every Python.

    What is empty or None is left out: later versions have more fields, all empty. An f-string's
    parts are joined where they touch: versions cut them differently.
    """
    if isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for name in sorted(node._fields):
            value = getattr(node, name, None)
            if name == "body" and isinstance(value, list):
                value = _without_docstring(node, value)
            if isinstance(node, ast.JoinedStr) and name == "values":
                value = _joined(node.values)
            if value is not None and value != []:
                yield f" {name}="
                yield from _walk(value)
        if isinstance(node, ast.Constant) and node.value is None:
            yield " None"
        yield ")"
    elif isinstance(node, list):
        yield "["
        for item in node:
            yield from _walk(item)
        yield "]"
    else:
        yield f"{type(node).__name__}:{node!r}"


def _without_docstring(node: ast.AST, body: list[ast.stmt]) -> list[ast.stmt]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return body[1:] if isinstance(node, kinds) and ast.get_docstring(node) is not None else body


def _joined(parts: list[ast.expr]) -> list[ast.expr]:
    joined: list[ast.expr] = []
    for part in parts:
        if isinstance(part, ast.Constant) and part.value == "":
            continue
        last = joined[-1] if joined else None
        if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
            joined[-1] = ast.Constant(str(last.value) + str(part.value))
        else:
            joined.append(part)
    return joined
