"""Small mistakes made on purpose: each mutant is a solution with one thing changed.

A mutant is named by what changed, such as `x[t - 1] → x[t + 1]`; a second one with the same name
gets ` (2)`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_SWAPPED: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Div(),
    ast.Div: ast.Mult(),
}
_COMPARED: dict[type[ast.cmpop], tuple[ast.cmpop, ...]] = {
    ast.Lt: (ast.GtE(), ast.LtE()),  # the other way round, and off by one
    ast.LtE: (ast.Gt(), ast.Lt()),
    ast.Gt: (ast.LtE(), ast.GtE()),
    ast.GtE: (ast.Lt(), ast.Gt()),
    ast.Eq: (ast.NotEq(),),
    ast.NotEq: (ast.Eq(),),
    ast.In: (ast.NotIn(),),
    ast.NotIn: (ast.In(),),
    ast.Is: (ast.IsNot(),),
    ast.IsNot: (ast.Is(),),
}
_TRUTH = ("bool(", "all(", "any(", "np.all(", "np.any(", "np.allclose(", "isinstance(")
# A sign has a mutant of its own; the others have no sign.
_NO_NUMBER = (ast.UnaryOp, ast.Lambda, ast.JoinedStr, ast.Dict, ast.List, ast.Set)


@dataclass(frozen=True)
class Mutant:
    """A changed solution: what changed, and its code."""

    name: str
    source: str


class Transpose:
    """Stands for `.T` in a mutant, and knows whether it ever changed anything."""

    def __init__(self) -> None:
        self.changed = False

    def __call__(self, value: object) -> object:
        turned = np.asarray(value).T
        if np.shape(turned) != np.shape(value) or not np.array_equal(turned, np.asarray(value)):
            self.changed = True
        return value.T if hasattr(value, "T") else turned


def mutants(source: str, answer: str) -> list[Mutant]:
    """All mutants of a solution.

    Args:
        source: the solution's code.
        answer: the name that it gives the answer; the value assigned to it is negated too.
    """
    found: list[Mutant] = []
    names: dict[str, int] = {}
    for old, new in _changes(ast.parse(source), answer):
        tree = _Swap(old, new).visit(ast.parse(source))
        name = f"{_text(old[1])} → {_text(new)}"
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            name += f" ({names[name]})"
        found.append(Mutant(name, ast.unparse(ast.fix_missing_locations(tree))))
    return found


_Place = tuple[int, ast.AST]  # the number of a node in walking order, and the node


class _Swap(ast.NodeTransformer):
    """Puts a new node in the place of the old one."""

    def __init__(self, old: _Place, new: ast.AST) -> None:
        self.number, self.new, self.seen = old[0], new, -1

    def visit(self, node: ast.AST) -> ast.AST:
        self.seen += 1
        return self.new if self.seen == self.number else self.generic_visit(node)


def _numbered(tree: ast.AST) -> list[_Place]:
    """All nodes, in the order in which `_Swap` visits them."""
    found: list[ast.AST] = []

    class Walk(ast.NodeVisitor):
        def visit(self, node: ast.AST) -> None:
            found.append(node)
            self.generic_visit(node)

    Walk().visit(tree)
    return list(enumerate(found))


def _changes(tree: ast.Module, answer: str) -> Iterator[tuple[_Place, ast.AST]]:
    skipped = {id(inner) for node in ast.walk(tree) for inner in _untouched(node)}
    for place in _numbered(tree):
        if id(place[1]) not in skipped:
            yield from ((place, new) for new in _variants(place[1], answer))


def _untouched(node: ast.AST) -> Iterator[ast.AST]:
    """What a node holds that is no computation: types, texts, imports."""
    parts: list[ast.AST | None] = []
    if isinstance(node, ast.arg | ast.AnnAssign):
        parts.append(node.annotation)
    elif isinstance(node, ast.FunctionDef):
        parts.append(node.returns)
    elif isinstance(node, ast.Raise):
        parts.append(node)
    for part in parts:
        if part is not None:
            yield from ast.walk(part)


def _variants(node: ast.AST, answer: str) -> Iterator[ast.AST]:
    """The mistakes that can be made in one node, nodes below it left as they are."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.AugAssign) and type(node.op) in _SWAPPED:
        yield _changed(node, op=_SWAPPED[type(node.op)])
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.Slice):
        yield from _of_slice(node)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.BinOp):
        yield from (_changed(node, slice=bound) for bound in _off_by_one(node.slice))
    elif isinstance(node, ast.Call):
        yield from _of_range(node)
    elif isinstance(node, ast.Compare):
        for i, old in enumerate(node.ops):
            for new in _COMPARED.get(type(old), ()):
                yield _changed(node, ops=[*node.ops[:i], new, *node.ops[i + 1 :]])
    elif isinstance(node, ast.Return) and node.value is not None:
        yield from (_changed(node, value=value) for value in _negated(node.value))
    elif isinstance(node, ast.Assign) and _text(node.targets[0]) == answer:
        yield from (_changed(node, value=value) for value in _negated(node.value))


def _of_operation(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in _SWAPPED:
        yield _changed(node, op=_SWAPPED[type(node.op)])
    if isinstance(node.op, ast.MatMult):
        for side in ("left", "right"):
            operand = getattr(node, side)
            if not (isinstance(operand, ast.Attribute) and operand.attr == "T"):
                turned = ast.Call(ast.Name("_transpose", ast.Load()), [operand], [])
                yield _changed(node, **{side: turned})


def _of_constant(node: ast.Constant) -> Iterator[ast.AST]:
    if type(node.value) is int:
        yield from (ast.Constant(node.value + step) for step in (1, -1))
    elif type(node.value) is float:
        yield ast.Constant(node.value * 1.5 or 0.5)
    elif type(node.value) is bool:
        yield ast.Constant(not node.value)


def _of_slice(node: ast.Slice) -> Iterator[ast.AST]:
    if node.lower is None and node.upper is None:
        return
    for side, missing in (("lower", 1), ("upper", -1)):
        bound = getattr(node, side)
        if bound is None:
            yield _changed(node, **{side: ast.Constant(missing)})
        else:
            yield from (_changed(node, **{side: new}) for new in _off_by_one(bound))


def _of_range(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name) and node.func.id == "range":
        for i, old in enumerate(node.args):
            for new in _off_by_one(old):
                yield _changed(node, args=[*node.args[:i], new, *node.args[i + 1 :]])


def _off_by_one(bound: ast.expr) -> Iterator[ast.expr]:
    """`bound` plus and minus one; constants have mutants of their own."""
    inner = bound.operand if isinstance(bound, ast.UnaryOp) else bound
    if not isinstance(inner, ast.Constant):
        for step in (ast.Add(), ast.Sub()):
            yield ast.BinOp(bound, step, ast.Constant(1))


def _negated(value: ast.expr) -> Iterator[ast.expr]:
    """A result with its sign changed; of several results one at a time; a truth value inverted."""
    if isinstance(value, ast.Tuple):
        for i, item in enumerate(value.elts):
            for new in _negated(item):
                yield _changed(value, elts=[*value.elts[:i], new, *value.elts[i + 1 :]])
    elif isinstance(value, ast.Compare | ast.BoolOp) or _text(value).startswith(_TRUTH):
        yield ast.UnaryOp(ast.Not(), value)
    elif isinstance(value, ast.Constant) and type(value.value) not in (int, float):
        return
    elif not isinstance(value, _NO_NUMBER):
        yield ast.UnaryOp(ast.USub(), value)


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _text(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    return text.replace("_transpose", "transpose")
