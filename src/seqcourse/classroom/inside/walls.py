"""The inner walls: one student's process apart from all others, and its limits.

The outer wall is bubblewrap: no network, a file system that can be read only, another user. Inside
it one process has imported what all submissions need and forks for each. What is forked gets
namespaces of its own (processes, mounts, shared memory, network), an empty folder in memory, no
privilege, and limits. So the import is paid once, and no submission meets another.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME = "/home/student"  # the only folder that a submission can write to, and /dev/shm
MB = 2**20

_NEW = {  # linux/sched.h
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 16384, 1 << 18
_PR_SET_DUMPABLE, _PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 1, 24, 38
_PR_SET_SECCOMP = 22
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Limits:
    """What one submission may take.

    Args:
        cell: seconds of processor time for one cell, or for one answer.
        total: seconds of processor time and of waiting for one run of the whole notebook.
        memory: MB beyond what the imports hold, for one process and for all together.
        processes: how many, threads included.
        disk: MB in its folder.
        answer: MB that one answer may give.
    """

    cell: float = 10.0
    total: float = 120.0
    memory: int = 2048
    processes: int = 32
    disk: int = 64
    answer: int = 8

    @property
    def silence(self) -> float:
        """Seconds without a word after which what runs, or waits, is stuck for good."""
        return 1.5 * self.cell + 2


class WallError(OSError):
    """The kernel refused a wall."""


def drop_root(uid: int) -> None:
    """Become another user for good, where this process is root: limits do not bind root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 1)  # or its own /proc entries would belong to root


def part(disk: int) -> None:
    """Part this process from all others; its next child is process 1 of a world of its own.

    Raises:
        WallError: the kernel refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", sum(_NEW.values()))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    # No namespaces inside these: they would give a submission a root's powers over its own.
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    size = f"size={disk}m,nr_inodes=4k,mode=700"
    _mount(HOME, size)
    _mount("/dev/shm", size)
    _mount("/proc", "size=0,nr_inodes=1,mode=555")  # other processes are not to be seen there


def settle(limits: Limits, held: Mapping[str, int], *, processes: bool = True) -> None:
    """Give up every privilege, and set the limits; for good.

    Args:
        limits: what this process and each that it starts may take.
        held: bytes that the imports hold, as `held()` said before the walls went up.
        processes: whether to limit their number: outside a sandbox all of a user's count.
    """
    _call("prctl", _PR_SET_PDEATHSIG, 9)
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _close_calls()
    wanted = {
        resource.RLIMIT_AS: held["VmSize"] + limits.memory * MB,
        resource.RLIMIT_DATA: held["VmData"] + limits.memory * MB,
        resource.RLIMIT_FSIZE: limits.disk * MB,
        resource.RLIMIT_NOFILE: 128,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(2 * limits.total) + 1,
    }
    if processes:
        wanted[resource.RLIMIT_NPROC] = limits.processes
    for name, value in wanted.items():
        _, hard = resource.getrlimit(name)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (most, most))


def _close_calls() -> None:
    """Let the kernel refuse what no answer needs, and no limit above binds.

    Memory in no process (memfd_create, shmget, msgget) would not be counted. Keys (add_key, keyctl)
    are the instructor's, can be read, and stay for the next submission.
    """
    known = {
        "x86_64": (0xC000003E, (319, 29, 68, 248, 249, 250)),
        "aarch64": (0xC00000B7, (279, 194, 186, 217, 218, 219)),
    }
    machine, calls = known.get(os.uname().machine, (0, ()))
    if not calls:
        return
    load, equal, above, give, allow, refuse = 0x20, 0x15, 0x35, 0x06, 0x7FFF0000, 0x00050001
    steps = [(load, 0, 0, 4), (equal, 0, len(calls) + 3, machine), (load, 0, 0, 0)]
    steps += [(above, len(calls) + 1, 0, 1 << 30)]  # x86_64 knows each call by a second number
    steps += [(equal, len(calls) - place, 0, call) for place, call in enumerate(calls)]
    steps += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(code))
    _prctl(_PR_SET_SECCOMP, 2, program)


def held() -> dict[str, int]:
    """Bytes that this process holds now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = (line.split() for line in lines if line.startswith(("VmSize", "VmData")))
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in sizes}


def _mount(target: str, options: str) -> None:
    flags = _MS_NOSUID | _MS_NODEV
    _call("mount", b"tmpfs", target.encode(), b"tmpfs", flags, options.encode())


def _prctl(option: int, value: int, more: object = 0) -> None:
    _call("prctl", option, value, more, 0, 0)


_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise WallError(number, f"{name}: {os.strerror(number)}")
