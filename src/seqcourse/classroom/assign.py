"""Make an assignment: `seqcourse assign 5 --exercises bp-step,bp-cut --spec SEED --out hw3`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqcourse import __version__
from seqcourse.classroom import notebook, own
from seqcourse.classroom.asked import (
    due_date,
    folder_name,
    is_past,
    items,
    points_for,
    require_nbgrader,
)
from seqcourse.classroom.chapters import Source, exercise_in, sources
from seqcourse.classroom.notebook import Assignment
from seqcourse.classroom.rubric import rubric
from seqcourse.classroom.setup import needs_data, set_up
from seqcourse.classroom.tasks import PUBLISHED, AssignmentError, Task, chosen, variation_named
from seqcourse.classroom.trial import try_out
from seqcourse.files import write_whole
from seqcourse.publish.book import Book, setup_code

_CONFIG = f"""\
# What nbgrader needs to know of this folder; call it from here: nbgrader autograde NAME
c = get_config()  # noqa: F821
c.ClearSolutions.code_stub = {notebook.CODE_STUB!r}
c.ClearSolutions.text_stub = {notebook.TEXT_STUB!r}
c.Execute.timeout = 60
"""


@dataclass(frozen=True)
class Wish:
    """What an instructor asks for, as it was typed.

    Args:
        chapters: numbers of the chapters that exercises are taken from.
        exercises: names with commas between them: `bp-step`, `bp-step:relu` for one variation,
            `bp-step:published` for none, `why.md` for a question marked by hand, `own.py` for an
            exercise of one's own.
        spec: a seed that chooses a variation for each exercise; empty for the published tasks.
        points: one number for each, or numbers in the exercises' order, or `name=number`s.
        due, title: as students are to read them.
        out: the folder; its name is the assignment's.
    """

    chapters: tuple[int, ...]
    exercises: str
    out: Path
    spec: str = ""
    points: str = ""
    due: str = ""
    title: str = ""


def assign(book: Book, wish: Wish) -> list[Path]:
    """Write an assignment's folder; return the files that are new.

    The same wish gives the same files, byte by byte. A file that is there already, with another
    content, stops everything before anything is written: nothing is ever overwritten.

    Raises:
        AssignmentError: it cannot be made as asked; the message says why.
    """
    assignment, extra = plan(book, wish)
    files = contents(assignment, extra)
    folder = wish.out
    _refuse_to_overwrite(folder, files)
    return [folder / name for name, text in files.items() if write_whole(folder / name, text)]


def summary(wish: Wish, written: Sequence[Path]) -> str:
    """What was made, and how to go on."""
    if not written:
        return f"{wish.out} holds this very assignment already: nothing was written."
    name = folder_name(wish.out)
    lines = [
        f"{wish.out} holds the assignment. Each solution was tried out, and passes.",
        f"  for students:              {wish.out / 'release' / name / name}.ipynb",
        f"  for them with their marks: {wish.out / 'solutions.ipynb'}",
        "  for you alone:             everything else there; rubric.md says what is asked",
        *_notes(wish),
        "Collect what comes back in a folder `submissions`, then:",
        f"  seqcourse grade submissions --assignment {shlex.quote(str(wish.out))} --out marks",
    ]
    return "\n".join(lines)


def _notes(wish: Wish) -> Iterator[str]:
    """What an instructor may not have meant."""
    due = due_date(wish.due)
    if not due:
        yield "Its header has no date: --due '2026-12-01 23:59' gives it one."
    elif is_past(due):
        yield f"It is due {due}, which is past: --due gives another date."
    record = json.loads((wish.out / "assignment.json").read_text("utf-8"))
    guessable = [entry["slug"] for entry in record["exercises"] if entry["prediction"]]
    if guessable:
        yield (
            f"To be predicted: {', '.join(guessable)}. `check` tells students at home what is "
            "right and what is wrong, as often as they like."
        )


def plan(book: Book, wish: Wish) -> tuple[Assignment, dict[str, Path]]:
    """What a wish comes to, tried out; and where each task of the instructor's own is from.

    Raises:
        AssignmentError: it cannot be made as asked.
    """
    name = folder_name(wish.out)
    require_nbgrader()
    known = sources(book, wish.chapters)
    tasks: list[Task] = []
    worth: list[float | None] = []
    files: dict[str, Path] = {}
    for item in items(wish.exercises):
        task, brought, path = _task(item, wish.spec, known, book)
        if task.slug in {one.slug for one in tasks}:
            raise AssignmentError(f"{task.slug} is named twice.")
        tasks.append(task)
        worth.append(brought)
        if path:
            files[task.slug] = path
    _require_used(known, tasks)
    points = points_for(wish.points, tasks, worth)
    used = {n: source for n, source in known.items() if any(t.chapter == n for t in tasks)}
    tasks = set_up(tasks)
    extras = dict.fromkeys(
        extra
        for n, source in used.items()
        for extra in source.chapter.extras
        if extra != "data" or needs_data(t.setup for t in tasks if t.chapter == n)
    )
    assignment = Assignment(
        name=name,
        title=wish.title.strip() or name,
        due=due_date(wish.due),
        seed=wish.spec or name,
        tasks=tuple(zip(tasks, points, strict=True)),
        install=setup_code(book, extras),
        chapters={n: source.address for n, source in used.items()},
    )
    return assignment, files


def contents(assignment: Assignment, files: Mapping[str, Path]) -> dict[str, str]:
    """The text of every file of an assignment, by its place in the folder.

    Raises:
        AssignmentError: a solution fails its own check, or a stub passes it.
    """
    seen = try_out(assignment)
    source = notebook.source_notebook(assignment)
    place = f"{assignment.name}/{assignment.name}.ipynb"
    private = {slug: f"private/{path.name}" for slug, path in files.items() if path.suffix == ".py"}
    if len(set(private.values())) < len(private):
        raise AssignmentError("Two files of your own have the same name: rename one.")
    return {
        "assignment.json": _manifest(assignment, private),
        "nbgrader_config.py": _CONFIG,
        f"source/{place}": notebook.write(source),
        f"release/{place}": notebook.write(notebook.release_notebook(source)),
        "rubric.md": rubric(assignment, seen),
        "solutions.ipynb": notebook.write(notebook.solutions_notebook(assignment)),
        **{private[task.slug]: task.checker for task, _ in assignment.tasks if task.checker},
    }


def _task(
    item: str, seed: str, known: Mapping[int, Source], book: Book
) -> tuple[Task, float | None, Path | None]:
    """A task, the points that it brings along, and its file where it is the instructor's own."""
    path = Path(item)
    if path.suffix == ".py":
        return own.python_task(path), None, path
    if path.suffix == ".md":
        return *own.text_task(path), path
    slug, _, variation = item.partition(":")
    task = exercise_in(slug, known, book).task(slug)
    if variation == PUBLISHED or not (seed or variation):
        return task, None, None
    return (
        task.varied(variation_named(slug, variation) if variation else chosen(slug, seed)),
        None,
        None,
    )


