"""A student's process: run the cells, call the answers, and say what they gave.

Its walls are up and its limits set before it begins. The one way out is a pipe. Whoever reads it
believes nothing: a student's code can write to it as well as this module can, and wins by that no
more than an answer of its own.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import importlib
import json
import linecache
import os
import random
import sys
from collections.abc import Callable, Mapping
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from seqcourse.classroom.inside import codec
from seqcourse.lesson.exercises import Exercise, find
from seqcourse.lesson.guard import TooLong, limited

checking = sys.modules["seqcourse.lesson.check"]
Say = Callable[[Mapping[str, Any]], None]


def work(steps: list[dict[str, Any]], seconds: float, most: float, say: Say) -> None:
    """Take the steps of a notebook one after the other; none stops those after it.

    Args:
        steps: cells, `{"cell": code, "name": …}`, and answers, `{"answer": expression, "slug": …,
            "module": …, "inputs": …}`.
        seconds: of processor time for each.
        most: bytes that one answer may give.
        say: called with what came of each.
    """
    main = _fresh_main()
    checking.SECONDS = seconds  # type: ignore[attr-defined]  # in what its messages say
    own = os.getpid()
    _seed()
    for number, step in enumerate(steps):
        say({"step": number})
        if "cell" in step:
            found = _run_cell(step["cell"], step["name"], main, seconds)
        else:
            found = _call_answer(step, main, most)
        if os.getpid() != own:
            os._exit(0)  # a copy that the student's code has made of this process
        say({"step": number, **found})
    say({"done": True})


def _fresh_main() -> dict[str, Any]:
    main = ModuleType("__main__")
    sys.modules["__main__"] = main
    names = main.__dict__
    names["get_ipython"] = _NoShell
    lesson = sys.modules["seqcourse.lesson"].__dict__
    lesson["check"] = lambda *values, **options: None  # marking needs no second check
    with contextlib.suppress(ImportError):
        from IPython.display import display

        names["display"] = display
    return names


class _NoShell:
    """In IPython's place: `%magics` and `!commands` do nothing, and stop nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *values, **options: None


def _run_cell(code: str, name: str, main: dict[str, Any], seconds: float) -> dict[str, Any]:
    try:
        with limited(seconds, cpu=True):
            compiled = _compiled(code, f"<{name}>")
            found = eval(compiled, main)
            if compiled.co_flags & 0x80:  # a coroutine: `await` stands in the cell itself
                asyncio.run(found)
    except NotImplementedError:
        return {"state": "open"}
    except TooLong:
        return {"state": "stopped", "lines": [f"it did not end within {seconds:g} s and was cut."]}
    except BaseException as error:  # SystemExit too
        return {"state": "stopped", "lines": _told(error)}
    return {"state": "ran"}


def _compiled(code: str, name: str) -> CodeType:
    from IPython.core.inputtransformer2 import TransformerManager

    text = TransformerManager().transform_cell(code)  # type: ignore[no-untyped-call]
    # Kept for tracebacks and `inspect`, as IPython keeps a notebook's cells.
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled: CodeType = builtins.compile(text, name, "exec", flags=flags)
    return compiled


def _checker(step: Mapping[str, Any]) -> Exercise:
    importlib.import_module(f"seqcourse.lesson.exercises.{step['module']}")
    return find(step["slug"])


def _seed() -> None:
    """Chance that a student's code leaves to itself falls alike in each marking."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def _told(error: BaseException) -> list[str]:
    try:
        lines = [f"{type(error).__name__}: {error}"[:300]]
        if isinstance(error, SyntaxError):
            lines = [f"{type(error).__name__}: {error.msg}"[:300]]
            text = (error.text or "").strip()[:120]
            return [*lines, f"In line {error.lineno}: {text}" if error.lineno else "In this cell."]
        trace, last = error.__traceback__, ""
        while trace is not None:
            code = trace.tb_frame.f_code
            if checking.is_own(code.co_filename):
                line = linecache.getline(code.co_filename, trace.tb_lineno).strip()[:120]
                last = f"In line {trace.tb_lineno}: {line}"
            trace = trace.tb_next
        return [*lines, last] if last else lines
    except BaseException:  # an exception may lie about itself
        return ["an exception that cannot be shown"]


def _call_answer(step: Mapping[str, Any], main: dict[str, Any], most: float) -> dict[str, Any]:
    try:
        answer = eval(step["answer"], main)
    except NameError as error:
        return {"state": "missing", "lines": [str(error)[:300]]}
    except BaseException as error:
        return {"state": "stopped", "lines": _told(error)}
    try:
        _seed()
        outputs, report = checking.attempted(
            _checker(step), answer, codec.loads(json.dumps(step["inputs"])), cpu=True
        )
        if report is not None:
            state = "open" if report.state == "not attempted" else "stopped"
            return {"state": state, "lines": list(report.lines)}
        return {"state": "gave", "outputs": json.loads(codec.dumps(outputs, most))}
    except codec.NotPlain as error:
        return {"state": "stopped", "lines": [f"what your answer gave cannot be marked: {error}."]}
    except BaseException as error:
        return {"state": "stopped", "lines": _told(error)}
