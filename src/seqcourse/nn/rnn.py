"""RNN and RNNCell, as torch.nn has them: the plain recurrent layer, tanh or relu."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.gradients.gated import last
from seqcourse.gradients.rnn import bptt, rnn_forward
from seqcourse.gradients.steps import BatchSizes
from seqcourse.nn import checks
from seqcourse.nn.by_hand import Sent, Tensors, by_hand
from seqcourse.nn.recurrent import RNNBase, Weights
from seqcourse.nn.rnn_step import rnn_step
from seqcourse.nn.unroll import Parts, Step, unroll

STEPS: dict[str, Step] = {"tanh": rnn_step, "relu": partial(rnn_step, nonlinearity=torch.relu)}


class RNN(RNNBase):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu, over whole sequences.

    torch.nn.RNN's arguments, shapes, defaults and parameter names; see `RNNBase.forward` for
    what goes in and out. Weights of torch's give torch's outputs and gradients.

    Args:
        input_size: I, features of each step's input.
        hidden_size: H, numbers in the state.
        num_layers: each reads the one below.
        nonlinearity: "tanh" or "relu".
        bias: with b_ih and b_hh.
        batch_first: (B, T, …) in and out instead of (T, B, …); the state has its layers first
            all the same.
        dropout: between layers, in training.
        bidirectional: with a second set of weights that reads from the end.
        device, dtype: of the parameters.
        step: in place of the layer's own step, `rnn_step`: see `RNNBase`. Then `nonlinearity` is
            not asked.

    Raises:
        TypeError, ValueError: as torch's.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
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
        if nonlinearity not in STEPS:
            raise ValueError(
                f"Unknown nonlinearity {nonlinearity!r}: give 'tanh' or 'relu', "
                "or a step of your own, step=…"
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
        self.nonlinearity = nonlinearity

    def standard_step(self) -> Step:
        return STEPS[self.nonlinearity]

    def by_hand(
        self, x: Tensor, state: Parts, weights: Weights, batch_sizes: BatchSizes
    ) -> tuple[Tensor, Parts]:
        """Backpropagation through time as `seqcourse.gradients.rnn` derives it."""
        bias = None
        if weights.bias_ih is not None and weights.bias_hh is not None:
            bias = weights.bias_ih + weights.bias_hh
        recurrence = _Recurrence(self.nonlinearity)
        (h,) = by_hand(recurrence, batch_sizes, x, *state, weights.ih, weights.hh, bias)
        return h, (last(h, batch_sizes),)


@dataclass
class _Recurrence:
    """From x, h_0, weight_ih, weight_hh and bias to all h."""

    nonlinearity: str

    def run(self, inputs: Any, batch_sizes: BatchSizes) -> tuple[Tensors, Tensors]:
        x, h_0, weight_ih, weight_hh, bias = inputs
        h = rnn_forward(x, h_0, weight_ih, weight_hh, bias, self.nonlinearity, batch_sizes)
        return (h,), (h,)

    def send_back(
        self, grads: Any, inputs: Any, kept: Tensors, batch_sizes: BatchSizes, first: bool
    ) -> Sent:
        (grad_h,), (h,) = grads, kept
        x, h_0, weight_ih, weight_hh, _ = inputs
        how = (self.nonlinearity, batch_sizes)
        return bptt(grad_h, h, x, h_0, weight_ih, weight_hh, *how, input_too=first)

    def loop(self, inputs: Any, batch_sizes: BatchSizes) -> Tensors:
        x, h_0, weight_ih, weight_hh, bias = inputs
        a = F.linear(x, weight_ih, bias)
        h, _ = unroll(STEPS[self.nonlinearity], a, (h_0,), weight_hh, batch_sizes=batch_sizes)
        return (h,)


class RNNCell(nn.Module):
    """One step of a plain recurrent network, as torch.nn.RNNCell.

    Args:
        input_size: I.
        hidden_size: H.
        bias: with b_ih and b_hh.
        nonlinearity: "tanh" or "relu".
        device, dtype: of the parameters.
        step: in place of `rnn_step`: (a, h, weight_hh) -> h.
    """

    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
        *,
        step: Step | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.nonlinearity = nonlinearity
        self.step = step
        make = partial(torch.empty, device=device, dtype=dtype)
        self.weight_ih = nn.Parameter(make(hidden_size, input_size))
        self.weight_hh = nn.Parameter(make(hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(make(hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(make(hidden_size)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform in ±1/sqrt(H): from one seed, the numbers that torch draws."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh):
            if parameter is not None:
                nn.init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state, (B, H), from the input, (B, I), and the state, (B, H), zeros by default.

        For one sequence, all without B.

        Raises:
            ValueError: the input or the state has neither 1 nor 2 dimensions.
            RuntimeError: sizes or dtypes that do not fit; an unknown nonlinearity.
            AttributeError: not tensors.
        """
        checks.cell(type(self).__name__, input, hx, self.weight_ih)
        step = STEPS.get(self.nonlinearity) if self.step is None else self.step
        if step is None:
            raise RuntimeError(
                f"Unknown nonlinearity {self.nonlinearity!r}: give 'tanh' or 'relu'."
            )
        x = input if input.dim() == 2 else input[None]  # (B, I)
        h = x.new_zeros(len(x), self.hidden_size) if hx is None else hx.expand(len(x), -1)  # (B, H)
        bias = None
        if self.bias_ih is not None and self.bias_hh is not None:
            bias = self.bias_ih + self.bias_hh
        a = F.linear(x, self.weight_ih, bias)  # (B, H)
        new: Tensor = step(a, h, self.weight_hh)  # (B, H)
        return new if input.dim() == 2 else new[0]

    def extra_repr(self) -> str:
        shown = [f"{self.input_size}, {self.hidden_size}"]
        shown += [f"bias={self.bias}"] if not self.bias else []
        shown += [f"nonlinearity={self.nonlinearity}"] if self.nonlinearity != "tanh" else []
        return ", ".join(shown)
