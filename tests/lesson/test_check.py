"""The check: three states, messages that help, and nothing a learner writes makes it raise."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqcourse.lesson import check, close
from seqcourse.lesson.check import grade, plain
from seqcourse.lesson.exercises import find

CHECK = importlib.import_module("seqcourse.lesson.check")
X = np.arange(1.0, 5.0)


def _unfinished(x: Any) -> Any:
    """A stub with a part given."""
    y = np.zeros(4)
    y[0] = 1
    ...


def _half(x: Any) -> Any:
    y: Any = ...
    return y


def _raises(x: Any) -> Any:
    raise NotImplementedError


STUBS = [None, ..., (None, None), (..., 1)[:1], _unfinished, _half, _raises, lambda x: None]


@pytest.mark.parametrize("answer", STUBS)
def test_stubs_are_not_attempted(answer: Any, doubled: str) -> None:
    assert grade(doubled, answer).state == "not attempted"


def test_a_stub_is_known_without_its_source(doubled: str) -> None:
    names: dict[str, Any] = {}
    exec("def f(x: int) -> int:\n    'Twice x.'\n    ...\ndef g(x):\n    x + x", names)
    assert grade(doubled, names["f"]).state == "not attempted"
    assert grade(doubled, names["g"]).state == "failed"


def test_a_right_answer_passes_in_any_clothes(doubled: str) -> None:
    answers: list[Callable[[Any], Any]] = [
        lambda x: 2 * x,
        lambda x: list(2 * x),
        lambda x: tuple(float(v) for v in 2 * x),
        lambda x: torch.tensor(2 * x, requires_grad=True),
        lambda x: 2 * x + 0j,
    ]
    for answer in answers:
        assert str(grade(doubled, answer)) == "✓ sample-doubled: passed 1 of 1."


def test_an_answer_cannot_change_the_inputs_under_the_judge(doubled: str) -> None:
    def answer(x: Any) -> Any:
        x *= 2
        return x

    assert grade(doubled, answer).state == "passed"

    def cheat(x: Any) -> Any:
        x[:] = 0
        return x

    assert grade(doubled, cheat).state == "failed"


def _forgot(x: Any) -> Any:
    x + x


def _loop(x: Any) -> Any:
    return _loop(x)


MESSAGES: list[tuple[Any, str]] = [
    (3, "3 is not a function.\n  Pass the function itself"),
    (np.zeros(4), "is not a function"),
    (_forgot, "gave nothing (None).\n  Does every path of your function end in `return`?"),
    (lambda x: "[2, 4]", "given:    [2, 4]\n  expected: numbers of shape (4,)\n  That is text."),
    (lambda x: 2 * x[:3], "given:    shape (3,)\n  expected: shape (4,)\n  One too few: where"),
    (lambda x: 2 * x[:, None], "The values are right, the shape is not: drop the axes of length 1"),
    (lambda x: (2 * x).sum(), "given:    a single number"),
    (lambda x: np.where(x == x[1], np.nan, 2 * x), "given:    NaN at [1]; 1 of 4 values are no"),
    (lambda x: -2 * x, "4 of 4 values differ"),
    (lambda x: -2 * x, "The sign is flipped."),
    (lambda x: x, "All your values are 0.5 times the right ones."),
    (lambda x: 2 * x[::-1], "The order is reversed."),
    (lambda x: x > 0, "That says whether something is true."),
    (lambda x: 2 * x + 1j, "These are complex numbers"),
    (lambda x: [[1], [2, 3]], "rows have different lengths"),
    (lambda x: grade, "That is a function: call it"),
    (lambda: 0, "your function cannot be called as the exercise calls it"),
    (lambda x: x[9], "your code raised IndexError: index 9 is out of bounds"),
    (_loop, "calls itself again and again"),
]


@pytest.mark.parametrize(("answer", "says"), MESSAGES)
def test_messages_let_a_student_repair_it(answer: Any, says: str, doubled: str) -> None:
    report = grade(doubled, answer)
    assert report.state == "failed"
    assert says in str(report)


def test_the_learners_own_line_is_shown(doubled: str) -> None:
    def answer(x: Any) -> Any:
        y = np.zeros(3)
        return np.concatenate([y, x, 1])  # raised inside of NumPy

    text = str(grade(doubled, answer))
    assert "In answer, line" in text
    assert "return np.concatenate([y, x, 1])" in text
    names: dict[str, Any] = {}
    exec("def f(x):\n    y = 1\n    return x / undefined", names)
    assert "In f, line 3" in str(grade(doubled, names["f"]))


def test_an_unknown_exercise(doubled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = importlib.import_module("seqcourse.lesson.exercises")
    monkeypatch.setattr(package, "slugs", lambda: {"ar-next": "ch02", "ar-stable": "ch02"})
    assert "Did you mean 'ar-next'?" in str(grade("ar-nxet", 1))
    monkeypatch.setattr(package, "slugs", dict)
    assert "There is no exercise 'ar-none'. The chapter gives its name" in str(grade("ar-none", 1))


@pytest.mark.parametrize("slug", [lambda x: x, "\ud800", "", 3])
def test_any_slug_is_borne(slug: Any, shown: list[Any]) -> None:
    check(slug, 1)
    shown[0][0]["text/html"].encode()
    record = shown[0][1]["seqcourse"]["check"]
    assert record["state"] == "failed" and isinstance(record["slug"], str)


def test_check_displays_the_report(doubled: str, shown: list[Any]) -> None:
    check(doubled, lambda x: x[9])
    data, metadata = shown[0]
    assert data["text/plain"].startswith("✗ sample-doubled: your code raised IndexError")
    assert "<strong>" in data["text/html"]
    assert metadata["seqcourse"]["check"] == {"slug": doubled, "state": "failed"}


def test_a_broken_checker_is_our_mistake(doubled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find(doubled), "draw", lambda rng, spec: 1 / 0)
    assert "This is our mistake" in str(grade(doubled, lambda x: x))


def test_an_interrupt_goes_through(doubled: str) -> None:
    def answer(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(doubled, answer)


def test_plain_lets_no_subclass_through() -> None:
    class Liar(float):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = float.__hash__

    class Text(str):
        def __str__(self) -> str:
            return self

    kept = plain(
        [Liar(1), Text("a"), np.float32(2), np.ma.masked_array([1]), {Text("k"): True}, {1}]
    )
    assert [type(v) for v in kept] == [float, str, float, np.ndarray, dict, list]
    assert [type(k) for k in kept[4]] == [str]


# Hypothesis: anything at all as an answer.


class _Hostile:
    """Raises whatever is asked of it."""

    def _refuse(self, *args: object, **options: object) -> Any:
        raise RuntimeError("hostile")

    __array__ = __eq__ = __len__ = __iter__ = __bool__ = __float__ = __index__ = _refuse  # type: ignore[assignment]
    __hash__ = __repr__ = __str__ = __format__ = __getitem__ = __contains__ = _refuse  # type: ignore[assignment]
    __array_ufunc__ = _refuse

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    @property
    def __class__(self) -> Any:
        raise SystemExit("no class")


class _Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no message either")


class _LyingArray:
    def __array__(self, *args: object, **options: object) -> Any:
        return "no array"


class _FakeTensor:
    def detach(self) -> Any:
        return self

    cpu = numpy = detach


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def _raiser(error: Any) -> Callable[[Any], Any]:
    def answer(*args: Any) -> Any:
        raise error

    return answer


JUNK = st.one_of(
    st.builds(_Hostile),
    st.builds(_LyingArray),
    st.builds(_FakeTensor),
    st.builds(_circle),
    st.builds(lambda: (i for i in range(3))),
    st.builds(lambda: np.frompyfunc(lambda i: _Hostile(), 1, 1)(np.arange(2))),
    st.builds(lambda: np.zeros(2, dtype=[("a", int)])),
    st.just(np.datetime64("2020-01-01")),
    st.just(torch.ones(2, dtype=torch.bfloat16)),
    st.sampled_from([Exception, _Hostile, int, np, print, 1e400, -0.0, 10**400, b"x", 2 + 3j]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ),
)
ERRORS = st.sampled_from(
    [
        _Silent(),
        SystemExit(3),
        GeneratorExit(),
        BaseException("base"),
        MemoryError(),
        StopIteration(1),
        ExceptionGroup("several", [ValueError("one")]),
        ValueError("x" * 100_000),
    ]
)
ANSWERS = JUNK | JUNK.map(lambda junk: lambda *args: junk) | ERRORS.map(_raiser)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=ANSWERS)
def test_grade_never_raises(doubled: str, answer: Any) -> None:
    report = grade(doubled, answer)
    assert report.state in ("failed", "not attempted")
    assert len(str(report)) < 2000
    assert report.html().encode()


@settings(max_examples=200)
@given(value=JUNK)
def test_close_bears_every_plain_value(value: Any) -> None:
    try:
        outputs = plain(value)
    except BaseException:  # then `grade` has told the learner
        return
    assert not close("it", outputs, np.array([[1.5, 2.5]])).ok


@pytest.mark.parametrize(
    ("mine", "right", "says"),
    [
        (1.0000021, 1.0, ("1.0000021", "1")),
        (1.00000012, 1.0000002, ("1.00000012", "1.0000002")),
    ],
)
def test_digits_show_the_difference(mine: float, right: float, says: tuple[str, str]) -> None:
    finding = close("it", mine, right, rtol=1e-9)
    assert (finding.given, finding.expected) == says


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (np.arange(6.0).reshape(2, 3).T, "The values are right, but the two axes are swapped"),
        (np.arange(6.0), "The values are right, the shape is not: reshape."),
        (np.zeros((3, 2)), "The two axes are swapped"),
        (np.zeros((2, 4)), "One too many along axis 1"),
        (np.zeros((7, 9)), "default"),
    ],
)
def test_hints_on_shapes(mine: Any, says: str) -> None:
    look = close("it", mine, np.arange(6.0).reshape(2, 3), look="default").look
    assert look.startswith(says)


SQUARE = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [3.0, 9.0, 27.0]])


@pytest.mark.parametrize(
    ("mine", "right", "look"),
    [
        ([0.0, 1.0, 4.0], [1.0, 4.0, 9.0], "Your values come one place too late. default"),
        ([4.0, 9.0, 16.0], [1.0, 4.0, 9.0], "Your values come one place too early. default"),
        (SQUARE.T, SQUARE, "It is the transpose of what is asked for. default"),
        (-SQUARE, SQUARE, "The sign is flipped. default"),
        (3 * SQUARE, SQUARE, "All your values are 3 times the right ones. default"),
        ([2.0, 2.0, 3.0], [2.0, 2.0, 2.0], "default"),
        ([1.0, 1.0], [0.0, 0.0], "default"),
        ([2.0, np.nan, 6.0], [1.0, 2.0, 3.0], "default"),
    ],
)
def test_hints_on_values(mine: Any, right: Any, look: str) -> None:
    assert close("it", np.array(mine), np.array(right), look="default").look == look


def test_a_hint_does_not_say_again_what_the_judge_says() -> None:
    assert close("it", -1.0, 1.0, look="Mind the sign.").look == "Mind the sign."


def test_nan_may_be_the_right_answer() -> None:
    assert close("it", [np.nan, 1.0], np.array([np.nan, 1.0])).ok
    assert not close("it", [1.0, 1.0], np.array([np.nan, 1.0])).ok
