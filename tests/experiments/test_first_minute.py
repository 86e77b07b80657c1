"""One stored result of each family, begun again on this machine: it agrees with what is stored."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch

from seqcourse import experiments

from . import first_minute
from .first_minute import Ended, compare, families

Stored = dict[str, Any]


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


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> Stored:
    """A small experiment's stored opening, to be spoilt."""

    def trial(setting: dict[str, Any], seed: int, fit: Any) -> dict[str, Any]:
        if "value" in setting:
            return {"accuracy": [setting["value"], 0.5], "model": "a"}
        model = torch.nn.Linear(1, 1)
        draw = lambda rng: torch.tensor(rng.normal(size=(8, 1)), dtype=torch.float32)  # noqa: E731
        loss = lambda model, x: (model(x) - 2 * x).square().mean()  # noqa: E731
        stop = lambda history: False  # noqa: E731
        fit(model, loss, draw, steps=10**6, every=setting["every"], stop=stop)
        raise AssertionError("it would train to its end")

    module = ModuleType("mine")
    settings = [{"every": 10}, {"every": 10**9}, {"value": 0.8}]
    vars(module).update(trial=trial)
    monkeypatch.setattr(first_minute, "load", lambda name: (module, settings))
    with pytest.raises(Ended) as ended:
        first_minute.begin(3)
        trial(settings[0], 3, first_minute._fit_to(10))
    history = ended.value.history
    curve = {"step": list(history.step), "loss": list(history.loss)}
    opening = {"setting": settings[0], "seed": 3, "seconds": 1.0, "curve": curve}
    monkeypatch.setattr(first_minute, "_opening", lambda name: opening)
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
    monkeypatch.setattr(first_minute, "SECONDS", 0.0)
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
