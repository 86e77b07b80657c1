"""fit: fixed steps, the same numbers whether interrupted or not, and errors that say what to do."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import seqcourse.nn
from seqcourse import training
from seqcourse.models.sequence_classifier import SequenceClassifier
from seqcourse.training import Diverged, History, fit

torch.set_num_threads(1)
Pair = tuple[Tensor, Tensor]


def network(seed: int = 0, dropout: float = 0.3) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1))


def draw(rng: np.random.Generator) -> Pair:
    x = rng.standard_normal((16, 3)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(x.sum(1, keepdims=True))


def loss(model: nn.Module, batch: Pair) -> Tensor:
    return ((model(batch[0]) - batch[1]) ** 2).mean()


def evaluate(model: nn.Module) -> float:
    assert not model.training and not torch.is_grad_enabled()
    return float(model(torch.ones(1, 3)))


def weights(model: nn.Module) -> list[Any]:
    return [p.tolist() for p in model.parameters()]


def without_clock(history: History) -> dict[str, Any]:
    return {key: value for key, value in history.plain().items() if key != "seconds"}


def test_it_is_the_loop_one_would_write() -> None:
    ours, theirs = network(dropout=0), network(dropout=0)
    history = fit(ours, loss, draw, steps=25, every=10, lr=0.01, clip=1.0, seed=3)
    rng, optimizer = np.random.default_rng(3), torch.optim.Adam(theirs.parameters(), lr=0.01)
    losses, norms = [], []
    for _ in range(25):
        value = loss(theirs, draw(rng))
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        norms.append(float(nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)))
        optimizer.step()
        losses.append(value.item())
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-7)
    assert history.step == [10, 20, 25] and history.finished
    assert np.allclose(
        history.loss, [np.mean(losses[a:b]) for a, b in [(0, 10), (10, 20), (20, 25)]]
    )
    assert np.allclose(history.norm, [max(norms[a:b]) for a, b in [(0, 10), (10, 20), (20, 25)]])
    assert history.seconds == sorted(history.seconds)


class Killed(Exception):
    pass


def sequences(rng: np.random.Generator) -> Pair:
    x = rng.standard_normal((4, 6, 3)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(x.sum(1)[:, :1])


LAYERS: dict[str, Any] = {"ours": seqcourse.nn.RNN, "RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
@given(killed_at=st.integers(1, 12), every=st.integers(1, 5))
@settings(max_examples=6)
def test_a_recurrent_net_goes_on_to_the_same_numbers(
    layer: Any, dtype: torch.dtype, killed_at: int, every: int
) -> None:
    """Two layers with dropout between them, stopped where it may be."""

    def run(draw: Any, checkpoint: Path | None) -> tuple[nn.Module, History]:
        torch.manual_seed(0)
        made = layer(3, 5, num_layers=2, dropout=0.4, batch_first=True)
        model = SequenceClassifier(made, 1).to(dtype)
        history = fit(
            model,
            lambda m, b: loss(m, (b[0].to(dtype), b[1].to(dtype))),
            draw,
            steps=12,
            every=every,
            lr=0.01,
            clip=0.5,
            evaluate=lambda m: m(torch.ones(1, 2, 3, dtype=dtype)).item(),
            checkpoint=checkpoint,
            progress=False,
        )
        return model, history

    calls = 0

    def dying(rng: np.random.Generator) -> Pair:
        nonlocal calls
        calls += 1
        if calls == killed_at:
            raise Killed
        return sequences(rng)

    whole, history = run(sequences, None)
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(training, "SECONDS", 0.0)
        path = Path(folder, "c.pt")
        with pytest.raises(Killed):
            run(dying, path)
        assert path.exists() == (killed_at > every)
        resumed, again = run(sequences, path)
    assert weights(resumed) == weights(whole)
    assert without_clock(again) == without_clock(history)


@pytest.mark.parametrize("killed_at", [1, 7, 8, 20, 39])
@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.SGD])
def test_an_interrupted_training_ends_in_the_same_numbers(
    kind: Any, killed_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SECONDS", 0.0)
    options: dict[str, Any] = {"steps": 40, "every": 4, "clip": 0.5, "seed": 1}

    def run(draw: Any, checkpoint: Path | None) -> tuple[nn.Module, History]:
        model = network()
        optimizer = kind(model.parameters(), lr=0.05)
        history = fit(
            model,
            loss,
            draw,
            optimizer=optimizer,
            evaluate=evaluate,
            checkpoint=checkpoint,
            **options,
        )
        return model, history

    calls = 0

    def dying(rng: np.random.Generator) -> Pair:
        nonlocal calls
        calls += 1
        if calls == killed_at:
            raise Killed
        return draw(rng)

    whole, history = run(draw, None)
    path = tmp_path / "at" / "checkpoint.pt"
    with pytest.raises(Killed):
        run(dying, path)
    resumed, again = run(draw, path)
    assert weights(resumed) == weights(whole)
    assert without_clock(again) == without_clock(history)
    assert [file.name for file in path.parent.iterdir()] == ["checkpoint.pt"]
    third, same = run(dying, path)  # all is done: no batch is drawn
    assert weights(third) == weights(whole) and without_clock(same) == without_clock(history)


def test_a_finished_training_can_be_given_more_steps(tmp_path: Path) -> None:
    longer, path = network(), tmp_path / "c.pt"
    whole = fit(longer, loss, draw, steps=20, every=5)
    fit(network(), loss, draw, steps=10, every=5, checkpoint=path)
    model = network()
    assert without_clock(
        fit(model, loss, draw, steps=20, every=5, checkpoint=path)
    ) == without_clock(whole)
    assert weights(model) == weights(longer)


def test_what_diverges_after_it_was_finished_is_not_finished(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    assert fit(network(), loss, draw, steps=5, checkpoint=path).finished
    with pytest.raises(Diverged) as caught:
        fit(network(), lambda m, b: loss(m, b) * torch.nan, draw, steps=6, checkpoint=path)
    assert caught.value.history.step == [5] and not caught.value.history.finished


def test_the_clock_stops_it_and_the_next_call_goes_on(tmp_path: Path) -> None:
    path, whole = tmp_path / "c.pt", network()
    expected = fit(whole, loss, draw, steps=20, every=5)
    model = network()
    history = fit(model, loss, draw, steps=20, every=5, checkpoint=path, minutes=0)
    assert history.step == [5] and not history.finished
    history = fit(network(9), loss, draw, steps=20, every=5, checkpoint=path, minutes=0)
    assert history.step == [5, 10] and not history.finished
    history = fit(model, loss, draw, steps=20, every=5, checkpoint=path)
    assert history.step == expected.step and weights(model) == weights(whole)


def test_stop_ends_it_for_good(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    for _ in range(2):
        history = fit(
            network(),
            loss,
            draw,
            steps=50,
            every=5,
            checkpoint=path,
            stop=lambda h: len(h.step) == 3,
        )
        assert history.step == [5, 10, 15] and history.stopped and history.finished


def test_it_leaves_generators_and_mode_as_they_were() -> None:
    model = network().eval()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    fit(model, loss, draw, steps=3)
    assert torch.equal(before, torch.get_rng_state()) and not model.training
    with pytest.raises(Killed):
        fit(model, lambda m, b: (_ for _ in ()).throw(Killed), draw, steps=3)
    assert not model.training


def test_the_seed_sets_batches_and_dropout() -> None:
    runs = [network() for _ in range(3)]
    for model, seed in zip(runs, (0, 0, 1), strict=True):
        fit(model, loss, draw, steps=5, seed=seed)
    assert weights(runs[0]) == weights(runs[1]) != weights(runs[2])


def test_what_diverges_says_so() -> None:
    numbers = iter(range(99))
    seen: list[int] = []
    with pytest.raises(
        Diverged, match=r"At step 8 the loss was nan .* smaller learning rate"
    ) as caught:
        fit(
            network(),
            lambda m, b: loss(m, b) * (float("nan") if b[2] > 6 else 1.0),
            lambda rng: (*draw(rng), next(numbers)),
            steps=40,
            every=4,
            evaluate=lambda model: seen.append(0),
        )
    assert caught.value.history.step == [4]
    assert len(seen) == 1  # a model that is lost is not evaluated


def test_a_gradient_that_is_not_finite_is_noticed_while_the_loss_is_finite() -> None:
    """The square root's slope at 0 is infinite."""
    with pytest.raises(Diverged, match=r"At step 1 the loss was 0 and its gradient's norm nan"):
        fit(
            network(),
            lambda m, b: (0 * m(b[0]).sum()).sqrt(),
            draw,
            steps=1,
        )


