"""Backpropagation through time by hand: the LSTM.

The layer, for t = 1 … T, with a_t = W_ih x_t + b in four parts, one for each gate:

    i_t = sigma(a^i_t + W_hi h_{t-1})      c_t = f_t * c_{t-1} + i_t * g_t
    f_t = sigma(a^f_t + W_hf h_{t-1})      h_t = o_t * tanh(c_t),  or W_hr (o_t * tanh(c_t))
    g_t =  tanh(a^g_t + W_hg h_{t-1})
    o_t = sigma(a^o_t + W_ho h_{t-1})

Its gradients, with dh_t = dL/dh_t and dc_t = dL/dc_t the whole of what reaches step t's state, and
delta_t = dL/da_t:

    dh_t = g-own_t + W_hh^T delta_{t+1}                      (its own output, and the next gates)
    dc_t = dh_t * o_t * (1 - tanh(c_t)^2) + f_{t+1} * dc_{t+1}      (the output, and the next cell)
    delta^i_t = dc_t * g_t * i_t (1 - i_t)            delta^f_t = dc_t * c_{t-1} * f_t (1 - f_t)
    delta^g_t = dc_t * i_t * (1 - g_t^2)              delta^o_t = dh_t * tanh(c_t) * o_t (1 - o_t)
    dL/dW_hh = sum_t delta_t h_{t-1}^T

With a projection, W_hr^T dh_t stands in the place of dh_t where c_t and o_t are reached, and
dL/dW_hr = sum_t dh_t (o_t * tanh(c_t))^T.

Shapes: T steps, B sequences, I inputs, H cells, P = H outputs, or as many as are projected to;
W_hh (4H, P), its rows and a_t's 4H numbers in the order i, f, g, o. Packed sequences, rows and
dtypes as in `seqcourse.gradients.rnn`. Source: Gers, Schmidhuber & Cummins (2000), Learning to
forget; the gradient here is the whole one, as in Graves & Schmidhuber (2005), Framewise phoneme
classification with bidirectional LSTM.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqcourse.gradients.gated import check_fit, earlier
from seqcourse.gradients.matmul import adder, linear, over_steps
from seqcourse.gradients.steps import BatchSizes, rows, steps


class LSTMStates(NamedTuple):
    """What a pass forwards leaves behind.

    Attributes:
        h: (T, B, P), or packed (N, P), as all of them.
        c: (T, B, H).
        gates: (T, B, 4H): i, f, g, o, after their nonlinearities.
        tanh_c: (T, B, H).
    """

    h: Tensor
    c: Tensor
    gates: Tensor
    tanh_c: Tensor

    @property
    def i(self) -> Tensor:
        """(T, B, H): how much of the candidate enters the cell."""
        return self.gates.chunk(4, -1)[0]

    @property
    def f(self) -> Tensor:
        """(T, B, H): how much of the cell is kept."""
        return self.gates.chunk(4, -1)[1]

    @property
    def g(self) -> Tensor:
        """(T, B, H): the candidate."""
        return self.gates.chunk(4, -1)[2]

    @property
    def o(self) -> Tensor:
        """(T, B, H): how much of the cell is shown."""
        return self.gates.chunk(4, -1)[3]


class LSTMRecurGradients(NamedTuple):
    """What reaches the recurrence's inputs; shapes are those of the values."""

    a: Tensor
    h_0: Tensor
    c_0: Tensor
    weight_hh: Tensor
    weight_hr: Tensor | None


class LSTMGradients(NamedTuple):
    """What reaches everything an LSTM is made from; shapes are those of the values.

    Torch's layer has two biases: each of them has the gradient `bias`.
    """

    input: Tensor | None
    h_0: Tensor
    c_0: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor
    weight_hr: Tensor | None


# The recurrence alone


@torch.no_grad()
def lstm_recur(
    a: Tensor,
    h_0: Tensor,
    c_0: Tensor,
    weight_hh: Tensor,
    weight_hr: Tensor | None = None,
    batch_sizes: BatchSizes = None,
) -> LSTMStates:
    """All states and gates.

    Args:
        a: (T, B, 4H), or (N, 4H) packed: each step's share of the input, W_ih x_t + b.
        h_0: (B, P).
        c_0: (B, H).
        weight_hh: (4H, P).
        weight_hr: (P, H), or None: then P is H.
        batch_sizes: T numbers that never rise, of sum N; None where `a` is not packed.

    Raises:
        ValueError: shapes that do not fit; no step at all.
    """
    check_fit(a, h_0, weight_hh, 4, batch_sizes, c_0, weight_hr)
    scale = _scale(weight_hh)
    return _advance(a * scale, h_0, c_0, weight_hh * scale[:, None], weight_hr, batch_sizes)


