"""The room that submissions run in: bubblewrap around a process that forks once for each.

Bubblewrap takes away the network, every file but the system's and Python's (which can be read, not
written), and the sight of other processes. `inside.walls` parts one submission from the next and
limits it. Importing torch costs two seconds of processor time, forking what has imported it some
0.05 s.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import seqcourse
from seqcourse.classroom.inside.walls import HOME, Limits
from seqcourse.classroom.inside.zygote import send

Kind = Literal["walls", "fresh", "none"]
PACKAGE = Path(seqcourse.__file__).resolve().parent
_UID = 64_000  # of no one; as root, each room takes one of the next
_START = 600.0  # seconds that a room may take to open, on a machine that is busy


class SandboxError(Exception):
    """The sandbox cannot be opened, or does not hold."""


@dataclass(frozen=True)
class Ran:
    """How the run of a submission ended.

    Args:
        ended: 'exit 0', 'exit 3', 'signal SIGSEGV', 'time', 'silent', 'memory', 'flood', 'lost' or
            'refused …'.
        said: what its process wrote, which may be anything.
    """

    ended: str
    said: bytes


class Room:
    """One place in which submissions run, one after the other.

    Args:
        kind: 'walls': one bubblewrap, and namespaces of its own for each submission; 'fresh': a
            bubblewrap for each; 'none': no sandbox at all.
        limits: what a submission may take.
        imports: modules to import beforehand.
        number: of this room, where there are several.
        exercises: a folder that is seen in place of `seqcourse/lesson/exercises`.
    """

    def __init__(
        self,
        kind: Kind,
        limits: Limits,
        *,
        imports: Iterable[str] = (),
        number: int = 0,
        exercises: Path | None = None,
    ) -> None:
        self.kind, self.limits, self.imports = kind, limits, tuple(imports)
        self.uid = _UID + number if os.getuid() == 0 and kind != "none" else 0
        self.exercises = exercises
        self._process: subprocess.Popen[bytes] | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, steps: list[dict[str, Any]], limits: Limits | None = None) -> Ran:
        """Run a submission's steps (see `inside.worker`) and return what came of it.

        Raises:
            SandboxError: the room cannot be opened.
        """
        if self._process is None:
            self._open()
        assert self._process is not None and self._process.stdin is not None
        try:
            job = {"steps": steps, "limits": asdict(limits or self.limits)}
            send(self._process.stdin.fileno(), job)
            head, said = self._answer(_START + 20 * self.limits.total)
        except (OSError, TimeoutError):  # what watches the submission is gone, or stuck
            self.close()
            return Ran("lost", b"")
        if self.kind != "walls":
            self.close()
        return Ran(str(head["ended"]), said)

    def close(self) -> None:
        """End the room and everything in it."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        if self._home is not None:
            self._home.cleanup()
            self._home = None

    def _open(self) -> None:
        if self.kind == "none":
            self._home = tempfile.TemporaryDirectory(prefix="seqcourse-")
        order = {
            "uid": self.uid,
            "walls": self.kind == "walls",
            "sandbox": self.kind != "none",
            "home": self._home.name if self._home else HOME,
            "imports": self.imports,
        }
        python = [sys.executable, "-m", "seqcourse.classroom.inside.zygote", json.dumps(order)]
        command = (
            python
            if self.kind == "none"
            else [*bubblewrap(self.kind, self.exercises), "--", *python]
        )
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
                env=environment(),
                cwd="/",
                start_new_session=True,
            )
            try:
                self._answer(_START)
            except (OSError, TimeoutError) as error:
                self.close()
                errors.seek(0)
                why = errors.read().decode(errors="replace").strip().splitlines()
                raise SandboxError(why[-1] if why else f"it does not start: {error}") from error

    def _answer(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """The next answer: a line of JSON, and as many bytes as it says."""
        assert self._process is not None and self._process.stdout is not None
        pipe, until, data = self._process.stdout.fileno(), time.monotonic() + seconds, bytearray()
        head: dict[str, Any] | None = None
        while head is None or len(data) < head["bytes"]:
            left = until - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise TimeoutError(f"no answer within {seconds:g} s")
            part = os.read(pipe, 1 << 20)
            if not part:
                raise BrokenPipeError("it ended without an answer")
            data += part
            if head is None and b"\n" in data:
                line, data = data.split(b"\n", 1)
                head = json.loads(line)
        return head, bytes(data)


def environment() -> dict[str, str]:
    """What a room knows of the world: nothing of the instructor's."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": HOME,
        "IPYTHONDIR": HOME,
        "HOME": HOME,
        "TMPDIR": HOME,
    }


def bubblewrap(kind: Kind, exercises: Path | None = None) -> list[str]:
    """The command that everything in a room stands behind.

    Args:
        kind: of the room; within 'walls' the process makes namespaces itself.
        exercises: a folder that is seen in place of `seqcourse/lesson/exercises`.

    Raises:
        SandboxError: it is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
    own = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    user = ["--cap-drop", "ALL", *own] if os.getuid() == 0 else ["--unshare-user"]
    if kind == "fresh" and os.getuid() != 0:
        user.append("--disable-userns")
    names = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    life = ["--die-with-parent", "--new-session", "--hostname", "classroom"]
    empty = ["--size", str(64 * 2**20), "--perms", "0777", "--tmpfs"]
    system = list(_system())
    return [
        *[program, *user, *names, *life],
        *_open_parents([*system, str(PACKAGE), HOME, "/tmp/-"]),
        *[part for path in system for part in ("--ro-bind", path, path)],
        *["--proc", "/proc", "--dev", "/dev"],
        *_package(exercises),
        *["--remount-ro", "/dev", *empty, "/dev/shm", *empty, HOME, "--remount-ro", "/"],
    ]


def _system() -> Iterator[str]:
    """The folders that Python needs: the system's, its own, and those with the packages."""
    for name in ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime"):
        if Path(name).exists():
            yield name
    paths = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])}
    paths |= {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")}
    found: list[str] = []
    for path in sorted(paths, key=len):
        inside = any(Path(path).is_relative_to(other) for other in ["/usr", *found])
        if not inside and path != "/":
            found.append(path)
    yield from found


def _open_parents(paths: Iterable[str]) -> list[str]:
    """The folders above these, which another user may pass: bubblewrap would close them."""
    parents = {parent for path in paths for parent in Path(path).parents} - {Path("/")}
    return [part for path in sorted(parents) for part in ("--perms", "0755", "--dir", str(path))]


def _package(exercises: Path | None) -> list[str]:
    """The course's own code, without what knows solutions."""
    inside = PACKAGE / "classroom" / "inside"
    binds = ["--ro-bind", str(PACKAGE), str(PACKAGE)]
    binds += ["--tmpfs", str(PACKAGE / "classroom"), "--ro-bind", str(inside), str(inside)]
    if exercises is not None:
        binds += ["--ro-bind", str(exercises), str(PACKAGE / "lesson" / "exercises")]
    return [*binds, "--remount-ro", str(PACKAGE / "classroom")]
