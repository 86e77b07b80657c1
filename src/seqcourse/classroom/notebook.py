"""An assignment's notebooks: the instructor's source, the students' release, the solutions.

The cells carry nbgrader's metadata, so that nbgrader marks the source as it is; without nbgrader
they are cells like any other, in Jupyter, VS Code and Colab.
"""

from __future__ import annotations

import pprint
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode

from seqcourse.classroom.own import without_task
from seqcourse.classroom.tasks import Task, seed_for

CODE_STUB = {"python": ""}  # the stub stands above the solution already
TEXT_STUB = "*Write your answer here, in place of this line.*"


@dataclass(frozen=True)
class Assignment:
    """What an assignment holds.

    Args:
        name: its folder's name, which nbgrader calls the assignment.
        title: what students call it.
        due: when it is due, as text; empty where nobody said.
        seed: chooses the variations, and the inputs that marking draws.
        tasks: what is asked, with points for each.
        install: the code of the cell that installs the course where it is missing.
        chapters: the address of each chapter that a task comes from.
    """

    name: str
    title: str
    due: str
    seed: str
    tasks: tuple[tuple[Task, float], ...]
    install: str
    chapters: Mapping[int, str]

    @property
    def points(self) -> float:
        return sum(points for _, points in self.tasks)

    def setups(self) -> Iterator[tuple[int, str, str]]:
        """Place of a task, grade id and code of each set-up: wherever the chapter changes."""
        chapter = number = 0
        for place, (task, _) in enumerate(self.tasks):
            if task.setup and task.chapter != chapter:
                number, chapter = number + 1, task.chapter
                yield place, f"setup-{number}", task.setup


def source_notebook(assignment: Assignment) -> NotebookNode:
    """What nbgrader calls the source: solutions and hidden tests in their marked regions."""
    cells = [
        _locked("markdown", "header", _header(assignment)),
        _locked("code", "install", assignment.install, tags=["setup"]),
    ]
    setups = {place: (name, code) for place, name, code in assignment.setups()}
    for place, (task, points) in enumerate(assignment.tasks):
        if place in setups:
            cells.append(_locked("code", *setups[place], tags=["setup"]))
        text = f"{heading(place + 1, task, points)}\n\n{task.text}"
        cells.append(_locked("markdown", f"task-{task.slug}", text))
        cells += (
            _text_cells(task, points)
            if task.kind == "text"
            else _code_cells(task, points, assignment.seed)
        )
    return _notebook(assignment, cells)


def release_notebook(source: NotebookNode) -> NotebookNode:
    """What students get: the source without solutions and hidden tests, by nbgrader's own steps.

    Raises:
        ModuleNotFoundError: nbgrader is not installed.
    """
    from nbgrader import preprocessors as steps
    from traitlets.config import Config

    config = Config({"ClearSolutions": {"code_stub": CODE_STUB, "text_stub": TEXT_STUB}})
    notebook: NotebookNode = nbformat.reads(nbformat.writes(source), 4)
    resources: dict[str, Any] = {}
    for step in (
        steps.LockCells,
        steps.ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ComputeChecksums,
        steps.ClearHiddenTests,
        steps.ClearMarkScheme,
        steps.ComputeChecksums,
        steps.CheckCellMetadata,
    ):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook


def solutions_notebook(assignment: Assignment) -> NotebookNode:
    """The solution sheet: it runs, and each check in it passes."""
    text = f"# {assignment.title}: solutions"
    cells = [_plain("markdown", "header", text), _plain("code", "install", assignment.install)]
    setups = {place: (name, code) for place, name, code in assignment.setups()}
    for place, (task, points) in enumerate(assignment.tasks):
        if place in setups:
            cells.append(_plain("code", *setups[place]))
        text = f"{heading(place + 1, task, points)}\n\n{task.text}"
        cells.append(_plain("markdown", f"task-{task.slug}", text))
        if task.kind == "text":
            model = task.solution or "*No model answer was given.*"
            cells.append(_plain("markdown", f"answer-{task.slug}", model))
            continue
        code = f"{task.solution}\n\n\n{check_call(task)}" if not task.checker else task.solution
        cells.append(_plain("code", f"answer-{task.slug}", code))
        if task.why:
            cells.append(_plain("markdown", f"why-{task.slug}", task.why))
    return _notebook(assignment, cells)


def check_call(task: Task) -> str:
    """The call of `check` that shows a student what is right and what is not."""
    return f'check("{task.slug}", {task.answer}{_spec(task)})'


def write(notebook: NotebookNode) -> str:
    """The text of a notebook's file."""
    return f"{nbformat.writes(notebook)}\n"