def _scale(weight_hh: Tensor) -> Tensor:
    """(4H,): 2 for g and 1 for the other gates.

    tanh(x) = 2 sigma(2x) - 1: with this in the weights, one sigmoid does for all four gates, and
    torch computes it four times as fast as a tanh.
    """
    scale = weight_hh.new_ones(4, len(weight_hh) // 4)
    scale[2] = 2
    return scale.flatten()


def _advance(
    gates: Tensor,
    h_0: Tensor,
    c_0: Tensor,
    weight_hh: Tensor,
    weight_hr: Tensor | None,
    batch_sizes: BatchSizes,
) -> LSTMStates:
    """Turn each step's share of the input into its gates, in place; input and weights scaled."""
    leading, minus_one = gates.shape[:-1], gates.new_full((), -1.0)
    h, c = gates.new_empty(*leading, h_0.shape[-1]), gates.new_empty(*leading, c_0.shape[-1])
    tanh_c = torch.empty_like(c)
    shown = h if weight_hr is None else torch.empty_like(c)  # o * tanh(c)
    add_product = adder(weight_hh, len(h_0))
    before_h, before_c = h_0, c_0
    every = (gates, *gates.chunk(4, -1), c, tanh_c, shown, h)
    views = (steps(x, batch_sizes) for x in every)
    for gates_t, i, f, g, o, c_t, tanh_c_t, shown_t, h_t in zip(*views, strict=True):
        if batch_sizes is not None:  # the sequences that have this step
            before_h, before_c = before_h[: len(h_t)], before_c[: len(h_t)]
        add_product(gates_t, before_h).sigmoid_()
        torch.add(minus_one, g, alpha=2, out=g)
        torch.mul(f, before_c, out=c_t).addcmul_(i, g)
        torch.add(c_t, c_t, out=tanh_c_t).sigmoid_()
        torch.add(minus_one, tanh_c_t, alpha=2, out=tanh_c_t)
        torch.mul(o, tanh_c_t, out=shown_t)
        if weight_hr is not None:
            torch.mm(shown_t, weight_hr.t(), out=h_t)
        before_h, before_c = h_t, c_t
    return LSTMStates(h, c, gates, tanh_c)


@torch.no_grad()
def lstm_recur_backward(
    grad_h: Tensor,
    grad_c: Tensor | None,
    states: LSTMStates,
    h_0: Tensor,
    c_0: Tensor,
    weight_hh: Tensor,
    weight_hr: Tensor | None = None,
    batch_sizes: BatchSizes = None,
) -> LSTMRecurGradients:
    """The gradients of `lstm_recur`, from the last step.

    All that a gate's slope needs is known before the loop, and is multiplied there at once for
    all steps; the loop is left with what runs from step to step.

    Args:
        grad_h: g-own, of the shape of h: what reaches each h_t from outside the recurrence.
        grad_c: (B, H): what reaches each sequence's last cell state from outside, or None.
        states: what `lstm_recur` gave.
        h_0, c_0, weight_hh, weight_hr, batch_sizes: what it was given.

    Raises:
        ValueError: as `lstm_recur`; `grad_h` is not of the shape of h.
    """
    h, gates, size = states.h, states.gates, c_0.shape[-1]
    if grad_h.shape != h.shape:
        raise ValueError(
            f"lstm_recur_backward got grad_h of shape {tuple(grad_h.shape)} and h of shape "
            f"{tuple(h.shape)}: give one gradient for each state."
        )
    check_fit(gates, h_0, weight_hh, 4, batch_sizes, c_0, weight_hr)
    dh = grad_h.clone(memory_format=torch.contiguous_format)
    dc = torch.zeros_like(c_0) if grad_c is None else grad_c.clone()
    delta, from_h = _slopes(states, c_0, batch_sizes)  # slopes, until each has its gradient
    of_cell, of_o = delta.view(*delta.shape[:-1], 4, size).split_with_sizes([3, 1], -2)
    every = (dh, delta, of_cell, of_o.squeeze(-2), states.f, from_h)
    views = [steps(x, batch_sizes) for x in every]
    over_gates = dc[:, None]
    add_product = adder(weight_hh.t(), len(h_0))
    after: Tensor | None = None  # delta_{t+1}
    for dh_t, delta_t, of_cell_t, of_o_t, f_t, from_h_t in zip(*map(reversed, views), strict=True):
        dc_t, over_gates_t = dc, over_gates  # (B, H) and (B, 1, H), the same numbers
        if batch_sizes is not None:
            dc_t, over_gates_t = dc[: len(dh_t)], over_gates[: len(dh_t)]
        if after is not None:
            target = dh_t if batch_sizes is None else dh_t[: len(after)]
            add_product(target, after)
        dm_t = dh_t if weight_hr is None else dh_t @ weight_hr  # what reaches o * tanh(c)
        dc_t.addcmul_(dm_t, from_h_t)
        of_cell_t.mul_(over_gates_t)
        of_o_t.mul_(dm_t)
        dc_t.mul_(f_t)  # on to c_{t-1}
        after = delta_t
    assert after is not None
    return LSTMRecurGradients(
        a=delta,
        h_0=after @ weight_hh,
        c_0=dc,
        weight_hh=over_steps(delta, earlier(h, h_0, batch_sizes)),
        weight_hr=None if weight_hr is None else rows(dh).t() @ rows(states.o * states.tanh_c),
    )


def _slopes(states: LSTMStates, c_0: Tensor, batch_sizes: BatchSizes) -> tuple[Tensor, Tensor]:
    """(T, B, 4H) what each gate's delta is a gradient times: dc for i, f, g and dh for o; and
    (T, B, H) what dc_t is dh_t times: o * (1 - tanh(c)^2)."""
    i, f, g, o = states.gates.chunk(4, -1)
    tanh_c = states.tanh_c
    slopes = torch.empty_like(states.gates)
    of_i, of_f, of_g, of_o = slopes.chunk(4, -1)
    torch.addcmul(i, i, i, value=-1, out=of_i).mul_(g)
    torch.addcmul(f, f, f, value=-1, out=of_f).mul_(earlier(states.c, c_0, batch_sizes))
    torch.addcmul(i, i * g, g, value=-1, out=of_g)
    torch.addcmul(o, o, o, value=-1, out=of_o).mul_(tanh_c)
    return slopes, torch.addcmul(o, o * tanh_c, tanh_c, value=-1)


# The whole layer: what `seqcourse.nn` runs and differentiates


@torch.no_grad()
def lstm_forward(
    input: Tensor,
    h_0: Tensor,
    c_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    weight_hr: Tensor | None = None,
    batch_sizes: BatchSizes = None,
) -> LSTMStates:
    """An LSTM's states and gates from its input, (T, B, I).

    Args:
        input: (T, B, I), or (N, I) packed.
        h_0: (B, P).
        c_0: (B, H).
        weight_ih: (4H, I).
        weight_hh: (4H, P).
        bias: (4H,), of torch's two their sum; or None.
        weight_hr, batch_sizes, errors: as `lstm_recur`.
    """
    scale = _scale(weight_hh)
    bias = bias if bias is None else bias * scale
    a = linear(input, weight_ih * scale[:, None], bias)
    check_fit(a, h_0, weight_hh, 4, batch_sizes, c_0, weight_hr)
    return _advance(a, h_0, c_0, weight_hh * scale[:, None], weight_hr, batch_sizes)


@torch.no_grad()
def lstm_backward(
    grad_h: Tensor,
    grad_c: Tensor | None,
    states: LSTMStates,
    input: Tensor,
    h_0: Tensor,
    c_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    weight_hr: Tensor | None = None,
    batch_sizes: BatchSizes = None,
    input_too: bool = True,
) -> LSTMGradients:
    """The gradients of `lstm_forward`, all of them.

    Args:
        grad_h: (T, B, P): dL/dh_t through h_t's own output only.
        grad_c: (B, H): dL/dc_T through what is made of the last cell state, or None.
        states: what `lstm_forward` gave.
        input, h_0, c_0, weight_ih, weight_hh, weight_hr, batch_sizes: what it was given.
        input_too: with False the input's gradient, which takes a product of its own, is None.

    Raises:
        ValueError: as `lstm_recur_backward`.
    """
    delta, grad_h_0, grad_c_0, grad_weight_hh, grad_weight_hr = lstm_recur_backward(
        grad_h, grad_c, states, h_0, c_0, weight_hh, weight_hr, batch_sizes
    )
    return LSTMGradients(
        linear(delta, weight_ih.t()) if input_too else None,
        grad_h_0,
        grad_c_0,
        over_steps(delta, input),
        grad_weight_hh,
        rows(delta).sum(0),
        grad_weight_hr,
    )
