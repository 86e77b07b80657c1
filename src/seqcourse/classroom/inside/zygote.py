"""The process that has imported everything, and forks once for each submission.

It reads jobs from its standard input, one JSON text a line, and answers each on its standard output
by one line that says how the run ended and how many bytes follow. It runs no student's code itself.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import re
import resource
import select
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from seqcourse.classroom.inside import walls
from seqcourse.classroom.inside.walls import Limits

_OVER = 9  # how a watcher says that there are no more jobs


def main() -> None:
    """Serve until the input ends, or for one job where the walls between students are missing."""
    order = json.loads(sys.argv[1])
    if order["uid"]:
        walls.drop_root(order["uid"])
    _warm(order["imports"])
    held = walls.held()
    jobs, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _reply(answers, {"ready": True}, b"")
    while True:
        select.select([jobs], [], [])
        watcher = os.fork()
        if watcher == 0:
            try:
                # Read here, not above: what submissions are forked from must never have held one,
                # or the next would find it in its own memory.
                line = os.fdopen(jobs, "rb").readline()
                if not line:
                    os._exit(_OVER)
                _watch(json.loads(line), held, order, answers)
            except BaseException as error:
                _reply(answers, {"ended": f"refused {type(error).__name__}: {error}"}, b"")
            finally:
                os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(watcher, 0)[1])
        if ended == _OVER or not order["walls"]:
            return


def _warm(imports: Iterable[str]) -> None:
    """Import what submissions will, so that none pays for it; nor does its collector look at it."""
    import matplotlib

    matplotlib.use("agg")
    importlib.import_module("seqcourse.classroom.inside.worker")
    for name in imports:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


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

        from seqcourse.classroom.inside.worker import work

        work(job["steps"], limits.cell, limits.answer * walls.MB, partial(send, 3))
    finally:
        os._exit(0)


def _listen(outlet: int, child: int, limits: Limits, watched: int | None) -> tuple[str, bytes]:
    """All that the student's process says, and why it stopped being listened to."""
    parts: list[bytes] = []
    size = 0
    most = (limits.answer * 2 + 1) * walls.MB * 8
    spent = Spent(watched)
    while True:
        ready = select.select([outlet], [], [], _LOOK)[0]
        used, held = spent.look()
        if ready:
            part = os.read(outlet, 1 << 16)
            if not part:
                return "closed", b"".join(parts)
            parts.append(part)
            size += len(part)
            spent.heard()
        elif _is_over(child):
            return "closed", b"".join(parts)  # though something still holds the pipe open
        if size > most:
            return "flood", b"".join(parts)[:most]
        if used > limits.total:
            return "time", b"".join(parts)
        if spent.silence > limits.silence:
            return "silent", b"".join(parts)
        if held > 2 * limits.memory * walls.MB:
            return "memory", b"".join(parts)


_LOOK = 0.1  # seconds between two looks


class Spent:
    """What a submission's processes have taken: seconds of processor time, seconds of waiting.

    While one could run but a busy machine does not let it, nothing counts: so the same submission
    comes to the same marks there.

    Args:
        watched: the open folder `/proc`; None where other processes are in it, too. Then the clock
            counts.
    """

    def __init__(self, watched: int | None) -> None:
        self._watched, self._begin = watched, time.monotonic()
        self._waited, self._last, self._used, self._heard = 0.0, self._begin, 0.0, 0.0
        self._own = _process(watched, "self")[0] if watched is not None else 0
        self._each: dict[str, float] = {}  # by process, also those that are over

    def look(self) -> tuple[float, int]:
        """Seconds since the beginning, and bytes that are held beyond what each began with."""
        now = time.monotonic()
        if self._watched is None:
            self._used = now - self._begin
            return self._used, 0
        held, runs, new = 0, False, False
        for name in os.listdir(self._watched):
            if name.isdigit() and int(name) not in (1, os.getpid(), os.getppid()):
                private, ticks, state = _process(self._watched, name)
                held += max(private - self._own, 0)
                new = new or name not in self._each
                self._each[name] = max(ticks, self._each.get(name, 0.0))
                runs = runs or state == "R"
        if not runs:
            self._waited += now - self._last
        elif new:  # one after the other, each may be over before it is seen to have taken anything
            self._waited += min(now - self._last, _LOOK)
        self._last = now
        self._used = max(self._used, sum(self._each.values()) + self._waited)
        return self._used, held

    def heard(self) -> None:
        """It has said something."""
        self._heard = self._used

    @property
    def silence(self) -> float:
        """Seconds since it said something."""
        return self._used - self._heard


def _process(processes: int, name: str) -> tuple[int, float, str]:
    """Bytes that a process holds and no file does, its processor time, its state."""
    try:
        words = _read(processes, f"{name}/statm").split()
        shared = re.search(r"RssShmem:\s*(\d+) kB", _read(processes, f"{name}/status"))
        facts = _read(processes, f"{name}/stat").rpartition(")")[2].split()
        own = (int(words[1]) - int(words[2])) * resource.getpagesize()
        own += int(shared[1]) * 1024 if shared else 0  # of no file either: mmap.mmap(-1, …)
        ticks = (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")
        return own, ticks, facts[0]
    except (OSError, IndexError, ValueError):  # it is gone
        return 0, 0.0, "X"


def _read(processes: int, name: str) -> str:
    file = os.open(name, os.O_RDONLY, dir_fd=processes)
    try:
        return os.read(file, 4096).decode(errors="replace")
    finally:
        os.close(file)


def _is_over(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _stop(child: int, order: Mapping[str, Any]) -> None:
    """End the student's process and all it started: with the walls up, its whole world."""
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
    if not order["walls"]:
        with contextlib.suppress(OSError):
            os.killpg(child, signal.SIGKILL)


def _reply(answers: int, head: Mapping[str, Any], said: bytes) -> None:
    send(answers, {**head, "bytes": len(said)}, said)


def send(pipe: int, message: Mapping[str, Any], behind: bytes = b"") -> None:
    """Write a line of JSON and what stands behind it, to the last byte."""
    data = json.dumps(message).encode() + b"\n" + behind
    while data:
        data = data[os.write(pipe, data) :]


if __name__ == "__main__":
    main()
