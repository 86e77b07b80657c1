"""`seqcourse run`: whatever stops it, it goes on, and ends in the result of an unbroken run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import seqcourse

from .. import warm

PACKAGE = Path(seqcourse.__file__).parent
SAMPLE = Path(__file__).with_name("sample.py.txt").read_text("utf-8")
TRIALS = 4
LOADED = ("torch._dynamo", "typer")  # torch brings the first when it makes an optimiser


class Copy:
    """A copy of the package with one more experiment, run as a reader runs it."""

    def __init__(self, root: Path) -> None:
        self.root, self.package = root, root / "src" / "seqcourse"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.write(SAMPLE)

    def write(self, source: str) -> None:
        (self.package / "experiments" / "mine.py").write_text(source, "utf-8")

    def run(
        self, *options: str, processes: int = 1, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        known = {"PYTHONPATH": str(self.root / "src"), "XDG_CACHE_HOME": str(self.root / "cache")}
        command = ["-m", "seqcourse", "run", "mine", *options]
        env = {**os.environ, **known, **environment}
        if processes == 1:
            return warm.run(command, loaded=LOADED, env=env, cwd=self.root, timeout=120)
        several = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        return subprocess.run(
            [sys.executable, *several, *command],
            env=env,
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=120,
        )

    @property
    def path(self) -> Path:
        return self.package / "experiments" / "results" / "mine.json"

    def timeless(self) -> dict[str, Any]:
        """The record but for what the clock says."""
        record = json.loads(self.path.read_text("utf-8"))
        return {k: v for k, v in record.items() if k not in ("seconds", "opening")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = Copy(tmp_path_factory.mktemp("whole"))
    done = copy.run()
    assert done.returncode == 0, done.stderr
    assert f"{TRIALS}/{TRIALS}  seed 1  slope=-2.0" in done.stdout
    return copy


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_the_record(whole: Copy) -> None:
    record = json.loads(whole.path.read_text("utf-8"))
    assert record["command"] == "seqcourse run mine" and record["seeds"] == [0, 1]
    assert record["seconds"] >= 0 and set(record["versions"]) == {"python", "numpy", "torch"}
    used = {"experiments/mine.py", "models/classifiers.py", "training.py"}
    of_training = {"gradients/clipping.py", "models/mode.py"}
    assert set(record["modules"]) == used | of_training  # what it loads late, too, and no more
    assert len(record["result"]["noise"]) == TRIALS
    assert record["opening"]["curve"]["step"] == [10, 20, 30, 40, 50, 60]


def test_a_killed_run_goes_on_to_the_same_result(whole: Copy, copy: Copy) -> None:
    """Killed in a trial's first fit, then, after a look at what was kept, in its second."""
    for at in (80 + 35, 45):
        killed = copy.run(KILL_AT=str(at))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not copy.path.exists()
    assert "1 of 4 trials were finished before." in killed.stdout
    done = copy.run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 of 4 trials were finished before.\n2/4  seed 0  slope=-2.0")
    assert copy.timeless() == whole.timeless()


def test_several_processes_run_it_together(whole: Copy, copy: Copy) -> None:
    """Stopped by the time within a trial, and gone on with: one of them speaks and writes."""
    alone = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = copy.run("--budget", "0.02", processes=2, SLEEP="0.1", **alone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("minutes are over: 0 of 4 trials done") == 1
    done = copy.run(processes=2, **alone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("4/4  seed 1  slope=-2.0") == done.stdout.count("The result: ") == 1
    record, single = (json.loads(one.path.read_text("utf-8")) for one in (copy, whole))
    assert record["command"] == "torchrun --nproc-per-node 2 -m seqcourse run mine"
    assert record["machine"].endswith(", 2 processes of one thread")
    assert record["modules"] == single["modules"]
    assert record["result"].keys() == single["result"].keys()


def test_a_budget_stops_and_the_next_call_goes_on(whole: Copy, copy: Copy) -> None:
    copy.path.write_text("the old result", "utf-8")
    done = copy.run("--budget", "0.1", SLEEP="0.4")  # all of it would take two minutes
    assert done.returncode == 0, done.stderr
    over = "The 0.1 minutes are over: 0 of 4 trials done, call again to go on."
    assert done.stdout.strip() == over
    assert copy.path.read_text("utf-8") == "the old result"
    done = copy.run()
    assert done.returncode == 0, done.stderr
    assert copy.timeless() == whole.timeless()


def test_only_what_the_same_code_made_is_used_again(copy: Copy) -> None:
    copy.run("--seeds", "1")
    assert json.loads(copy.path.read_text("utf-8"))["command"] == "seqcourse run mine --seeds 1"
    # A comment, another summary and more seeds leave the trials as they were.
    new = SAMPLE.replace('"noise": [one', '"more": 1, "noise": [one')
    new = new.replace("        x = ", "        # the places\n        x = ")
    copy.write(new.replace("SEEDS = (0, 1)", "SEEDS = (0, 1, 2)"))
    done = copy.run("--seeds", "2")
    assert done.stdout.startswith("2 of 4 trials were finished before.\n3/4  seed 1"), done.stdout
    assert json.loads(copy.path.read_text("utf-8"))["result"]["more"] == 1

    copy.write(new.replace("-2.0}", "-3.0}"))
    done = copy.run("--seeds", "1")
    assert "2 trials of before cannot be used: other settings.\n1 of 2 trials were" in done.stdout

    copy.write(new.replace("steps=20", "steps=30"))
    done = copy.run("--seeds", "1")
    reason = "cannot be used: seqcourse/experiments/mine.py has changed since."
    assert f"2 trials of before {reason}\n" in done.stdout and "\n1/2  seed 0" in done.stdout

    path = copy.package / "models" / "classifiers.py"
    path.write_text(
        path.read_text("utf-8").replace(
            "nn.Linear(length, classes)", "nn.Linear(length, classes, bias=False)", 1
        ),
        "utf-8",
    )
    done = copy.run("--seeds", "1")
    assert "2 trials of before cannot be used: seqcourse/models/classifiers.py has" in done.stdout


def test_a_checkpoint_of_other_code_is_not_used(whole: Copy, copy: Copy) -> None:
    assert copy.run(KILL_AT="35").returncode == -signal.SIGKILL
    copy.write(SAMPLE.replace("lr=0.1", "lr=0.2"))
    assert copy.run(KILL_AT="35").returncode == -signal.SIGKILL
    copy.write(SAMPLE)
    done = copy.run()
    assert "The checkpoint of this trial cannot be used: seqcourse/experiments/mine" in done.stdout
    assert copy.timeless() == whole.timeless()
