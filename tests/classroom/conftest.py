"""One proof of the sandbox serves all tests; `test_sandbox.py` tries the proof itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from seqcourse.classroom import marking, probe
from seqcourse.lesson import exercises


@pytest.fixture(scope="session", autouse=True)
def proven_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marking, "proven", functools.cache(probe.proven))
        yield


@pytest.fixture(autouse=True)
def own_exercises_are_forgotten() -> Iterator[None]:
    yield
    exercises._FOUND.pop("my-decay", None)
