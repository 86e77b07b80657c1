"""GRU and GRUCell, as torch.nn has them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.gradients.gated import last
from seqcourse.gradients.gru import GRUStates, gru_backward, gru_forward
from seqcourse.gradients.steps import BatchSizes
from seqcourse.nn.by_hand import Sent, Tensors, by_hand
from seqcourse.nn.cell import GatedCell
from seqcourse.nn.gru_step import gru_step
from seqcourse.nn.recurrent import RNNBase, Weights
from seqcourse.nn.unroll import Parts, Step, unroll


class GRU(RNNBase):
    """h_t = (1 - z_t) n_t + z_t h_{t-1}, over whole sequences.

    The gates r and z are sigmoids and the candidate n is a tanh, each of W_ih x_t + b_ih and
    W_hh h_{t-1} + b_hh with its own rows of the weights, in the order r, z, n; in n, r scales the
    second of the two: `gru_step` is the equation.

    torch.nn.GRU's arguments, shapes, defaults and parameter names; see `RNNBase.forward` for what
    goes in and out. Weights of torch's give torch's outputs and gradients.

    Args:
        input_size: I, features of each step's input.
        hidden_size: H, numbers in the state.
        num_layers: each reads the one below.
        bias: with b_ih and b_hh.
        batch_first: (B, T, …) in and out instead of (T, B, …); the state has its layers first
            all the same.
        dropout: between layers, in training.
        bidirectional: with a second set of weights that reads from the end.
        device, dtype: of the parameters.
        step: in place of the layer's own step, `gru_step`: `step(a, h, weight_hh, bias_hn)`
            returns the new h; see `RNNBase`. Without biases the step gets no bias_hn: let it be
            0.0 by default. A step that you kept is `GRU(…, step=my_nn.gru_step)`; it trains by
            autograd.

    Raises:
        TypeError, ValueError: as torch's.
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        proj_size: int = 0,
        step: Step | None = None,
    ) -> None:
        if proj_size:
            raise ValueError(
                f"proj_size={proj_size} came, but only an LSTM has a projection: leave it out, "
                "or put nn.Linear behind the layer."
            )
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
            step=step,
        )

    def standard_step(self) -> Step:
        return gru_step

    def share_bias(self, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Parts]:
        return _share_bias(bias_ih, bias_hh)

    def by_hand(
        self, x: Tensor, state: Parts, weights: Weights, batch_sizes: BatchSizes
    ) -> tuple[Tensor, Parts]:
        """Backpropagation through time as `seqcourse.gradients.gru` derives it."""
        bias: Tensor | None = None
        extras: Parts = (x.new_zeros(self.hidden_size),)
        if weights.bias_ih is not None and weights.bias_hh is not None:
            bias, extras = self.share_bias(weights.bias_ih, weights.bias_hh)
        (h,) = by_hand(_Recurrence(), batch_sizes, x, *state, weights.ih, weights.hh, bias, *extras)
        return h, (last(h, batch_sizes),)


def _share_bias(bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Parts]:
    """Two thirds of b_hh join the input's share; the last, b_hn, is inside of the reset."""
    size = len(bias_hh) // 3
    joined, bias_hn = torch.split(bias_hh, [2 * size, size])
    return bias_ih + F.pad(joined, (0, size)), (bias_hn,)


class _Recurrence:
    """From x, h_0, weight_ih, weight_hh, bias and bias_hn to all h."""

    def run(self, inputs: Any, batch_sizes: BatchSizes) -> tuple[Tensors, Tensors]:
        x, h_0, weight_ih, weight_hh, bias, bias_hn = inputs
        states = gru_forward(x, h_0, weight_ih, weight_hh, bias, bias_hn, batch_sizes)
        return (states.h,), states

    def send_back(
        self, grads: Any, inputs: Any, kept: Tensors, batch_sizes: BatchSizes, first: bool
    ) -> Sent:
        x, h_0, weight_ih, weight_hh, _, _ = inputs
        (grad_h,) = grads
        states = GRUStates(*kept)
        return gru_backward(grad_h, states, x, h_0, weight_ih, weight_hh, batch_sizes, first)

    def loop(self, inputs: Any, batch_sizes: BatchSizes) -> Tensors:
        x, h_0, weight_ih, weight_hh, bias, bias_hn = inputs
        a = F.linear(x, weight_ih, bias)
        h, _ = unroll(gru_step, a, (h_0,), weight_hh, (bias_hn,), batch_sizes=batch_sizes)
        return (h,)


class GRUCell(GatedCell):
    """One step of a GRU, as torch.nn.GRUCell.

    Args:
        input_size: I.
        hidden_size: H.
        bias: with b_ih and b_hh.
        device, dtype: of the parameters.
        step: in place of `gru_step`: (a, h, weight_hh, bias_hn) -> h.
    """

    gates = 3

    def standard_step(self) -> Step:
        return gru_step

    def share_bias(self, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Parts]:
        return _share_bias(bias_ih, bias_hh)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state, (B, H), from the input, (B, I), and the state, (B, H), zeros by default.

        For one sequence, all without B.

        Raises:
            ValueError: the input or the state has neither 1 nor 2 dimensions.
            RuntimeError: sizes or dtypes that do not fit.
            AttributeError: not tensors.
        """
        return self.next(input, hx)[0]
