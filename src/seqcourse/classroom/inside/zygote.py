"""The process that has imported everything, and forks once for each submission.

It reads jobs from its standard input, one JSON text a line, and answers each on its standard output
by one line that says how the run ended and how many bytes follow. It runs no student's code itself.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from seqcourse.classroom.inside import walls
from seqcourse.classroom.inside.walls import Limits

_PAGE = resource.getpagesize()


def main() -> None:
    """Serve until the input ends, or for one job where the walls between students are missing."""
    order = json.loads(sys.argv[1])
    if order["uid"]:
        walls.drop_root(order["uid"])
    _warm(order["imports"])
    held = walls.held()
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _reply(answers, {"ready": True}, b"")
    for line in jobs:
        watcher = os.fork()
        if watcher == 0:
            try:
                _watch(json.loads(line), held, order, answers)
            except BaseException as error:
                _reply(answers, {"ended": f"refused {type(error).__name__}: {error}"}, b"")
            finally:
                os._exit(0)
        os.waitpid(watcher, 0)
        if not order["walls"]:
            return


def _warm(imports: Iterable[str]) -> None:
    """Import what submissions will, so that none pays for it."""
    import matplotlib

    matplotlib.use("agg")
    importlib.import_module("seqcourse.classroom.inside.worker")
    for name in imports:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _watch(
    job: dict[str, Any], held: Mapping[str, int], order: Mapping[str, Any], answers: int
) -> None:
    """Fork the student's process, keep what it says, and stop it at its limits."""
    limits = Limits(**job["limits"])
    processes = os.open("/proc", os.O_RDONLY)  # the walls hide it from here on
    if order["walls"]:
        walls.part(limits.disk)
    outlet, inlet = os.pipe()
    child = os.fork()
    if child == 0:
        _be_student(job, limits, held, order, inlet)
    os.close(inlet)
    watched = processes if order["sandbox"] else None
    ended, said = _listen(outlet, child, limits, watched)
    _stop(child, order)
    status = os.waitpid(child, 0)[1]
    if ended == "closed":
        code = os.waitstatus_to_exitcode(status)
        ended = f"exit {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
    _reply(answers, {"ended": ended}, said)


def _be_student(
    job: dict[str, Any],
    limits: Limits,
    held: Mapping[str, int],
    order: Mapping[str, Any],
    inlet: int,
) -> None:
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.dup2(inlet, 3)
        os.closerange(4, 4096)
        home = walls.HOME if order["sandbox"] else order["home"]
        os.chdir(home)
        os.environ.update(HOME=home, TMPDIR=home, MPLCONFIGDIR=home, IPYTHONDIR=home)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")
        walls.settle(limits, held, processes=bool(order["uid"]) or order["sandbox"])

        def say(message: Mapping[str, Any]) -> None:
            data = json.dumps(message).encode() + b"\n"
            while data:
                data = data[os.write(3, data) :]

        from seqcourse.classroom.inside.worker import work

        work(job["steps"], limits.cell, limits.answer * walls.MB, say)
    finally:
        os._exit(0)


def _listen(outlet: int, child: int, limits: Limits, watched: int | None) -> tuple[str, bytes]:
    """All that the student's process says, and why it stopped being listened to."""
    parts: list[bytes] = []
    size = 0
    begin = heard = time.monotonic()
    most = (limits.answer * 2 + 1) * walls.MB * 8
    while True:
        ready = select.select([outlet], [], [], 0.1)[0]
        now = time.monotonic()
        if ready:
            part = os.read(outlet, 1 << 16)
            if not part:
                return "closed", b"".join(parts)
            parts.append(part)
            size, heard = size + len(part), now
        elif _is_over(child):
            return "closed", b"".join(parts)  # though something still holds the pipe open
        if size > most:
            return "flood", b"".join(parts)[:most]
        if now - begin > limits.total:
            return "time", b"".join(parts)
        if now - heard > limits.silence:
            return "silent", b"".join(parts)
        if watched is not None and _resident(watched) > 2 * limits.memory * walls.MB:
            return "memory", b"".join(parts)


def _is_over(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _resident(processes: int) -> int:
    """Bytes that a submission's processes hold beyond what each has from this one."""
    own, total = _private(processes, "self"), 0
    for name in os.listdir(processes):
        if name.isdigit() and int(name) not in (1, os.getpid(), os.getppid()):
            total += max(_private(processes, name) - own, 0)
    return total


def _private(processes: int, name: str) -> int:
    """Bytes that a process holds and no file does; 0 where it is gone."""
    try:
        file = os.open(f"{name}/statm", os.O_RDONLY, dir_fd=processes)
    except OSError:
        return 0
    with contextlib.suppress(OSError), os.fdopen(file) as text:
        words = text.read().split()
        return (int(words[1]) - int(words[2])) * _PAGE
    return 0


def _stop(child: int, order: Mapping[str, Any]) -> None:
    """End the student's process and all it started: with the walls up, its whole world."""
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
    if not order["walls"]:
        with contextlib.suppress(OSError):
            os.killpg(child, signal.SIGKILL)


def _reply(answers: int, head: Mapping[str, Any], said: bytes) -> None:
    data = json.dumps({**head, "bytes": len(said)}).encode() + b"\n" + said
    while data:
        data = data[os.write(answers, data) :]


if __name__ == "__main__":
    main()
