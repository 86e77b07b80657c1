"""Limits: an endless loop ends, and what is forbidden says so, even to code that catches all."""

from __future__ import annotations

import importlib
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest

from seqcourse.lesson.check import grade
from seqcourse.lesson.guard import Forbidden, TooLong, forbidding, limited

CHECK = importlib.import_module("seqcourse.lesson.check")


def _endless(x: Any) -> None:
    while True:
        pass


def _stubborn(x: Any) -> None:
    while True:
        try:
            time.sleep(60)
        except Exception:
            continue


def _more_stubborn(x: Any) -> Any:
    try:
        time.sleep(60)
    except BaseException:
        time.sleep(60)


@pytest.mark.parametrize("answer", [_endless, _stubborn, _more_stubborn])
def test_what_does_not_end_is_cut(
    answer: Any, doubled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHECK, "SECONDS", 0.2)
    start = time.monotonic()
    report = grade(doubled, answer)
    assert time.monotonic() - start < 3
    assert report.state == "failed" and "within 0.2 s and was cut" in str(report)
    assert f"In {answer.__name__}, line" in str(report)


def test_the_alarm_is_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TooLong), limited(0.05):
        time.sleep(5)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_another_thread_runs_unlimited() -> None:
    done: list[int] = []

    def work() -> None:
        with limited(0.01):
            time.sleep(0.05)
        done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


def test_what_is_forbidden_cannot_be_called_under_any_name() -> None:
    original = np.roots
    names = {"r": np.roots, "other": np.sum}
    for call in (lambda: np.roots([1, 2]), lambda: names["r"]([1, 2])):
        with (
            pytest.raises(Forbidden, match="called numpy.roots"),
            forbidding(["numpy.roots", "no_such_module.f"], names),
        ):
            assert names["other"] is np.sum
            call()
    assert np.roots is original is names["r"]


def test_a_forbidden_call_is_reported_even_if_caught(doubled: str) -> None:
    def answer(x: Any) -> Any:
        try:
            return np.multiply(x, 2)
        except:  # noqa: E722 as some write it
            return 2 * x

    report = grade(doubled, answer)
    assert report.state == "failed"
    assert "your code called numpy.multiply" in str(report)
    assert grade(doubled, lambda x: x + x).state == "passed"
