"""One stored result of each family, begun again on this machine: it agrees with what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from seqcourse import experiments
from seqcourse.experiments import _again as again
from seqcourse.experiments._again import Comparison, Ended, compare
from seqcourse.experiments._modules import fingerprint

Stored = dict[str, Any]


def families() -> dict[str, str]:
    """For each family, the experiment whose shortest trial is the shortest."""
    found: dict[str, tuple[float, str]] = {}
    for name in experiments.names():
        family, seconds = experiments.facts(name).family, again._opening(name)["seconds"]
        found[family] = min(found.get(family, (seconds, name)), (seconds, name))
    return {family: name for family, (_, name) in found.items()}


@pytest.mark.parametrize("family", sorted(families()))
def test_a_stored_result_begins_again_as_it_did(
    family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compare(families()[family])
    with capsys.disabled():
        print(f"\ncompared (stored in brackets): {found.text}", flush=True)
    assert not found.wrong, f"{found.text}\n{found.wrong}"


def test_each_family_has_one() -> None:
    chosen = families()
    assert set(chosen) == {experiments.facts(name).family for name in experiments.names()}
    assert all(experiments.facts(name).family == family for family, name in chosen.items())


def begun(trial: Callable[..., Any], setting: Stored) -> Stored:
    """A trial's stored opening."""
    with pytest.raises(Ended) as ended:
        again.begin(3)
        trial(setting, 3, again._fit_to(10))
    history = ended.value.history
    curve = {"step": list(history.step), "loss": list(history.loss)}
    return {"setting": setting, "seed": 3, "seconds": 1.0, "curve": curve}


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> Stored:
    """A small experiment's stored opening, to be spoilt."""

    def trial(setting: dict[str, Any], seed: int, fit: Any) -> dict[str, Any]:
        if "value" in setting:
            return {"accuracy": [setting["value"], 0.5], "model": "a"}
        model = torch.nn.Linear(1, 1)
        draw = lambda rng: torch.tensor(rng.normal(size=(8, 1)), dtype=torch.float32)  # noqa: E731
        loss = lambda model, x: (model(x) - 2 * x).square().mean()  # noqa: E731
        if "wild" in setting:  # the slope, and with it each step, turns on the last digits
            loss = lambda model, x: (2000 * model(x)).sin().mean() + 2  # noqa: E731
        stop = lambda history: False  # noqa: E731
        fit(model, loss, draw, steps=10**6, every=setting["every"], stop=stop)
        raise AssertionError("it would train to its end")

    module = ModuleType("mine")
    settings = [{"every": 10}, {"every": 10**9}, {"value": 0.8}, {"every": 10, "wild": True}]
    vars(module).update(trial=trial)
    monkeypatch.setattr(again, "load", lambda name: (module, settings))
    opening = begun(trial, settings[0])
    monkeypatch.setattr(again, "_opening", lambda name: opening)
    return opening


def test_what_agrees_is_told(mine: Stored) -> None:
    found = compare("mine")
    assert not found.wrong
    assert found.text.startswith("mine, every=10, seed 3: loss at steps 10, 20, 30, 40, 50: ")
    mine["curve"]["loss"][0] *= 1.001
    mine["curve"]["loss"][4] *= 1.01
    mine["curve"]["loss"][5] *= 2  # beyond what is compared
    assert not compare("mine").wrong


@pytest.mark.parametrize(("entry", "factor"), [(0, 1.004), (0, 0.996), (3, 1.04), (4, -1.0)])
def test_a_spoilt_curve_is_found(mine: Stored, entry: int, factor: float) -> None:
    mine["curve"]["loss"][entry] *= factor
    assert f"at step {10 * entry + 10} the loss is" in compare("mine").wrong


def test_where_rounding_decides_a_loss_may_be_far(mine: Stored) -> None:
    mine.update(begun(again.load("mine")[0].trial, {"every": 10, "wild": True}))
    assert "twins" not in compare("mine").text
    mine["curve"]["loss"][4] *= 1.05
    found = compare("mine")
    assert "twins are" in found.text and not found.wrong
    mine["curve"]["loss"][1] *= 1.05
    assert "at step 20 the loss is" in compare("mine").wrong


