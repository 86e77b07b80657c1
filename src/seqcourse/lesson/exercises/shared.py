"""What checkers share: how an answer is called, and mistakes known by the value they give.

The sandbox sees all of this module: it is no place for what an exercise asks for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec
from seqcourse.lesson.findings import Finding, Plain, close, holds


class Predicted:
    """The base of a checker whose answer is a prediction: no function, and judged as it is."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return answer


class Called:
    """The base of a checker whose answer is called with the arguments of each of `cases`."""

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [called(answer, *case) for case in inputs["cases"]]


def called(answer: Any, *arguments: Any) -> Any:
    """The answer's output for arguments that it cannot change."""
    return answer(*(fixed(a) if isinstance(a, np.ndarray) else a for a in arguments))


def on_tensors(answer: Any, *arguments: Any) -> Any:
    """The answer's output for tensors in place of the arrays among the arguments."""
    import torch

    return answer(*(torch.tensor(a) if isinstance(a, np.ndarray) else a for a in arguments))


def slip(given: Plain, slips: Mapping[str, Any], rtol: float = 1e-4) -> str:
    """What to say of a value that a typical mistake would give; empty where none does.

    Args:
        given: the learner's number or array.
        slips: by what to say, the value that the mistake gives; the first that fits counts.
        rtol: as in `same`.
    """
    return next((text for text, value in slips.items() if same(given, value, rtol)), "")


def same(given: Plain, value: Any, rtol: float = 1e-4) -> bool:
    """Whether an answer is this number or array: shape, and value to four digits.

    Anything that is no number, text and truth values too, is not. NaN is not the same as NaN.
    """
    if isinstance(given, bool | str):
        return False
    try:
        mine = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return False
    wanted = np.asarray(value, dtype=float)
    return mine.shape == wanted.shape and np.allclose(mine, wanted, rtol=rtol, atol=1e-9)


def about(name: str, given: Plain, right: float, look: str, rtol: float = 0.01) -> Finding:
    """A number guessed to two digits; the message keeps the right one to itself."""
    finding = close(name, given, right, look=look, rtol=rtol)
    if finding.ok:
        return finding
    return Finding(name, False, finding.given, "another number", finding.look)


def misshapen(
    given: Plain, count: int, wanted: str, name: str = "the form of the answer"
) -> Finding | None:
    """What to say of an answer that is not so many things; None where it is."""
    if isinstance(given, tuple | list | np.ndarray) and len(given) == count:
        return None
    return holds(name, False, given=given, expected=wanted)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 + 0.5 * np.tanh(x / 2))


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def fixed(array: np.ndarray) -> np.ndarray:
    """A copy that cannot be written: an answer that changes its input is told so."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy
