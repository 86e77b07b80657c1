"""What a notebook's function or class needs to stand in a file of its own."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import re
import symtable
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

from IPython import get_ipython

from seqcourse.lesson.check import is_own

MINE = "my_nn"  # the module whose file the code goes to: what it holds needs no import
_LONGEST = 10_000  # characters of a constant that are written out
_SCALARS = (int, float, complex, str, bytes, bool, type(None))


class NoSource(Exception):
    """There is no source to be had; the message says why and what to do."""


@dataclass(frozen=True)
class Source:
    """An answer's code.

    Args:
        name: what the answer is called.
        code: its statements, after those of all that it uses from the notebook.
        imports: one line each.
        missing: names of the notebook that it uses and that could not be resolved.
    """

    name: str
    code: str
    imports: tuple[str, ...]
    missing: tuple[str, ...]


def gather(answer: object) -> Source:
    """The source of a function or class, with all that it needs.

    Raises:
        NoSource: it has no name or no source, or it is a library's.
    """
    where = _code(answer)
    namespace = _namespace(answer, where)
    own = getattr(answer, "__name__", "")
    names = [own, *(key for key in namespace if not key.startswith("_"))]
    name = next((key for key in names if namespace.get(key) is answer), "")
    if not name:
        raise NoSource("it has no name in this notebook. Give it one: def name(…), or name = ….")
    foreign = where is not None and not is_own(where.co_filename)
    here = [_text(where.co_filename)] if where and not foreign else []
    walk = _Walk(namespace, _history() or here)
    statement = walk.statement(name, answer)
    if statement is None and foreign:
        library = str(getattr(answer, "__module__", "a library")).split(".")[0]
        raise NoSource(f"{name} comes from {library}; my_nn.py collects what you write.")
    if statement is None:
        raise NoSource(
            f"the source of {name} cannot be found. Write it in a cell of its own, without exec "
            "and without %%, run that cell, and check and keep it again."
        )
    walk.take(name, statement)
    code = _spaced(walk.statements)
    return Source(name, code, tuple(sorted(walk.imports)), tuple(sorted(walk.missing)))


def bindings(text: str) -> dict[str, set[str]]:
    """What a file's statements bind: each name, and what binds it, comparable as text."""
    found: dict[str, set[str]] = {}
    for node in _tree(text).body:
        for name in _bound(node):
            found.setdefault(name, set()).add(_import_line(node, name) or ast.dump(node))
    return found


def free_names(text: str) -> set[str]:
    """Names that code takes from outside its functions and classes."""
    found: set[str] = set()

    def visit(table: symtable.SymbolTable) -> None:
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() if top else symbol.is_global():
                found.add(symbol.get_name())
        for child in table.get_children():
            visit(child)

    visit(symtable.symtable(text, MINE, "exec"))
    return found


@dataclass
class _Walk:
    """Follows names from statement to statement; what is needed comes before what needs it."""

    namespace: Mapping[str, Any]
    texts: list[str]  # of cells, the newest first
    statements: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def take(self, name: str, statement: str) -> None:
        names = {name, *bindings(statement)}
        self.seen |= names
        for used in sorted(free_names(statement) - names):
            self.resolve(used, statement)
        if statement not in self.statements:
            self.statements.append(statement)

    def resolve(self, name: str, user: str) -> None:
        if name in self.seen or name not in self.namespace:
            return  # Python's own, or unknown to the notebook, too
        self.seen.add(name)
        value = self.namespace[name]
        if getattr(builtins, name, self) is value:
            return
        if isinstance(value, ModuleType):
            self.imports |= set(_module_lines(name, value, user))
        elif line := self.imported(name, value) or _importable(name, value):
            source, _, rest = line.removeprefix("from ").partition(" import ")
            if source != MINE:
                self.imports.add(line)
            elif " as " in rest:
                self.statements.append(f"{name} = {rest.split(' as ')[0]}")
        elif (text := _constant(value)) is not None:
            self.statements.append(f"{name} = {text}")
        elif (statement := self.statement(name, value)) is not None:
            self.take(name, statement)
        else:
            self.missing.add(name)

    def imported(self, name: str, value: object) -> str:
        """The notebook's own line `from … import …` for a name, empty where there is none."""
        for node in (node for text in self.texts for node in reversed(_tree(text).body)):
            line = _import_line(node, name)
            if line.startswith("from "):
                module, _, rest = line.removeprefix("from ").partition(" import ")
                there = getattr(sys.modules.get(module), rest.split(" as ")[0], self)
                if there is value or module == MINE:  # which may have been loaded again since
                    return line
        return ""

    def statement(self, name: str, value: object) -> str | None:
        """The statement of the notebook that binds a name to its value."""
        code = _code(value)
        if code is not None and is_own(code.co_filename):
            text = _text(code.co_filename)
            for node in _tree(text).body:
                if _first(node) <= code.co_firstlineno <= (node.end_lineno or 0):
                    if name in _bound(node):
                        return _cut(text, node)
        for text in self.texts:
            for node in reversed(_tree(text).body):
                if isinstance(node, _BINDING) and name in _bound(node):
                    return _cut(text, node)
        return None