def test_other_code_is_found(mine: Stored) -> None:
    mine["seed"] = 4
    assert "at step 10 the loss is" in compare("mine").wrong
    mine["seed"] = 3
    mine["curve"]["step"] = [20, 40]
    assert "it has entries at steps [10, 20]" in compare("mine").wrong
    mine["setting"] = {"every": 11}
    assert "no longer has this trial" in compare("mine").wrong
    mine["setting"] = {"value": 0.8}
    assert "no longer trains by fit" in compare("mine").wrong


def test_the_minute_ends_at_an_entry(mine: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "SECONDS", 0.0)
    found = compare("mine")
    assert "at steps 10: " in found.text and not found.wrong


def test_nothing_compared_is_no_agreement(mine: Stored) -> None:
    mine["curve"] = {"step": [], "loss": []}
    assert "nothing to compare" in compare("mine").wrong


def test_a_spoilt_value_is_found(mine: Stored) -> None:
    del mine["curve"]
    mine["setting"] = {"value": 0.8}
    mine["found"] = {"accuracy": [0.8, 0.5], "model": "a"}
    assert not compare("mine").wrong
    mine["found"]["accuracy"][1] = 0.51
    assert not compare("mine").wrong
    mine["found"]["accuracy"][1] = 0.6
    assert compare("mine").wrong == "accuracy.1 is 0.5, stored is 0.6."
    mine["found"] = {"accuracy": [0.8, 0.5], "model": "b"}
    assert compare("mine").wrong == "model is 'a', stored is 'b'."
    mine["found"] = {"accuracy": [0.8]}
    assert "stored are accuracy.0" in compare("mine").wrong


@pytest.fixture
def older(mine: Stored, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A record of the small experiment, as `stored` and `out_of_date` read it."""
    path = tmp_path / "spelling.json"
    module = "experiments/spelling.py"
    modules = {module: "0", "training.py": "0", "nn/gone.py": "0", "metrics.py": "0"}
    path.write_text(json.dumps({"opening": mine, "modules": modules, "result": 1}), "utf-8")
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    monkeypatch.setattr(again, "compare", lambda name: compared)
    compared = Comparison("loss at steps 1, 2", "")
    return path


def spoil(path: Path, **modules: str) -> None:
    record = json.loads(path.read_text("utf-8"))
    current = {
        name: fingerprint(again.PACKAGE / name) for name in record["modules"] if "gone" not in name
    }
    record["modules"] |= current | {
        name.replace("_", "/") + ".py": x for name, x in modules.items()
    }
    path.write_text(json.dumps(record), "utf-8")


def test_what_agrees_after_a_change_of_what_trains_stands(older: Path) -> None:
    spoil(older, training="0")
    before = json.loads(older.read_text("utf-8"))
    assert experiments.out_of_date("spelling") == ["nn/gone.py", "training.py"]
    assert not again.confirm("spelling").wrong
    after = json.loads(older.read_text("utf-8"))
    assert after.pop("confirmed")["by"] == "loss at steps 1, 2" and after == before
    assert experiments.out_of_date("spelling") == []
    assert again.confirm("spelling").text == "spelling is up to date"


def test_what_no_loss_shows_is_not_confirmed(older: Path) -> None:
    spoil(older, metrics="0")
    before = older.read_bytes()
    found = again.confirm("spelling")
    assert found.wrong == "seqcourse/metrics.py may change what no loss shows: run it again."
    assert older.read_bytes() == before


def test_what_differs_is_not_confirmed(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(older, training="0")
    before = older.read_bytes()
    monkeypatch.setattr(again, "compare", lambda name: Comparison("loss", "it is far"))
    assert again.confirm("spelling").wrong == "it is far"
    assert older.read_bytes() == before
