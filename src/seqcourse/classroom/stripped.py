"""The checkers without their judges: what the sandbox sees in place of `lesson/exercises`.

A judge computes the right values. Where a submission could import it, it could ask it. So only what
`call` needs goes in: inputs are drawn and outputs judged outside.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from seqcourse.classroom.assignment import Part
from seqcourse.lesson import exercises

_OUTSIDE = ("draw", "judge")


def write_stripped(folder: Path, parts: Iterable[Part]) -> None:
    """Write the package of checkers anew: calls only, and only those of an assignment.

    Args:
        folder: where.
        parts: the assignment's exercises.
    """
    home = Path(exercises.__file__).parent
    for name in ("__init__", "shared"):
        (folder / f"{name}.py").write_text((home / f"{name}.py").read_text("utf-8"), "utf-8")
    for part in parts:
        path = part.private or home / f"{part.module}.py"
        code = calls_only(path.read_text("utf-8"))
        (folder / f"{part.module}.py").write_text(code, "utf-8")


def calls_only(code: str) -> str:
    """A checkers' module without `draw` and `judge`, and without what only these use."""
    tree = ast.parse(code)
    tree.body = [n for n in tree.body if not _is_task(n)]
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and _is_exercise(node):
            node.body = [n for n in node.body if getattr(n, "name", "") not in _OUTSIDE]
    helpers = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    used = _names(n for n in tree.body if not isinstance(n, ast.FunctionDef | ast.ClassDef))
    waiting: list[ast.FunctionDef | ast.ClassDef] = []
    waiting += [n for n in helpers.values() if isinstance(n, ast.ClassDef) and _is_exercise(n)]
    kept = {node.name for node in waiting}
    waiting += [helpers[name] for name in used & set(helpers) - kept]
    while waiting:
        node = waiting.pop()
        kept.add(node.name)
        waiting += [helpers[name] for name in _names([node]) & set(helpers) - kept]
    tree.body = [n for n in tree.body if n not in helpers.values() or n.name in kept]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_exercise(node: ast.ClassDef) -> bool:
    return any(
        isinstance(d, ast.Call) and isinstance(d.func, ast.Name) and d.func.id == "exercise"
        for d in node.decorator_list
    )


def _is_task(node: ast.stmt) -> bool:
    """Whether it is an instructor's own `TASK = Variation(…)`, which holds the solution."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith("seqcourse.classroom")
    return any(isinstance(target, ast.Name) and target.id == "TASK" for target in targets)


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
