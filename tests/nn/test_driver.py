"""What a layer says to the driver: its gates, a state in parts, a bias in the step, a projection.

LSTM and GRU use all of it, and are held against torch's in `test_parity`. Here is a layer that
only its step makes: with the plain loop it is what the fast path is.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

import seqcourse.nn
from seqcourse.nn import LSTM, RNNBase, gru_step, lstm_step

from .recurrent import assert_same

torch.set_num_threads(1)


class Slow(RNNBase):
    """An LSTM without a fast path."""

    gates = 4

    @property
    def state_sizes(self) -> tuple[int, ...]:
        return (self.proj_size or self.hidden_size, self.hidden_size)

    def standard_step(self) -> Any:
        return lstm_step


@pytest.mark.parametrize("proj_size", [0, 2])
def test_a_layer_that_only_its_step_makes(proj_size: int) -> None:
    torch.manual_seed(0)
    slow = Slow(3, 4, 2, bidirectional=True, proj_size=proj_size).double()
    fast = LSTM(3, 4, 2, bidirectional=True, proj_size=proj_size).double()
    fast.load_state_dict(slow.state_dict())
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    for layer in (slow, fast):
        layer(x)[0].square().sum().backward()
    for (name, a), b in zip(slow.named_parameters(), fast.parameters(), strict=True):
        assert_same(a.grad, b.grad, name)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_a_layer_is_its_step(name: str) -> None:
    """The one equation of the book, called by hand, is what the layer computes."""
    torch.manual_seed(0)
    layer = getattr(seqcourse.nn, name)(3, 4).double()
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    state: Any = x.new_zeros(2, 4)
    bias_ih, bias_hh = layer.bias_ih_l0, layer.bias_hh_l0
    if name == "LSTM":
        state = (state, state)
    for x_t, output in zip(x, layer(x)[0], strict=True):
        a = x_t @ layer.weight_ih_l0.T + bias_ih
        if name == "LSTM":
            state = lstm_step(a + bias_hh, state, layer.weight_hh_l0)
            assert_same(state[0], output, name)
        else:
            a = a + torch.cat([bias_hh[:8], torch.zeros(4)])
            state = gru_step(a, state, layer.weight_hh_l0, bias_hh[8:])
            assert_same(state, output, name)


def test_a_state_of_two_parts_is_checked_by_parts() -> None:
    layer = LSTM(3, 4, proj_size=2)
    x, h, c = torch.randn(5, 2, 3), torch.zeros(1, 2, 2), torch.zeros(1, 2, 4)
    layer(x, (h, c))
    with pytest.raises(RuntimeError, match=r"Expected hx\[1\] of size \(1, 2, 4\)"):
        layer(x, (h, h))
    with pytest.raises(RuntimeError, match="hx has 2 parts, but 1 came"):
        layer(x, (h,))
    with pytest.raises(AttributeError, match="a tuple of tensors"):
        layer(x, "state")
