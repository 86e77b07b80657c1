"""Every checker is proven: right answers pass, and wrong ones fail with a message that helps."""

from __future__ import annotations

import importlib
import re
import time
from pathlib import Path

import numpy as np
import pytest

from seqcourse.lesson.check import grade, judged
from seqcourse.lesson.exercises import find, slugs
from seqcourse.publish.book import Book
from seqcourse.publish.reading import Page

from .mutants import mutants
from .proving import Task, tasks, wrong_answers

ROOT = Path(__file__).parents[2]
PAGES = [Page(c.path, c.path.read_text("utf-8")) for c in Book(ROOT).chapters()]
TASKS = [task for page in PAGES for task in tasks(page)]
CHECK = importlib.import_module("seqcourse.lesson.check")  # its name in the package is a function
PLAIN = (bool, int, float, complex, str, type(None))

each_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.slug)


def test_every_exercise_has_a_checker_and_every_checker_an_exercise() -> None:
    checked = slugs()
    written = {exercise.slug: page for page in PAGES for exercise in page.exercises}
    drafts = {slug for slug, page in written.items() if page.is_draft}
    missing = sorted(set(written) - set(checked) - drafts)
    assert not missing, f"no class in seqcourse.lesson.exercises checks {missing}"
    idle = sorted(set(checked) - set(written))
    assert not idle, f"no chapter has an exercise labelled {idle}"
    for slug, page in written.items():
        if slug in checked:
            wanted = f"ch{page.path.name[:2]}"
            assert checked[slug] == wanted, f"{slug} is checked in {checked[slug]}.py: use {wanted}"


def test_every_exercise_of_a_finished_chapter_is_proven_here() -> None:
    written = {e.slug for page in PAGES if not page.is_draft for e in page.exercises}
    unproven = sorted(written - {task.slug for task in TASKS})
    assert not unproven, f"{unproven}: one stub with check(), one solution with one python fence"


@each_task
def test_the_solution_passes(task: Task) -> None:
    task.grade(task.solution)  # imports what the chapter needs
    start = time.process_time()
    report = task.grade(task.solution)
    seconds = time.process_time() - start
    assert report.state == "passed", f"{task.place}\n{report}"
    assert report.findings, f"{task.place}: the judge looked at nothing"
    most = 5 if find(task.slug).trains else 2
    assert seconds <= most, f"{task.place}: the check took {seconds:.1f} s, more than {most} s"
    for seed in range(5):
        report = task.grade(task.solution, seed)
        assert report.state == "passed", f"{task.place}, seed {seed}\n{report}"


@each_task
def test_the_stub_is_not_attempted(task: Task) -> None:
    report = task.grade(task.stub)
    assert report.state == "not attempted", f"{task.place}\n{report}"


@each_task
def test_typical_wrong_answers_fail_with_a_message_that_helps(task: Task) -> None:
    wrong = wrong_answers(slugs()[task.slug])[0].get(task.slug, [])
    assert len({w.name for w in wrong}) >= 3, f"{task.slug}: name three wrong answers or more"
    for answer in wrong:
        report = task.grade(answer.source)
        assert report.state == "failed", f"{task.slug}, {answer.name}: {report}"
        assert re.search(answer.says, str(report)), f"{task.slug}, {answer.name}: {report}"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # mutants divide by zero
@each_task
def test_mutants_fail(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CHECK, "SECONDS", 5.0 if find(task.slug).trains else 2.0)
    excused = dict(wrong_answers(slugs()[task.slug])[1].get(task.slug, {}))
    survivors, needless = [], []
    for mutant in mutants(task.solution, task.name):
        report = task.grade_turned(mutant.source)
        reason = excused.pop(mutant.name, None)
        if report is None:
            continue
        if report.state != "failed" and reason is None:
            survivors.append(mutant.name)
        elif report.state == "failed":
            assert len(report.lines) > 1, f"{task.slug}, {mutant.name}: {report}\nsays too little"
            needless += [mutant.name] * (reason is not None)
    assert not survivors, f"{task.place}: still passes with {survivors}"
    assert not needless, f"{task.slug}: called equivalent, yet the check fails {needless}"
    assert not excused, f"{task.slug}: called equivalent, but no mutant is {list(excused)}"


@each_task
def test_the_judge_sees_plain_values_only(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    exercise = find(task.slug)
    judge = exercise.judge

    def spy(*values: object) -> object:
        seen.extend(values)
        return judge(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(exercise, "judge", staticmethod(spy))
    assert task.grade(task.solution).state == "passed"
    assert len(seen) == 3
    for value in seen:
        _require_plain(value)


def _require_plain(value: object) -> None:
    if isinstance(value, np.ndarray):
        assert type(value) is np.ndarray and value.dtype != object
    elif isinstance(value, dict):
        for key, item in value.items():
            assert type(key) is str
            _require_plain(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _require_plain(item)
    else:
        assert type(value) in PLAIN, f"{value!r} is a {type(value).__name__}"


@each_task
def test_the_judge_bears_anything(task: Task) -> None:
    """Outputs of another form fail with a report: no crash, and no accidental pass."""
    exercise = find(task.slug)
    inputs = exercise.draw(np.random.default_rng(0), {})
    junk = (None, -1e300, "no such text", [], [[1.0], [2.0, 3.0]], {}, np.zeros((2, 0)), np.nan)
    for outputs in junk:
        assert judged(exercise, inputs, outputs, {}).state == "failed", repr(outputs)
    assert grade(task.slug, object()).state == "failed"


@each_task
def test_inputs_follow_the_seed(task: Task) -> None:
    exercise = find(task.slug)
    one, same = (exercise.draw(np.random.default_rng(1), {}) for _ in range(2))
    assert repr(one) == repr(same)
