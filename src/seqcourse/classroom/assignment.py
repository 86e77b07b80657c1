"""An assignment's folder, as `seqcourse assign` writes it, read for marking."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seqcourse.classroom import own
from seqcourse.classroom.tasks import AssignmentError, seed_for
from seqcourse.lesson.exercises import Exercise, find, slugs


@dataclass(frozen=True)
class Part:
    """One exercise of an assignment.

    Args:
        slug: the exercise.
        title: as its students know it.
        chapter: its number.
        variation: name of the specification, '' for the published task.
        points: at most.
        kind: 'auto', or 'text' where a person marks.
        cell: grade_id of the answer's cell.
        answer: the expression that is checked, usually a name.
        spec: what the checker reads.
        rubric: how a person marks it.
        private: the file of an instructor's own checker.
    """

    slug: str
    title: str
    chapter: int
    variation: str
    points: float
    kind: str
    cell: str
    answer: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    rubric: str = ""
    private: Path | None = None

    @property
    def module(self) -> str:
        """Of its checker, among the exercises."""
        return f"own_{self.slug.replace('-', '_')}" if self.private else slugs()[self.slug]

    def checker(self) -> Exercise:
        """Its checker; an instructor's own is registered by being read."""
        if self.private is not None:
            own.load(self.private)
        return find(self.slug)

    def inputs(self, seed: str) -> dict[str, Any]:
        """Inputs for all students alike, fresh for this assignment."""
        rng = np.random.default_rng(seed_for(seed, self.slug))
        return self.checker().draw(rng, self.spec)


@dataclass(frozen=True)
class Cell:
    """A code cell, or a text to be marked, of the notebook that students were given."""

    grade_id: str
    source: str
    kind: str
    locked: bool
    test: bool


@dataclass(frozen=True)
class Assignment:
    """What marking needs to know of an assignment."""

    name: str
    title: str
    seed: str
    notebook: str
    setup: tuple[str, ...]
    parts: tuple[Part, ...]
    release: tuple[Cell, ...]

    @property
    def imports(self) -> list[str]:
        """The modules that the set-up imports, which need to be loaded once only."""
        found = {"seqcourse.lesson"}
        found |= {f"seqcourse.lesson.exercises.{part.module}" for part in self.automatic}
        for code in self.setup:
            for node in ast.walk(_parsed(code)):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        return sorted(found)

    @property
    def automatic(self) -> list[Part]:
        return [part for part in self.parts if part.kind == "auto"]

    @property
    def points(self) -> float:
        return sum(part.points for part in self.parts)


def read_assignment(folder: Path) -> Assignment:
    """Read `assignment.json` and the release.

    Raises:
        AssignmentError: something is missing or unknown; the message says what to do.
    """
    path = folder / "assignment.json"
    if not path.is_file():
        raise AssignmentError(
            f"{folder} holds no assignment.json: give the folder that `seqcourse assign` wrote."
        )
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["format"] != 1:
            raise AssignmentError(
                f"{path} has format {data['format']}, this version of seqcourse reads 1: use the "
                f"version that wrote it ({data.get('seqcourse', 'unknown')})."
            )
        parts = tuple(_part(item, folder) for item in data["exercises"])
        release = _release(folder / "release" / data["name"] / data["notebook"])
        return Assignment(
            name=data["name"],
            title=data.get("title") or data["name"],
            seed=str(data["seed"]),
            notebook=data["notebook"],
            setup=tuple(data["setup"]),
            parts=parts,
            release=release,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AssignmentError(
            f"{path} cannot be read ({type(error).__name__}: {error}). Write the assignment again."
        ) from error


def _part(item: Mapping[str, Any], folder: Path) -> Part:
    private = item.get("private") or ""
    return Part(
        slug=item["slug"],
        title=item.get("title") or item["slug"],
        chapter=int(item["chapter"]),
        variation=item.get("variation") or "",
        points=float(item["points"]),
        kind=item["kind"],
        cell=item["cell"],
        answer=item.get("answer") or "",
        spec=item.get("spec") or {},
        rubric=item.get("rubric") or "",
        private=folder / private if private else None,
    )


def _release(path: Path) -> tuple[Cell, ...]:
    if not path.is_file():
        raise AssignmentError(f"The release {path} is missing: write the assignment again.")
    cells = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        marks = cell.get("metadata", {}).get("nbgrader", {})
        source = cell["source"]
        cells.append(
            Cell(
                grade_id=marks.get("grade_id", ""),
                source=source if isinstance(source, str) else "".join(source),
                kind=cell["cell_type"],
                locked=bool(marks.get("locked")),
                test=bool(marks.get("grade")) and not marks.get("solution"),
            )
        )
    return tuple(cells)


def _parsed(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])
