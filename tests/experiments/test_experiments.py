"""Experiments: every one has a result, stored by its own command; a run that dies loses nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from seqcourse import experiments


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_has_a_result(name: str) -> None:
    record = experiments.stored(name)
    assert record["command"] == f"seqcourse run {name}"
    assert record["result"] and record["versions"]["torch"] and record["seconds"] >= 0


def test_every_result_has_its_experiment() -> None:
    stored = {path.stem for path in experiments.RESULTS.glob("*.json")}
    assert stored == set(experiments.names())


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """An experiment of the test's own, with its own place for results."""
    module = ModuleType("seqcourse.experiments.mine")
    module.run = lambda: {"loss": 1.5}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(experiments, "names", lambda: ["mine"])
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    return module


def test_a_run_is_stored_and_read_back(mine: ModuleType) -> None:
    path = experiments.run("mine")
    assert json.loads(path.read_text())["command"] == "seqcourse run mine"
    assert experiments.result("mine") == {"loss": 1.5}


def test_a_run_that_dies_leaves_the_old_result(mine: ModuleType) -> None:
    path = experiments.run("mine")
    before = path.read_bytes()
    mine.run = lambda: {"loss": float("nan")}  # type: ignore[attr-defined]
    with pytest.raises(ValueError):
        experiments.run("mine")
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["mine.json"]


def test_errors_say_what_to_do(mine: ModuleType) -> None:
    with pytest.raises(KeyError, match="no experiment 'other'; there are"):
        experiments.result("other")
    with pytest.raises(KeyError, match="seqcourse run mine"):
        experiments.result("mine")
