"""Hostile submissions. They run in a proven sandbox, and nowhere else."""

from __future__ import annotations

from typing import Any

from ..small import AUTO, SOLUTIONS
from .case import Case, before, book, named, own

TIED = ("bp-tied",)
RIGHT = SOLUTIONS["bp-tied"]


def _body(*lines: str) -> str:
    """An answer whose function holds these lines."""
    return "\n".join(["def tied(copies):", *(f"    {line}" for line in lines)])


# Code at the top of a cell that tries to get what it must not, and answers wrongly if it cannot.
_SPY = """
import glob, json, os
found = [p for d in ("/tmp", "/home", "/work", "/root", "/mnt", "/srv", "/media", ".", "..")
         for deep in ("/*", "/*/*", "/*/*/*") for p in glob.glob(d + deep + ".ipynb")]
assert found, "no submission of another is to be seen"
"""

_JUDGE = """
import sys
from seqcourse.lesson.exercises.ch05 import Tied
def tied(copies):
    right = []
    def watch(frame, event, value):
        if "right" in frame.f_locals:
            right.append(frame.f_locals["right"])
        return watch
    sys.settrace(watch)
    try:
        list(Tied.judge({"copies": [copies]}, [copies[0]], {}))
    finally:
        sys.settrace(None)
    return right[-1]
"""

_VARIATIONS = """
from seqcourse.classroom.variations import variations
exec(variations("bp-tied")[0].solution)
"""

_FORGED = """
import json, os
for number in range(12):
    for state in ("passed", "gave", "ran"):
        forged = {"step": number, "state": state, "points": 100, "outputs": [1.0], "lines": ["ok"]}
        os.write(3, json.dumps(forged).encode() + b"\\n")
"""

_FILES = """
import json, os
rows = "student,exercise,points,reason\\nforger,bp-tied,2,passed"
for name in ("marks.csv", "../marks.csv", "../../marks/marks.csv", ".store/x.json", "/marks.csv"):
    try:
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        open(name, "w").write(rows)
    except OSError:
        pass
def tied(copies):
    return copies[0]
"""

_PATCHED = """
import numpy as np
import seqcourse.lesson.check, seqcourse.lesson.findings, sys
np.allclose = np.isclose = lambda *values, **options: np.array(True)
np.ndarray.__eq__ if False else None
for module in ("check", "findings"):
    held = sys.modules["seqcourse.lesson." + module]
    held.close = held.judged = held.holds = lambda *values, **options: True
def tied(copies):
    return copies[0]
"""

_WORKER = """
import sys
worker = sys.modules["seqcourse.classroom.inside.worker"]
worker.codec.dumps = lambda value, most=0: "[1.0, 1.0, 1.0]"
"""

_LIAR = """
import numpy as np
class Liar(np.ndarray):
    def __eq__(self, other): return True
    def __array__(self, *values, **options): return np.zeros(9)
    shape = property(lambda self: (3, 3))
def tied(copies):
    return np.zeros((3, 3)).view(Liar)
"""

