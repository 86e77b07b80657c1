"""What the tests of assignments share: exercises of an instructor's own, and ways to look."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from seqcourse.classroom.assign import Wish, assign
from seqcourse.publish.book import Book

BOOK = Book(Path(__file__).parents[2])
WHY = """\
# Why two gradients

In three sentences: why do two gradients enter each state but the last?

## Rubric

- 3 points: names the own output and the next state
- 2 points: says that they add, and why

## Solution

Its own output needs it, and the next state does: a forked path's effects add.
"""
OWN = '''\
import numpy as np

from seqcourse.classroom.variations import Variation
from seqcourse.lesson.exercises import exercise
from seqcourse.lesson.findings import close


TITLE = "A memory that fades"


@exercise("my-decay")
class Decay:
    """The last state, a number."""

    def draw(rng, spec):
        return {"x": rng.normal(size=6), "keep": rng.uniform(0.5, 0.9)}

    def call(answer, inputs):
        return answer(inputs["x"], inputs["keep"])

    def judge(inputs, outputs, spec):
        powers = inputs["keep"] ** np.arange(6)[::-1]
        yield close("the state", outputs, inputs["x"] @ powers, look="The latest fades least.")


STUB = "def state(x, keep):\\n    ..."
SOLUTION = """def state(x, keep):
    h = 0
    for v in x:
        h = keep * h + v
    return h"""
TASK = Variation("", {}, "From 0, let $h_t = k h_{t-1} + x_t$. Return the last.", STUB, SOLUTION)
'''


def made(out: Path, exercises: str, chapters: tuple[int, ...] = (5,), **wish: Any) -> Path:
    """An assignment of the book's exercises."""
    assign(BOOK, Wish(chapters, exercises, out, **wish))
    return out


def cells(path: Path) -> dict[str, nbformat.NotebookNode]:
    """A notebook's cells by their ids."""
    return {cell.id: cell for cell in nbformat.read(path, 4).cells}


def files(folder: Path) -> Mapping[str, bytes]:
    """Every file's content, by its place in the folder."""
    found = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}
