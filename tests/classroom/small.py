"""A small assignment and its submissions, made by code: nothing here is handed in by anyone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqcourse.publish.book import Book
from seqcourse.publish.reading import Page, python_fences

ROOT = Path(__file__).parents[2]
SEED = "autumn"
POINTS = {"bp-tied": 2.0, "bp-step": 3.0, "bp-reached": 1.0, "why-cut": 2.0}
AUTO = tuple(slug for slug in POINTS if slug.startswith("bp-"))
MOST = sum(POINTS[slug] for slug in AUTO)


def _page() -> Page:
    path = next(c.path for c in Book(ROOT).chapters() if c.path.name.startswith("05_"))
    return Page(path, path.read_text("utf-8"))


def _tasks() -> dict[str, dict[str, str]]:
    """Stub, solution and checked name of each exercise of the chapter, and its set-up."""
    page, found = _page(), {}
    for exercise in page.exercises:
        if exercise.slug in POINTS:
            stub = exercise.stubs[0]
            source = stub.source[: stub.source.index("check(")].rstrip()
            solution = python_fences(exercise.solutions[0].body)[0].strip()
            found[exercise.slug] = {
                "title": exercise.title,
                "stub": source,
                "solution": solution,
                "answer": exercise.answer(stub),
            }
    found["why-cut"] = {"title": "Why cut?", "stub": "", "solution": "Memory.", "answer": ""}
    return {slug: found[slug] for slug in POINTS}


SETUP = _page().code[0].source
TASKS = _tasks()
SOLUTIONS = {slug: TASKS[slug]["solution"] for slug in POINTS}


def cell(kind: str, name: str, source: str, **marks: Any) -> dict[str, Any]:
    """A cell of a notebook file, with nbgrader's marks where it has a name."""
    metadata: dict[str, Any] = {}
    if name:
        flags = {"grade": False, "solution": False, "locked": False, "task": False}
        metadata = {"nbgrader": {"schema_version": 3, "grade_id": name, **flags, **marks}}
    made = {"cell_type": kind, "id": name or "own", "metadata": metadata, "source": source}
    return {**made, "execution_count": None, "outputs": []} if kind == "code" else made


def notebook(answers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The release, with these answers in place of stubs."""
    given = answers or {}
    cells = [
        cell("markdown", "header", "# Small", locked=True),
        cell("code", "setup-1", SETUP, locked=True),
    ]
    for slug, task in TASKS.items():
        cells.append(cell("markdown", f"task-{slug}", f"## {task['title']}", locked=True))
        answer = given.get(slug, task["stub"])
        if slug in AUTO:
            cells.append(cell("code", f"answer-{slug}", answer, solution=True))
            check = f'check("{slug}", {task["answer"]})'
            cells.append(cell("code", f"check-{slug}", check, grade=True, locked=True))
        else:
            cells.append(cell("markdown", f"answer-{slug}", answer, grade=True, solution=True))
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": spec, "seqcourse": {"assignment": "small"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write_assignment(folder: Path) -> Path:
    """The folder that `seqcourse assign` would write, as far as marking reads it."""
    exercises = [
        {
            "slug": slug,
            "title": task["title"],
            "chapter": 5,
            "variation": "",
            "spec": {},
            "points": POINTS[slug],
            "kind": "auto" if slug in AUTO else "text",
            "cell": f"answer-{slug}",
            "answer": task["answer"],
            "private": "",
            "rubric": "",
        }
        for slug, task in TASKS.items()
    ]
    record = {
        "format": 1,
        "name": "small",
        "title": "A small assignment",
        "due": "",
        "seed": SEED,
        "seqcourse": "0",
        "notebook": "small.ipynb",
        "setup": [SETUP],
        "exercises": exercises,
    }
    release = folder / "release" / "small" / "small.ipynb"
    release.parent.mkdir(parents=True)
    release.write_text(json.dumps(notebook()), "utf-8")
    (folder / "assignment.json").write_text(json.dumps(record), "utf-8")
    return folder
