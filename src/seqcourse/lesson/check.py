"""Check an exercise: say what is right and what is not, and never stop the notebook."""

from __future__ import annotations

import ast
import inspect
import textwrap
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from IPython.display import display

from seqcourse.lesson.exercises import Exercise, find
from seqcourse.lesson.findings import Finding, Plain
from seqcourse.lesson.guard import Forbidden, TooLong, forbidding, limited

SECONDS = 10.0  # after which an answer that does not end is cut
SEED = 20240
_MARKS = {"passed": "✓", "failed": "✗", "not attempted": "○"}
_COLOURS = {"passed": "#009E73", "failed": "#D55E00", "not attempted": "currentColor"}


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

    def __str__(self) -> str:
        head = f"{_MARKS[self.state]} {self.slug}: {self.lines[0]}"
        return "\n".join([head, *(f"  {line}" for line in self.lines[1:])])

    def html(self) -> str:
        """The same for a browser."""
        body = "".join(f"<div>{escape(line)}</div>" for line in self.lines[1:])
        return (
            f'<div class="sq-check" style="border-left:3px solid {_COLOURS[self.state]};'
            f'padding-left:.75em;margin:.5em 0;white-space:pre-wrap"><strong>'
            f'<span aria-hidden="true">{_MARKS[self.state]}</span> {escape(self.slug)}:</strong> '
            f"{escape(self.lines[0])}{body}</div>"
        )


def check(slug: str, answer: object) -> None:
    """Check an answer and display the report. Never raises.

    Args:
        slug: the exercise.
        answer: what the exercise asks for; None, `...` or a body of `...` is 'not attempted'.
    """
    report = grade(slug, answer)
    display(  # type: ignore[no-untyped-call]
        {"text/plain": str(report), "text/html": report.html()},
        raw=True,
        metadata={"seqcourse": {"check": {"slug": slug, "state": report.state}}},
    )


def grade(
    slug: str, answer: object, *, seed: int = SEED, spec: Mapping[str, Any] | None = None
) -> Report:
    """Check an answer.

    Args:
        slug: the exercise.
        answer: the learner's answer.
        seed: draws the inputs.
        spec: a variation of the task; empty is the published one.
    """
    try:
        exercise = find(slug)
    except KeyError as error:
        return Report(slug, "failed", (str(error.args[0]),))
    if answer is None or answer is Ellipsis or _is_stub(answer):
        return Report(slug, "not attempted", ("not attempted yet.",))
    spec = spec or {}
    inputs = exercise.draw(np.random.default_rng(seed), spec)
    try:
        outputs = run(exercise, answer, _copy(inputs))
    except NotImplementedError:
        return Report(slug, "not attempted", ("not attempted yet.",))
    except BaseException as error:  # a learner's code may raise anything, SystemExit too
        if isinstance(error, KeyboardInterrupt):
            raise
        return Report(slug, "failed", tuple(_explain(error)))
    if _is_empty(outputs):
        line = "your function returned nothing (None). Does every path end in `return`?"
        return Report(slug, "failed", (line,))
    return judged(exercise, inputs, outputs, spec)


def run(exercise: Exercise, answer: object, inputs: Mapping[str, Any]) -> Plain:
    """What the answer gives, as plain values, within the time and without the forbidden names."""
    with limited(SECONDS), forbidding(exercise.forbid):
        return plain(exercise.call(answer, inputs))


def judged(
    exercise: Exercise, inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
) -> Report:
    """The judge's findings as a report."""
    try:
        findings = tuple(exercise.judge(inputs, outputs, spec))
    except Exception as error:  # outputs of a shape that the judge did not foresee
        line = f"your answer gave {_kind(outputs)}: not the form asked for ({error})."
        return Report(exercise.slug, "failed", (line,))
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

    Marking runs the judge in another process, where a learner's objects must not come.
    """
    if value is None:
        return None
    for kind in (bool, int, float, complex, str):
        if isinstance(value, kind):  # a subclass could bring its own comparison along
            return value if type(value) is kind else kind(value)  # type: ignore[arg-type]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        array = np.array(value, copy=True, subok=False)
        return array if array.dtype != object else [plain(item) for item in array.tolist()]
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return np.array(value.detach().cpu().numpy())
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list | set | frozenset | range):
        return [plain(item) for item in value]
    return f"<an object of type {type(value).__name__}>"


def _is_stub(answer: object) -> bool:
    """Whether a function's body is only its docstring and `...`, `pass` or NotImplementedError."""
    if not inspect.isfunction(answer):
        return False
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(answer)))
    except (OSError, TypeError, SyntaxError, ValueError, IndexError):
        return False
    function = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)), None)
    return function is not None and all(_says_nothing(node) for node in function.body)


def _says_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node)


def _is_empty(outputs: Plain) -> bool:
    """Whether nothing came back: None, or a collection of only that."""
    if isinstance(outputs, list | tuple):
        return bool(outputs) and all(_is_empty(item) for item in outputs)
    if isinstance(outputs, dict):
        return bool(outputs) and all(_is_empty(item) for item in outputs.values())
    return outputs is None


def _copy(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs that an answer may change without the judge seeing it."""
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in inputs.items()}


def _kind(outputs: Plain) -> str:
    if isinstance(outputs, np.ndarray):
        return f"an array of shape {outputs.shape}"
    return outputs if isinstance(outputs, str) else f"a {type(outputs).__name__}"


def _explain(error: BaseException) -> Iterable[str]:
    """An exception in the learner's code, with the learner's own line."""
    if isinstance(error, TooLong):
        yield f"it did not end within {SECONDS:.0f} s and was cut. Does a loop never stop?"
        return
    if isinstance(error, Forbidden):
        yield f"{error}. The exercise asks you to write this part yourself."
        return
    try:
        message = str(error)
    except BaseException:
        message = "no message"
    yield f"your code raised {type(error).__name__}: {message}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "seqcourse" not in f.filename]
    mine = [f for f in frames if "ipykernel" in f.filename or f.filename.startswith("<")]
    for frame in (mine or frames)[-1:]:
        yield f"in {frame.name}, line {frame.lineno}: {(frame.line or '').strip()}"