def test_a_loss_of_one_entry_will_do() -> None:
    one, other = network(), network()
    fit(one, loss, draw, steps=3)
    history = fit(other, lambda m, b: loss(m, b).reshape(1, 1), draw, steps=3)
    assert weights(one) == weights(other) and isinstance(history.loss[0], float)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps=0"),
        ({"every": 0}, "every=0"),
        ({"clip": 0.0}, "clip=0.0: give a norm above 0"),
        ({"loss": lambda m, b: 0.0}, "loss gave 0.0: return one number, a tensor"),
        ({"loss": lambda m, b: m(b[0])}, r"shape \(16, 1\): return one number"),
        ({"loss": lambda m, b: loss(m, b).detach()}, "does not depend on any weight"),
    ],
)
def test_what_cannot_be_trained(change: dict[str, Any], message: str) -> None:
    options: dict[str, Any] = {"loss": loss, "batch": draw, "steps": 3} | change
    with pytest.raises(ValueError, match=message):
        fit(network(), **options)


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    fit(network(), loss, draw, steps=5, checkpoint=path)
    changes: list[tuple[dict[str, Any], str]] = [
        ({"seed": 2}, "seed: 0 there, 2 here"),
        ({"every": 3}, "every: 100 there, 3 here"),
        ({"clip": 1.0}, "clip: None there, 1.0 here"),
        ({"lr": 0.5}, "'lr': 0.001.* there, .*'lr': 0.5.* here"),
        ({"model": network(dropout=0.1)}, "'p': 0.3.* there, .*'p': 0.1.* here"),
        ({"model": network().double()}, r"float32 there, \(8, 3\) torch.float64 here"),
        ({"model": nn.Linear(3, 1)}, "Sequential {} there, Linear .* more"),
        ({"steps": 4}, "has done 5 steps, and steps=4 are asked for"),
    ]
    for change, said in changes:
        options = {"model": network(), "steps": 5} | change
        with pytest.raises(ValueError, match=said):
            fit(loss=loss, batch=draw, checkpoint=path, **options)
    for bad in (b"no checkpoint", path.read_bytes()[:-100]):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match="remove it, or give another file"):
            fit(network(), loss, draw, steps=5, checkpoint=path)
    torch.save({"a": 1}, path)
    with pytest.raises(ValueError, match="remove it, or give another file"):
        fit(network(), loss, draw, steps=5, checkpoint=path)