def _require_used(known: Mapping[int, Source], tasks: Iterable[Task]) -> None:
    for number in sorted(set(known) - {task.chapter for task in tasks}):
        slugs = ", ".join(e.slug for e in known[number].page.exercises)
        raise AssignmentError(
            f"You name chapter {number}, and no exercise of it: take one of {slugs}, or leave the "
            "chapter out."
        )


def _manifest(assignment: Assignment, private: Mapping[str, str]) -> str:
    """What `seqcourse grade` needs to know."""
    setups = {place: name for place, name, _ in assignment.setups()}
    exercises, setup = [], ""
    for place, (task, points) in enumerate(assignment.tasks):
        setup = setups.get(place, setup)
        auto = task.kind == "auto"
        exercises.append(
            {
                "slug": task.slug,
                "title": task.title,
                "chapter": task.chapter,
                "variation": task.variation,
                "spec": dict(task.spec),
                "points": points,
                "kind": task.kind,
                "cell": f"answer-{task.slug}",
                "answer": task.answer,
                "check": f"check-{task.slug}" if auto else "",
                "setup": setup if task.setup else "",
                "private": private.get(task.slug, ""),
                "rubric": task.rubric,
                "prediction": task.prediction,
            }
        )
    record = {
        "format": 1,
        "name": assignment.name,
        "title": assignment.title,
        "due": assignment.due,
        "seed": assignment.seed,
        "seqcourse": __version__,
        "notebook": f"{assignment.name}.ipynb",
        "setup": [code for _, _, code in assignment.setups()],
        "exercises": exercises,
    }
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _refuse_to_overwrite(folder: Path, files: Mapping[str, str]) -> None:
    """Raises AssignmentError where a file is in the way, before anything is written."""
    for parent in (folder, *folder.parents):
        if parent.exists() and not parent.is_dir():
            raise AssignmentError(f"{parent} is a file, and would have to be a folder.")
    differ = []
    for name, text in files.items():
        path = folder / name
        try:
            if path.is_symlink() or path.exists() and path.read_bytes() != text.encode():
                differ.append(name)
        except OSError:  # a folder of that name, or one that may not be read
            differ.append(name)
    if differ:
        handed_in = sorted(p.name for p in folder.glob("submi*") if p.is_dir())
        what = f"submissions ({', '.join(handed_in)}) and " if handed_in else ""
        raise AssignmentError(
            f"{folder} holds {what}another assignment, or one that was edited: {', '.join(differ)} "
            "would change. Nothing was written, and nothing is ever overwritten: give another "
            "--out, or move the folder away yourself."
        )
