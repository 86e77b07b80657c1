"""What cells show, caught; and one small exercise."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from seqcourse.lesson import Finding, close
from seqcourse.lesson.exercises import _FOUND, exercise


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Data and metadata of each display, in order."""
    caught: list[tuple[dict[str, str], dict[str, Any]]] = []

    def display(data: dict[str, str], raw: bool, metadata: dict[str, Any] | None = None) -> None:
        assert raw
        caught.append((data, metadata or {}))

    # In the package, functions hide these modules.
    for name in ("claim", "check", "predict", "glue", "keep", "ladder", "provenance", "table"):
        module = importlib.import_module(f"seqcourse.lesson.{name}")
        monkeypatch.setattr(module, "display", display)
    return caught


@pytest.fixture
def doubled() -> Iterator[str]:
    """An exercise: return twice the array x (4,), without numpy.multiply."""

    @exercise("sample-doubled", forbid=("numpy.multiply",))
    class Doubled:
        """Twice the array."""

        @staticmethod
        def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
            return {"x": rng.normal(size=4)}

        @staticmethod
        def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
            return answer(inputs["x"])

        @staticmethod
        def judge(
            inputs: Mapping[str, Any], outputs: Any, spec: Mapping[str, Any]
        ) -> Iterable[Finding]:
            yield close("the array", outputs, 2 * inputs["x"])

    yield "sample-doubled"
    del _FOUND["sample-doubled"]
