"""Truncated backpropagation through time: every k1 steps, back through k2.

At step k1, 2 k1, 3 k1, … (and at the end) the losses of the steps since the last time are sent
back, through k2 steps and no further. What lies further back counts as a constant: its gradient
is not small but exactly zero. k1 = k2 = k is the usual cutting into pieces of k steps.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqcourse.gradients.rnn import Gradients, bptt, rnn_forward


class Window(NamedTuple):
    """The steps start … stop - 1 are unrolled; the losses of first … stop - 1 are sent back."""

    start: int
    first: int
    stop: int


def windows(total: int, k1: int, k2: int) -> list[Window]:
    """The windows of truncated BPTT(k1, k2) over `total` steps; each loss is in one of them.

    Raises:
        ValueError: k1 < 1, or k2 < k1, so that some loss would be sent back nowhere; no step.
    """
    if not 1 <= k1 <= k2 or total < 1:
        raise ValueError(
            f"windows got total={total}, k1={k1}, k2={k2}; it takes total ≥ 1 and 1 ≤ k1 ≤ k2: "
            "every k1 steps it goes back k2, and each loss must be reached."
        )
    stops = [*range(k1, total, k1), total]
    firsts = [0, *stops[:-1]]
    return [
        Window(max(0, stop - k2), first, stop) for first, stop in zip(firsts, stops, strict=True)
    ]


@torch.no_grad()
def truncated_states(
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor,
    k1: int,
    nonlinearity: str = "tanh",
    carry: bool = True,
) -> Tensor:
    """The states, (T, B, H), that truncated BPTT trains on.

    Args:
        input: (T, B, I).
        h_0: (B, H).
        k1: after so many steps `carry=False` begins again from h_0.
        carry: hand the state on; what is truncated is the gradient, and `rnn_forward` this is.
    """
    if carry:
        return rnn_forward(input, h_0, weight_ih, weight_hh, bias, nonlinearity)
    pieces = [
        rnn_forward(piece, h_0, weight_ih, weight_hh, bias, nonlinearity)
        for piece in torch.split(input, k1)
    ]
    return torch.cat(pieces)


@torch.no_grad()
def truncated_bptt(
    grad_h: Tensor,
    h: Tensor,
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    k1: int,
    k2: int,
    nonlinearity: str = "tanh",
    carry: bool = True,
) -> Gradients:
    """The gradients of truncated BPTT(k1, k2), summed over its windows, the weights held still.

    With k2 ≥ T and the state carried they are those of `bptt`. `h_0` is reached by the windows
    that begin with it: the first ones if the state is carried, all of them if it is reset.

    Args:
        grad_h: (T, B, H): what each step's own loss sends into its state.
        h: (T, B, H): what `truncated_states` gave.
        input, h_0, weight_ih, weight_hh, nonlinearity, carry: what it was given.
        k1: send back every so many steps.
        k2: so many steps back, k2 ≥ k1. A reset state cannot be followed beyond its reset:
            without `carry`, k2 steps are never more than k1.

    Raises:
        ValueError: as `windows` and `bptt`.
    """
    grad_input = torch.zeros_like(input)
    result = Gradients(
        grad_input,
        torch.zeros_like(h_0),
        torch.zeros_like(weight_ih),
        torch.zeros_like(weight_hh),
        h.new_zeros(weight_hh.shape[0]),
    )
    for start, first, stop in windows(len(h), k1, k2):
        start = start if carry else first
        sent = grad_h[start:stop].clone()
        sent[: first - start] = 0  # older losses had their turn
        at_h_0 = start == 0 or not carry
        before = h_0 if at_h_0 else h[start - 1]
        steps = slice(start, stop)
        part = bptt(sent, h[steps], input[steps], before, weight_ih, weight_hh, nonlinearity)
        assert part.input is not None
        grad_input[steps] += part.input
        if at_h_0:
            result.h_0.add_(part.h_0)
        result.weight_ih.add_(part.weight_ih)
        result.weight_hh.add_(part.weight_hh)
        result.bias.add_(part.bias)
    return result
