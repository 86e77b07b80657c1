"""Changed tasks of the exercises: what each asks for, and its typical mistakes.

The published task is the checker's own, in `exercises/chNN.py`. A spec such as
`{"axis": "time first"}` names a changed one, a rule in the `chNN.py` beside this file. Rules are
loaded when a spec asks for one: a reader's notebook does not depend on them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.shared import called, same
from seqcourse.lesson.findings import Finding, Plain, close, describe, holds

Array = np.ndarray
Calls = list[list[Any]]  # the arguments of each call
Draw = Callable[[np.random.Generator], Calls]
Judgement = tuple[Any, Mapping[str, Any]]  # the right output; by what to say, a mistake's output
Register = Callable[[Callable[..., Judgement]], Callable[..., Judgement]]
_RULES: dict[str, dict[tuple[tuple[str, Any], ...], Rule]] = {}


@dataclass(frozen=True)
class Rule:
    """A changed task.

    Args:
        draw: the arguments of each call, from a generator.
        judged: for one call's arguments, the right output and those of typical mistakes.
        what: what is asked for; `{0}` is the first argument of the call.
        look: what to say where no known mistake fits.
        parts: names of the output's parts, where it is a tuple; pairs in it are counted through.
        call: calls the answer with one call's arguments.
    """

    draw: Draw
    judged: Callable[..., Judgement]
    what: str
    look: str
    parts: tuple[str, ...] = ()
    call: Callable[..., Any] = called

    def judge(self, calls: list[list[Any]], outputs: Plain) -> Iterator[Finding]:
        """What is right in each call's output and what is not."""
        found = [self.judged(*arguments) for arguments in calls]
        whole = _mistake(outputs, found)
        for number, (given, (right, slips)) in enumerate(zip(outputs, found, strict=True), 1):
            name = self.what.format(*calls[number - 1])
            if len(calls) > 1:
                name += f" (call {number} of {len(calls)})"
            yield from self._compared(name, given, right, slips, whole)

    def _compared(
        self, name: str, given: Plain, right: Any, slips: Mapping[str, Any], whole: str
    ) -> Iterator[Finding]:
        pairs = list(_leaves(given, right))
        if any(one is _LOST for one, _ in pairs):
            wanted = f"{_form(right)}: {', '.join(self.parts)}"
            yield holds(f"the form of {name}", False, given=given, expected=wanted, look=self.look)
            return
        for place, (one, other) in enumerate(pairs):
            part = f"{self.parts[place]} of {name}" if self.parts else name
            wrong = {text: list(_leaves(value, right))[place][0] for text, value in slips.items()}
            fits = (t for t, v in wrong.items() if _alike(one, v) and not _alike(other, v))
            known = whole or next(fits, "")
            if isinstance(other, np.ndarray) and other.dtype == bool:
                finding = _truths(part, one, other, self.look)
            else:
                finding = close(part, one, other, look=self.look)
            # a known mistake says more than what numbers and shapes alone suggest
            yield replace(finding, look=known) if known and not finding.ok else finding


def rule(
    slug: str,
    key: str,
    value: str,
    *,
    draw: Draw,
    what: str,
    look: str,
    parts: tuple[str, ...] = (),
    call: Callable[..., Any] = called,
) -> Register:
    """Register a function as the rule of an exercise for the spec `{key: value}`.

    The function takes one call's arguments, and gives the right output and typical mistakes.
    """

    def register(judged: Callable[..., Judgement]) -> Callable[..., Judgement]:
        made = Rule(draw, judged, what, look, parts, call)
        _RULES.setdefault(slug, {})[((key, value),)] = made
        return judged

    return register


def find_rule(slug: str, module: str, spec: Mapping[str, Any]) -> Rule:
    """The rule of an exercise for a spec.

    Args:
        slug: the exercise.
        module: its chapter's module, `chNN`.
        spec: what differs from the published task.

    Raises:
        KeyError: there is none; the message says which there are.
    """
    if find_spec(f"{__name__}.{module}"):
        importlib.import_module(f"{__name__}.{module}")
    known = _RULES.get(slug, {})
    wanted = tuple(spec.items())
    if wanted not in known:
        have = ", ".join(str(dict(items)) for items in known) or "none but the published task, {}"
        raise KeyError(f"{slug} has no specification {dict(spec)}. It has: {have}.")
    return known[wanted]


def draw(found: Rule, rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of one check: the spec, and the arguments of each call."""
    return {"spec": dict(spec), "calls": found.draw(rng)}


def call(found: Rule, answer: Any, inputs: Mapping[str, Any]) -> Any:
    """What the answer gives for each call."""
    return [found.call(answer, *arguments) for arguments in inputs["calls"]]


def judge(
    found: Rule, inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
) -> Iterable[Finding]:
    """What is right and what is not."""
    return found.judge(inputs["calls"], outputs)


_LOST: Any = object()  # stands for a part of an output that is not there


def _leaves(given: Plain, right: Any) -> Iterator[tuple[Any, Any]]:
    """Each part of the right output with the given one, `_LOST` where the form is another."""
    if not isinstance(right, tuple):
        yield given, right
        return
    sound = isinstance(given, tuple | list | np.ndarray) and len(given) == len(right)
    for place, part in enumerate(right):
        yield from _leaves(given[place] if sound else _LOST, part)


def _form(right: Any) -> str:
    if isinstance(right, tuple):
        return f"({', '.join(map(_form, right))})"
    return "array" if np.ndim(right) else "number"


def _alike(given: Plain, value: Any) -> bool:
    """Whether an output is this one, to four digits; a part that is None may be anything."""
    if isinstance(value, tuple):
        if not isinstance(given, tuple | list | np.ndarray) or len(given) != len(value):
            return False
        return all(map(_alike, given, value))
    return value is None or value is not _LOST and same(given, value)


def _mistake(outputs: Plain, found: list[Judgement]) -> str:
    """What to say of a mistake that explains every output; empty where none does."""
    if not isinstance(outputs, list) or len(outputs) != len(found):
        return ""
    for text in found[0][1]:
        values = [slips.get(text, _LOST) for _, slips in found]
        if all(map(_alike, outputs, values)):
            return text
    return ""


def _truths(name: str, given: Plain, right: np.ndarray, look: str) -> Finding:
    """Compare an array of truth values."""
    mine = np.asarray(given)
    if mine.dtype != bool or mine.shape != right.shape:
        wanted = f"True and False, shape {right.shape}"
        return Finding(name, False, describe(given), wanted, look)
    alike = bool((mine == right).all())
    return Finding(name, alike, describe(mine.tolist()), describe(right.tolist()), look)
