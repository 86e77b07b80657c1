"""The checkers that go into the sandbox call as the whole ones do, and know nothing else."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import numpy as np
import pytest

from seqcourse.classroom.assignment import Part
from seqcourse.classroom.inside import codec
from seqcourse.classroom.stripped import write_stripped
from seqcourse.classroom.variations import variations
from seqcourse.lesson.check import plain
from seqcourse.lesson.exercises import find, slugs
from seqcourse.publish.book import Book
from seqcourse.publish.reading import Page, python_fences

from .. import warm
from ..lesson.proving import prepared

ROOT = Path(__file__).parents[2]

_CALL = """
import importlib, json, sys
import seqcourse.lesson.exercises as exercises
exercises.__path__[:] = [sys.argv[1]]
exercises.__file__ = sys.argv[1] + "/__init__.py"
from seqcourse.classroom.inside import codec
from seqcourse.lesson.check import plain
with open(sys.argv[2], encoding="utf-8") as file:
    asked = json.load(file)
module = importlib.import_module("seqcourse.lesson.exercises." + asked["module"])
assert module.__file__.startswith(sys.argv[1]), module.__file__
first = {"__name__": "__main__"}
exec(asked["setup"], first)
for job in asked["jobs"]:
    scope = dict(first)
    exec(job["solution"], scope)
    inputs = codec.loads(json.dumps(job["inputs"]))
    answer = eval(job["answer"], scope)
    print("given:" + codec.dumps(plain(exercises.find(job["slug"]).call(answer, inputs))))
"""


def _part(slug: str) -> Part:
    return Part(slug, slug, 0, "", 1.0, "auto", "", "")


@pytest.mark.parametrize("chapter", sorted(set(slugs().values())))
def test_what_goes_in_calls_as_the_whole_checker_does(chapter: str, tmp_path: Path) -> None:
    path = next(c.path for c in Book(ROOT).chapters() if c.path.name.startswith(chapter[2:]))
    page = Page(path, path.read_text("utf-8"))
    parts = [_part(slug) for slug, module in slugs().items() if module == chapter]
    write_stripped(tmp_path, parts)
    setup = page.code[0].source
    jobs, wanted = [], []
    for exercise in page.exercises:
        checker = find(exercise.slug)
        solution = python_fences(exercise.solutions[0].body)[0]
        answer = exercise.answer(exercise.stubs[0])
        tasks = [({}, solution)] + [(v.spec, v.solution) for v in variations(exercise.slug)]
        for spec, code in tasks:
            inputs = checker.draw(np.random.default_rng(3), spec)
            packed = json.loads(codec.dumps(inputs))
            facts = {"slug": exercise.slug, "answer": answer, "inputs": packed}
            jobs.append(facts | {"solution": code})
            scope = prepared(setup)
            exec(code, scope)
            given = checker.call(eval(answer, scope), inputs)
            wanted.append("given:" + codec.dumps(plain(given)))
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps({"module": chapter, "setup": setup, "jobs": jobs}), "utf-8")
    ran = warm.run(
        ["-c", _CALL, str(tmp_path), str(asked)],
        loaded=("torch", "matplotlib.pyplot", "IPython.display"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    found = [line for line in ran.stdout.splitlines() if line.startswith("given:")]
    assert len(found) == len(wanted) > 3, ran.stderr[-2000:]
    for job, one, other in zip(jobs, found, wanted, strict=True):
        assert one == other, f"{job['slug']}: {one[:300]}\n{other[:300]}"


def test_nothing_that_goes_in_judges_or_draws(tmp_path: Path) -> None:
    write_stripped(tmp_path, [_part(slug) for slug in slugs()])
    files = [p for p in tmp_path.rglob("*.py") if p.name not in ("__init__.py", "shared.py")]
    assert len(files) >= len(set(slugs().values()))
    emptied = 0
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            parts = node.body if isinstance(node, ast.ClassDef) else []
            rules = [ast.unparse(d) for d in getattr(node, "decorator_list", [])]
            for part in [*parts, *([node] if any("rule(" in rule for rule in rules) else [])]:
                judges = part is node or getattr(part, "name", "") in ("draw", "judge")
                if judges and isinstance(part, ast.FunctionDef):
                    emptied += 1
                    assert ast.unparse(part.body[0]) == "...", f"{file.name}: {part.name}"
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if called and node.func.id in ("close", "about", "holds", "slip"):  # type: ignore[attr-defined]
                raise AssertionError(f"{file.name} still compares: {ast.unparse(node)[:80]}")
    assert emptied > 2 * len(slugs())
    assert "_mistake" not in (tmp_path / "varied" / "__init__.py").read_text("utf-8")


def test_an_instructors_own_exercise_goes_in_without_its_solution(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from seqcourse.classroom.variations import Variation\n"
        "from seqcourse.lesson.exercises import exercise\n"
        "FACTOR = 17.25\n\n"
        '@exercise("my-own")\n'
        "class Own:\n"
        "    @staticmethod\n    def draw(rng, spec):\n        return {'x': FACTOR}\n"
        "    @staticmethod\n    def call(answer, inputs):\n        return answer(inputs['x'])\n"
        "    @staticmethod\n    def judge(inputs, outputs, spec):\n        yield helper()\n\n\n"
        "def helper():\n    return 'the right value'\n\n\n"
        'TASK = Variation("own", {}, "", "", "def f(x): return x * 99")\n',
        "utf-8",
    )
    part = Part("my-own", "", 0, "", 1.0, "auto", "", "f", private=own)
    write_stripped(tmp_path / "in", [part])
    code = (tmp_path / "in" / "own_my_own.py").read_text("utf-8")
    assert "answer(inputs['x'])" in code
    for secret in ("x * 99", "the right value", "yield"):
        assert secret not in code