def _code_cells(task: Task, points: float, seed: str) -> list[NotebookNode]:
    """The cell for the answer, and the one that checks and marks it."""
    answer = f"{task.stub}\n### BEGIN SOLUTION\n{task.solution}\n### END SOLUTION"
    checker = f"{without_task(task.checker)}\n" if task.checker else ""
    visible = "# Your answer is marked when it is handed in." if task.checker else check_call(task)
    hidden = (
        f"### BEGIN HIDDEN TESTS\n{checker}from seqcourse.classroom.hub import require\n\n"
        f'require("{task.slug}", {task.answer}, seed={seed_for(seed, task.slug)}{_spec(task)})\n'
        "### END HIDDEN TESTS"
    )
    return [
        _cell(
            "code", f"answer-{task.slug}", answer, solution=True, metadata={"tags": ["exercise"]}
        ),
        _cell(
            "code",
            f"check-{task.slug}",
            f"{visible}\n{hidden}",
            grade=True,
            locked=True,
            points=points,
        ),
    ]


def _text_cells(task: Task, points: float) -> list[NotebookNode]:
    """The cell for an answer in words, which nbgrader leaves to be marked by hand."""
    model = task.solution or "(No model answer was given.)"
    answer = f"### BEGIN SOLUTION\n{model}\n### END SOLUTION"
    return [
        _cell("markdown", f"answer-{task.slug}", answer, grade=True, solution=True, points=points)
    ]


def _header(assignment: Assignment) -> str:
    due = f"**Due:** {assignment.due} · " if assignment.due else ""
    rows = [
        f"| {place}. {task.title} | {_number(points)} | {task.minutes or '–'} |"
        for place, (task, points) in enumerate(assignment.tasks, 1)
    ]
    table = ["| | Points | Minutes |", "|---|---|---|", *rows]
    links = [f"[chapter {n}]({address})" for n, address in assignment.chapters.items()]
    told = [
        "Write your answers into the cells that begin with a stub, and run everything from top to "
        "bottom before you hand in the notebook. You may add cells. When the notebook is marked, "
        "all other cells are put back as they were.",
        *_checks_told([task for task, _ in assignment.tasks]),
    ]
    if links:
        told.append(
            f"Symbols, and equations by their number, are those of {' and '.join(links)}. Where a "
            "task says to try your code on a chapter's data, do so in that chapter's notebook: "
            "here only the code is marked."
        )
    head = f"# {assignment.title}\n\n{due}**Points:** {_number(assignment.points)}"
    return "\n\n".join([head, "\n".join(table), *told])


def _checks_told(tasks: Iterable[Task]) -> Iterator[str]:
    """What a check at home says, and what it does not; nothing where there is none."""
    checked = [task for task in tasks if task.kind == "auto" and not task.checker]
    if not checked:
        return
    told = "Where there is a `check`, it says what is right and what is not, as often as you like."
    if not all(task.prediction for task in checked):
        told += " Marking asks the same of other numbers."
    if any(task.prediction for task in checked):
        told += (
            " Of a prediction it tells right from wrong, and that is what is marked: decide before "
            "you ask it."
        )
    yield told


def _notebook(assignment: Assignment, cells: Iterable[NotebookNode]) -> NotebookNode:
    notebook: NotebookNode = nbformat.v4.new_notebook(
        cells=list(cells),
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "seqcourse": {"assignment": assignment.name},
        },
    )
    return notebook


def _locked(kind: str, name: str, text: str, tags: Iterable[str] = ()) -> NotebookNode:
    return _cell(kind, name, text, locked=True, metadata={"tags": list(tags)} if tags else {})


def _cell(
    kind: str,
    name: str,
    text: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> NotebookNode:
    """A cell that nbgrader knows."""
    marks: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    if points is not None:
        marks["points"] = points
    cell = _plain(kind, name, text)
    cell.metadata.update({**(metadata or {}), "deletable": False, "nbgrader": marks})
    if locked:
        cell.metadata["editable"] = False
    return cell


def _plain(kind: str, name: str, text: str) -> NotebookNode:
    new: Callable[..., NotebookNode] = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
    }[kind]
    return new(text, id=name)


def _spec(task: Task) -> str:
    """What a call adds where the task is varied."""
    return f", spec={pprint.pformat(dict(task.spec), width=76)}" if task.spec else ""


def heading(place: int, task: Task, points: float) -> str:
    """Such as '## 2. Why two gradients (1 point)'."""
    return f"## {place}. {task.title} ({points_text(points)})"


def points_text(points: float) -> str:
    """Such as '1 point', '2.5 points'."""
    return f"{_number(points)} point{'' if points == 1 else 's'}"


def _number(points: float) -> str:
    return f"{points:g}"
