"""What holds for all tests."""

import gc
import re
from typing import Any

import pytest
from hypothesis import settings

# A slow machine is no fault of the code: hypothesis would fail an example that takes over 0.2 s.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look at all of it again and again."""
    gc.collect()
    gc.freeze()


def subject(test: str) -> str:
    """What a test's first parameter names, such as a chapter or its page; else the test."""
    found = re.search(r"\[(?:chapters/)?([\w/]+)(?:\.html)?[-\]]", test)
    return found[1] if found else test


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: Any, log: Any) -> Any:
    """With `--dist loadgroup` all tests of a page (or notebook) run in one process, which opens it
    once; those with most tests first.

    The groups of pytest-xdist 3.8 would do this, but with pytest 9.2 they hold nothing together:
    https://github.com/pytest-dev/pytest-xdist/issues/1386
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class BySubject(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return subject(nodeid)

    return BySubject(config, log)
