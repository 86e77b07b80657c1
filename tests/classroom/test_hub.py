"""What nbgrader sees: a check that fails raises there, and nowhere else; warnings stay unheard."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from seqcourse.classroom.hub import require
from seqcourse.lesson.check import NotPassed, check

SPEC = {"copies": "negated"}


def published(copies: np.ndarray) -> np.ndarray:
    return copies[0::2].sum(0) + copies[1::2].sum(0).T


def negated(copies: np.ndarray) -> np.ndarray:
    return copies[0::2].sum(0) - copies[1::2].sum(0)


def test_a_check_knows_the_variation(capsys: pytest.CaptureFixture[str]) -> None:
    check("bp-tied", negated, spec=SPEC)
    check("bp-tied", published)
    assert capsys.readouterr().out.count("✓ bp-tied: passed") == 2
    check("bp-tied", published, spec=SPEC)
    check("bp-tied", negated)
    assert capsys.readouterr().out.count("✗ bp-tied: passed 0") == 2


def test_where_nbgrader_runs_a_failing_check_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    check("bp-tied", negated)
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    check("bp-tied", published)
    with pytest.raises(NotPassed, match="bp-tied: passed 0 of 3"):
        check("bp-tied", negated)
    with pytest.raises(NotPassed, match="not attempted"):
        check("bp-tied", None)


def test_require(capsys: pytest.CaptureFixture[str]) -> None:
    def noisy(copies: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("look at me", stacklevel=1)
        return negated(copies)

    require("bp-tied", noisy, seed=1, spec=SPEC)
    assert capsys.readouterr().err == ""
    with pytest.raises(AssertionError, match="passed 0 of 3"):
        require("bp-tied", published, seed=1, spec=SPEC)
    with pytest.raises(AssertionError, match="not attempted"):
        require("bp-tied", ..., seed=1)
