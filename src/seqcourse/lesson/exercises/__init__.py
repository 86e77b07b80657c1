"""The exercises' checkers: one module a chapter, `chNN.py`, and how to find one by its slug."""

from __future__ import annotations

import difflib
import functools
import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seqcourse.lesson.findings import Finding, Plain

Inputs = Mapping[str, Any]  # what `draw` gives
Spec = Mapping[str, Any]  # what a changed task changes; nothing in the published one
_SLUG = re.compile(r'^@exercise\(\s*"([a-z0-9-]+)"', re.MULTILINE)
_FOUND: dict[str, Exercise] = {}


class Exercise(Protocol):
    """The three parts of a checker.

    `draw` makes the inputs, `call` runs the learner's answer on them and returns what it gave,
    `judge` compares. The judge sees plain values only, so that marking can run it elsewhere.
    """

    slug: str
    forbid: tuple[str, ...]
    trains: bool

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        """Inputs for one check, from a seeded generator."""

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        """What the learner's answer gives for the inputs."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        """What is right and what is not."""


def exercise(
    slug: str, *, forbid: Iterable[str] = (), trains: bool = False
) -> Callable[[type], type]:
    """Register a class with `draw`, `call` and `judge` as the checker of an exercise.

    Args:
        slug: the exercise's label in its chapter.
        forbid: dotted names that the answer may not call, such as 'numpy.roots'.
        trains: whether the answer trains something: it may take 5 s instead of 2.
    """

    def register(cls: type) -> type:
        cls.slug, cls.forbid, cls.trains = slug, tuple(forbid), trains  # type: ignore[attr-defined]
        for part in ("draw", "call", "judge"):
            setattr(cls, part, staticmethod(_with_specs(cls, slug, part)))
        _FOUND[slug] = cls  # type: ignore[assignment]
        return cls

    return register


def _with_specs(cls: type, slug: str, part: str) -> Callable[..., Any]:
    """A part of a checker that leaves the course's changed tasks to `varied`.

    An exercise of somebody's own gets its spec as it is.
    """
    published: Callable[..., Any] = getattr(cls, part)
    package, _, chapter = cls.__module__.rpartition(".")

    @functools.wraps(published)
    def served(*values: Any) -> Any:
        spec = values[1].get("spec") if part == "call" else values[-1]
        if not spec or package != __name__:
            return published(*values)
        from seqcourse.lesson.exercises import varied

        return getattr(varied, part)(varied.find_rule(slug, chapter, spec), *values)

    return served


def slugs() -> dict[str, str]:
    """Module name of every exercise, by slug; read as text, so that no chapter is imported."""
    return {
        slug: path.stem
        for path in sorted(Path(__file__).parent.glob("ch[0-9][0-9].py"))
        for slug in _SLUG.findall(path.read_text("utf-8"))
    }


def find(slug: str) -> Exercise:
    """The checker of an exercise.

    Raises:
        KeyError: there is none with this slug; the message names close ones.
    """
    if slug not in _FOUND:
        known = slugs()
        if slug not in known:
            raise KeyError(f"There is no exercise {slug!r}. {_did_you_mean(slug, known)}")
        importlib.import_module(f"seqcourse.lesson.exercises.{known[slug]}")
    return _FOUND[slug]


def _did_you_mean(slug: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(slug, known, n=3)
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return 'The chapter gives its name where it asks for it: check("name", answer).'
