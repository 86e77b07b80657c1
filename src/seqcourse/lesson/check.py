"""Check an exercise: say what is right and what is not, and never stop the notebook."""

from __future__ import annotations

import ast
import copy
import dis
import inspect
import io
import linecache
import os
import re
import sysconfig
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from IPython.display import display

from seqcourse.lesson.exercises import Exercise, find
from seqcourse.lesson.findings import NO_RETURN, NOTHING, Finding, Plain, describe
from seqcourse.lesson.guard import Forbidden, TooLong, forbidding, limited

SECONDS = 10.0  # after which an answer that does not end is cut
SEED = 20240
_MARKS = {"passed": "✓", "failed": "✗", "not attempted": "○"}
_LAST: dict[str, tuple[object, str]] = {}  # by slug, the answer checked last and its state
_LIBRARIES = (str(Path(__file__).parents[1]), sysconfig.get_path("stdlib"), "<frozen", "<__array")
_COLOURS = {"passed": "#009E73", "failed": "#D55E00", "not attempted": "#808080"}


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Args:
        slug: the exercise.
        state: 'passed', 'failed' or 'not attempted'.
        lines: what to tell the learner, one sentence or comparison a line.
        findings: what the judge looked at; empty where the answer could not be run.
    """

    slug: str
    state: str
    lines: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        # A learner's text may hold half a character, which no message to a front end can carry.
        sound = tuple(line.encode(errors="backslashreplace").decode() for line in self.lines)
        object.__setattr__(self, "lines", sound)

    def __str__(self) -> str:
        head = f"{_MARKS[self.state]} {self.slug}: {self.lines[0]}"
        return "\n".join([head, *(f"  {line}" for line in self.lines[1:])])

    def html(self) -> str:
        """The same for a browser; what is to be compared, one below the other."""
        body = "".join(f"<div{_style(line)}>{escape(line)}</div>" for line in self.lines[1:])
        return (
            f'<div class="sq-check" style="border-left:3px solid {_COLOURS[self.state]};'
            f'padding-left:.75em;margin:.75em 0;overflow-wrap:anywhere"><strong>'
            f'<span aria-hidden="true">{_MARKS[self.state]}</span> {escape(self.slug)}:</strong> '
            f"{escape(self.lines[0])}{body}</div>"
        )


def _style(line: str) -> str:
    if re.match(r"given: |expected: |In \S+, line \d", line):
        return ' style="font-family:monospace;font-size:.9em;white-space:pre-wrap"'
    return ""


class NotPassed(AssertionError):
    """A check failed while nbgrader runs the notebook, which gives points by exceptions alone."""


def check(slug: str, answer: object, *, spec: Mapping[str, Any] | None = None) -> None:
    """Check an answer and display the report. Never raises, but where nbgrader marks.

    Args:
        slug: the exercise.
        answer: what the exercise asks for; None, `...` or a body of `...` is 'not attempted'.
        spec: what an assignment changed about the task; without it, the published one is checked.

    Raises:
        NotPassed: the answer did not pass, and nbgrader runs the notebook.
    """
    marked = "NBGRADER_EXECUTION" in os.environ
    with unheard() if marked else nullcontext():
        report = grade(slug, answer, spec=spec)
    _LAST.pop(report.slug, None)
    _LAST[report.slug] = answer, report.state
    display(  # type: ignore[no-untyped-call]
        {"text/plain": str(report), "text/html": report.html()},
        raw=True,
        metadata={"seqcourse": {"check": {"slug": report.slug, "state": report.state}}},
    )
    if marked and report.state != "passed":
        raise NotPassed(str(report))


@contextmanager
def unheard() -> Iterator[None]:
    """Keep warnings to oneself: nbgrader gives no points to a cell that writes to stderr."""
    with redirect_stderr(io.StringIO()):
        yield


def last_check(answer: object) -> tuple[str, str] | None:
    """Slug and state of the last check of this very answer, None where there was none."""
    for slug, (checked, state) in reversed(_LAST.items()):
        if checked is answer:
            return slug, state
    return None


def grade(
    slug: str, answer: object, *, seed: int = SEED, spec: Mapping[str, Any] | None = None
) -> Report:
    """Check an answer. Raises nothing but KeyboardInterrupt.

    Args:
        slug: the exercise.
        answer: the learner's answer.
        seed: draws the inputs.
        spec: a variation of the task; empty is the published one.
    """
    if not isinstance(slug, str):
        line = 'the exercise\'s name comes first, in quotes: check("name", answer).'
        return Report("check", "failed", (line,))
    try:
        exercise = find(slug)
    except KeyError as error:
        shown = slug.encode(errors="backslashreplace").decode()
        return Report(shown, "failed", (str(error.args[0]),))
    if _is_open(answer) or is_stub(answer):  # before anything is drawn
        return _not_attempted(slug)
    try:
        inputs = exercise.draw(np.random.default_rng(seed), spec or {})
    except Exception as error:
        line = f"the check itself stopped ({type(error).__name__}). This is our mistake: tell us."
        return Report(slug, "failed", (line,))
    outputs, report = attempted(exercise, answer, copy.deepcopy(inputs))
    return report or judged(exercise, inputs, outputs, spec or {})


def attempted(
    exercise: Exercise, answer: object, inputs: Mapping[str, Any], *, cpu: bool = False
) -> tuple[Plain, Report | None]:
    """What the answer gives, for a judge; or a report where there is nothing to judge.

    Raises nothing but KeyboardInterrupt. `cpu`: as in `limited`.
    """
    if _is_open(answer) or is_stub(answer):
        return None, _not_attempted(exercise.slug)
    try:
        outputs = run(exercise, answer, inputs, cpu=cpu)
    except KeyboardInterrupt:
        raise
    except NotImplementedError:
        return None, _not_attempted(exercise.slug)
    except BaseException as error:  # a learner's code may raise anything, SystemExit too
        return None, _stopped(exercise, answer, error)
    if _is_open(outputs, nothing=...):
        return None, _not_attempted(exercise.slug)
    if _is_open(outputs):
        lines = (f"your answer gave {NOTHING}.", NO_RETURN)
        return None, Report(exercise.slug, "failed", lines)
    return outputs, None


def _not_attempted(slug: str) -> Report:
    return Report(slug, "not attempted", ("not attempted yet.",))


def run(
    exercise: Exercise, answer: object, inputs: Mapping[str, Any], *, cpu: bool = False
) -> Plain:
    """What the answer gives, as plain values, within the time and without the forbidden names."""
    known = getattr(answer, "__globals__", {}) if type(answer) is FunctionType else {}
    with limited(SECONDS, cpu=cpu), forbidding(exercise.forbid, known):
        return plain(exercise.call(answer, inputs))


def judged(
    exercise: Exercise, inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
) -> Report:
    """The judge's findings as a report."""
    try:
        findings = tuple(exercise.judge(inputs, outputs, spec))
    except Exception:  # outputs of a form that the judge did not foresee
        lines = [f"your answer gave {_kind(outputs)}, which is not the form asked for."]
        if exercise.__doc__:
            lines.append(f"Asked for: {exercise.__doc__.strip().splitlines()[0]}")
        return Report(exercise.slug, "failed", tuple(lines))
    bad = [finding for finding in findings if not finding.ok]
    count = f"{len(findings) - len(bad)} of {len(findings)}"
    if not bad:
        return Report(exercise.slug, "passed", (f"passed {count}.",), findings)
    lines = [f"passed {count}. The first that failed: {bad[0].name}."]
    if bad[0].given or bad[0].expected:
        lines += [f"given:    {bad[0].given}", f"expected: {bad[0].expected}"]
    if bad[0].look:
        lines.append(bad[0].look)
    return Report(exercise.slug, "failed", tuple(lines), findings)


