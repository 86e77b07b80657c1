"""One way through a model: at each step the likeliest symbol, or one that is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from seqcourse.decoding.model import Hypothesis, Step, ask, device_of, positive, rows_of, select
from seqcourse.models.ngram import adjust


@torch.no_grad()
def greedy(
    step: Step,
    state: Any,
    *,
    start: int,
    stop: int,
    max_steps: int,
    batch_size: int | None = None,
) -> list[Hypothesis]:
    """The likeliest next symbol, again and again; of equals the one with the smaller number.

    Args:
        step: from tokens (N,) and a state to log_probs (N, V) and the next state; see
            `decoding.model`.
        state: of B sequences, before the first step.
        start: the symbol that the first step is given.
        stop: the symbol that ends a sequence.
        max_steps: so many steps at most; what has not ended by then is cut.
        batch_size: B, where the state is None.

    Returns:
        One for each sequence. Where no symbol has a probability above 0 it ends, cut, with
        log-probability -inf.

    Raises:
        TypeError, ValueError: the state or what step gives is no such thing, or max_steps is
            below 1.
    """
    return _follow(step, state, lambda p: p.argmax(-1), start, stop, max_steps, batch_size)


@torch.no_grad()
def sample(
    step: Step,
    state: Any,
    *,
    start: int,
    stop: int,
    max_steps: int,
    generator: torch.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    batch_size: int | None = None,
) -> list[Hypothesis]:
    """Symbols drawn from the model's law, one after the other.

    Args:
        step, state, start, stop, max_steps, batch_size: see `greedy`.
        generator: the source of chance, on the CPU.
        temperature, top_k, top_p: what is done to each law first; see `models.ngram.adjust`.

    Returns:
        One for each sequence, with its log-probability under the model itself.

    Raises:
        TypeError, ValueError: as `greedy`; or a setting is out of its range.
    """

    def draw(log_probs: Tensor) -> Tensor:
        p = log_probs.exp().cpu()  # (N, V)
        p[p.sum(-1) == 0] = 1  # nothing can come: whatever is drawn will have probability 0
        law = torch.from_numpy(adjust(p.numpy(), temperature, top_k, top_p))
        drawn = torch.multinomial(law, 1, generator=generator)[:, 0]
        return drawn.to(log_probs.device)

    return _follow(step, state, draw, start, stop, max_steps, batch_size)


def _follow(
    step: Step,
    state: Any,
    choose: Callable[[Tensor], Tensor],
    start: int,
    stop: int,
    max_steps: int,
    batch_size: int | None,
) -> list[Hypothesis]:
    """The path of each sequence, its symbols chosen from log_probs (N, V) by a rule."""
    positive(max_steps=max_steps)
    size = rows_of(state, batch_size)
    written: list[list[int]] = [[] for _ in range(size)]
    total = torch.zeros(size, dtype=torch.float64, device=device_of(state))
    open_ = torch.arange(size, device=total.device)  # (N,) the sequences not yet ended
    token = torch.full_like(open_, start)
    for _ in range(max_steps):
        log_probs, state = ask(step, token, state, stop)  # (N, V)
        token = choose(log_probs)  # (N,)
        total[open_] += log_probs.gather(1, token[:, None])[:, 0]
        on = ((token != stop) & (total[open_] > -torch.inf)).nonzero()[:, 0]
        open_, token, state = open_[on], token[on], select(state, on)
        for sequence, symbol in zip(open_.tolist(), token.tolist(), strict=True):
            written[sequence].append(symbol)
        if not len(open_):
            break
    cut = set(open_.tolist())
    return [
        Hypothesis(tuple(tokens), nats, nats, ended=number not in cut and nats > -torch.inf)
        for number, (tokens, nats) in enumerate(zip(written, total.tolist(), strict=True))
    ]