_BINDING = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _code(value: object) -> Any:
    """The code object of a function, or of one of a class's own methods, or None."""
    if isinstance(value, type):
        for method in vars(value).values():
            code = _code(getattr(method, "__func__", getattr(method, "fget", method)))
            if code is not None and not code.co_filename.startswith("<string"):  # a dataclass'
                if code.co_qualname.startswith(f"{value.__qualname__}."):
                    return code
        return None
    try:
        function = inspect.unwrap(value)  # type: ignore[arg-type]
    except Exception:  # an object that answers to every name
        return None
    return function.__code__ if type(function) is FunctionType else None


def _namespace(answer: object, code: Any) -> Mapping[str, Any]:
    """The names among which an answer was written."""
    shell: Any = get_ipython()
    if shell is not None and any(value is answer for value in shell.user_ns.values()):
        return dict(shell.user_ns)
    if isinstance(answer, type):
        for method in vars(answer).values():
            if type(method) is FunctionType and method.__code__ is code:
                return method.__globals__
        return vars(sys.modules.get(answer.__module__, ModuleType("none")))
    return dict(getattr(inspect.unwrap(answer), "__globals__", {}))  # type: ignore[arg-type]


def _history() -> list[str]:
    """The cells that ran in this kernel, the newest first."""
    shell: Any = get_ipython()
    return [] if shell is None else list(reversed(shell.history_manager.input_hist_parsed))


def _text(filename: str) -> str:
    return "".join(linecache.getlines(filename))


@lru_cache(maxsize=1000)
def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):  # a cell that never ran
        return ast.Module([], [])


def _bound(node: ast.stmt) -> Iterator[str]:
    """Names that a statement binds at the top level, those in its blocks included."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from _bound(child)
            elif isinstance(child, ast.ExceptHandler):
                yield from (name for inner in child.body for name in _bound(inner))
            else:
                stored = (n for n in ast.walk(child) if isinstance(n, ast.Name))
                yield from (n.id for n in stored if isinstance(n.ctx, ast.Store))


def _import_line(node: ast.stmt, name: str) -> str:
    """The import of one name alone, empty where the statement is none or binds it not."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return ""
    for alias in node.names:
        if (alias.asname or alias.name).split(".")[0] == name:
            line = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
            if isinstance(node, ast.ImportFrom):
                return f"from {'.' * node.level}{node.module or ''} {line}"
            return line
    return ""


def _module_lines(name: str, module: ModuleType, user: str) -> Iterator[str]:
    """How to import a module under a name, with the submodules that the code reaches through it."""
    if name != module.__name__:
        yield f"import {module.__name__} as {name}"
        return
    reached = {name}
    for node in ast.walk(_tree(user)):
        path = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if path.startswith(f"{name}.") and path in sys.modules:
            reached.add(path)
    # A module reached by way of another one is imported with it.
    yield from (f"import {p}" for p in reached if not any(q.startswith(f"{p}.") for q in reached))


def _importable(name: str, value: object) -> str:
    """A line that imports a value from the shortest package that has it, or nothing."""
    module = getattr(value, "__module__", None)
    if not isinstance(module, str) or module in ("__main__", "builtins"):
        return ""
    for original in (getattr(value, "__name__", None), name):
        parts = module.split(".")
        for path in (".".join(parts[: i + 1]) for i in range(len(parts))):
            if not isinstance(original, str) or path not in sys.modules:
                continue
            if getattr(sys.modules[path], original, None) is value or path == MINE:
                renamed = f" as {name}" if original != name else ""
                return f"from {path} import {original}{renamed}"
    return ""


def _constant(value: object) -> str | None:
    """A plain value written out, or None."""
    try:
        text = repr(value) if _is_plain(value) else ""
        known = bool(text) and len(text) <= _LONGEST and ast.literal_eval(text) == value
    except (ValueError, SyntaxError, RecursionError, MemoryError):  # infinity has no literal
        return None
    return text if known else None


def _is_plain(value: Any) -> bool:
    if type(value) in (list, tuple, set):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(map(_is_plain, value.keys())) and all(map(_is_plain, value.values()))
    return type(value) in _SCALARS


def _first(node: ast.stmt) -> int:
    """The line of a statement, or of the first of its decorators."""
    lines: list[int] = [decorator.lineno for decorator in getattr(node, "decorator_list", [])]
    return min([node.lineno, *lines])


def _cut(text: str, node: ast.stmt) -> str:
    """A statement as it was written."""
    first, last = _first(node), node.end_lineno or node.lineno
    sharing = [n for n in _tree(text).body if _first(n) <= last and first <= (n.end_lineno or 0)]
    if len(sharing) > 1:  # two statements on one line
        return ast.unparse(node)
    return "\n".join(text.split("\n")[first - 1 : last]).rstrip()


def _spaced(statements: list[str]) -> str:
    """Two empty lines around functions and classes, none between other statements."""
    code = ""
    for before, after in zip(["", *statements], statements, strict=False):
        tall = any(re.match(r"def |class |async |@", text) for text in (before, after))
        code += ("\n\n\n" if tall else "\n") * bool(code) + after
    return code
