"""The plain loop of every recurrent layer: a step after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcourse.gradients.steps import BatchSizes, steps
from seqcourse.nn import checks

State = Tensor | tuple[Tensor, ...]
Parts = tuple[Tensor, ...]  # a state, always as a tuple
Step = Callable[..., Any]  # (a, state, weight_hh, *extras) -> state


def unroll(
    step: Step,
    a: Tensor,
    state: Parts,
    weight_hh: Tensor,
    extras: Parts = (),
    weight_hr: Tensor | None = None,
    batch_sizes: BatchSizes = None,
) -> tuple[Tensor, Parts]:
    """Call the step for each step, with what it gave the last time.

    Args:
        step: (a_t, state, weight_hh, *extras) -> state; a state of one part goes in and out as a
            tensor, one of several as a tuple.
        a: (T, B, G H), or packed (N, G H).
        state: parts (B, …) of the state before the first step, the output first.
        weight_hh, extras: handed to each step.
        weight_hr: (H_out, H): the projection of each step's output, or None.
        batch_sizes: of packed sequences.

    Returns:
        The output (T, B, H_out), or packed (N, H_out), and the parts (B, …) of the last state.

    Raises:
        TypeError, ValueError: the step gave something else than a state.
    """
    outputs: list[Tensor] = []
    for a_t in steps(a, batch_sizes):
        size = len(a_t)
        now = state if batch_sizes is None else tuple(part[:size] for part in state)
        new = step(a_t, now if len(now) > 1 else now[0], weight_hh, *extras)
        new = (new,) if isinstance(new, Tensor) else new
        if not outputs:
            checks.step_result(new, now, weight_hr)
        if weight_hr is not None:
            new = (F.linear(new[0], weight_hr), *new[1:])
        outputs.append(new[0])
        if size == len(state[0]):
            state = new
        else:  # the sequences that have ended keep their last state
            state = tuple(torch.cat([n, s[size:]]) for n, s in zip(new, state, strict=True))
    return torch.stack(outputs) if batch_sizes is None else torch.cat(outputs), state