_GRIP = """
def tied(copies):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""

_DEAF = """
import signal
for name in ("SIGALRM", "SIGPROF", "SIGTERM", "SIGINT"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
while True:
    pass
"""

_GREEDY = """
held = []
while True:
    held.append(bytearray(50_000_000))
"""

_FAMILY = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        held = bytearray(400_000_000)
        for place in range(0, len(held), 4096):
            held[place] = 1
        time.sleep(100)
time.sleep(100)
"""

_STAYS = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(0)
"""

_SHARED = """
import os
def places():
    wanted = (os.path.expanduser("~"), "/dev/shm", "/tmp", "/var/tmp")
    return [place for place in wanted if os.path.isdir(place)]
for place in places():
    try:
        open(place + "/solution", "w").write("for the next one")
    except OSError:
        pass
"""

_FINDS = _SHARED.replace('open(place + "/solution", "w")', "pass #") + (
    "\nassert not any(os.path.exists(p + '/solution') for p in places())\n"
)

_NETWORK = """
import socket
reached = []
for address in (("1.1.1.1", 53), ("127.0.0.1", 22), ("8.8.8.8", 443)):
    try:
        socket.create_connection(address, timeout=1)
        reached.append(address)
    except OSError:
        pass
assert reached, "the network is unreachable"
"""

_OUTSIDE = """
import os, sys
done = []
library = os.path.dirname(os.__file__)
for place in ("/", "/usr", "/etc", "/home", "/tmp", "/var", sys.prefix, library):
    try:
        open(place + "/written", "w")
        done.append(place)
    except OSError:
        pass
assert done, "nothing outside can be written"
"""

_MANY_FILES = """
import os
for number in range(100_000):
    open(f"file{number}", "w").close()
"""

# One after the other, each with so little processor time that none meets a limit.
_CHAIN = """
import os, time
while True:
    if (child := os.fork()) == 0:
        until = time.process_time() + 0.5
        while time.process_time() < until:
            pass
        os.write(3, b"\\n")
        os._exit(0)
    os.waitpid(child, 0)
"""

_SHARED_MEMORY = """
import mmap, os, time
for _ in range(8):
    if os.fork() == 0:
        held = mmap.mmap(-1, 400_000_000)
        for place in range(0, len(held), 4096):
            held[place] = 1
        time.sleep(100)
time.sleep(100)
"""

_UNSEEN_MEMORY = """
import ctypes, os
kernel = ctypes.CDLL(None)
given = [kernel.shmget(0, 10**8, 0o1600) >= 0, kernel.msgget(0, 0o1600) >= 0]
try:
    given.append(os.memfd_create("unseen") >= 0)
except OSError:
    pass
assert any(given), "no memory outside a process"
"""

_KEYS = """
import ctypes
kernel = ctypes.CDLL(None)
calls = [kernel.syscall(n, b"user", b"left", b"for the next", 12, -3) for n in (248, 217)]
assert max(calls) >= 0 or kernel.syscall(250, 0, -3, 0) >= 0, "no keys of the instructor's"
"""

_SAY = """
import os
def say(text):
    data = text.encode() + b"\\n"
    while data:
        data = data[os.write(3, data) :]
"""
_WIDE = (
    _SAY
    + """
say('{"step": 2, "state": "gave", "outputs": [' + "{}," * 15_000_000 + "{}]}")
"""
)
_DEEP = (
    _SAY
    + """
for depth in range(900, 1000):
    say('{"step": 2, "state": ' + "[" * depth + "]" * depth + "}")
    say('{"step": 2, "state": "gave", "outputs": ' + "[" * depth + "]" * depth + "}")
say('{"done": true}')
os._exit(0)
"""
)


def _formula(cells: list[dict[str, Any]]) -> None:
    named(cells, "answer-why-cut")["source"] = "=HYPERLINK(1)"


def _stopped(*lines: str, says: str, name: str) -> Case:
    return Case(name, book(tied="\n".join(lines)), TIED, {"bp-tied": says})


CASES = [
    _stopped("while True:", "    pass", name="loops", says=r"did not end within"),
    _stopped(_body("while True: pass"), name="loops-when-called", says=r"did not end within"),
    _stopped("sum(iter(int, 1))", name="loops-in-c", says=r"never end inside"),
    _stopped(_body("return sum(iter(int, 1))"), name="loops-in-c-when-called", says=r"never end"),
    _stopped(_GRIP, name="never-lets-go", says=r"could not be interrupted"),
    _stopped(_DEAF, name="deaf", says=r"could not be interrupted"),
    _stopped("import time", "time.sleep(10**6)", name="sleeps", says=r"Does it wait"),
    _stopped("a = bytearray(50 * 10**9)", name="50-gb", says=r"MemoryError"),
    _stopped(_body("return np.ones(7 * 10**9)"), name="50-gb-numpy", says=r"Unable to allocate"),
    _stopped(
        "import torch", _body("return torch.ones(7 * 10**9)"), name="50-gb-torch", says=r"memory"
    ),
    _stopped(_GREEDY, name="greedy", says=r"MemoryError|did not end within"),
    _stopped(_FAMILY, name="greedy-family", says=r"together took more"),
    _stopped("import os", "while True:", "    os.fork()", name="fork-bomb", says=r"stopped"),
    _stopped(
        "import threading, time",
        "while True:",
        "    threading.Thread(target=time.sleep, args=(99,)).start()",
        name="thread-bomb",
        says=r"RuntimeError|start",
    ),
    _stopped("import sys", "sys.exit('done')", name="exits", says=r"SystemExit: done"),
    _stopped("import os", "os._exit(0)", name="exits-hard", says=r"ended from inside"),
    _stopped(
        "import os", _body("os._exit(0)"), name="exits-when-called", says=r"ended from inside"
    ),
    _stopped("import os", "os.abort()", name="aborts", says=r"crashed|killed|stopped"),
    _stopped("import ctypes", "ctypes.string_at(0)", name="segfaults", says=r"SIGSEGV"),
    _stopped("raise KeyboardInterrupt", name="interrupts", says=r"KeyboardInterrupt"),
    _stopped(_body("return tied(copies)"), name="recursion", says=r"itself again and again"),
    _stopped("import os", "os.closerange(0, 99)", "while 1: pass", name="closes-all", says=r"."),
    _stopped(_FORGED, _body("return copies[0]"), name="forges-messages", says=r"."),
    _stopped(_FILES, name="forges-files", says=r"passed 0 of 3"),
    _stopped("import os", "while 1: os.write(3, bytes(10**6))", name="floods", says=r"handed back"),
    _stopped(_PATCHED, name="patches-course", says=r"passed 0 of 3"),
    _stopped(_LIAR, name="liar", says=r"passed 0 of 3|."),
    _stopped(_JUDGE, name="asks-the-judge", says=r"raised|stopped"),
    _stopped(_VARIATIONS, name="wants-solutions", says=r"ModuleNotFoundError"),
    _stopped(_SPY, RIGHT, name="spies", says=r"no submission of another is to be seen"),
    _stopped(_NETWORK, RIGHT, name="network", says=r"the network is unreachable"),
    _stopped(_OUTSIDE, RIGHT, name="writes-outside", says=r"nothing outside can be written"),
    _stopped(_MANY_FILES, RIGHT, name="many-files", says=r"No space left"),
    _stopped(
        "open('big', 'wb').write(bytes(10**8))", RIGHT, name="fills-disk", says=r"too large|space"
    ),
    _stopped(_body("return np.ones(3 * 10**6)"), name="huge-answer", says=r"too large"),
    _stopped(_body("a = []; a.append(a); return a"), name="endless-answer", says=r"."),
    _stopped(_body("return [10**100_000] * 3"), name="huge-number", says=r"."),
    _stopped(_body("return '<script>' * 10"), name="text-answer", says=r"passed 0 of 3|form"),
    _stopped(_CHAIN, name="chain", says=r"more than 30 s"),
    _stopped(_SHARED_MEMORY, name="shared-memory", says=r"together took more"),
    _stopped(_UNSEEN_MEMORY, RIGHT, name="unseen-memory", says=r"no memory outside a process"),
    _stopped(_KEYS, RIGHT, name="keys", says=r"no keys of the instructor's"),
    _stopped("raise ValueError('x;=1+1')", name="formula", says=r"x;'=1\+1"),
    Case("formula-by-hand", book(_formula)),
    Case("wide", book(tied=_WIDE + RIGHT)),
    Case("deep", book(tied=_DEEP + RIGHT), AUTO),
    Case(
        "a-thousand-cells-stop",
        book(
            lambda cells: [*cells[:2], *[own("1 / 0")] * 1000, *cells[2:]],
            tied="def tied(c):\n    return c[0]",
        ),
        ("bp-tied",),
        notes=r"more of this kind",
    ),
    _stopped("import builtins", "builtins.__dict__.clear()", name="clears-builtins", says=r"."),
    Case("patches-worker", book(tied=_WORKER + RIGHT), AUTO, {"bp-tied": r"passed 0|form"}),
    Case(
        "numpy-broken",
        book(before("import numpy\nnumpy.zeros = numpy.ones = numpy.asarray = None")),
    ),
    Case("overwrites-check", book(before("check = lambda *a: print('passed')"))),
    Case("prints-a-gigabyte", book(before("for _ in range(1000): print('x' * 10**6)"))),
    Case("kills-all", book(before("import os\ntry: os.kill(-1, 9)\nexcept OSError: pass"))),
    Case("kills-itself", book(before("import os\nos.kill(os.getpid(), 9)"))),
    Case("leaves-a-process", book(before(_STAYS))),
    Case("leaves-files-1", book(before(_SHARED))),
    Case("leaves-files-2", book(before(_FINDS)), notes=""),
    Case("all-exit", book(before("import os\nos._exit(1)")), notes=r"stopped: the process was"),
    Case(
        "exits-everywhere",
        book(**dict.fromkeys(("tied", "step", "reached"), "import os; os._exit(1)")),
        AUTO,
        dict.fromkeys(AUTO, r"ended from inside"),
    ),
]
