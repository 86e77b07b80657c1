"""A learner's own cell in the course's driver: it runs, it trains, and it fails with a reason."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import seqcourse.nn
from seqcourse.nn import GRU, LSTM, RNN, gru_step, lstm_step, rnn_step

torch.set_num_threads(1)


def my_step(a: Tensor, h: Tensor, weight_hh: Tensor) -> Tensor:
    return torch.tanh(a + h @ weight_hh.T)


def leaky_step(a: Tensor, h: Tensor, weight_hh: Tensor) -> Tensor:
    return 0.5 * h + 0.5 * torch.tanh(a + h @ weight_hh.T)


class LearnedLeak(nn.Module):
    """A step with a parameter of its own."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.leak = nn.Parameter(torch.zeros(hidden_size))

    def forward(self, a: Tensor, h: Tensor, weight_hh: Tensor) -> Tensor:
        keep = torch.sigmoid(self.leak)
        return keep * h + (1 - keep) * rnn_step(a, h, weight_hh)


def my_lstm_step(a: Tensor, state: tuple[Tensor, Tensor], weight_hh: Tensor) -> Any:
    h, c = state
    i, f, g, o = (a + h @ weight_hh.T).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def my_gru_step(a: Tensor, h: Tensor, weight_hh: Tensor, bias_hn: Any = 0.0) -> Tensor:
    size = h.shape[-1]
    memory = h @ weight_hh.T
    r, z = torch.sigmoid(a[:, : 2 * size] + memory[:, : 2 * size]).chunk(2, -1)
    n = torch.tanh(a[:, 2 * size :] + r * (memory[:, 2 * size :] + bias_hn))
    return z * h + (1 - z) * n


def carousel_step(a: Tensor, state: tuple[Tensor, Tensor], weight_hh: Tensor) -> Any:
    """The LSTM of 1997: nothing is forgotten."""
    h, c = state
    i, _, g, o = (a + h @ weight_hh.T).chunk(4, -1)
    c = c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


MINE = {"RNN": my_step, "LSTM": my_lstm_step, "GRU": my_gru_step}


