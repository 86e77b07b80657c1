"""Limits for a learner's code: a time after which it is cut, and names that it may not call."""

from __future__ import annotations

import importlib
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any
from unittest import mock


class TooLong(BaseException):
    """The code took too long. No Exception, so that a bare `except Exception` does not stop it."""


class Forbidden(BaseException):
    """The code called what the exercise asks to write. No Exception, for the same reason."""


@contextmanager
def limited(seconds: float, *, cpu: bool = False) -> Iterator[None]:
    """Cut the block after some seconds, where the platform can.

    That is in the main thread of a system with `signal.setitimer` (Linux, macOS, Colab);
    elsewhere the block runs on.

    Args:
        seconds: how many.
        cpu: of processor time, not by the clock: the same on a busy machine.

    Raises:
        TooLong: in the block, when its time is up.
    """
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not able:
        yield
        return

    def cut(number: int, frame: FrameType | None) -> None:
        raise TooLong

    bell, clock = (
        (signal.SIGPROF, signal.ITIMER_PROF) if cpu else (signal.SIGALRM, signal.ITIMER_REAL)
    )
    before = signal.signal(bell, cut)
    # It rings again and again: code that catches everything is cut the next time.
    signal.setitimer(clock, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(clock, 0)
        signal.signal(bell, before or signal.SIG_DFL)


@contextmanager
def forbidding(names: Iterable[str], known: dict[str, Any]) -> Iterator[None]:
    """Let calls of dotted names, such as 'numpy.roots', raise inside the block.

    Args:
        names: what may not be called.
        known: the learner's own names, which may hold one of them: `from numpy import roots`.

    Raises:
        Forbidden: in the block, where one is called.
    """
    called: list[str] = []
    with ExitStack() as stack:
        for name in names:
            module, _, attribute = name.rpartition(".")
            try:
                owner = importlib.import_module(module)
            except ModuleNotFoundError:  # then nothing can call it either
                continue

            def refuse(*args: Any, name: str = name, **options: Any) -> None:
                called.append(name)
                raise Forbidden(f"your code called {name}")

            original = getattr(owner, attribute)
            held = {key: refuse for key, value in known.items() if value is original}
            stack.enter_context(mock.patch.dict(known, held))
            stack.enter_context(mock.patch.object(owner, attribute, refuse))
        yield
    if called:  # a bare `except` of the learner's has swallowed it
        raise Forbidden(f"your code called {called[0]}")
