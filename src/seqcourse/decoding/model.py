"""What a search asks of a model: a step function, and a state whose rows can be picked.

    log_probs, state = step(tokens, state)

tokens (N,) are the symbols last written, log_probs (N, V) those of the next, and the state is any
nesting of tuples, lists and dicts of tensors, (N, …) each, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]
SLACK = 0.02  # by which a rounded log_softmax may miss: that of half-precision numbers does


class Hypothesis(NamedTuple):
    """An answer.

    Args:
        tokens: its symbols, without start and stop.
        log_probability: in nats, the stop symbol counted.
        score: what it is ranked by.
        ended: False where it was cut before its stop symbol came.
    """

    tokens: tuple[int, ...]
    log_probability: float
    score: float
    ended: bool = True


def select(state: Any, rows: Tensor) -> Any:
    """The state of some rows of the batch, (M,) int, in their order; a row may come twice."""
    if state is None:
        return None
    if isinstance(state, Tensor):
        return state[rows]
    if isinstance(state, dict):
        return {name: select(part, rows) for name, part in state.items()}
    parts = [select(part, rows) for part in state]
    return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)


def tensors(state: Any) -> Iterator[Tensor]:
    """All tensors of a state.

    Raises:
        TypeError: it holds something else.
    """
    if isinstance(state, Tensor):
        yield state
    elif isinstance(state, dict | tuple | list):
        for part in state.values() if isinstance(state, dict) else state:
            yield from tensors(part)
    elif state is not None:
        raise TypeError(
            f"a state holds a {type(state).__name__}: build it of tensors with the batch first, "
            "in tuples, lists and dicts; a number becomes a tensor with an entry for each row."
        )


def rows_of(state: Any, batch_size: int | None) -> int:
    """The size of the batch, which the state tells unless it is None.

    Raises:
        TypeError, ValueError: the state is none, its parts disagree, or nothing tells the size.
    """
    sizes = {part.shape[0] if part.ndim else 0 for part in tensors(state)}
    if batch_size is not None:
        sizes.add(batch_size)
    if not sizes:
        raise ValueError("the state holds no tensor: give batch_size, how many sequences to write.")
    if len(sizes) > 1 or 0 in sizes:
        raise ValueError(
            f"the state and the batch have {sorted(sizes)} rows: all must have the same, 1 or "
            "more, in the first dimension (torch's recurrent layers put the layers first: "
            "transpose such a state)."
        )
    return sizes.pop()


def device_of(state: Any) -> torch.device:
    """Where the state is; a model without one is asked on the CPU."""
    return next((part.device for part in tensors(state)), torch.device("cpu"))


def positive(**counts: int) -> None:
    """Refuse a count below 1.

    Raises:
        ValueError: with its name.
    """
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name}={count} came: give 1 or more.")


def ask(
    step: Step, tokens: Tensor, state: Any, stop: int, live: Tensor | None = None
) -> tuple[Tensor, Any]:
    """One step, and what it gives looked through.

    Args:
        step, state: of N rows.
        tokens: (N,) int.
        stop: must be one of the V symbols.
        live: (N,) bool, the rows whose answer counts; None for all.

    Returns:
        log_probs (N, V) float64, and the state.

    Raises:
        TypeError, ValueError: log_probs have another shape, hold NaN, or their probabilities sum to
            more than 1; the state has other rows; or there is no such symbol as stop.
    """
    answer = step(tokens, state)
    if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[0], Tensor)):
        raise TypeError(f"step gave a {type(answer).__name__}: return (log_probs, state).")
    log_probs, state = answer
    rows_of(state, len(tokens))
    if log_probs.ndim != 2 or len(log_probs) != len(tokens):
        raise ValueError(
            f"step gave log_probs of shape {tuple(log_probs.shape)} for {len(tokens)} tokens: "
            f"return ({len(tokens)}, V)."
        )
    if not 0 <= stop < log_probs.shape[1]:
        raise ValueError(f"stop={stop} came for {log_probs.shape[1]} symbols: give one of them.")
    log_probs = log_probs.double()
    counted = (log_probs if live is None else log_probs[live]).logsumexp(-1)
    if not (counted <= SLACK).all():  # also where it is NaN
        raise ValueError(
            f"step gave log_probs whose probabilities sum to {float(counted.max().exp()):.4g}: "
            "they must sum to 1 at most. Return log_softmax(logits, -1)."
        )
    return log_probs, state
