"""Experiments and their stored results belong together; what reads them says what is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from seqcourse import experiments
from seqcourse.cli import app
from seqcourse.experiments import _run
from seqcourse.experiments._plain import plain, to_text

NAMES = experiments.names()


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_has_a_result(name: str) -> None:
    record, facts = experiments.stored(name), experiments.facts(name)
    assert record["command"] == f"seqcourse run {name}", "store it with all of its seeds"
    assert record["seeds"] == list(facts.seeds) and facts.chapter >= 1 and facts.family
    assert record["result"] and record["versions"]["torch"] and record["seconds"] >= 0
    assert f"experiments/{name}.py" in record["modules"]
    assert {"setting", "seed", "seconds"} < set(record["opening"])


def test_every_result_has_its_experiment() -> None:
    stored = {path.stem for path in experiments.RESULTS.glob("*.json")}
    assert stored == set(NAMES)


def test_errors_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError, match="no experiment 'other'; there are .*shuffled, "):
        experiments.result("other")
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    with pytest.raises(KeyError, match="seqcourse run spelling"):
        experiments.result("spelling")


def test_what_an_experiment_says_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "_FOLDER", tmp_path)
    path = tmp_path / "mine.py"
    path.write_text("import torch, no_such\nCHAPTER = 4\nFAMILY = 'a'\nSEEDS = (1,)", "utf-8")
    assert experiments.facts("mine") == (4, "a", (1,))  # without importing it
    path.write_text("CHAPTER = 4\nSEEDS = (1,)", "utf-8")
    with pytest.raises(ValueError, match="CHAPTER, FAMILY and SEEDS"):
        experiments.facts("mine")


def test_spread_and_groups() -> None:
    assert experiments.spread([2, 1, 6]) == {"mean": 3.0, "min": 1.0, "max": 6.0}
    with pytest.raises(ValueError, match="no value"):
        experiments.spread([])
    trials = [{"setting": {"a": a}, "seed": seed} for seed in (0, 1) for a in (5, 4)]
    groups = experiments.by_setting(trials)
    assert [setting for setting, _ in groups] == [{"a": 5}, {"a": 4}]
    assert [[one["seed"] for one in group] for _, group in groups] == [[0, 1], [0, 1]]


def test_values_as_json_holds_them() -> None:
    value = {"a": (np.float32(0.5), float("nan")), "b": torch.eye(2), "c": np.arange(2)}
    found = {"a": [0.5, None], "b": [[1.0, 0.0], [0.0, 1.0]], "c": [0, 1]}
    assert plain(value) == found
    text = to_text(plain(value) | {"d": ["[1,  2]", 1], "e": {}})
    assert json.loads(text) == found | {"d": ["[1,  2]", 1], "e": {}}
    assert ' "a": [0.5, null],\n' in text and "[1.0, 0.0]" in text
    with pytest.raises(ValueError, match="the key 1 is no text"):
        plain({1: 2})
    with pytest.raises(ValueError, match="of type set"):
        plain([{1}])


class Code:
    """Stands for the modules of an experiment that is no file."""

    own, own_full, versions = "mine.py", "", {"torch": "2"}

    def __init__(self, own: str) -> None: ...

    def look(self) -> dict[str, str]:
        return {}

    def why_not(self, modules: object, versions: object) -> str:
        return ""


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """An experiment of the test's own, with its own places."""
    module = ModuleType("seqcourse.experiments.mine")
    vars(module).update(
        SEEDS=(3,),
        settings=lambda: [{"a": 1}],
        trial=lambda setting, seed, fit: {"loss": np.random.rand(), "seed": seed},
        summary=lambda trials: {"losses": [trial["loss"] for trial in trials]},
    )
    monkeypatch.setattr(experiments, "names", lambda: ["mine"])
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    monkeypatch.setattr(_run, "Code", Code)
    monkeypatch.setattr(_run, "folder", lambda name: tmp_path / "pieces")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_trial_depends_on_its_seed_alone(mine: ModuleType) -> None:
    _run.run("mine", seeds=3)
    losses = experiments.result("mine")["losses"]
    assert len(set(losses)) == 3 and experiments.stored("mine")["seeds"] == [3, 4, 5]
    np.random.rand()
    _run.run("mine", seeds=2, fresh=True)
    assert experiments.result("mine")["losses"] == losses[:2]


def test_a_summary_that_dies_leaves_the_old_result(mine: ModuleType) -> None:
    path = _run.run("mine")
    assert path is not None
    before = path.read_bytes()
    mine.summary = lambda trials: {"losses": {1, 2}}  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="JSON cannot hold"):
        _run.run("mine")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("settings", lambda: [], "is empty"),
        ("settings", lambda: [{"a": 1}, {"a": 1}], "twice"),
        ("settings", lambda: [{"a": {1}}], "JSON cannot hold"),
        ("trial", lambda setting, seed, fit: None, "give a dict"),
        ("trial", lambda setting, seed, fit: {"a": object()}, "JSON cannot hold"),
    ],
)
def test_what_an_author_gets_wrong(mine: ModuleType, part: str, value: Any, says: str) -> None:
    setattr(mine, part, value)
    with pytest.raises(ValueError, match=says):
        _run.run("mine")
    delattr(mine, part)
    with pytest.raises(TypeError, match=f"lacks {part}"):
        _run.run("mine")


def _said(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["run", *arguments])
    assert done.exit_code == 1 or "--seeds" in arguments and done.exit_code == 2, done.output
    return done.output


def test_the_command_says_what_is_wrong(mine: ModuleType) -> None:
    assert "There is no experiment 'no'; there are mine." in _said("no")
    assert "A budget of 0 minutes is none" in _said("mine", "--budget", "0")
    assert "--seeds" in _said("mine", "--seeds", "0")
    assert not list(experiments.RESULTS.iterdir())

    def lacks(setting: object, seed: int, fit: object) -> None:
        raise ModuleNotFoundError("No module named 'mnist1d'")

    mine.trial = lacks  # type: ignore[attr-defined]
    how = "mine cannot run. No module named 'mnist1d': call `pip install 'seqcourse[data]'`"
    assert how in _said("mine")


def test_a_stop_by_hand_is_told(mine: ModuleType) -> None:
    def interrupted(setting: object, seed: int, fit: object) -> None:
        raise KeyboardInterrupt

    mine.trial = interrupted  # type: ignore[attr-defined]
    done = CliRunner().invoke(app, ["run", "mine"])
    assert done.exit_code == 130 and "What is finished is kept" in done.output


def test_the_list_tells_what_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["run"])
    assert done.exit_code == 0 and all(name in done.output for name in NAMES)
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    assert "none yet" in CliRunner().invoke(app, ["run"]).output
