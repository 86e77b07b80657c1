"""What the tests of the loaders share."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable

import pytest

Runs = Callable[[str], str]


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a package look as if it were not installed, whoever asks."""

    def hide(package: str) -> None:
        real = importlib.util.find_spec

        def find(name: str, *rest: object) -> object:
            return None if name == package else real(name)

        for module in [m for n, m in sys.modules.items() if n.startswith("seqcourse.data")]:
            if hasattr(module, "find_spec"):
                monkeypatch.setattr(module, "find_spec", find)

    return hide


@pytest.fixture(scope="session")
def elsewhere() -> Runs:
    """What some code prints in a process of its own, which cannot reach a network."""

    def run(code: str) -> str:
        alone = (
            "import socket\n"
            "def none(*a): raise RuntimeError('a loader reached for the network')\n"
            "socket.socket.connect = socket.create_connection = none\n"
        )
        command = [sys.executable, "-c", alone + code]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def digest(data: bytes) -> str:
    """A short name for bytes, to compare what two processes made."""
    return hashlib.sha256(data).hexdigest()[:16]