def test_a_checkpoint_tells_layers_apart_that_have_the_same_weights(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"

    def run(nonlinearity: str) -> None:
        layer = seqcourse.nn.RNN(3, 4, nonlinearity=nonlinearity, batch_first=True)
        fit(SequenceClassifier(layer, 1), loss, sequences, steps=2, checkpoint=path)

    run("tanh")
    with pytest.raises(ValueError, match="tanh.* there, .*relu.* here"):
        run("relu")


@pytest.mark.parametrize(
    ("gave", "kept"),
    [
        (np.float64(0.5), 0.5),
        (torch.tensor([1, 2]), [1, 2]),
        ({"a": (np.arange(2), None, True), "b": "c"}, {"a": [[0, 1], None, True], "b": "c"}),
        (float("nan"), float("nan")),
    ],
)
def test_a_checkpoint_gives_values_back(gave: Any, kept: Any, tmp_path: Path) -> None:
    for steps in (2, 4):
        history = fit(
            network(),
            loss,
            draw,
            steps=steps,
            every=2,
            evaluate=lambda model: gave,
            checkpoint=tmp_path / "c.pt",
        )
    assert repr(history.value) == repr([kept, kept])
    json.dumps(history.plain())


def test_a_value_that_no_history_can_hold() -> None:
    with pytest.raises(TypeError, match="evaluate gave .* of type Linear: return numbers"):
        fit(network(), loss, draw, steps=1, evaluate=lambda model: nn.Linear(1, 1))


def test_the_bar_is_silent_in_the_books_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQCOURSE_STRICT", "1")
    fit(network(), loss, draw, steps=3)
    assert capsys.readouterr() == ("", "")
    monkeypatch.delenv("SEQCOURSE_STRICT")
    fit(network(), loss, draw, steps=3, progress="echo")
    assert "echo" in capsys.readouterr().err
    fit(network(), loss, draw, steps=3, progress=False)
    assert capsys.readouterr() == ("", "")
