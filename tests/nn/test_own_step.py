"""A learner's own cell in the course's driver: it runs, it trains, and it fails with a reason."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from seqcourse.nn import RNN, RNNCell, rnn_step

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


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False}])
def test_ones_own_plain_step_is_the_layer(options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    standard, own = RNN(3, 4, **options), RNN(3, 4, **options, step=my_step)
    own.load_state_dict(standard.state_dict())
    x = torch.randn(6, 5, 3)
    packed = pack_padded_sequence(x, torch.tensor([3, 6, 1, 4, 6]), enforce_sorted=False)
    torch.testing.assert_close(own(x), standard(x))
    torch.testing.assert_close(own(packed)[0].data, standard(packed)[0].data)
    own(x)[0].sum().backward()
    standard(x)[0].sum().backward()
    for mine, theirs in zip(own.parameters(), standard.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


@pytest.mark.parametrize("step", [leaky_step, LearnedLeak(8)])
def test_ones_own_cell_trains(step: Any) -> None:
    """To give back what came three steps ago."""
    torch.manual_seed(0)
    layer, readout = RNN(1, 8, step=step), nn.Linear(8, 1)
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


def test_a_cell_takes_a_step() -> None:
    torch.manual_seed(0)
    standard, own = RNNCell(3, 4), RNNCell(3, 4, step=my_step)
    own.load_state_dict(standard.state_dict())
    x, h = torch.randn(2, 3), torch.randn(2, 4)
    torch.testing.assert_close(own(x, h), standard(x, h))


WRONG_STEPS: dict[str, tuple[Any, type[Exception], str]] = {
    "nothing": (lambda a, h, w: None, TypeError, "returned NoneType"),
    "two": (lambda a, h, w: (h, h), TypeError, "2 tensors for a state of 1"),
    "transposed": (lambda a, h, w: (a + h @ w.T).T, ValueError, r"shape \(4, 2\).*wanted \(2, 4\)"),
    "summed": (lambda a, h, w: (a + h @ w.T).sum(), ValueError, r"wanted \(2, 4\)"),
}


@pytest.mark.parametrize("kind", WRONG_STEPS)
def test_what_a_step_must_give(kind: str) -> None:
    step, error, message = WRONG_STEPS[kind]
    with pytest.raises(error, match=message):
        RNN(3, 4, step=step)(torch.randn(5, 2, 3))


def test_a_step_that_is_none() -> None:
    with pytest.raises(TypeError, match="step is a function"):
        RNN(3, 4, step=torch.zeros(2, 4))  # type: ignore[arg-type]
