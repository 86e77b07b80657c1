"""h_t = a_t h_{t-1} + b_t for all places at once: an associative scan, and a layer built over it.

A step is a pair (a, b). Two steps in a row are a step again, so that they may be put together in
any grouping, and a sequence of T needs ⌈log2 T⌉ rounds in place of T steps.

Sources: Blelloch (1990), Prefix sums and their applications; Martin & Cundy (2018), Parallelizing
linear recurrent neural nets over sequence length; Feng et al. (2024), Were RNNs all we needed?
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

Step = tuple[Tensor, Tensor]


def scan_step(earlier: Step, later: Step) -> Step:
    """Two steps as one: a_2 (a_1 h + b_1) + b_2 = (a_2 a_1) h + (a_2 b_1 + b_2)."""
    a, b = earlier
    return later[0] * a, later[0] * b + later[1]


def scan(a: Tensor, b: Tensor, state: Tensor | None = None) -> Tensor:
    """All states of h_t = a_t h_{t-1} + b_t, in ⌈log2 T⌉ rounds.

    After round r each place holds the product of 2^r steps, its own the last. The gradient is a
    scan of its own, from the end: it keeps the states, and nothing of the rounds. There is no
    second derivative.

    Args:
        a, b: (…, T, H), of one shape.
        state: (…, H), h_0; None is zeros.

    Returns:
        (…, T, H).

    Raises:
        ValueError: the shapes do not fit, or there is no place.
    """
    a, b = _with_state(a, b, state)
    found: Tensor = _Scan.apply(a, b)  # type: ignore[no-untyped-call]
    return found


def scan_loop(a: Tensor, b: Tensor, state: Tensor | None = None) -> Tensor:
    """What `scan` gives, place after place: T steps.

    Raises:
        ValueError: as `scan` does.
    """
    a, b = _with_state(a, b, state)
    h = b[..., 0, :]
    found = [h]
    for a_t, b_t in zip(a.unbind(-2)[1:], b.unbind(-2)[1:], strict=True):
        h = a_t * h + b_t  # (…, H)
        found.append(h)
    return torch.stack(found, -2)


def rounds(length: int) -> int:
    """How many rounds, one after the other, a scan over so many places takes."""
    return math.ceil(math.log2(length)) if length > 1 else 0


def _with_state(a: Tensor, b: Tensor, state: Tensor | None) -> Step:
    """The steps, with h_0 in the first b."""
    if a.shape != b.shape or a.dim() < 2 or not a.shape[-2]:
        raise ValueError(
            f"scan got a {tuple(a.shape)} and b {tuple(b.shape)}: give both as (…, T, H), with at "
            "least one place."
        )
    if state is None:
        return a, b
    if state.shape != (*a.shape[:-2], a.shape[-1]):
        raise ValueError(
            f"scan got a state {tuple(state.shape)}: give {(*a.shape[:-2], a.shape[-1])}, or None."
        )
    first = b[..., :1, :] + a[..., :1, :] * state[..., None, :]
    return a, torch.cat([first, b[..., 1:, :]], -2)


def _rounds(a: Tensor, b: Tensor) -> Tensor:
    """The scan itself, without gradients."""
    reach = 1
    while reach < a.shape[-2]:
        earlier = a[..., :-reach, :], b[..., :-reach, :]
        new_a, new_b = scan_step(earlier, (a[..., reach:, :], b[..., reach:, :]))
        a = torch.cat([a[..., :reach, :], new_a], -2)
        b = torch.cat([b[..., :reach, :], new_b], -2)
        reach *= 2
    return b


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        h = _rounds(a, b)
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, by_h: Tensor) -> tuple[Tensor, Tensor]:
        a, h = ctx.saved_tensors
        # What reaches b_t: by_h_t + a_{t+1} times what reaches b_{t+1}. From the end, a scan.
        later = torch.cat([a[..., 1:, :], torch.zeros_like(a[..., :1, :])], -2)
        by_b = _rounds(later.flip(-2), by_h.flip(-2)).flip(-2)
        before = torch.cat([torch.zeros_like(h[..., :1, :]), h[..., :-1, :]], -2)
        return by_b * before, by_b


class MinGRU(nn.Module):
    """A GRU whose gate and candidate see the input alone, so that its states are a scan.

    h_t = (1 - z_t) h_{t-1} + z_t n_t with z_t = σ(W_z x_t + b_z) and n_t = W_n x_t + b_n. To be
    used wherever a recurrent layer is.

    Args:
        input_size: I.
        hidden_size: H.
        batch_first: must be True.

    Raises:
        ValueError: batch_first=False.
    """

    batch_first = True
    bidirectional = False

    def __init__(self, input_size: int, hidden_size: int, batch_first: bool = True) -> None:
        super().__init__()
        if not batch_first:
            raise ValueError("MinGRU got batch_first=False: its batch always comes first.")
        self.input_size, self.hidden_size = input_size, hidden_size
        self.update = nn.Linear(input_size, hidden_size)
        self.candidate = nn.Linear(input_size, hidden_size)

    def forward(self, input: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """States (B, T, H), and the last of them (B, H), of input (B, T, I).

        Args:
            input: (B, T, I).
            state: (B, H), the one returned for the places before; None is zeros.

        Raises:
            ValueError: there is no place, or the state has another shape.
        """
        z = torch.sigmoid(self.update(input))  # (B, T, H)
        h = scan(1 - z, z * self.candidate(input), state)  # (B, T, H)
        return h, h[:, -1]
