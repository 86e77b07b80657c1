"""The checkers without their judges: what the sandbox sees in place of `lesson/exercises`.

A judge computes the right values. Where a submission could import it, it could ask it. So only what
`call` needs goes in: inputs are drawn and outputs judged outside.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from seqcourse.classroom.assignment import Part
from seqcourse.classroom.own import call_source
from seqcourse.lesson import exercises

_VARIED = ("find_rule", "call", "rule")  # what is needed of `varied` itself
_SLUG = re.compile(r"^@exercise\('([a-z0-9-]+)'", re.MULTILINE)
Definition = ast.FunctionDef | ast.ClassDef


def write_stripped(folder: Path, parts: Iterable[Part]) -> None:
    """Write the package of checkers anew: calls only, and only those of an assignment.

    Args:
        folder: where.
        parts: the assignment's exercises.
    """
    home = Path(exercises.__file__).parent
    for name in ("__init__.py", "shared.py"):
        _write(folder / name, (home / name).read_text("utf-8"))
    varied = (home / "varied" / "__init__.py").read_text("utf-8")
    _write(folder / "varied" / "__init__.py", calls_only(varied, _VARIED))
    for part in parts:
        if part.private:  # its task, and whatever that is made of, hold the solution
            code = call_source(part.private)
        else:
            code = calls_only((home / f"{part.module}.py").read_text("utf-8"))
        _write(folder / f"{part.module}.py", code)
        rules = home / "varied" / f"{part.module}.py"
        if rules.exists():
            _write(folder / "varied" / rules.name, calls_only(rules.read_text("utf-8")))


def calls_only(code: str, wanted: Iterable[str] = ()) -> str:
    """A checkers' module without what draws and judges, and without what only these use.

    Args:
        code: the module's.
        wanted: names to keep besides checkers and rules.
    """
    tree = ast.parse(code)
    defined = {node.name: node for node in tree.body if isinstance(node, Definition)}
    if "Rule" in defined:  # `varied` itself: of this class only the fields
        fields = [n for n in defined["Rule"].body if not isinstance(n, ast.FunctionDef)]
        defined["Rule"].body = fields
    kept = set(wanted) & set(defined)
    for name, node in defined.items():
        if _is_decorated(node, "exercise") or _is_decorated(node, "rule"):
            kept.add(name)
            _empty(node)
    waiting = [defined[name] for name in kept]
    used = _names(node for node in tree.body if not isinstance(node, Definition))
    waiting += [defined[name] for name in (used & set(defined)) - kept]
    while waiting:
        node = waiting.pop()
        kept.add(node.name)
        waiting += [defined[name] for name in (_names([node]) & set(defined)) - kept]
    tree.body = [n for n in tree.body if not isinstance(n, Definition) or n.name in kept]
    return _SLUG.sub(r'@exercise("\1"', ast.unparse(tree)) + "\n"


def _empty(node: Definition) -> None:
    """Leave of a checker or a rule only how the answer is called."""
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name in ("draw", "judge"):
            method.body = [ast.Expr(ast.Constant(...))]
    if isinstance(node, ast.FunctionDef):  # a rule: it says what is right
        node.body = [ast.Expr(ast.Constant(...))]


def _is_decorated(node: Definition, what: str) -> bool:
    """Whether it is registered by `@exercise(…)`, `@rule(…)` or what ends so: `@_mask_rule(…)`."""
    calls = (d for d in node.decorator_list if isinstance(d, ast.Call))
    return any(ast.unparse(call.func).endswith(what) for call in calls)


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def _write(path: Path, code: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o755)  # another user reads it
    path.write_text(code, "utf-8")
    path.chmod(0o644)
