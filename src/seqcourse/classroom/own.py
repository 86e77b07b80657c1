"""An instructor's own exercises: a checker in a Python file, or a question in a Markdown file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from seqcourse.classroom.tasks import AssignmentError, Task, named
from seqcourse.classroom.variations import Variation
from seqcourse.lesson.exercises import slugs

_POINTS = re.compile(r"^[-*] (\d+(?:\.\d+)?) points?\b", re.MULTILINE)
_FORM = (
    'It holds one class below `@exercise("name")`, with draw, call and judge, and '
    "`TASK = Variation(name, spec, task, stub, solution)`; "
    '`TITLE = "…"`, if there is one, is what students call it.'
)


def load(path: Path) -> Variation:
    """Register the checker in an instructor's Python file, and return its task.

    From then on `seqcourse.lesson.exercises.find` knows the checker by its slug.

    Raises:
        AssignmentError: the file does not hold one of each, does not run, or takes the name of an
            exercise of the course.
    """
    return _loaded(path)[0]


def _loaded(path: Path) -> tuple[Variation, str]:
    """The task of an instructor's Python file, and its title."""
    code, slug = _read(path), checker_slug(path)
    scope: dict[str, object] = {"__name__": f"seqcourse_own_{path.stem}", "__file__": str(path)}
    try:
        exec(compile(code, str(path), "exec"), scope)
    except Exception as error:
        raise AssignmentError(f"{path} does not run. {type(error).__name__}: {error}") from error
    task = scope.get("TASK")
    if not isinstance(task, Variation):
        raise AssignmentError(f"{path}: there is no TASK. {_FORM}")
    title = scope.get("TITLE", slug.replace("-", " ").capitalize())
    if not isinstance(title, str) or not title.strip() or "\n" in title:
        raise AssignmentError(f"{path}: TITLE is no line of text. {_FORM}")
    return task, title.strip()


def python_task(path: Path) -> Task:
    """What an instructor's Python file asks.

    Its title is `TITLE`, or else the exercise's name. The text of the checker's class says which
    form the answer has, and stands where one has another: `Asked for: …`.
    """
    variation, title = _loaded(path)
    return Task(
        slug=checker_slug(path),
        title=title,
        text=variation.task.strip(),
        stub=variation.stub.strip("\n"),
        answer=named(variation.stub, ""),
        solution=variation.solution.strip("\n"),
        spec=dict(variation.spec),
        checker=_read(path),
    )


def checker_slug(path: Path) -> str:
    """The slug that the file's one checker registers, read without running it."""
    try:
        tree = ast.parse(_read(path))
    except SyntaxError as error:
        raise AssignmentError(f"{path}:{error.lineno}: this is no Python: {error.msg}.") from error
    (node,) = _checkers(path, tree)
    call = next(c for c in node.decorator_list if _registers(c))
    assert isinstance(call, ast.Call)
    slug = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    if not isinstance(slug, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise AssignmentError(
            f'{path}: an exercise\'s name is lower-case words with hyphens: @exercise("my-own").'
        )
    there = {getattr(part, "name", "") for part in node.body}
    if missing := [part for part in ("draw", "call", "judge") if part not in there]:
        raise AssignmentError(f"{path}: {slug} has no {', no '.join(missing)}. {_FORM}")
    if slug in slugs():
        raise AssignmentError(
            f"{path}: {slug!r} is an exercise of the course. Choose another name."
        )
    return slug


def without_task(code: str) -> str:
    """The checker and what it uses: what marks, without the solution; fit to stand in a cell."""
    return _with_needs(code, hidden=())


def call_source(path: Path) -> str:
    """What runs a student's answer, alone: the class with `call`; `draw` and `judge` are empty."""
    return _with_needs(_read(path), hidden=("draw", "judge"))


def _with_needs(code: str, hidden: tuple[str, ...]) -> str:
    """The checker's class, some of its methods emptied, and the statements that it builds on."""
    body = ast.parse(code).body
    kept: set[ast.stmt] = set()
    for node in body:
        if isinstance(node, ast.ClassDef) and any(map(_registers, node.decorator_list)):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and part.name in hidden:
                    part.body = [ast.Expr(ast.Constant(...))]
            kept.add(node)
    size = 0
    while len(kept) > size:
        size = len(kept)
        used = {n.id for node in kept for n in ast.walk(node) if isinstance(n, ast.Name)} | {"*"}
        kept |= {node for node in body if binds(node) & used}
    return "\n\n".join(ast.unparse(node) for node in body if node in kept)


def binds(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module binds, or some more; '*' where it imports all."""
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def text_task(path: Path) -> tuple[Task, float | None]:
    """What a Markdown file asks, to be marked by hand, and the points that its rubric adds up to.

    The first heading is the title. Below `## Rubric` stands what is marked, below `## Solution` a
    model answer, if there is one.

    Raises:
        AssignmentError: the file has no title, no question or no rubric.
    """
    parts = re.split(r"^## (Rubric|Solution)\s*$", _read(path), flags=re.MULTILINE)
    heading, _, question = parts[0].strip().partition("\n")
    rest = {parts[i]: parts[i + 1].strip() for i in range(1, len(parts), 2)}
    slug = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40]
    lacks = {
        "a title in its first line (# Title)": heading.startswith("# "),
        "a question below the title": bool(question.strip()),
        "a rubric (## Rubric, then what is worth how much)": bool(rest.get("Rubric")),
        "a name with letters": bool(slug),
    }
    missing = [what for what, there in lacks.items() if not there]
    if missing:
        raise AssignmentError(f"{path} has no {', and no '.join(missing)}.".replace("no a ", "no "))
    task = Task(
        slug=slug,
        title=heading[2:].strip(),
        text=question.strip(),
        kind="text",
        solution=rest.get("Solution", ""),
        rubric=rest["Rubric"],
    )
    worth = [float(points) for points in _POINTS.findall(task.rubric)]
    return task, sum(worth) if worth else None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "it is no UTF-8 text"
        raise AssignmentError(f"{path} cannot be read: {why}.") from error


def _checkers(path: Path, tree: ast.Module) -> list[ast.ClassDef]:
    found = [
        n
        for n in tree.body
        if isinstance(n, ast.ClassDef) and any(map(_registers, n.decorator_list))
    ]
    if len(found) != 1:
        raise AssignmentError(f"{path} holds {len(found)} checkers. {_FORM}")
    return found


def _registers(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "exercise"
