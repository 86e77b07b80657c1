"""Try an assignment out before anybody sees it: each solution passes, each stub is no answer."""

from __future__ import annotations

import copy
import io
import itertools
import linecache
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

from seqcourse.classroom.notebook import Assignment
from seqcourse.classroom.tasks import AssignmentError, Task, seed_for
from seqcourse.lesson.check import Report, grade, run
from seqcourse.lesson.exercises import find

_COUNT = itertools.count()


def try_out(assignment: Assignment) -> dict[str, Report]:
    """The report on each solution, on the very inputs that marking draws.

    Raises:
        AssignmentError: a solution fails, a stub does not count as not attempted, or a set-up
            does not run.
    """
    found: dict[str, Report] = {}
    after_setup: dict[str, dict[str, Any]] = {}
    for task, _ in assignment.tasks:
        if task.kind == "text":
            continue
        if task.setup not in after_setup:
            after_setup[task.setup] = _run(task.setup, {"__name__": "__main__"}, task)
        seed = seed_for(assignment.seed, task.slug)
        wanted = {"not attempted": task.stub, "passed": f"{task.stub}\n{task.solution}"}
        for state, code in wanted.items():
            names = _run(code, dict(after_setup[task.setup]), task)
            answer = eval(task.answer, names)
            report = found[task.slug] = grade(task.slug, answer, seed=seed, spec=task.spec)
            if report.state != state:
                what = "solution" if state == "passed" else "stub"
                why = _judge_stops(task, answer, seed) or str(report)
                raise AssignmentError(
                    f"{called(task)}: its {what} should be '{state}', and is not.\n{why}"
                )
    return found


def _judge_stops(task: Task, answer: object, seed: int) -> str:
    """What the judge raises for an answer that runs; a check would blame the answer for it."""
    checker = find(task.slug)
    inputs = checker.draw(np.random.default_rng(seed), task.spec)
    try:
        outputs = run(checker, answer, copy.deepcopy(inputs))
    except BaseException:  # then the report has it
        return ""
    try:
        list(checker.judge(inputs, outputs, task.spec))
    except Exception as error:
        return f"Its judge raised {type(error).__name__}: {error}"
    return ""


def called(task: Task) -> str:
    return f"{task.slug}:{task.variation}" if task.variation else task.slug


def _run(code: str, names: dict[str, Any], task: Task) -> dict[str, Any]:
    """Run code as a cell would, quietly, and return the names it leaves."""
    file = f"<assignment {next(_COUNT)}>"
    linecache.cache[file] = (len(code), None, code.splitlines(True), file)  # for `inspect`
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            exec(compile(code, file, "exec"), names)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise AssignmentError(f"{called(task)} cannot be tried out. {why}") from error
    return names
