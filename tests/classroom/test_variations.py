"""Every variation is another task: each solution passes its own and fails every other's."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from seqcourse.classroom.variations import Variation, variations
from seqcourse.lesson.check import Report, grade, judged
from seqcourse.lesson.exercises import find, slugs
from seqcourse.publish.book import Book
from seqcourse.publish.reading import Page

from ..lesson.mutants import mutants
from ..lesson.proving import Task, prepared, run, tasks, wrong_answers
from .slips.slip import Slip

ROOT = Path(__file__).parents[2]
CHAPTERS = [c for c in Book(ROOT).chapters() if not c.is_draft]
PAGES = [Page(c.path, c.path.read_text("utf-8")) for c in CHAPTERS]
TASKS = {task.slug: task for page in PAGES for task in tasks(page)}
BODIES = {e.slug: e.body for page in PAGES for e in page.exercises}
CHECK = importlib.import_module("seqcourse.lesson.check")  # its name in the package is a function
SEEDS = (0, 1, 2)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # wrong answers divide by zero
VARIED = [slug for slug in TASKS if variations(slug)]


class Changed(NamedTuple):
    """A variation, and the chapter's task that it varies."""

    task: Task
    variation: Variation

    def grade(self, code: str, seed: int = 0) -> Report:
        """The report on an answer, given by code that stands where the solution stands."""
        return graded(self.task, code, self.variation.spec, seed)


CHANGED = [Changed(TASKS[slug], one) for slug in VARIED for one in variations(slug)]
each_exercise = pytest.mark.parametrize("slug", VARIED)
each_variation = pytest.mark.parametrize(
    "changed", CHANGED, ids=lambda changed: f"{changed.task.slug}-{changed.variation.name}"
)


def graded(task: Task, code: str, spec: Any, seed: int) -> Report:
    namespace = prepared(task.setup)
    try:
        run(code, namespace)
    except Exception as error:
        line = f"the cell raised {type(error).__name__}: {error}"
        return Report(task.slug, "failed", (line, "It never came to a check."))
    return grade(task.slug, namespace[task.name], seed=seed, spec=spec)


def slips(changed: Changed) -> tuple[Slip, ...]:
    module = slugs()[changed.task.slug]
    found = importlib.import_module(f".slips.slips_{module}", __package__)
    own: dict[str, tuple[Slip, ...]] = found.SLIPS.get(changed.task.slug, {})
    return own.get(changed.variation.name, ())


def noted(changed: Changed, name: str) -> dict[str, str]:
    """What `slips_chNN.py` says of a variation in `EQUIVALENT` or in `RIGHT_HERE`: name, reason."""
    module = importlib.import_module(f".slips.slips_{slugs()[changed.task.slug]}", __package__)
    notes: dict[str, dict[str, dict[str, str]]] = getattr(module, name, {})
    return dict(notes.get(changed.task.slug, {}).get(changed.variation.name, {}))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem[:2])
def test_every_chapter_has_two_exercises_with_four_variations(page: Page) -> None:
    counts = {e.slug: len(variations(e.slug)) for e in page.exercises}
    enough = [slug for slug, count in counts.items() if count >= 4]
    assert len(enough) >= 2, f"{page.path.name}: variations by exercise: {counts}"


def test_an_exercise_without_variations_has_none() -> None:
    assert variations("bp-reached") == ()
    with pytest.raises(KeyError, match="bp-step"):
        variations("bp-stepp")


@each_exercise
def test_each_solution_passes_its_own_task_and_fails_every_other(slug: str) -> None:
    task = TASKS[slug]
    all_tasks = {"published": (task.solution, {})}
    all_tasks |= {v.name: (v.solution, dict(v.spec)) for v in variations(slug)}
    wrong = []
    for asked, (_, spec) in all_tasks.items():
        for answered, (solution, _) in all_tasks.items():
            for seed in SEEDS:
                report = graded(task, solution, spec, seed)
                wanted = "passed" if asked == answered else "failed"
                if report.state != wanted:
                    wrong.append(f"{answered} for {asked}, seed {seed}: {report}")
                elif wanted == "failed" and len(report.lines) < 2:
                    wrong.append(f"{answered} for {asked} says too little: {report}")
    assert not wrong, "\n".join(wrong)


@each_variation
def test_the_stub_is_not_attempted(changed: Changed) -> None:
    report = changed.grade(changed.variation.stub)
    assert report.state == "not attempted", report
    assert re.search(r'"""[\w(]', changed.variation.stub), "a stub says what it returns"
    header = rf"def {changed.task.name}\([^)]*: [^)]*\) -> "
    assert re.search(header, changed.variation.stub), "the published name, and types"