@pytest.mark.parametrize("layer", MINE)
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False}])
def test_ones_own_plain_step_is_the_layer(layer: str, options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    make = getattr(seqcourse.nn, layer)
    standard, own = make(3, 4, **options), make(3, 4, **options, step=MINE[layer])
    own.load_state_dict(standard.state_dict())
    x = torch.randn(6, 5, 3)
    packed = pack_padded_sequence(x, torch.tensor([3, 6, 1, 4, 6]), enforce_sorted=False)
    torch.testing.assert_close(own(x), standard(x))
    torch.testing.assert_close(own(packed)[0].data, standard(packed)[0].data)
    own(x)[0].sum().backward()
    standard(x)[0].sum().backward()
    for mine, theirs in zip(own.parameters(), standard.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


@pytest.mark.parametrize(
    ("make", "step"), [(RNN, leaky_step), (RNN, LearnedLeak(8)), (LSTM, carousel_step)]
)
def test_ones_own_cell_trains(make: Any, step: Any) -> None:
    """To give back what came three steps ago."""
    torch.manual_seed(0)
    layer, readout = make(1, 8, step=step), nn.Linear(8, 1)
    x = torch.randn(12, 16, 1)
    parameters = [*layer.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=3e-2)
    losses = []
    for _ in range(120):
        loss = (readout(layer(x)[0])[3:] - x[:-3]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    if isinstance(step, nn.Module):
        assert "step.leak" in layer.state_dict()
        assert step.leak.grad is not None and step.leak.detach().any()


def test_a_step_is_where_to_look_inside() -> None:
    """The gradient at every state, by a hook: the whole of it, from above and from later."""
    states: list[Tensor] = []

    def watched(a: Tensor, h: Tensor, weight_hh: Tensor) -> Tensor:
        states.append(rnn_step(a, h, weight_hh))
        states[-1].retain_grad()
        return states[-1]

    torch.manual_seed(0)
    layer = RNN(3, 4, step=watched)
    layer(torch.randn(5, 2, 3))[0].sum().backward()
    assert len(states) == 5
    torch.testing.assert_close(states[-1].grad, torch.ones(2, 4))
    after = states[-1].grad * (1 - states[-1] ** 2)
    torch.testing.assert_close(states[-2].grad, torch.ones(2, 4) + after @ layer.weight_hh_l0)


@pytest.mark.parametrize("kind", MINE)
@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_takes_a_step(kind: str, bias: bool) -> None:
    torch.manual_seed(0)
    make = getattr(seqcourse.nn, f"{kind}Cell")
    standard, own = make(3, 4, bias=bias), make(3, 4, bias=bias, step=MINE[kind])
    own.load_state_dict(standard.state_dict())
    x, h = torch.randn(2, 3), torch.randn(2, 4)
    state: Any = (h, h + 1) if kind == "LSTM" else h
    torch.testing.assert_close(own(x, state), standard(x, state))


def test_a_projection_comes_after_the_step() -> None:
    torch.manual_seed(0)
    standard, own = LSTM(3, 4, proj_size=2), LSTM(3, 4, proj_size=2, step=my_lstm_step)
    own.load_state_dict(standard.state_dict())
    x = torch.randn(5, 2, 3)
    torch.testing.assert_close(own(x), standard(x))


def test_no_step_writes_into_what_it_is_given() -> None:
    a, h, c, weight = torch.randn(2, 16), torch.randn(2, 4), torch.randn(2, 4), torch.randn(16, 4)
    given = [x.clone() for x in (a, h, c, weight)]
    lstm_step(a, (h, c), weight)
    gru_step(a[:, :12], h, weight[:12], h[0])
    assert all(map(torch.equal, given, (a, h, c, weight)))


WRONG_STEPS: dict[str, tuple[Any, type[Exception], str]] = {
    "nothing": (lambda a, h, w: None, TypeError, "returned NoneType"),
    "two": (lambda a, h, w: (h, h), TypeError, "2 tensors for a state of 1"),
    "transposed": (lambda a, h, w: (a + h @ w.T).T, ValueError, r"shape \(4, 2\).*wanted \(2, 4\)"),
    "summed": (lambda a, h, w: (a + h @ w.T).sum(), ValueError, r"wanted \(2, 4\)"),
}


WRONG_GATED_STEPS: dict[str, tuple[Any, Any, str]] = {
    "the output alone": (LSTM, lambda a, s, w: s[0], "1 tensors for a state of 2"),
    "a list": (
        LSTM,
        lambda a, s, w: list(s),
        "returned list: return the new state, a tensor, or 2",
    ),
    "both": (GRU, lambda a, h, w, b: (h, h), "2 tensors for a state of 1"),
    "a wide cell": (LSTM, lambda a, s, w: (s[0], a), r"shape \(2, 16\)"),
    "a narrow output": (LSTM, lambda a, s, w: (s[0][:, 0], s[1]), r"shape \(2,\)"),
}


@pytest.mark.parametrize("kind", WRONG_GATED_STEPS)
def test_what_a_gated_step_must_give(kind: str) -> None:
    make, step, message = WRONG_GATED_STEPS[kind]
    with pytest.raises((TypeError, ValueError), match=message):
        make(3, 4, step=step)(torch.randn(5, 2, 3))
    cell = getattr(seqcourse.nn, f"{make.__name__}Cell")
    with pytest.raises((TypeError, ValueError), match=message):
        cell(3, 4, step=step)(torch.randn(2, 3))


@pytest.mark.parametrize("kind", WRONG_STEPS)
def test_what_a_step_must_give(kind: str) -> None:
    step, error, message = WRONG_STEPS[kind]
    with pytest.raises(error, match=message):
        RNN(3, 4, step=step)(torch.randn(5, 2, 3))


def test_a_step_that_is_none() -> None:
    with pytest.raises(TypeError, match="step is a function"):
        RNN(3, 4, step=torch.zeros(2, 4))  # type: ignore[arg-type]
