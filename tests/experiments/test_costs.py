"""Experiments of chapter 21: what is timed and counted is what it is called."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from seqcourse.experiments import costs, linear_recall, quicker, recalling, scan_recall
from seqcourse.experiments.costs import KINDS, blocks_to_see, in_turns, made, size_of
from seqcourse.training import History, fit

torch.set_num_threads(1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_layer_sees_all_that_was_and_nothing_that_comes(kind: str) -> None:
    layer, x = made(kind, 40, 0), torch.randn(1, 40, costs.WIDTH)
    x.requires_grad_()
    states, end = layer(x)
    (slope,) = torch.autograd.grad(states[:, -1].square().sum(), x, retain_graph=True)
    assert slope[0, 0].abs().max() > 0
    (slope,) = torch.autograd.grad(states[:, 20].square().sum(), x)
    assert slope[0, 20].abs().max() > 0 and not slope[0, 21:].any()
    more = torch.randn(1, 1, costs.WIDTH)
    with torch.no_grad():
        stepped, _ = layer(more, end)
        whole = layer(torch.cat([x, more], 1))[0]
    torch.testing.assert_close(stepped[:, 0], whole[:, -1], rtol=1e-4, atol=1e-5)


def test_attention_is_torchs() -> None:
    ours, theirs = made("attention", 9, 0), made("torch's attention", 9, 0)
    x = torch.randn(2, 9, costs.WIDTH)
    torch.testing.assert_close(ours(x)[0], theirs(x)[0], rtol=1e-4, atol=1e-6)


def test_lstms_are_one() -> None:
    x = torch.randn(2, 9, costs.WIDTH)
    torch.testing.assert_close(made("LSTM", 9, 0)(x)[0], made("torch's LSTM", 9, 0)(x)[0])


@pytest.mark.parametrize(
    ("places", "count"), [(5, 1), (6, 2), (13, 2), (14, 3), (4093, 10), (4096, 11)]
)
def test_a_tcn_gets_blocks_until_it_sees_all(places: int, count: int) -> None:
    assert blocks_to_see(places) == count
    layer = made("TCN", places, 0)
    assert layer.receptive_field >= places  # type: ignore[operator]


def test_turns_and_bytes() -> None:
    called: list[str] = []
    found = in_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 3)
    assert called == ["a", "b"] * 4 and set(found) == {"a", "b"}
    assert all(0 <= seconds < 1 for seconds in found.values())
    assert size_of((torch.zeros(3), [torch.zeros(2, dtype=F) for F in (torch.float64,)])) == 28


def test_a_trial_holds_what_the_summary_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "ROUNDS", 1)
    monkeypatch.setattr(costs, "SYMBOLS", 1)
    quiet: Any = partial(fit, progress=False)
    trials = [
        costs.trial(setting, 0, quiet) | {"setting": setting, "seed": 0, "seconds": 1.0}
        for setting in ({"places": 64, "batch": 1}, {"places": 64, "batch": 2})
    ]
    one, two = costs.summary(trials)["rows"]
    assert set(one["step"]) == set(KINDS) == set(one["bytes"]) and "one" not in two
    assert one["one"]["bytes"]["LSTM"] == 2 * 4 * costs.WIDTH
    assert one["one"]["bytes"]["attention"] == 2 * 4 * costs.WIDTH * 64
    assert two["bytes"]["LSTM"] > one["bytes"]["LSTM"]
    first = trials[0]["first"]["attention"]
    assert len(first) == costs.FIRST and first[-1] < first[0]


def test_half_the_bits_are_near_and_the_loop_is_the_scan() -> None:
    x = quicker.draw(np.random.default_rng(0))
    for name, make in quicker.NETS.items():
        torch.manual_seed(0)
        model = make()
        right = quicker.gradients(model, x, quicker.loss)
        assert quicker.far(right, right) == 0
        assert 1e-5 < quicker.far(quicker.gradients(model, x, quicker.in_half), right) < 0.1, name
        changed = x.clone()
        changed[:, 20:] += 1
        assert torch.allclose(model(changed)[:, :20], model(x)[:, :20], atol=1e-6)


@pytest.mark.parametrize("kind", linear_recall.LAYERS)
def test_recall_is_asked_as_in_chapter_18(kind: str) -> None:
    torch.manual_seed(0)
    model = linear_recall.net(kind, 16)
    batch = recalling.held(100)
    assert recalling.accuracy(model, batch) < 0.2
    assert recalling.loss(model, batch).item() == pytest.approx(np.log(32), abs=0.5)


def test_the_first_steps_are_chapter_18s() -> None:
    settings = linear_recall.settings()
    assert min(setting["steps"] for setting in settings) == recalling.STEPS
    seen: list[Any] = []

    def stopped(model: Any, loss: Any, batch: Any, **options: Any) -> History:
        seen.append(options)
        return History(step=[1], loss=[1.0], norm=[1.0], value=[0.1], seconds=[0.0])

    linear_recall.trial(settings[0], 1, stopped)
    assert seen[0]["lr"] == recalling.RATE and seen[0]["seed"] == 1
    assert seen[0]["every"] == recalling.EVERY and seen[0]["clip"] == recalling.CLIP


def test_the_scan_has_as_many_steps_as_linear_attention_of_its_width() -> None:
    (scan,) = scan_recall.settings()
    (linear,) = [s for s in linear_recall.settings() if s["kind"] != "scan" and s["width"] == 64]
    assert (scan["kind"], scan["width"], scan["steps"]) == ("scan", 64, linear["steps"])
    calls: list[Any] = []

    def stopped(model: Any, loss: Any, batch: Any, **options: Any) -> History:
        calls.append((loss, batch, options["steps"], options["lr"], options["seed"]))
        return History(step=[1], loss=[1.0], norm=[1.0], value=[0.1], seconds=[0.0])

    found = scan_recall.trial(scan, 2, stopped)
    linear_recall.trial(scan, 2, stopped)
    assert calls[0] == calls[1] and calls[0][2] == scan["steps"]
    (net,) = scan_recall.summary([found | {"setting": scan, "seed": 2, "seconds": 1.0}])["nets"]
    assert net["kind"] == "scan" and len(net["runs"]) == 1
