"""Processes that train one model together: the same numbers as one process, whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqcourse.parallel import Team, share, team

SCRIPT = Path(__file__).with_name("trained_together.py")
ALONE = [sys.executable]
TORCHRUN = [*ALONE, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
Found = dict[str, Any]


def start(folder: Path, size: int) -> list[Found]:
    """What each of so many processes reports."""
    command = ALONE if size == 1 else [*TORCHRUN, str(size)]
    done = subprocess.run(
        [*command, str(SCRIPT), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return [json.loads((folder / f"{i}-of-{size}.json").read_text("utf-8")) for i in range(size)]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return start(tmp_path_factory.mktemp("one"), 1)[0]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    return start(tmp_path_factory.mktemp("two"), 2)


def same(found: Found, wanted: Found) -> None:
    assert found["step"] == wanted["step"]
    for key in ("loss", "norm", "weights"):
        for ours, theirs in zip(found[key], wanted[key], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("model", ["plain", "recurrent", "again", "padded"])
def test_two_processes_learn_what_one_does(one: Found, two: list[Found], model: str) -> None:
    """Rows that cannot be halved, a weight without a part, a training killed, places that count."""
    for found in two:
        same(found[model], one["plain" if model == "again" else model])


def test_all_processes_end_with_the_same(two: list[Found]) -> None:
    assert {k: v for k, v in two[0].items() if k != "evaluated"} == {
        k: v for k, v in two[1].items() if k != "evaluated"
    }


def test_rows_drop_out_apart(one: Found, two: list[Found]) -> None:
    assert not np.allclose(one["dropout"], two[0]["dropout"], rtol=1e-3)


def test_only_the_first_evaluates_and_all_know(two: list[Found]) -> None:
    assert [found["evaluated"] for found in two] == [4, 0]
    assert two[1]["values"] == [0, 0, 0, 0]


def test_what_stops_one_stops_all_at_the_same_step(two: list[Found]) -> None:
    for found in two:
        assert found["stopped"] == [5] and found["late"] == [5]


def test_what_is_wrong_is_said_by_all(one: Found, two: list[Found]) -> None:
    assert one["errors"]["rows"] == "nothing"
    for found in two:
        assert "1 row cannot be shared by 2 processes: draw larger" in found["errors"]["rows"]
        for error in ("evaluate", "loss"):
            assert found["errors"][error] == one["errors"][error] != "nothing"


@pytest.mark.parametrize("size", [1, 2, 3])
def test_shares_are_the_batch(size: int) -> None:
    batch = (np.arange(14).reshape(7, 2), {"a": [torch.arange(7)]}, "text", np.float32(3.0))
    parts = [share(batch, rank, size) for rank in range(size)]
    np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), batch[0])
    assert torch.cat([part[1]["a"][0] for part in parts]).tolist() == list(range(7))
    assert all(part[2:] == ("text", 3.0) for part in parts)
    counts = [len(part[0]) for part in parts]
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ((np.zeros(4), np.zeros(5)), "parts with 4, 5 rows"),
        ("text", "has no array"),
        (np.zeros(1), "1 row cannot be shared by 2"),
    ],
)
def test_what_cannot_be_shared(batch: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        share(batch, 0, 2)


def test_without_torchrun_this_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert team() == Team(0, 1) and team().first
    assert Team().any(True) and not Team().any(False)