def plain(value: Any) -> Plain:
    """`value` as NumPy and Python values only: tensors become arrays, other objects their name.

    Marking runs the judge in another process, where a learner's objects must not come. `...` stays.
    """
    if value is None or value is Ellipsis or type(value) is bool:
        return value
    for kind, exact in _EXACT:
        if isinstance(value, kind):  # a subclass could bring its own comparison along
            return exact(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        array = np.array(value, copy=True, subok=False)
        return array if array.dtype.kind in "biufcU" else plain(array.tolist())
    if isinstance(value, dict):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list | set | frozenset | range):
        return [plain(item) for item in value]
    return f"<an object of type {type(value).__name__}>"


_EXACT: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (complex, complex.__complex__),
    (str, str.__str__),
)


def is_stub(answer: object) -> bool:
    """Whether a function is still a stub: it says nothing, or holds a `...` to be replaced."""
    if type(answer) is not FunctionType:
        return False
    steps = list(dis.get_instructions(answer.__code__))
    if all(s.opname in _SILENT or "CONST" in s.opname and s.argval is None for s in steps):
        return True  # known without its source, too
    try:
        tree = ast.parse(_source(answer.__code__))
    except Exception:  # no source; then calling it tells
        return False
    function = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)), None)
    return function is not None and any(
        isinstance(node.value, ast.Constant) and node.value.value is Ellipsis
        for node in function.body
        if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return)
    )


