"""Checkers of chapter 18, What attention learns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.findings import Finding, Plain, close


@exercise("c18-mean", forbid=("numpy.mean",))
class Mean:
    """The mean of a series."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"series": [rng.normal(5, 1, size) for size in (7, 1)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(x.copy()) for x in inputs["series"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for x, given in zip(inputs["series"], outputs, strict=True):
            look = "Divide the sum by the number of values: all of them, and no more."
            yield close(f"the mean of {len(x)} values", given, x.sum() / len(x), look=look)