@each_variation
def test_typical_wrong_answers_fail_with_a_message_that_helps(changed: Changed) -> None:
    solution, found = changed.variation.solution, slips(changed)
    assert len({slip.name for slip in found}) >= 3, "name three typical wrong answers or more"
    for slip in found:
        assert slip.old in solution, f"{slip.name}: {slip.old!r} is not in the solution"
        report = changed.grade(solution.replace(slip.old, slip.new))
        assert report.state == "failed", f"{slip.name}: {report}"
        assert re.search(slip.says, str(report)), f"{slip.name}: {report}"


@each_variation
def test_what_is_wrong_in_the_published_task_is_wrong_here(changed: Changed) -> None:
    slug = changed.task.slug
    right_here = noted(changed, "RIGHT_HERE")
    for wrong in wrong_answers(slugs()[slug])[0][slug]:
        report = changed.grade(wrong.source)
        if right_here.pop(wrong.name, None):
            assert report.state == "passed", f"{wrong.name} is not right here: {report}"
        else:
            assert report.state == "failed", f"{wrong.name}: {report}"
            assert len(report.lines) > 1, f"{wrong.name}: {report}\nsays too little"
    assert not right_here, f"no published wrong answers are called {list(right_here)}"


@each_variation
def test_mutants_fail(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CHECK, "SECONDS", 2.0)
    excused = noted(changed, "EQUIVALENT")
    survivors = []
    for mutant in mutants(changed.variation.solution, changed.task.name):
        if "_transpose(" in mutant.source:
            continue  # the wrong answers hold the transposes that matter
        report = changed.grade(mutant.source)
        if report.state != "failed" and not excused.pop(mutant.name, None):
            survivors.append(mutant.name)
    assert not survivors, f"still passes with {survivors}"
    assert not excused, f"called equivalent, but fails or is no mutant: {list(excused)}"


@each_variation
def test_the_judge_bears_anything(changed: Changed) -> None:
    exercise, spec = find(changed.task.slug), changed.variation.spec
    inputs = exercise.draw(np.random.default_rng(0), spec)
    junk = (None, -1e300, "no such text", [], [[1.0], [2.0, 3.0]], {}, np.zeros((2, 0)), np.nan)
    for outputs in junk:
        assert judged(exercise, inputs, outputs, spec).state == "failed", repr(outputs)
        each = [outputs] * len(inputs["calls"])
        assert judged(exercise, inputs, each, spec).state == "failed", repr(each)


@each_variation
def test_inputs_are_plain_and_follow_the_seed(changed: Changed) -> None:
    exercise, spec = find(changed.task.slug), changed.variation.spec
    one, same, other = (exercise.draw(np.random.default_rng(s), spec) for s in (1, 1, 2))
    assert repr(one) == repr(same)
    assert repr(one) != repr(other), "a fresh draw is to bring other inputs"
    _require_plain(one)


def _require_plain(value: object) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            assert type(key) is str
            _require_plain(item)
    elif isinstance(value, list):
        for item in value:
            _require_plain(item)
    elif isinstance(value, np.ndarray):
        assert value.dtype.kind in "fib"
    else:
        assert type(value) in (bool, int, float, str, type(None)), (
            f"{value!r} is a {type(value).__name__}"
        )


@each_exercise
def test_no_two_variations_are_alike(slug: str) -> None:
    found = variations(slug)
    texts = [" ".join(v.task.split()) for v in found] + [" ".join(BODIES[slug].split())]
    assert len(set(texts)) == len(texts)
    for part in ("name", "change", "solution"):
        values = [getattr(v, part) for v in found]
        assert len(set(values)) == len(values), f"two variations have the same {part}: {values}"
    specs = [dict(v.spec) for v in found]
    assert all(specs.count(spec) == 1 for spec in specs) and {} not in specs


@each_variation
def test_the_task_is_plain_markdown(changed: Changed) -> None:
    text, name = changed.variation.task, changed.variation.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), name
    assert len(text.split()) >= 25, "the whole task, with every convention"
    assert not re.search(r"\{\w+\}`|^:::|^```\{|\bnumref\b|^\(\w+\)=", text, re.MULTILINE), text
    assert text.count("$") % 2 == 0 and text.count("`") % 2 == 0
    assert changed.variation.change, "what differs, for the instructor"


def test_an_unknown_spec_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match=r"bp-step has no specification.*relu"):
        find("bp-step").draw(np.random.default_rng(0), {"activation": "maxout"})
    with pytest.raises(KeyError, match=r"bp-reached has no specification.*published task"):
        find("bp-reached").draw(np.random.default_rng(0), {"activation": "relu"})
