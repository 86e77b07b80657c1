"""Where answers are judged: a process that never meets a student's code, only what it gave."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqcourse.classroom.assignment import Part, read_assignment
from seqcourse.classroom.inside import codec

_SECONDS = 30  # of processor time for one verdict
_MEMORY = 4 * 2**30


class Judge:
    """The judges of an assignment, in a process of their own.

    Args:
        folder: the assignment's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def verdict(self, slug: str, outputs: Any) -> dict[str, Any]:
        """`state`, `lines`, how many findings `held` of how many, and the `mistake`, if known.

        Args:
            slug: the exercise.
            outputs: what the answer gave, packed by `inside.codec`; whatever it is.
        """
        try:
            return self._ask({"slug": slug, "outputs": outputs})
        except (OSError, ValueError, RecursionError):  # nested as deep as can be read
            self.close()
            line = (
                "what your answer gave could not be judged: it is too large, or of a strange form."
            )
            return {"state": "failed", "lines": [line], "held": 0, "of": 0, "mistake": line}

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        if self._process is None:
            command = [sys.executable, "-m", "seqcourse.classroom.judging", str(self._folder)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], 20 * _SECONDS)[0]:
            raise TimeoutError
        found = json.loads(self._process.stdout.readline())
        assert isinstance(found, dict)
        return found


def main() -> None:
    """Judge what comes in, one JSON text a line, until the input ends."""
    answers, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
    assignment = read_assignment(Path(sys.argv[1]))
    parts = {part.slug: part for part in assignment.automatic}
    drawn: dict[str, dict[str, Any]] = {}
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for line in sys.stdin.buffer:
        question = json.loads(line)
        part = parts[question["slug"]]
        if part.slug not in drawn:
            drawn[part.slug] = part.inputs(assignment.seed)
        found = judge(part, drawn[part.slug], question["outputs"])
        answers.write(json.dumps(found) + "\n")
        answers.flush()


def judge(part: Part, inputs: Mapping[str, Any], outputs: Any) -> dict[str, Any]:
    """The verdict on what an answer gave."""
    from seqcourse.lesson.check import judged
    from seqcourse.lesson.guard import TooLong, limited

    try:
        given = codec.loads(json.dumps(outputs))
        with limited(_SECONDS, cpu=True):
            report = judged(part.checker(), inputs, given, part.spec)
    except (codec.NotPlain, TooLong, MemoryError, RecursionError) as error:
        lines = [f"what your answer gave could not be judged ({error or type(error).__name__})."]
        return {"state": "failed", "lines": lines, "held": 0, "of": 0, "mistake": lines[0]}
    bad = next((f for f in report.findings if not f.ok), None)
    if report.state == "passed" and not report.findings:  # a judge that found nothing to look at
        lines = ["what your answer gave is empty."]
        return {"state": "failed", "lines": lines, "held": 0, "of": 0, "mistake": lines[0]}
    return {
        "state": report.state,
        "lines": list(report.lines),
        "held": sum(f.ok for f in report.findings),
        "of": len(report.findings),
        "mistake": "" if report.state == "passed" else _mistake(bad, report.lines),
    }


def _mistake(bad: Any, lines: tuple[str, ...]) -> str:
    """What those who made the same mistake have in common."""
    if bad is None:
        return lines[0]
    return str(bad.look or bad.name)


if __name__ == "__main__":
    main()
