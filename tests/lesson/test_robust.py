"""Whatever a learner passes, `check` reports and does not raise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcourse.lesson import check
from seqcourse.lesson.check import grade
from seqcourse.lesson.exercises import slugs
from seqcourse.lesson.guard import Forbidden, forbidding


class _Hostile:
    """Raises wherever it is touched."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")


_scalars = (
    st.none() | st.just(...) | st.booleans() | st.integers() | st.floats() | st.complex_numbers()
)
_texts = st.text(st.characters(codec=None)) | st.just("\ud800")
_leaves = _scalars | _texts | st.binary() | st.builds(_Hostile)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(_texts, inner),
)


@settings(max_examples=60)
@given(st.sampled_from(sorted(slugs())), _values)
def test_no_answer_raises(slug: str, value: object) -> None:
    for answer in (value, lambda *args: value):
        report = grade(slug, answer)
        assert report.state in ("failed", "not attempted")
        str(report).encode()
        report.html().encode()


@pytest.mark.parametrize("error", [SystemExit(1), ValueError("\ud800"), MemoryError(), KeyError()])
def test_no_exception_escapes(error: BaseException) -> None:
    def answer(*args: object) -> None:
        raise error

    for slug in slugs():
        str(grade(slug, answer)).encode()


@pytest.mark.parametrize("slug", [None, 3, [], {}, b"ar", "", "\ud800"])
def test_no_slug_raises(slug: Any) -> None:
    check(slug, 1)
    str(grade(slug, 1)).encode()


def test_a_list_that_holds_itself_is_no_answer() -> None:
    knot: list[object] = []
    knot.append(knot)
    for slug in slugs():
        assert grade(slug, knot).state == "failed"


def test_a_forbidden_call_is_reported_even_if_swallowed() -> None:
    with pytest.raises(Forbidden, match=r"numpy\.roots"), forbidding(("numpy.roots",), {}):
        try:
            np.roots([1, 2])
        except BaseException:
            pass


def _shown(monkeypatch: pytest.MonkeyPatch, module: str) -> list[dict[str, Any]]:
    import sys

    seen: list[dict[str, Any]] = []
    record = lambda data, **options: seen.append({"data": data, **options})  # noqa: E731
    monkeypatch.setattr(sys.modules[f"seqcourse.lesson.{module}"], "display", record)
    return seen


def test_glue_writes_a_number_that_a_format_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _shown(monkeypatch, "glue")
    from seqcourse.lesson import glue

    glue("key", np.float64(1.5))
    (text,) = seen[0]["data"].values()
    assert f"{float(text):.2f}" == "1.50"


def test_a_claim_records_its_values_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    seen = _shown(monkeypatch, "claim")
    from seqcourse.lesson import claim

    claim("{a} {b} {c}", np.True_, id="a-b", a=np.float32(0.5), b=math.nan, c="x")
    record = seen[0]["metadata"]["seqcourse"]["claim"]
    assert record["values"] == {"a": 0.5, "b": "nan", "c": "x"}
    json.dumps(record, allow_nan=False)
