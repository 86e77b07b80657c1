"""LSTM and LSTMCell, as torch.nn has them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.gradients.gated import last
from seqcourse.gradients.lstm import LSTMStates, lstm_backward, lstm_forward
from seqcourse.gradients.steps import BatchSizes
from seqcourse.nn.by_hand import Sent, Tensors, by_hand
from seqcourse.nn.cell import GatedCell
from seqcourse.nn.lstm_step import lstm_step
from seqcourse.nn.recurrent import RNNBase, Weights
from seqcourse.nn.unroll import Parts, Step, unroll


class LSTM(RNNBase):
    """c_t = f_t c_{t-1} + i_t g_t and h_t = o_t tanh(c_t), over whole sequences.

    The gates i, f and o are sigmoids, g a tanh, each of W_ih x_t + b_ih + W_hh h_{t-1} + b_hh with
    its own rows of the weights, in the order i, f, g, o: `lstm_step` is the equation.

    torch.nn.LSTM's arguments, shapes, defaults and parameter names; see `RNNBase.forward` for what
    goes in and out. The state is a tuple: h, (layers × directions, B, P), and c, with H in the
    place of P. Weights of torch's give torch's outputs and gradients.

    Args:
        input_size: I, features of each step's input.
        hidden_size: H, cells.
        num_layers: each reads the one below.
        bias: with b_ih and b_hh.
        batch_first: (B, T, …) in and out instead of (T, B, …); the state has its layers first
            all the same.
        dropout: between layers, in training.
        bidirectional: with a second set of weights that reads from the end.
        proj_size: P, numbers of the output, which is W_hr h_t; 0 is no projection, and P is H.
        device, dtype: of the parameters.
        step: in place of the layer's own step, `lstm_step`: `step(a, (h, c), weight_hh)` returns
            the new (h, c); see `RNNBase`. The projection comes after it. A step that you kept is
            `LSTM(…, step=my_nn.lstm_step)`; it trains by autograd.

    Raises:
        TypeError, ValueError: as torch's.
    """

    gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        step: Step | None = None,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
            step=step,
        )

    @property
    def state_sizes(self) -> tuple[int, ...]:
        return (self.proj_size or self.hidden_size, self.hidden_size)

    def standard_step(self) -> Step:
        return lstm_step

    def by_hand(
        self, x: Tensor, state: Parts, weights: Weights, batch_sizes: BatchSizes
    ) -> tuple[Tensor, Parts]:
        """Backpropagation through time as `seqcourse.gradients.lstm` derives it."""
        bias = None
        if weights.bias_ih is not None and weights.bias_hh is not None:
            bias = weights.bias_ih + weights.bias_hh
        h, c_T = by_hand(
            _Recurrence(), batch_sizes, x, *state, weights.ih, weights.hh, bias, weights.hr
        )
        return h, (last(h, batch_sizes), c_T)


class _Recurrence:
    """From x, h_0, c_0, weight_ih, weight_hh, bias and weight_hr to all h and the last c."""

    def run(self, inputs: Any, batch_sizes: BatchSizes) -> tuple[Tensors, Tensors]:
        x, h_0, c_0, weight_ih, weight_hh, bias, weight_hr = inputs
        states = lstm_forward(x, h_0, c_0, weight_ih, weight_hh, bias, weight_hr, batch_sizes)
        return (states.h, last(states.c, batch_sizes).clone()), states

    def send_back(
        self, grads: Sent, inputs: Any, kept: Tensors, batch_sizes: BatchSizes, first: bool
    ) -> Sent:
        x, h_0, c_0, weight_ih, weight_hh, _, weight_hr = inputs
        states = LSTMStates(*kept)
        grad_h, grad_c = grads
        if grad_h is None:  # the loss asks for the last cell state alone
            grad_h = torch.zeros_like(states.h)
        return lstm_backward(
            grad_h, grad_c, states, x, h_0, c_0, weight_ih, weight_hh, weight_hr, batch_sizes, first
        )

    def loop(self, inputs: Any, batch_sizes: BatchSizes) -> Tensors:
        x, h_0, c_0, weight_ih, weight_hh, bias, weight_hr = inputs
        a = F.linear(x, weight_ih, bias)
        h, (_, c_T) = unroll(lstm_step, a, (h_0, c_0), weight_hh, (), weight_hr, batch_sizes)
        return h, c_T


class LSTMCell(GatedCell):
    """One step of an LSTM, as torch.nn.LSTMCell.

    Args:
        input_size: I.
        hidden_size: H.
        bias: with b_ih and b_hh.
        device, dtype: of the parameters.
        step: in place of `lstm_step`: (a, (h, c), weight_hh) -> (h, c).
    """

    gates = 4
    parts = 2

    def standard_step(self) -> Step:
        return lstm_step

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The next state, h and c, (B, H) each, from the input, (B, I), and the state; zeros are
        the default.

        For one sequence, all without B.

        Raises:
            ValueError: the input or a part of the state has neither 1 nor 2 dimensions.
            RuntimeError: sizes or dtypes that do not fit.
            AttributeError: not tensors.
        """
        h, c = self.next(input, hx)
        return h, c
