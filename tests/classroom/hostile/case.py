"""A submission that is broken or hostile, and what it should come to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..small import AUTO, POINTS, SOLUTIONS, notebook

Write = Callable[[Path, str], None]


@dataclass(frozen=True)
class Case:
    """One submission.

    Args:
        name: the student's.
        write: puts it into a folder, under that name.
        lost: the exercises that it costs; all others are right, and must give full points.
        says: by exercise, a regular expression that the reason must contain.
        notes: one that the notes on the submission must contain.
    """

    name: str
    write: Write
    lost: tuple[str, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""

    @property
    def points(self) -> dict[str, float]:
        return {slug: 0.0 if slug in self.lost else POINTS[slug] for slug in AUTO}


def answers(**changed: str) -> dict[str, str]:
    """All solutions, but for these: `tied`, `step` or `reached`."""
    return {**SOLUTIONS, **{f"bp-{name}": code for name, code in changed.items()}}


def book(cells: Callable[[list[dict[str, Any]]], Any] | None = None, **changed: str) -> Write:
    """A notebook with these answers; `cells` may change its cells, or give new ones."""

    def write(folder: Path, name: str) -> None:
        made = notebook(answers(**changed))
        if cells is not None:
            made["cells"] = cells(made["cells"]) or made["cells"]
        (folder / f"{name}.ipynb").write_text(json.dumps(made), "utf-8")

    return write


def raw(data: bytes | str, ending: str = "ipynb") -> Write:
    """A file as it is."""

    def write(folder: Path, name: str) -> None:
        held = data.encode() if isinstance(data, str) else data
        (folder / f"{name}.{ending}").write_bytes(held)

    return write


def text(**changed: str) -> str:
    """A notebook's file as text."""
    return json.dumps(notebook(answers(**changed)))


def named(cells: list[dict[str, Any]], grade_id: str) -> dict[str, Any]:
    """The cell with this name."""
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def own(source: str) -> dict[str, Any]:
    """A code cell that a student has added."""
    made = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
    return {**made, "execution_count": None}


def before(source: str) -> Callable[[list[dict[str, Any]]], Any]:
    """The student's own cell before the first answer."""
    return lambda cells: [*cells[:2], own(source), *cells[2:]]
