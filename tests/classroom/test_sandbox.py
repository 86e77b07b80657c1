"""The sandbox is proven where it stands, and a probe that finds a hole stops everything."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import replace

import pytest

from seqcourse.classroom import probe, sandbox
from seqcourse.classroom.inside import codec
from seqcourse.classroom.inside.walls import Limits
from seqcourse.classroom.sandbox import Room, SandboxError

LIMITS = Limits(cell=2, total=20, memory=512, disk=16)


def cell(code: str) -> list[dict[str, str]]:
    return [{"cell": code, "name": "cell"}]


def test_a_sandbox_holds_on_this_machine() -> None:
    """Without one the hostile submissions cannot be tried: this says so by name."""
    assert shutil.which("bwrap"), "bubblewrap is not installed: apt-get install bubblewrap"
    assert probe.proven(LIMITS) in ("walls", "fresh")


def test_the_probe_finds_the_holes_of_a_room_without_walls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = sandbox.bubblewrap

    def holed(kind: sandbox.Kind, exercises: object = None) -> list[str]:
        """A room that shows the judges, and shares the folder for temporary files."""
        command = whole(kind, None)
        place, folder = command.index("--proc"), tempfile.gettempdir()
        return [*command[:place], "--bind", folder, folder, *command[place:]]

    monkeypatch.setattr(sandbox, "bubblewrap", holed)
    holes = probe.probe("walls", LIMITS)
    for hole in ("reads files outside", "writes outside its folder", "can read the judges"):
        assert hole in holes


def test_a_machine_that_refuses_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match=r"apt install bubblewrap(.|\n)*--no-sandbox"):
        probe.proven(LIMITS)


def test_submissions_in_one_room_do_not_meet() -> None:
    with Room("walls", LIMITS) as room:
        left = "open('/home/student/left', 'w').write('x'); import numpy; numpy.pi = 3"
        assert room.run(cell(left)).ended == "exit 0"
        look = "import os, numpy; assert not os.listdir('/home/student'); assert numpy.pi > 3"
        said = [json.loads(line) for line in room.run(cell(look)).said.splitlines()]
    assert {"step": 0, "state": "ran"} in said


def test_a_room_outlives_what_it_had_to_stop() -> None:
    with Room("walls", LIMITS) as room:
        short = replace(LIMITS, cell=0.2)
        assert room.run(cell("sum(iter(int, 1))"), short).ended == "silent"
        first = room._process
        assert room.run(cell("pass")).ended == "exit 0"
        assert room._process is first and first is not None


def test_a_room_knows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    assert "secret" not in str(sandbox.environment())
    assert os.environ["MY_TOKEN"]


@pytest.mark.parametrize(
    "text",
    [
        '{"array": ["|O", [1], "AAAAAAAAAAA="]}',
        '{"array": ["<f8", [1000000000000], "AAAAAAAAAAA="]}',
        '{"array": ["<f8", [-1], "AAAAAAAAAAA="]}',
        '{"array": ["<f8", [1], "not base 64"]}',
        '{"array": 5}',
        '{"pickle": "gASVBQ=="}',
        '{"a": 1, "b": 2}',
        "[" * 100_000,
        '{"int": "' + "f" * 10 + 'x"}',
        "nonsense",
        "",
    ],
)
def test_what_was_never_written_by_us_is_refused(text: str) -> None:
    with pytest.raises(codec.NotPlain):
        codec.loads(text)


def test_plain_values_come_back_as_they_were() -> None:
    import numpy as np

    frozen = np.arange(6, dtype="<i4").reshape(2, 3)
    frozen.flags.writeable = False
    value = {
        "numbers": [1, -2.5, 10**400, 1 + 2j, float("inf"), True, None, ...],
        "a tuple": (1, ("b", [])),
        "array": frozen,
        "empty": np.zeros((2, 0)),
        "words": np.array(["a", "한글"]),
    }
    back = codec.loads(codec.dumps(value))
    assert repr(back) == repr(value)
    assert type(back["a tuple"]) is tuple and not back["array"].flags.writeable
    assert back["array"].dtype == frozen.dtype and back["empty"].shape == (2, 0)
    nan = codec.loads(codec.dumps(float("nan")))
    assert nan != nan


def test_too_much_is_not_packed() -> None:
    import numpy as np

    endless: list[object] = []
    endless.append(endless)
    for value, most in ((np.zeros(1000), 1000), (endless, 10**6), (["x" * 900] * 9, 5000)):
        with pytest.raises(codec.NotPlain, match="too"):
            codec.dumps(value, most)
