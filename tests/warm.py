"""Python commands in fresh processes that need not import what takes longest.

`python -m seqcourse run …` spends five of six seconds on importing torch, a build of a small book
three quarters of its time on Sphinx. Here one process imports that once, and is forked for each
command: still a process of its own a command, with its arguments, environment, folder and streams,
which may be killed or may change what it likes. Where nothing can be forked, each starts anew.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

# The process that is forked. Its child leaves the loop, and is then what `python …` would be.
_WARM = """
import gc, importlib, json, os, runpy, signal, sys
answers = os.fdopen(os.dup(1), "w")
for name in sys.argv[2:]:
    importlib.import_module(name)
exec(sys.argv[1])
gc.collect()
gc.freeze()  # else each child's collector would copy all that is loaded
for line in sys.stdin:
    asked = json.loads(line)
    if (child := os.fork()) == 0:
        break
    answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\\n")
    answers.flush()
else:
    sys.exit()
answers.close()
streams = [os.open(os.devnull, os.O_RDONLY)]
streams += [os.open(path, os.O_WRONLY | os.O_APPEND) for path in asked["streams"]]
for number, stream in enumerate(streams):
    os.dup2(stream, number)
    os.close(stream)
os.chdir(asked["cwd"])
os.environ.clear()
os.environ.update(asked["env"])
signal.alarm(asked["timeout"])
sys.path[0] = asked["cwd"]
sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
option, what, *arguments = asked["command"]
sys.argv = [option, *arguments]
if option == "-m":
    runpy.run_module(what, run_name="__main__", alter_sys=True)
else:
    exec(what, {"__name__": "__main__"})
"""


@functools.cache
def _warm(modules: tuple[str, ...], first: str) -> subprocess.Popen[str]:
    """A process that has the modules loaded, and more done."""
    command = [sys.executable, "-c", _WARM, first, *modules]
    process = subprocess.Popen(command, stdin=-1, stdout=-1, text=True)
    atexit.register(process.kill)
    return process


def run(
    command: list[str],
    *,
    loaded: tuple[str, ...],
    first: str = "",
    cwd: Path,
    env: Mapping[str, str] = os.environ,
    timeout: int = 300,
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` gives for a command `python -c …` or `python -m …`.

    Args:
        command: its arguments, from `-c` or `-m` on.
        loaded: modules that the command would import, and may find loaded.
        first: code that fills their caches.
        cwd: the folder to work in.
        env: its environment.
        timeout: seconds after which it is killed.
    """
    if not hasattr(os, "fork"):
        return subprocess.run(
            [sys.executable, *command],
            cwd=cwd,
            env=env,
            timeout=timeout,
            capture_output=True,
            text=True,
        )
    process = _warm(loaded, first)
    assert process.stdin and process.stdout
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("out", "err")]
        for stream in streams:
            stream.touch()
        asked = {"command": command, "cwd": str(cwd), "env": dict(env), "timeout": timeout}
        process.stdin.write(json.dumps(asked | {"streams": list(map(str, streams))}) + "\n")
        process.stdin.flush()
        code = int(process.stdout.readline())
        out, err = (stream.read_text("utf-8") for stream in streams)
    return subprocess.CompletedProcess(command, code, out, err)
