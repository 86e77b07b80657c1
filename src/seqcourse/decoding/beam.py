"""Beam search: the K likeliest beginnings are kept side by side.

A beginning that writes the stop symbol leaves the beam for the list of answers, and at the next
step the others fill its place. Beginnings of one length are compared by log-probability alone;
answers, which differ in length, by a score. So a beam of one is greedy, and a beam as wide as
everything that can be written finds the best there is.

Source: Sutskever, Vinyals & Le (2014), Sequence to sequence learning with neural networks; for the
score Wu et al. (2016).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from seqcourse.decoding.model import Hypothesis, Step, ask, device_of, positive, rows_of, select
from seqcourse.decoding.penalties import coverage_penalty


def beam_step(total: Tensor, log_probs: Tensor, beam: int) -> tuple[Tensor, Tensor, Tensor]:
    """The likeliest ways to write one symbol more.

    Args:
        total: (B, K) log-probabilities of the beginnings, -inf where a place is empty.
        log_probs: (B, K, V) of what comes next.
        beam: how many are kept.

    Returns:
        total, parent, token: (B, beam) each, or fewer where there are no more: log-probabilities,
        falling; which beginning each one continues; and by which symbol. Of equals, first comes
        what continues the earlier one, then the smaller symbol.
    """
    symbols = log_probs.shape[-1]
    candidates = (total[..., None] + log_probs).flatten(1)  # (B, K V)
    total, place = candidates.sort(dim=1, descending=True, stable=True)
    total, place = total[:, :beam], place[:, :beam]  # (B, beam)
    return total, place // symbols, place % symbols


@torch.no_grad()
def beam_search(
    step: Step,
    state: Any,
    *,
    start: int,
    stop: int,
    beam: int,
    max_steps: int,
    length_penalty: Callable[[int], float] | None = None,
    coverage: float = 0.0,
    batch_size: int | None = None,
) -> list[list[Hypothesis]]:
    """The best answers that a beam finds, by log p / lp + coverage · cp.

    A step of the search costs one step of the model on at most B · beam rows, and a sort of
    beam · V numbers for each sequence. A sequence is done when nothing in its beam can come among
    its best answers any more.

    Args:
        step, state, start, stop, max_steps, batch_size: see `greedy`.
        beam: K, how many beginnings are kept, and how many answers are given at most.
        length_penalty: lp by the number of symbols written, the stop symbol counted, such as
            `lambda n: decoding.length_penalty(n, alpha=0.6)`; None divides by nothing.
        coverage: the weight beta ≥ 0 of the coverage penalty. With it the state must be a dict:
            under "attention" the weights (N, S) of the step just made, and, where sources are
            padded, under "key_padding_mask" (N, S), True for padding.

    Returns:
        For each sequence its answers, best first: those that ended, then those that `max_steps`
        cut. Of equals, the shorter one first. What has probability 0 is no answer, so there may
        be none.

    Raises:
        TypeError, ValueError: as `greedy`; the beam is below 1; a penalty is no number above 0, or
            coverage is negative, or there is no attention for it.
    """
    positive(beam=beam, max_steps=max_steps)
    if not coverage >= 0:
        raise ValueError(f"coverage={coverage} came: give its weight, 0 or more.")
    lp = _divisors(length_penalty, max_steps)
    size = rows_of(state, batch_size)
    answers: list[list[Hypothesis]] = [[] for _ in range(size)]
    open_ = torch.arange(size, device=device_of(state))  # (B,) the sequences not yet done
    total = torch.zeros(size, 1, dtype=torch.float64, device=open_.device)  # (B, K)
    token = torch.full_like(open_, start)[:, None]  # (B, K)
    written, covered = token[:, :0], None  # (B K, length), (B K, S)
    for length in range(1, max_steps + 1):
        live = (total > -torch.inf).flatten()
        log_probs, state = ask(step, token.flatten(), state, stop, live)  # (B K, V)
        places = torch.arange(total.numel(), device=open_.device).view_as(total)
        total, parent, token = beam_step(total, log_probs.view(*total.shape, -1), beam)
        rows = places.gather(1, parent).flatten()
        state, written, covered = select((state, written, covered), rows)
        written = torch.cat([written, token.reshape(-1, 1)], 1)
        score = total / lp[length - 1]
        if coverage:
            covered = _attention(state) + (0 if covered is None else covered)
            penalty = coverage_penalty(covered, state.get("key_padding_mask"))
            score = score + coverage * penalty.view_as(score)
        over = (total > -torch.inf) & ((token == stop) | (length == max_steps))
        _collect(answers, beam, stop, open_, over, written, total, score)
        total = total.masked_fill(over, -torch.inf)
        on = _go_on(answers, beam, open_, total / max(lp[length:], default=1.0))
        if not len(on):
            break
        places = torch.arange(total.numel(), device=open_.device).view_as(total)[on].flatten()
        state, written, covered = select((state, written, covered), places)
        open_, total, token = open_[on], total[on], token[on]
    return answers


def _collect(
    answers: list[list[Hypothesis]],
    beam: int,
    stop: int,
    open_: Tensor,
    over: Tensor,
    written: Tensor,
    total: Tensor,
    score: Tensor,
) -> None:
    """Put what is over among the answers of its sequence, which stay the best and in order."""
    symbols = written.view(*over.shape, -1)  # (B, K, length)
    for b, k in over.nonzero().tolist():
        tokens = tuple(symbols[b, k].tolist())
        ended = tokens[-1] == stop
        answer = Hypothesis(
            tokens[:-1] if ended else tokens, float(total[b, k]), float(score[b, k]), ended
        )
        answers[open_[b]].append(answer)
    for number in open_[over.any(1)].tolist():
        answers[number].sort(key=lambda answer: (not answer.ended, -answer.score))  # stable
        del answers[number][beam:]


def _go_on(answers: list[list[Hypothesis]], beam: int, open_: Tensor, reach: Tensor) -> Tensor:
    """Which sequences can still better their answers.

    Args:
        reach: (B, K) the highest score that each beginning can come to: its log-probability only
            falls, lp grows no further than the largest to come, and cp is never above 0.
    """
    full = [answers[number][beam - 1 :] for number in open_.tolist()]
    worst = [best[0].score if best else -torch.inf for best in full]
    return (reach.max(1).values > reach.new_tensor(worst)).nonzero()[:, 0]


def _divisors(length_penalty: Callable[[int], float] | None, max_steps: int) -> list[float]:
    """lp for 1 … max_steps symbols."""
    if length_penalty is None:
        return [1.0] * max_steps
    lp = [float(length_penalty(length)) for length in range(1, max_steps + 1)]
    for length, value in enumerate(lp, 1):
        if not 0 < value < float("inf"):
            raise ValueError(
                f"length_penalty({length}) gives {value}: the log-probability is divided by it. "
                "Return a number above 0."
            )
    return lp


def _attention(state: Any) -> Tensor:
    """The weights that the coverage penalty counts."""
    if not isinstance(state, dict) or "attention" not in state:
        raise TypeError(
            "coverage needs to know where the model looked: let step return a dict as its state, "
            'with the weights (N, S) of this step under "attention".'
        )
    weights: Tensor = state["attention"]
    return weights.double()
