"""The proofs themselves, on a small sample: what should be found is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcourse.lesson import Finding, close
from seqcourse.lesson.exercises import _FOUND, exercise
from seqcourse.publish.reading import Page

from .mutants import mutants
from .proving import Task, tasks

SAMPLE = '''\
# Sample

```{code-cell} ipython3
import numpy as np
from seqcourse.lesson import check
```

## Exercises

```{exercise} One step
:label: sample-step

●○○ · 5 min · build

Write $y_t = a y_{t-1} + x_t$.
```

```{dropdown} Hint 1
Start at zero.
```

```{code-cell} ipython3
:tags: [exercise]

def step(x: np.ndarray, a: float) -> np.ndarray:
    """The filtered series."""
    ...


check("sample-step", step)
```

````{solution} sample-step
:class: dropdown

```python
def step(x: np.ndarray, a: float) -> np.ndarray:
    y = np.zeros_like(x)
    for t in range(len(x)):
        y[t] = a * y[t - 1] + x[t]
    return y
```
````
'''


@pytest.fixture
def task() -> Iterator[Task]:
    @exercise("sample-step")
    class Step:
        @staticmethod
        def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
            return {"x": rng.normal(size=6), "a": 0.5}

        @staticmethod
        def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
            return answer(**inputs)

        @staticmethod
        def judge(
            inputs: Mapping[str, Any], outputs: Any, spec: Mapping[str, Any]
        ) -> Iterable[Finding]:
            right = np.zeros(6)
            for t, x in enumerate(inputs["x"]):
                right[t] = inputs["a"] * right[t - 1] + x
            yield close("y", outputs, right, look="Is t − 1 the step before?")

    yield tasks(Page(Path("chapters/02_sample.md"), SAMPLE))[0]
    del _FOUND["sample-step"]


def test_a_task_is_read_whole(task: Task) -> None:
    assert task.slug == "sample-step" and task.name == "step"
    assert task.place == "chapters/02_sample.md:10"
    assert task.grade(task.solution).state == "passed"
    assert task.grade(task.stub).state == "not attempted"


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_mutants_are_caught_and_an_equivalent_one_is_seen(task: Task) -> None:
    solution = task.solution.replace("zeros_like(x)", "zeros(len(x) + 0)")
    passed = [m.name for m in mutants(solution, "step") if task.grade(m.source).state == "passed"]
    assert passed == ["len(x) + 0 → len(x) - 0"]


def test_code_that_stops_is_a_failed_answer(task: Task) -> None:
    assert task.grade("step = 1 / 0").state == "failed"
    assert "division by zero" in str(task.grade("step = 1 / 0"))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("y = -x", {"-x → x"}),
        ("y = a + b", {"a + b → a - b"}),
        ("y = a * b", {"a * b → a / b"}),
        ("y = A.T", {"A.T → A"}),
        ("y = A @ b", {"A @ b → transpose(A) @ b", "A @ b → A @ transpose(b)"}),
        ("y = x[t]", {"x[t] → x[t + 1]", "x[t] → x[t - 1]"}),
        ("y = x[p:]", {"p: → p + 1:", "p: → p - 1:", "p: → p:-1"}),
        ("y = x[:, None]", set()),
        ("y = f(2)", {"2 → 3", "2 → 1"}),
        ("y = f(0.0)", {"0.0 → 0.5"}),
        ("y = a < b", {"a < b → a >= b", "a < b → a <= b"}),
        ("for t in range(n): pass", {"range(n) → range(n + 1)", "range(n) → range(n - 1)"}),
        ("y += a", {"y += a → y -= a"}),
        ("def f(x: list[int] = None) -> tuple[int, 3]:\n    return x", {"return x → return -x"}),
        ("def f():\n    return a, -b", {"return (a, -b) → return (-a, -b)", "-b → b"}),
        ("def f():\n    return bool(a)", {"return bool(a) → return not bool(a)"}),
        ("answer = a", {"answer = a → answer = -a"}),
        ("raise ValueError(1 + 1)", set()),
        ("y = 1 if x else 1", {"1 → 2", "1 → 0", "1 → 2 (2)", "1 → 0 (2)"}),
    ],
)
def test_mutants_by_kind(source: str, names: set[str]) -> None:
    made = mutants(source, "answer")
    assert {m.name for m in made} == names
    assert len({m.source for m in made} | {source}) == len(made) + 1


def test_a_transpose_that_turns_nothing_is_no_mutant(task: Task) -> None:
    assert task.grade_turned("step = lambda x, a: _transpose(x) * 0") is not None
    solution = task.solution.replace("return y", "return _transpose(y)")
    assert task.grade_turned(solution) is None
