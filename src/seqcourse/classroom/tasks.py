"""What an assignment asks: an exercise, as published or varied."""

from __future__ import annotations

import ast
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seqcourse.classroom.variations import Variation, variations

PUBLISHED = "published"  # what a name may be followed by, to say: no variation


class AssignmentError(Exception):
    """An assignment cannot be made as asked; the message says why and what to do."""


@dataclass(frozen=True)
class Task:
    """One thing that an assignment asks for.

    Args:
        slug: the exercise's name.
        title, text: its heading and its statement, as plain Markdown.
        kind: 'auto', or 'text' for what is marked by hand.
        chapter: the chapter that it is from; 0 for an instructor's own.
        minutes: how long it takes; 0 where nobody said.
        stub: the code that a student fills.
        answer: the expression that is checked, mostly the name that the stub defines.
        solution: code that stands where the stub stands; a model answer where the kind is 'text'.
        why: what the solution sheet adds, as Markdown.
        variation, spec, change: the variation's name, what the checker gets, and what it changes.
        setup: code that comes first.
        rubric: how to mark it by hand.
        checker: the source of an instructor's own checker.
        prediction: whether it is one: the check at home knows the very thing that is marked.
    """

    slug: str
    title: str
    text: str
    kind: str = "auto"
    chapter: int = 0
    minutes: int = 0
    stub: str = ""
    answer: str = ""
    solution: str = ""
    why: str = ""
    variation: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)
    change: str = ""
    setup: str = ""
    rubric: str = ""
    checker: str = ""
    prediction: bool = False

    def varied(self, variation: Variation) -> Task:
        """The same exercise with another task."""
        head = self.text.split("\n", 1)[0]  # how hard, how long, of what kind
        return replace(
            self,
            text=f"{head}\n\n{variation.task.strip()}",
            stub=variation.stub.strip("\n"),
            answer=named(variation.stub, self.answer),
            solution=variation.solution.strip("\n"),
            why="",
            prediction=False,
            variation=variation.name,
            spec=dict(variation.spec),
            change=variation.change,
        )


def seed_for(seed: str, slug: str) -> int:
    """The number that draws an exercise's inputs when it is marked: the same for all students."""
    return int.from_bytes(hashlib.sha256(f"{seed}\n{slug}".encode()).digest()[:6], "big")


def chosen(slug: str, seed: str) -> Variation:
    """The variation that a seed gives an exercise.

    Raises:
        AssignmentError: the exercise has none.
    """
    known = variations(slug)
    if not known:
        raise AssignmentError(
            f"{slug} has no variation, and its solution is published. Take another exercise, or "
            f"say that you want it as it is: {slug}:{PUBLISHED}."
        )
    return random.Random(f"{seed}\n{slug}").choice(known)


def variation_named(slug: str, name: str) -> Variation:
    """The variation of that name.

    Raises:
        AssignmentError: the exercise has no such variation.
    """
    known = {variation.name: variation for variation in variations(slug)}
    if name not in known:
        there = f"has {', '.join(known)}, and {PUBLISHED}" if known else f"has only {PUBLISHED}"
        raise AssignmentError(f"{slug} has no variation {name!r}: it {there}.")
    return known[name]


def named(stub: str, answer: str) -> str:
    """What is checked of a stub: `answer` where the stub defines it, else what it defines last."""
    names: list[str] = []
    for node in ast.parse(stub).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [target.id for target in targets if isinstance(target, ast.Name)]
    used = {node.id for node in ast.walk(ast.parse(answer or "_")) if isinstance(node, ast.Name)}
    return answer if not names or used & set(names) else names[-1]


def counted(count: int, thing: str) -> str:
    """Such as '1 exercise', '2 exercises'."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
