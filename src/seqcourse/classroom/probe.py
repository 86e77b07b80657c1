"""The probe: before any submission runs, the room is tried out from the inside.

It runs where submissions run, and tries what they could try. A sandbox that is installed may still
be refused, or hold less than it should; then nothing is marked.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqcourse.classroom.inside.walls import HOME, Limits
from seqcourse.classroom.sandbox import PACKAGE, Kind, Room, SandboxError
from seqcourse.classroom.stripped import write_stripped

# What a submission must not be able to do, and how it would try. Each gives True where it can.
_TRIES = """
import ctypes, glob, json, os, signal, socket, sys, time

def reads():
    return open(SECRET).read() == WORD

def lists():
    return os.path.exists(os.path.dirname(SECRET)) or os.path.exists(SOLUTIONS)

def writes():
    places = ["/", "/tmp", "/usr", "/dev", "/home", os.path.dirname(SECRET), sys.prefix]
    for place in [*places, PACKAGE, os.path.dirname(PACKAGE)]:
        try:
            open(os.path.join(place, "probe"), "w").close()
            return True
        except OSError:
            pass
    return False

def connects():
    with socket.create_connection(("127.0.0.1", PORT), timeout=2):
        return True

def sees():
    if WALLS:
        return os.getpid() != 1 or any(name.isdigit() for name in os.listdir("/proc"))
    return WORD in open(f"/proc/{OUTER}/environ").read()

def is_root():
    return 0 in (os.getuid(), os.geteuid())

def has_powers():
    held = (ctypes.c_uint32 * 6)()
    ctypes.CDLL(None).capget((ctypes.c_uint32 * 2)(0x20080522, 0), held)
    return any(held)

def parts():
    return ctypes.CDLL(None).unshare(0x10000000) == 0

def mounts():
    return ctypes.CDLL(None).mount(b"none", HOME.encode(), b"tmpfs", 0, None) == 0

def allocates():
    try:
        return bool(bytearray(MEMORY + 2**28))
    except MemoryError:
        return False

def fills():
    try:
        for n in range(DISK // 2**20 + 2):
            with open(f"{HOME}/{n}", "wb") as file:
                file.write(bytes(2**20))
        return True
    except OSError:
        return False
    finally:
        for name in glob.glob(f"{HOME}/*"):
            os.remove(name)

def forks():
    children = []
    try:
        for _ in range(PROCESSES + 8):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
        return True
    except OSError:
        return False
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

def knows():
    return any("PROBE_SECRET" in name for name in os.environ)

def asks_the_judge():
    import seqcourse.lesson.exercises as exercises
    found = set(glob.glob(os.path.dirname(exercises.__file__) + "/*.py"))
    codes = [open(p).read() for p in found - {exercises.__file__}]  # it holds the form of all
    return any("def judge(inputs" in code for code in codes) or os.path.exists(JUDGES)

def finds_leavings():
    return any(os.path.exists(f"{place}/left") for place in (HOME, "/dev/shm"))

def leaves():
    for place in (HOME, "/dev/shm"):
        open(f"{place}/left", "w").close()
    return False

def cannot_work():
    import numpy, torch
    return float(torch.tensor(numpy.ones(3)).sum()) != 3.0

found = {}
for try_it in TRIES:
    try:
        found[try_it] = bool(globals()[try_it]())
    except BaseException as error:
        found[try_it] = f"{type(error).__name__}: {error}" if try_it == "cannot_work" else False
os.write(3, json.dumps({"probe": found, "word": TOKEN}).encode() + b"\\n")
"""

_HOLES = {
    "reads": "reads files outside",
    "lists": "sees folders outside",
    "writes": "writes outside its folder",
    "connects": "reaches the network",
    "sees": "sees other processes",
    "is_root": "runs as root",
    "has_powers": "could gain privileges",
    "parts": "makes namespaces of its own",
    "mounts": "mounts file systems",
    "allocates": "takes more memory than it may",
    "fills": "takes more disk than it may",
    "forks": "starts more processes than it may",
    "knows": "knows the environment outside",
    "asks_the_judge": "can read the judges",
    "finds_leavings": "finds what an earlier submission left",
    "cannot_work": "cannot import numpy and torch",
}


def probe(kind: Kind, limits: Limits) -> list[str]:
    """What a submission could do in such a room and must not; nothing where it holds.

    Args:
        kind: of the room.
        limits: what a submission may take.

    Raises:
        SandboxError: the room cannot be opened at all.
    """
    word, token = secrets.token_hex(16), secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory(prefix="seqcourse-probe-") as folder,
        tempfile.TemporaryDirectory(prefix="seqcourse-") as exercises,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        secret = Path(folder, "secret")
        secret.write_text(word)
        for open_to_all in (Path(folder), secret, Path(exercises)):
            open_to_all.chmod(0o777)  # so that the sandbox alone keeps it shut
        write_stripped(Path(exercises), ())
        facts = {
            "SECRET": str(secret),
            "WORD": word,
            "TOKEN": token,
            "SOLUTIONS": str(PACKAGE / "classroom" / "variations"),
            "JUDGES": str(PACKAGE / "lesson" / "exercises" / "ch01.py"),
            "PACKAGE": str(PACKAGE),
            "PORT": server.getsockname()[1],
            "OUTER": os.getpid(),
            "WALLS": kind == "walls",
            "HOME": HOME,
            "MEMORY": limits.memory * 2**20,
            "DISK": limits.disk * 2**20,
            "PROCESSES": limits.processes,
            "TRIES": [*_HOLES, "leaves"],
        }
        code = "\n".join(f"{name} = {value!r}" for name, value in facts.items()) + _TRIES
        os.environ["PROBE_SECRET"] = word
        try:
            with Room(kind, limits, exercises=Path(exercises), imports=["torch"]) as room:
                first = _found(room, code, token)
                second = _found(room, code, token)  # what did the first leave behind?
                endless = room.run(
                    [{"cell": "sum(iter(int, 1))", "name": "endless"}],
                    replace(limits, cell=0.2, total=2),
                )
        finally:
            del os.environ["PROBE_SECRET"]
    holes = [what for name, what in _HOLES.items() if first[name] or second[name]]
    if endless.ended not in ("silent", "time"):
        holes.append("runs on and on")
    return holes


def _found(room: Room, code: str, token: str) -> dict[str, Any]:
    ran = room.run([{"cell": code, "name": "probe"}])
    for line in ran.said.splitlines():
        message = json.loads(line)
        if message.get("word") == token:
            return dict(message["probe"])
    raise SandboxError(f"the probe gave no answer ({ran.ended}): {ran.said[-200:]!r}")


def proven(limits: Limits) -> Kind:
    """The kind of room that holds on this machine, the fastest first.

    Raises:
        SandboxError: none does; the message says what was tried, and what to do.
    """
    said = []
    kinds: tuple[Kind, ...] = ("walls", "fresh")
    for kind in kinds:
        try:
            holes = probe(kind, limits)
        except SandboxError as error:
            said.append(str(error))
            continue
        if not holes:
            return kind
        said.append(f"a submission {', '.join(holes)}")
    raise SandboxError(
        f"The sandbox does not hold here: {'; '.join(dict.fromkeys(said))}.\n"
        "Nothing was marked, because submissions are programs and can do what you can. Install "
        "bubblewrap and let it make user namespaces (see the instructor's guide), or mark on "
        "another machine. If you trust every submission as you trust your own code: --no-sandbox."
    )