_SILENT = {"RESUME", "NOP", "RETURN_VALUE"}


def _source(code: CodeType) -> str:
    """What `inspect.getsource` says after asking each of 3,000 modules whether it is theirs."""
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    return textwrap.dedent("".join(inspect.getblock(lines)))


def _is_open(value: object, nothing: object = None, depth: int = 0) -> bool:
    """Whether a value is None or `...` (or `nothing` alone), or a collection of only that."""
    if type(value) in (list, tuple):
        items: Any = value
        deeper = depth < 20  # a list may hold itself
        return bool(items) and deeper and all(_is_open(i, nothing, depth + 1) for i in items)
    return value is Ellipsis or value is nothing


def _kind(outputs: Plain) -> str:
    if isinstance(outputs, np.ndarray):
        return f"an array of shape {outputs.shape}"
    if isinstance(outputs, list | tuple):
        return f"a {type(outputs).__name__} of {len(outputs)}"
    return describe(outputs) if isinstance(outputs, str) else f"a {type(outputs).__name__}"


def _stopped(exercise: Exercise, answer: object, error: BaseException) -> Report:
    try:
        trace = traceback.extract_tb(error.__traceback__)
        caller = inspect.getfile(inspect.unwrap(exercise.call))
        own = [f for f in trace if f.filename != caller and is_own(f.filename)]
        lines = tuple(_explain(answer, error, own))
    except BaseException:  # an exception may lie about itself
        lines = ("your code raised an exception that cannot be shown.",)
    return Report(exercise.slug, "failed", lines)


def _explain(
    answer: object, error: BaseException, frames: list[traceback.FrameSummary]
) -> Iterator[str]:
    """An exception in the learner's code, with the learner's own line."""
    if isinstance(error, TooLong):
        yield f"it did not end within {SECONDS:g} s and was cut. Endless, or too much work?"
    elif isinstance(error, Forbidden):
        yield f"{error}. Write that part yourself: neither it nor its relatives may be called."
    elif isinstance(error, TypeError) and not frames and not callable(answer):
        yield f"{describe(plain(answer))} is not a function."
        yield "Pass the function itself, without calling it: its name, no brackets."
    elif isinstance(error, TypeError) and not frames:
        yield f"your function cannot be called as the exercise calls it: {_message(error)}"
        yield "Keep the arguments as they stand in the stub."
    elif isinstance(error, RecursionError):
        yield "your code calls itself again and again (RecursionError). When does it stop?"
    elif isinstance(error, ValueError) and "read-only" in str(error):
        yield "your code changes the input it was given. Copy it first, or make a new array."
    else:
        yield f"your code raised {type(error).__name__}: {_message(error)}"
    for frame in frames[-1:]:
        line = f": {frame.line.strip()}" if frame.line else "."
        yield f"In {frame.name}, line {frame.lineno}{line}"


def _message(error: BaseException) -> str:
    text = str(error) or "no message"
    return text if len(text) <= 300 else f"{text[:297]}…"


def is_own(filename: str) -> bool:
    """Whether a file is the learner's: no library's, and not ours."""
    return not filename.startswith(_LIBRARIES) and not re.search(
        r"[/\\](site|dist)-packages[/\\]", filename
    )
